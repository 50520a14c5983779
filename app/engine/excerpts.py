"""Parts of a document around certain lines or messages, in bounded memory.

Whole documents may have gigabytes: only what is shown is held.
"""

from __future__ import annotations

import codecs
import copy
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from lxml import etree

from app.engine.encoding import Utf8Reader
from app.engine.flat_headings import read_headings
from app.engine.flat_lines import lines_of, text_of
from app.engine.pieces import Envelope, Limits, Piece
from app.engine.refusals import FeedUnreadable, cut

AROUND = 3
"""How many lines are shown before and behind a line."""

MOST_LINE = 400
"""How much of a line is shown, in characters."""

MOST_MESSAGES = 500_000
"""How far into an XML document messages are looked for."""

_MOST_MARKED = 40
_READ_BYTES = 65_536


class Line(NamedTuple):
    """A line of a document, its number from 1; `marked` is what is looked for."""

    number: int
    text: str
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """The lines of one message, from 1, both included.

    `text` is the message broken into lines, where the document has it within a line
    too long to be shown.
    """

    first: int
    last: int
    text: str | None = None


def spans_of_messages(
    document: BinaryIO, places: Collection[int], limits: Limits, charset: str | None
) -> dict[int, Span]:
    """Find messages of an XML document by their places, counted from 1.

    Those beyond MOST_MESSAGES, and behind a place where the document cannot be read,
    are left out.
    """
    wanted = {place for place in places if 0 < place <= MOST_MESSAGES}
    found: dict[int, Span] = {}
    try:
        pieces = Envelope(document, limits, charset).pieces()
        while len(found) < len(wanted) and (piece := next(pieces, None)):
            inside = range(piece.before + 1, piece.before + piece.messages + 1)
            here = wanted.intersection(inside)
            if not here:
                continue
            messages = piece.root.findall("Message")
            for place in here:
                found[place] = _span(piece, messages, place - piece.before - 1)
    except FeedUnreadable:
        pass
    return found


def _span(piece: Piece, messages: list[etree._Element], at: int) -> Span:
    message = messages[at]
    first = piece.line(message)
    last = max(piece.line(each) for each in message.iter(etree.Element))
    following = piece.line(messages[at + 1]) if at + 1 < len(messages) else None
    previous = piece.line(messages[at - 1]) if at else None
    if last > first or (following or previous or first) != first:
        # The end tags of the last elements, if another message tells where they end.
        return Span(first, max(last, following - 1) if following else last)
    broken = copy.deepcopy(message)
    broken.tail = None
    etree.indent(broken)
    return Span(first, first, etree.tostring(broken, encoding="unicode"))


def spans_of_records(
    document: BinaryIO, numbers: Collection[int], limits: Limits, charset: str | None
) -> dict[int, Span]:
    """Find records of a flat file by their numbers, from 1 below the headings."""
    try:
        lines = lines_of(text_of(document, charset), limits.max_message_bytes)
        headings = read_headings(lines)
    except FeedUnreadable:
        return {}
    if headings is None:
        return {}
    return {
        number: Span(headings.line + number, headings.line + number)
        for number in numbers
        if number > 0
    }


def excerpts(
    document: BinaryIO, spans: Collection[Span], charset: str | None, *, flat: bool
) -> list[list[Line]]:
    """Return the lines around each span; spans that lie close share an excerpt.

    Where the bytes are not in the document's encoding it ends.
    """
    marked: set[int] = set()
    shown: set[int] = set()
    for span in spans:
        last = min(span.last, span.first + _MOST_MARKED - 1)
        marked.update(range(span.first, last + 1))
        shown.update(range(max(span.first - AROUND, 1), last + AROUND + 1))
    found: list[list[Line]] = []
    for number, text in _lines(document, shown, charset, flat=flat):
        if not found or found[-1][-1].number != number - 1:
            found.append([])
        found[-1].append(Line(number, text, number in marked))
    return found


def broken_lines(span: Span) -> tuple[Line, ...]:
    """Return the lines of a message that had to be broken into lines."""
    lines = (span.text or "").split("\n")[:_MOST_MARKED]
    return tuple(Line(span.first, cut(text, MOST_LINE)) for text in lines)


def _lines(
    document: BinaryIO, wanted: Collection[int], charset: str | None, *, flat: bool
) -> Iterator[tuple[int, str]]:
    """Yield the wanted lines as they were sent, cut to MOST_LINE characters.

    Bytes that do not fit the encoding are shown as such.
    """
    left = sorted(wanted, reverse=True)
    number, held = 1, ""
    for text in _texts(document, charset, flat=flat):
        if not left:
            return
        breaks = text.count("\n")
        if left[-1] > number + breaks:
            number, held = number + breaks, ""
            continue
        *whole, rest = text.split("\n")
        for part in whole:
            if left and left[-1] == number:
                yield left.pop(), cut(held + part, MOST_LINE)
            number, held = number + 1, ""
        # Of an endless line only its beginning is kept.
        held = (held + rest)[: MOST_LINE + 1]
    if held and left and left[-1] == number:
        yield number, cut(held, MOST_LINE)


def _texts(document: BinaryIO, charset: str | None, *, flat: bool) -> Iterator[str]:
    """Yield a document piece by piece, with LF for every line end."""
    try:
        reader = text_of(document, charset) if flat else Utf8Reader(document, charset)
        codec, mark = reader.encoding.codec, reader.encoding.mark
    except FeedUnreadable:
        codec, mark = "utf-8", 0
    decoder = codecs.getincrementaldecoder(codec)(errors="replace")
    document.seek(mark)
    carried = ""
    while raw := document.read(_READ_BYTES):
        text = carried + decoder.decode(raw)
        # A CR at the end may be the first half of a line end.
        carried = "\r" if text.endswith("\r") else ""
        text = text[: len(text) - len(carried)].replace("\r\n", "\n")
        yield text.replace("\r", "\n") if flat else text
    yield carried + decoder.decode(b"", final=True)
