"""What the schema refuses in a feed, each error at the Message it stands in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self
from xml.parsers import expat

from lxml import etree

from app.engine.crowds import crowd_error, is_crowded
from app.engine.head import CLOSING, Head
from app.engine.pieces import Piece
from app.engine.syntax import new_parser

_IN_MESSAGE = re.compile(r"/AmazonEnvelope/Message(?:\[(\d+)\])?(?=/|$)")
_BLANKS = " \t\r\n"

# Errors about a value that is read when all else of its element has been looked at.
_FACETS = frozenset(
    getattr(etree.ErrorTypes, f"SCHEMAV_CVC_{name}_VALID")
    for name in (
        "LENGTH",
        "MINLENGTH",
        "MAXLENGTH",
        "MININCLUSIVE",
        "MAXINCLUSIVE",
        "MINEXCLUSIVE",
        "MAXEXCLUSIVE",
        "TOTALDIGITS",
        "FRACTIONDIGITS",
        "PATTERN",
        "ENUMERATION",
    )
)
_ATOMIC = etree.ErrorTypes.SCHEMAV_CVC_DATATYPE_VALID_1_2_1
_UNION = etree.ErrorTypes.SCHEMAV_CVC_DATATYPE_VALID_1_2_3


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


@dataclass(frozen=True, slots=True)
class Found:
    """What is wrong in one piece of a feed, in document order.

    `places` says for each error which Message it stands in, as `Fault.place` does;
    `told` yields the errors, each made as it is asked for, while the piece is held.
    `only_values`: every name in the piece is one of the schema's.
    """

    places: Sequence[int] = ()
    told: Iterable[Fault | Stray] = ()
    only_values: bool = False

    @classmethod
    def of(cls, told: Sequence[Fault | Stray]) -> Self:
        """Take errors that are made already."""
        return cls([fault.place for fault in told], told)


def head_faults(head: Head, schema: etree.XMLSchema) -> Found:
    """Validate what stands before the first Message, which is well-formed."""
    document = head.document
    root = etree.fromstring(document, new_parser())
    if schema.validate(root):
        return Found()
    found: list[Fault | Stray] = []
    for entry in _log(schema):
        path = (entry.path or "").removeprefix("/AmazonEnvelope")
        fault = Fault(0, entry.line, root, path, entry.message)
        # libxml2 gives the line of the envelope for text in it.
        stray_text = not path and "Character content" in entry.message
        found += _strays(document, 0, text_only=True) if stray_text else [fault]
    return Found.of(found)


def faults(piece: Piece, schema: etree.XMLSchema) -> Found:
    """Validate the messages of a piece."""
    if not piece.messages:
        return Found.of(_strays_of(piece))
    if not is_crowded(piece):
        if schema.validate(piece.root):
            return Found()
        log = _log(schema)
        matches = [_IN_MESSAGE.match(entry.path or "") for entry in log]
        within = [match for match in matches if match]
        if len(within) == len(log):
            numbers = [int(match[1] or 1) for match in within]
            return Found(
                [piece.before + number for number in numbers],
                _in_messages(piece, log, within, numbers),
                all(map(_about_value, log)),
            )
    # libxml2 stops checking the children of an envelope behind the first one that is
    # not expected; so each Message is validated on its own (xml-pipeline 2, Poisoning).
    found: list[Fault | Stray] = [*_strays_of(piece), *_one_by_one(piece, schema)]
    return Found.of(sorted(found, key=lambda fault: fault.line))


def _about_value(entry: etree._LogEntry) -> bool:
    """Say whether libxml2 looked through the element of an error all the same.

    It passes over what is in an element that it did not expect. Of attributes, xsi:type
    may be of a wrong datatype, which is no union, and then nothing is sure.
    """
    if entry.type == _UNION or entry.type in _FACETS:
        return True
    return entry.type == _ATOMIC and "', attribute '" not in entry.message


def _log(schema: etree.XMLSchema) -> list[etree._LogEntry]:
    # lxml-stubs 0.5 does not know that a log can be iterated.
    log: list[etree._LogEntry] = list(schema.error_log)  # type: ignore[call-overload]
    return log


def _in_messages(
    piece: Piece,
    log: list[etree._LogEntry],
    within: list[re.Match[str]],
    numbers: list[int],
) -> Iterator[Fault]:
    messages = list(piece.root.iterchildren("Message"))
    lines = piece.cut.shift.lines
    for entry, match, number in zip(log, within, numbers, strict=True):
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
