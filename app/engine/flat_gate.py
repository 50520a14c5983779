"""The gate for flat files: encoding and headings, before anything is applied."""

from __future__ import annotations

from typing import BinaryIO

from app.engine.flat_headings import kind_of, read_headings
from app.engine.flat_lines import lines_of, text_of
from app.engine.flatfile import FlatDocument
from app.engine.message_types import feed_of
from app.engine.pieces import Envelope, Limits
from app.engine.refusals import FeedUnreadable, wrong_feed_type
from app.errors import ResultCode
from app.feedtypes.registry import FLAT_FILE_FEED_TYPES, XML_FEED_TYPES
from app.model.feed import FeedType, Header, Problem, Rules, Verdict

_KINDS = [each.flat_file for each in FLAT_FILE_FEED_TYPES if each.flat_file]
_MOST_HEADING_BYTES = 65_536

OPENING_BYTES = 8
"""How much of a file `is_saved_as` needs."""

# How files begin that spreadsheets keep to themselves.
_WORKBOOKS = (
    (b"PK\x03\x04", "an Excel workbook or a zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a gzip archive"),
)


def check_flat_file(
    document: BinaryIO,
    feed_type: FeedType,
    *,
    rules: Rules,
    limits: Limits,
    charset: str | None,
) -> Verdict:
    """Read a whole flat file and say whether its records can be read.

    What is wrong with single records is found when they are applied: a bad record
    never keeps the others from being applied. Source: feed-vocabulary 3.3 (Fatal).
    """
    kind = feed_type.flat_file
    assert kind is not None, "the feed type travels as a flat file"
    header = Header(message_type=feed_type.message_type)
    wrong = _wrong_kind(document, feed_type, limits, charset)
    if wrong is not None:
        return Verdict(header, refusal=wrong)
    warnings: list[Problem] = []
    try:
        opened = FlatDocument(document, kind, rules, limits, charset)
        warnings = opened.warnings
        count = sum(1 for _ in opened.records())
    except FeedUnreadable as error:
        return Verdict(header, refusal=error.problem, warnings=tuple(warnings))
    if not count:
        refusal = _without_records(opened.headings.line + 1)
        return Verdict(header, refusal=refusal, warnings=tuple(warnings))
    warnings += _leftovers(opened)
    return Verdict(header, messages=count, warnings=tuple(warnings))


def recognised(document: BinaryIO, charset: str | None) -> FeedType | None:
    """Return the feed type of the flat file that a document is, if it is one."""
    document.seek(0)
    try:
        reader = text_of(document, charset)
        if reader.opening.lstrip().startswith("<"):
            return None
        headings = read_headings(lines_of(reader, _MOST_HEADING_BYTES))
    except FeedUnreadable:
        return None
    finally:
        document.seek(0)
    kind = kind_of(headings, _KINDS) if headings else None
    return next((each for each in FLAT_FILE_FEED_TYPES if each.flat_file is kind), None)


def _wrong_kind(
    document: BinaryIO, feed_type: FeedType, limits: Limits, charset: str | None
) -> Problem | None:
    """715002: the document is something else, and what to do about it."""
    fix = "save it as Text, tab delimited, and send that file"
    workbook = what_no_feed_is(document, fix)
    if workbook is not None:
        return wrong_feed_type(workbook, feed_type)
    try:
        text = text_of(document, charset).opening
    except FeedUnreadable:
        # Told when the file is read.
        return None
    if text.lstrip().startswith("<"):
        return wrong_feed_type(_xml(document, limits, charset), feed_type)
    other = recognised(document, charset)
    if other is None or other is feed_type or other.flat_file is None:
        return None
    return wrong_feed_type(described(document, charset), feed_type)


def described(document: BinaryIO, charset: str | None) -> str:
    """Name a flat file, with the FeedType that it belongs to if it is recognised."""
    kind = recognised(document, charset)
    if kind is None or kind.flat_file is None:
        return "a flat file"
    article = "an" if kind.flat_file.title[0] in "aeiou" else "a"
    return f"{article} {kind.flat_file.title} (its FeedType is {kind.mws})"


def what_no_feed_is(document: BinaryIO, fix: str) -> str | None:
    """Name a workbook or an archive, and what to do instead; None for anything else."""
    document.seek(0)
    what = is_saved_as(document.read(OPENING_BYTES))
    return f"{what} ({fix})" if what else None


def is_saved_as(opening: bytes) -> str | None:
    """Name the format that a file of no text begins as; None for anything else."""
    for beginning, what in _WORKBOOKS:
        if opening.startswith(beginning):
            return what
    return None


def _xml(document: BinaryIO, limits: Limits, charset: str | None) -> str:
    """Name an XML document, with the FeedType that it belongs to."""
    try:
        head = Envelope(document, limits, charset).head
    except FeedUnreadable:
        return "an XML document"
    message_type = (head.header.message_type or "").strip()
    for each in XML_FEED_TYPES:
        if each.message_type == message_type:
            return f"{feed_of(message_type)} (its FeedType is {each.mws})"
    return "an XML document"


def _without_records(line: int) -> Problem:
    code = ResultCode.INFORMATION_MISSING
    found, expected = "no record stands below the headings", "one record at least"
    text = code.text(line=line, what=found, expected=expected)
    return Problem(code, text, line=line, found=found, expected=expected)


def _leftovers(opened: FlatDocument) -> list[Problem]:
    """715008: what spreadsheets leave behind, told once and not for each record."""
    code = ResultCode.SPREADSHEET_LEFTOVERS
    told = (
        (
            opened.trailing,
            opened.first_trailing,
            f"{_count(opened.trailing, 'record')} with more cells than headings",
            "the empty cells were ignored",
        ),
        (
            opened.quoted,
            opened.first_quoted,
            f"{_count(opened.quoted, 'cell')} in quotes",
            "the quotes were taken off",
        ),
    )
    return [
        Problem(
            code,
            code.text(what=what, line=line, outcome=outcome),
            severity=code.value.severity,
            line=line,
        )
        for count, line, what, outcome in told
        if count
    ]


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
