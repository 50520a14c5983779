"""What the schema refuses in a feed, each error at the Message it stands in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.parsers import expat

from lxml import etree

from app.engine.crowds import crowd_error, is_crowded
from app.engine.head import CLOSING, Head
from app.engine.pieces import Piece
from app.engine.syntax import new_parser

_IN_MESSAGE = re.compile(r"/AmazonEnvelope/Message(?:\[(\d+)\])?(?=/|$)")
_BLANKS = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Fault:
    """One error of the schema, as libxml2 says it.

    `place` is the Message that it stands in, counted through the feed, or 0 outside
    of them; `line` is the document's. `path` leads from `within`, that Message or the
    envelope, to the element that it is about.
    """

    place: int
    line: int
    within: etree._Element
    path: str
    words: str


@dataclass(frozen=True, slots=True)
class Stray:
    """Text or an element that stands between the Messages of an envelope."""

    line: int
    name: str | None = None
    text: str | None = None
    place: int = 0


def head_faults(head: Head, schema: etree.XMLSchema) -> list[Fault | Stray]:
    """Validate what stands before the first Message, which is well-formed."""
    document = head.document
    root = etree.fromstring(document, new_parser())
    if schema.validate(root):
        return []
    found: list[Fault | Stray] = []
    for entry in _log(schema):
        path = (entry.path or "").removeprefix("/AmazonEnvelope")
        fault = Fault(0, entry.line, root, path, entry.message)
        # libxml2 gives the line of the envelope for text in it.
        stray_text = not path and "Character content" in entry.message
        found += _strays(document, 0, text_only=True) if stray_text else [fault]
    return found


def faults(piece: Piece, schema: etree.XMLSchema) -> list[Fault | Stray]:
    """Validate the messages of a piece; return what is wrong, in document order."""
    if not piece.messages:
        return list(_strays_of(piece))
    if not is_crowded(piece):
        if schema.validate(piece.root):
            return []
        log = [(entry, _IN_MESSAGE.match(entry.path or "")) for entry in _log(schema)]
        if all(match for _, match in log):
            return list(_in_messages(piece, log))
    # libxml2 stops checking the children of an envelope behind the first one that is
    # not expected; so each Message is validated on its own (xml-pipeline 2, Poisoning).
    found: list[Fault | Stray] = [*_strays_of(piece), *_one_by_one(piece, schema)]
    return sorted(found, key=lambda fault: fault.line)


def _log(schema: etree.XMLSchema) -> list[etree._LogEntry]:
    # lxml-stubs 0.5 does not know that a log can be iterated.
    log: list[etree._LogEntry] = list(schema.error_log)  # type: ignore[call-overload]
    return log


def _in_messages(
    piece: Piece, log: list[tuple[etree._LogEntry, re.Match[str] | None]]
) -> Iterator[Fault]:
    messages = list(piece.root.iterchildren("Message"))
    lines = piece.cut.shift.lines
    for entry, match in log:
        if match:
            number = int(match[1] or 1)
            yield Fault(
                piece.before + number,
                entry.line + lines,
                messages[number - 1],
                match.string[match.end() :],
                entry.message,
            )


def _one_by_one(piece: Piece, schema: etree.XMLSchema) -> Iterator[Fault]:
    shift = piece.cut.shift
    messages = piece.root.iterchildren("Message")
    for place, message in enumerate(messages, piece.before + 1):
        many = crowd_error(message, schema)
        if many is not None:
            yield Fault(place, piece.line(message), message, "", many)
        elif not schema.validate(message):
            for entry in _log(schema):
                path = (entry.path or "").removeprefix("/Message")
                line = shift.line(entry.line)
                yield Fault(place, line, message, path, entry.message)


# The opening of a piece (`Head.opening`) has two elements of its own.
_has_strays = etree.XPath(
    "count(*[not(self::Message)]) > 2 or boolean(text()[normalize-space()])"
)


def _strays_of(piece: Piece) -> list[Stray]:
    if not _has_strays(piece.root):
        return []
    closing = b"" if piece.cut.last else CLOSING
    document = b"<AmazonEnvelope>" + piece.cut.data + closing
    return _strays(document, piece.cut.shift.lines)


def _strays(document: bytes, lines: int, *, text_only: bool = False) -> list[Stray]:
    """Find what stands in an envelope and is no Message, with its line."""
    found: list[Stray] = []
    depth = 0
    in_text = False
    parser = expat.ParserCreate("utf-8")

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, in_text
        in_text = False
        depth += 1
        # A Message in a namespace is none of ours.
        known = name == "Message" and not attributes.get("xmlns")
        if depth == 2 and not known and not text_only:
            found.append(Stray(parser.CurrentLineNumber + lines, name=name))

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    def character_data(text: str) -> None:
        nonlocal in_text
        if depth == 1 and text.strip(_BLANKS) and not in_text:
            in_text = True
            found.append(Stray(parser.CurrentLineNumber + lines, text=text))

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = character_data
    parser.Parse(document, True)
    return found
