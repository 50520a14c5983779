"""A feed's body, cut into pieces that end with a Message."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from xml.parsers import expat

from app.engine.encoding import Utf8Reader
from app.engine.refusals import FeedUnreadable, too_large
from app.engine.syntax import Shift, malformed, too_deep

PIECE_BYTES = 65_536
"""About the length of a piece: its tree then stays in the cache (xml-pipeline 2)."""

_END = b"</Message>"
_TAG = re.compile(rb"<[^<>\"']*(?:(?:\"[^\"]*\"|'[^']*')[^<>\"']*)*>")


@dataclass(frozen=True, slots=True)
class Cut:
    """One piece of a body; the last one has the end of the document in it."""

    data: bytes
    shift: Shift
    last: bool


class Body:
    """What follows a head, as UTF-8: read on and cut off as the cutters ask.

    `opening` is what goes in front of every piece; `shift` says where `data` begins
    in the document; `most` limits the bytes from the end of one Message to the end of
    the next.
    """

    def __init__(
        self, reader: Utf8Reader, opening: bytes, head: bytes, data: bytes, most: int
    ) -> None:
        """Begin with `data`, the part of the body that was read with the head."""
        self.opening = opening
        self.data = data
        self.most = most
        self.ended = False
        self.shift = _beyond(Shift(opening=len(opening.decode())), head)
        self._reader = reader
        # Half of the limit at most: text can grow when it becomes UTF-8.
        self._chunk = min(PIECE_BYTES, max(most // 2, 1))

    def read(self) -> bytes:
        """Append some more of the document and return it; nothing at its end."""
        more = self._reader.read(self._chunk)
        self.ended = not more
        self.data += more
        return more

    def cut(self, size: int) -> Cut:
        """Cut a piece off the beginning."""
        piece = Cut(self.data[:size], self.shift, self.ended and size == len(self.data))
        self.data = self.data[size:]
        self.shift = _beyond(self.shift, piece.data)
        return piece

    def take_back(self, piece: Cut) -> None:
        """Undo the last cut."""
        self.data = piece.data + self.data
        self.shift = piece.shift


def _beyond(shift: Shift, data: bytes) -> Shift:
    """Return the place behind some data."""
    newline = data.rfind(b"\n")
    columns = len(data[newline + 1 :].decode())
    if newline < 0:
        return Shift(shift.lines, shift.columns + columns, shift.opening)
    return Shift(shift.lines + data.count(b"\n"), columns, shift.opening)


def quick_cut(body: Body) -> Cut | None:
    """Cut behind the last literal end tag of a Message in about 64 KiB.

    In a comment, a CDATA section, a processing instruction or another element such a
    cut leaves a piece that is not well-formed: it is never misunderstood, only
    refused. Returns None where no such cut is possible: then SureCutter must look.
    Source: xml-pipeline 2 ("Is cutting safe?").
    """
    at, searched = -1, 0
    while True:
        at = max(at, body.data.rfind(_END, max(searched - len(_END), 0)))
        if body.ended or (at >= 0 and len(body.data) >= PIECE_BYTES):
            break
        searched = len(body.data)
        if at < 0 and searched > body.most:
            return None
        body.read()
    first = body.data.find(_END)
    if (first + len(_END) if first >= 0 else len(body.data)) > body.most:
        return None
    return body.cut(len(body.data) if body.ended else at + len(_END))


class SureCutter:
    """Cuts where expat sees an element of the envelope end.

    Every piece is still parsed by libxml2, so expat decides nothing but where to cut,
    and it needs no whole Message in memory to say that one is too large. (lxml's push
    parser would not do: lxml 6.1.3 forgets an undeclared entity and goes on with what
    follows as a new document.)
    """

    def __init__(self, body: Body, most_depth: int) -> None:
        """Begin where the body is cut next; refuse elements nested deeper."""
        self._body = body
        self._most_depth = most_depth
        self._from = body.shift
        self._expat = expat.ParserCreate("utf-8")
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        # Later versions of expat wait with long tokens unless they are told not to.
        defer = getattr(self._expat, "SetReparseDeferralEnabled", None)
        if defer is not None:
            defer(False)
        # All places count bytes from where this cutter began.
        self._cut_off = 0
        self._boundary = 0
        self._ends: deque[int] = deque()
        self._depth = 0
        self._within: str | None = None
        self._line = 1
        self._empty_end: int | None = None
        self._expat.Parse(body.opening, False)
        self._feed(body.data)
        if body.ended:
            self._feed(b"")

    def cut(self) -> Cut:
        """Cut the next piece off; at the end of the document, all that is left.

        Raises FeedUnreadable where the document is not well-formed, and for a Message
        over the limit.
        """
        body = self._body
        while not self._ends and not body.ended:
            self._feed(body.read())
        end = self._ends.popleft() if self._ends else self._cut_off + len(body.data)
        size = end - self._cut_off
        self._cut_off = end
        return body.cut(size)

    def _feed(self, data: bytes) -> None:
        try:
            self._expat.Parse(data, not data)
        except expat.ExpatError as error:
            body = self._body
            problem = malformed(
                body.opening + body.data,
                body.shift,
                self._from.line(error.lineno),
                self._from.column(error.lineno, error.offset + 1),
                expat.ErrorString(error.code),
            )
            raise FeedUnreadable(problem) from error
        self._measure(self._cut_off + len(self._body.data))

    def _start(self, name: str, _: dict[str, str]) -> None:
        self._depth += 1
        line, column = self._expat.CurrentLineNumber, self._expat.CurrentColumnNumber
        if self._depth == 2 and self._at() >= 0:
            self._within, self._line = name, line
            tag = _TAG.match(self._body.data, self._at() - self._cut_off)
            empty = tag is not None and tag[0].endswith(b"/>")
            self._empty_end = self._at() + len(tag[0]) if tag and empty else None
        elif self._depth > self._most_depth:
            problem = too_deep(
                self._from.line(line),
                self._from.column(line, column + 1),
                self._most_depth,
            )
            raise FeedUnreadable(problem)

    def _end(self, _: str) -> None:
        self._depth -= 1
        # The header that the opening brings along lies before the data.
        if self._depth != 1 or self._at() < 0:
            return
        # An empty-element tag ends where expat says that its element ends.
        end = self._empty_end or self._end_of_tag()
        self._measure(end)
        self._boundary = end
        if end - (self._ends[-1] if self._ends else self._cut_off) >= PIECE_BYTES:
            self._ends.append(end)
        self._within, self._line = None, self._expat.CurrentLineNumber

    def _at(self) -> int:
        return self._expat.CurrentByteIndex - len(self._body.opening)

    def _end_of_tag(self) -> int:
        data = self._body.data
        return data.index(b">", self._at() - self._cut_off) + 1 + self._cut_off

    def _measure(self, end: int) -> None:
        if end - self._boundary > self._body.most:
            name = self._within
            begun = f"The {name} that begins" if name else "What begins"
            line = self._from.line(self._line)
            limit = f"{self._body.most} bytes"
            fix = "a Message is about one order"
            raise FeedUnreadable(too_large(f"{begun} on line {line}", limit, fix, line))
