"""Runs the gate over one hostile document in a process of its own, and measures it.

Prints JSON: what became of the document, and by how many MiB the process grew.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable, Iterator
from io import RawIOBase
from typing import BinaryIO, cast

from app.engine.gate import check
from app.engine.pieces import Limits
from app.model.feed import Rules, Verdict
from tests.engine.documents import acknowledgement, feed, message, verdict_of

MEBIBYTE = 1_048_576
GOOD = message(acknowledgement())
OPEN, CLOSE = "<Message><MessageID>1</MessageID>", "</Message>"


def bomb(count: int, inside: str) -> str:
    entities = "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "laugh"}">' for n in range(count)
    )
    doctype = f"<!DOCTYPE AmazonEnvelope [{entities}]>"
    document = feed(inside.format(f"&a{count - 1};"))
    return document.replace("?>\n", f"?>\n{doctype}", 1)


def huge(text: str, count: int) -> Iterator[str]:
    """Return text over and over, without ever holding the whole."""
    block = text * max(MEBIBYTE // len(text), 1)
    for _ in range(count * len(text) // len(block) + 1):
        yield block


def around(inside: Iterator[str], before: str, after: str) -> Iterator[str]:
    head, tail = feed("{}").split("{}")
    yield head + GOOD * 3 + before
    yield from inside
    yield after + tail


def in_head(inside: Iterator[str], before: str, after: str) -> Iterator[str]:
    head, tail = feed(GOOD).split("<MessageType>")
    yield head + before
    yield from inside
    yield after + "<MessageType>" + tail


def names(count: int, form: str) -> Iterator[str]:
    for start in range(0, count, 10_000):
        yield "".join(form.format(n) for n in range(start, start + 10_000))


ATTACKS: dict[str, Callable[[], Iterator[str]]] = {
    "a billion laughs": lambda: iter([bomb(10, GOOD + OPEN + "{}" + CLOSE)]),
    "laughs in an attribute": lambda: iter(
        [bomb(10, GOOD + '<Message a="{}">' + CLOSE)]
    ),
    "an external entity": lambda: iter(
        [
            feed(GOOD).replace(
                "?>\n",
                '?>\n<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
                1,
            )
        ]
    ),
    "100,000 levels": lambda: around(
        iter(["<a>" * 100_000, "</a>" * 100_000]), OPEN, CLOSE
    ),
    "100,000 levels, never closed": lambda: around(iter(["<a>" * 100_000]), OPEN, ""),
    "10 million levels": lambda: around(huge("<a>", 10_000_000), OPEN, ""),
    "levels in the head": lambda: in_head(iter(["<a>" * 10_000]), "", ""),
    "an attribute of 100 MB": lambda: around(
        huge("x", 100 * MEBIBYTE), '<Message a="', '"></Message>'
    ),
    "an attribute of 100 MB in the head": lambda: in_head(
        huge("x", 100 * MEBIBYTE), '<a b="', '"/>'
    ),
    "a text of 100 MB": lambda: around(huge("x", 100 * MEBIBYTE), OPEN, CLOSE),
    "a comment of 100 MB": lambda: around(huge("x", 100 * MEBIBYTE), "<!--", "-->"),
    "100 MB of blanks in the head": lambda: in_head(huge(" ", 100 * MEBIBYTE), "", ""),
    "100 MB of text that is no XML": lambda: huge("x", 100 * MEBIBYTE),
    "a million attributes": lambda: around(
        names(1_000_000, ' a{}="1"'), "<Message", "></Message>"
    ),
    "100,000 namespaces": lambda: around(
        names(100_000, ' xmlns:a{}="u"'), "<Message", "></Message>"
    ),
    "a million names": lambda: around(names(1_000_000, "<a{}/>"), OPEN, CLOSE),
    "three million children": lambda: around(huge("<a/>", 3_000_000), OPEN, CLOSE),
    "140,000 bad items in one message": lambda: around(
        iter(["<Item/>" * 140_000]),
        OPEN + acknowledgement().removesuffix("</OrderAcknowledgement>"),
        "</OrderAcknowledgement>" + CLOSE,
    ),
    "100,000 strays": lambda: around(iter(["<a/>" * 104_858]), "", ""),
    "100,000 empty messages": lambda: around(iter(["<Message/>" * 104_857]), "", ""),
    "50 MB of messages spelled oddly": lambda: around(
        huge(GOOD.replace(CLOSE, "</Message >"), 50 * MEBIBYTE // len(GOOD)), "", ""
    ),
}


class Stream(RawIOBase):
    """A document that is made while it is read, and that can be read again."""

    def __init__(self, make: Callable[[], Iterator[str]]) -> None:
        self._make = make
        self.seek(0)

    def seek(self, offset: int, whence: int = 0) -> int:
        self._parts = self._make()
        self._left = b""
        while offset > 0:
            offset -= len(self.read(offset) or b"")
        return offset

    def read(self, size: int = -1) -> bytes:
        while len(self._left) < size:
            part = next(self._parts, None)
            if part is None:
                break
            self._left += part.encode()
        data, self._left = self._left[:size], self._left[size:]
        return data


def grown_by(make: Callable[[], Iterator[str]]) -> tuple[Verdict, float]:
    """Return the verdict, and the growth of the peak in MiB."""
    verdict_of(feed(GOOD))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    stream = cast(BinaryIO, Stream(make))
    verdict = check(stream, rules=Rules.STANDARD, limits=Limits())
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return verdict, (after - before) / 1_024


if __name__ == "__main__":
    verdict, grown = grown_by(ATTACKS[sys.argv[1]])
    refusal = verdict.refusal
    print(
        json.dumps(
            {
                "code": refusal.code.number if refusal else None,
                "text": refusal.text if refusal else None,
                "messages": verdict.messages,
                "errors": verdict.error_count,
                "grown": grown,
            }
        )
    )
