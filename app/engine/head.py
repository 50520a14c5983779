"""What stands in a document before its first Message."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from app.engine.encoding import Utf8Reader
from app.engine.refusals import (
    FeedUnreadable,
    not_well_formed,
    refused_doctype,
    too_large,
)
from app.engine.syntax import Shift, malformed
from app.model.feed import Header, Problem

_READ_BYTES = 65_536
_PART_BYTES = 4096
_FIELDS = {
    ("MessageType",): "message_type",
    ("PurgeAndReplace",): "purge_and_replace",
    ("Header", "MerchantIdentifier"): "merchant_identifier",
    ("Header", "DocumentVersion"): "document_version",
}
_BLANKS = " \t\r\n"

CLOSING = b"</AmazonEnvelope>"
"""What is put behind every piece but the last."""

# Stands for the messages while a head is judged.
_ANY_MESSAGE = (
    b"<Message><MessageID>1</MessageID><OrderAcknowledgement>"
    b"<AmazonOrderID>000-0000000-0000000</AmazonOrderID><StatusCode>Success"
    b"</StatusCode></OrderAcknowledgement></Message>"
)


@dataclass(slots=True)
class Head:
    """The head of a document, read as far as it could be.

    `data` is the text read so far, as UTF-8, and `body` where the first Message
    begins in it: None if the document has none. `root` names the document element,
    a namespace in front of the name; `prefixes` are the namespaces that it declares.
    `lines` says on which line each field of `header` begins. `problem` is what keeps
    the head from being read to its end.
    """

    data: bytes
    body: int | None = None
    root: str | None = None
    prefixes: tuple[tuple[str, str], ...] = ()
    header: Header = field(default_factory=Header)
    lines: dict[str, int] = field(default_factory=dict)
    problem: Problem | None = None

    @property
    def document(self) -> bytes:
        """The head as a document of its own, with a valid Message behind it."""
        if self.body is None:
            return self.data
        return self.data[: self.body] + _ANY_MESSAGE + CLOSING

    @property
    def opening(self) -> bytes:
        """The start of an envelope with this head's namespaces and a valid header.

        It stands in front of every piece of the feed, on one line, so that a faulty
        or a long head is judged once and not with every piece.
        """
        declared = "".join(
            f" xmlns{':' + prefix if prefix else ''}={quoteattr(uri)}"
            for prefix, uri in self.prefixes
        )
        return (
            f"<AmazonEnvelope{declared}><Header><DocumentVersion>1.01</DocumentVersion>"
            "<MerchantIdentifier/></Header>"
            "<MessageType>OrderAcknowledgement</MessageType>"
        ).encode()


def is_flat_file(opening: str) -> bool:
    """Say whether a document that begins so is tab-separated text, and no XML."""
    text = opening.lstrip(_BLANKS)
    return not text.startswith("<") and "\t" in text.partition("\n")[0]


class _FirstMessage(Exception):
    """The first Message begins."""


class _HeadParser:
    """Reads a head by expat, up to the first Message."""

    def __init__(self) -> None:
        # Names come as "namespace name", and undeclared prefixes are errors.
        self._expat = expat.ParserCreate("utf-8", namespace_separator=" ")
        self._expat.buffer_text = True
        self._expat.StartDoctypeDeclHandler = self._doctype
        self._expat.StartNamespaceDeclHandler = self._namespace
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.CharacterDataHandler = self._text
        self._path: list[str] = []
        self._texts: dict[str, str] = {}
        self._current: str | None = None
        self._prefixes: list[tuple[str, str]] = []
        self._body: int | None = None
        self.root: str | None = None
        self.lines: dict[str, int] = {}

    def parse(self, data: bytes) -> int | None:
        """Read on; return where the first Message begins, if it does.

        No data is the end of the document. Raises expat.ExpatError, and FeedUnreadable
        for a DOCTYPE.
        """
        # In small parts: after a handler's exception expat reads its part to the end.
        parts = [data[at : at + _PART_BYTES] for at in range(0, len(data), _PART_BYTES)]
        try:
            for part in parts or (b"",):
                self._expat.Parse(part, not data)
        except _FirstMessage:
            return self._body
        return None

    @property
    def prefixes(self) -> tuple[tuple[str, str], ...]:
        return tuple(self._prefixes)

    @property
    def header(self) -> Header:
        texts = self._texts
        return Header(
            message_type=texts.get("message_type"),
            merchant_identifier=texts.get("merchant_identifier"),
            document_version=texts.get("document_version"),
            purge_and_replace=texts.get("purge_and_replace", "").strip(_BLANKS)
            in ("true", "1"),
        )

    def _doctype(self, *_: object) -> NoReturn:
        raise FeedUnreadable(refused_doctype(self._expat.CurrentLineNumber))

    def _namespace(self, prefix: str | None, uri: str | None) -> None:
        if self.root is None:
            self._prefixes.append((prefix or "", uri or ""))

    def _start(self, name: str, _: dict[str, str]) -> None:
        if self.root is None:
            self.root = name
        else:
            if name == "Message" and not self._path:
                self._body = self._expat.CurrentByteIndex
                raise _FirstMessage
            self._path.append(name)
        self._current = _FIELDS.get(tuple(self._path))
        if self._current in self._texts:
            self._current = None
        elif self._current is not None:
            self._texts[self._current] = ""
            self.lines[self._current] = self._expat.CurrentLineNumber

    def _end(self, _: str) -> None:
        self._current = None
        if self._path:
            self._path.pop()

    def _text(self, text: str) -> None:
        if self._current is not None:
            self._texts[self._current] += text


def read_head(reader: Utf8Reader, max_head_bytes: int) -> Head:
    """Read a document up to its first Message, at most `max_head_bytes` of it.

    A problem, such as a DOCTYPE, which can only stand here, is kept in the head and
    not raised: what was read before it says more, such as a wrong document element.
    """
    parser = _HeadParser()
    head = Head(b"")
    try:
        while head.body is None and len(head.data) <= max_head_bytes:
            data = reader.read(_READ_BYTES)
            head.data += data
            head.body = parser.parse(data)
            if not data:
                break
    except FeedUnreadable as error:
        head.problem = error.problem
    except expat.ExpatError as error:
        head.problem = _explained(head.data, error)
    head.root, head.prefixes = parser.root, parser.prefixes
    head.header, head.lines = parser.header, parser.lines
    end = len(head.data) if head.body is None else head.body
    if head.problem is None and end > max_head_bytes:
        what, fix = "The part before the first Message", "leave out what is not needed"
        head.problem = too_large(what, f"{max_head_bytes} bytes", fix, line=1)
    return head


def _explained(data: bytes, error: expat.ExpatError) -> Problem:
    if not data.strip(_BLANKS.encode()):
        return not_well_formed(1, 1, "an empty document", "<AmazonEnvelope>")
    words = expat.ErrorString(error.code)
    return malformed(data, Shift(), error.lineno, error.offset + 1, words)
