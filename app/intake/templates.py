"""Templates of the flat files, to be downloaded and filled in.

Source: feed-vocabulary 6 (tabs of the workbook) and 7 (columns).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from app.errors import ErrorCode, ServiceError
from app.feedtypes.registry import FLAT_FILE_FEED_TYPES
from app.model.flatfile import Column, FlatFile

DEFINITIONS = "Data Definitions"

_PREPARED_ROWS = 1_000
_WIDEST = 60


class TemplateFormat(StrEnum):
    """Tab-separated text, or a workbook to fill in and save as such."""

    TXT = "txt"
    XLSX = "xlsx"


_CONTENT_TYPES = {
    TemplateFormat.TXT: "text/tab-separated-values; charset=UTF-8",
    TemplateFormat.XLSX: (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ),
}


@dataclass(frozen=True, slots=True)
class Template:
    """A template as a file; `name` is what to save it under."""

    name: str
    content_type: str
    content: bytes


def template(feed_type: str, form: TemplateFormat) -> Template:
    """Return the template of a flat-file FeedType, by MWS's name or ours.

    Raises ServiceError (InvalidFeedType) for any other.
    """
    kind = _kind_of(feed_type)
    content = _text(kind) if form is TemplateFormat.TXT else _workbook(kind)
    return Template(f"{kind.sheet}.{form}", _CONTENT_TYPES[form], content)


def _kind_of(feed_type: str) -> FlatFile:
    for each in FLAT_FILE_FEED_TYPES:
        if feed_type in (each.mws, each.name) and each.flat_file is not None:
            return each.flat_file
    names = ", ".join(each.mws for each in FLAT_FILE_FEED_TYPES)
    raise ServiceError(
        ErrorCode.INVALID_FEED_TYPE,
        f'FeedType "{feed_type[:60]}" has no template; use one of {names}.',
    )


def _columns(kind: FlatFile) -> list[Column]:
    """Leave out the columns that a file is better without, if they are not used."""
    return [column for column in kind.columns if not _is_extra(column)]


def _is_extra(column: Column) -> bool:
    # Blank promotion columns made files fail (feed-vocabulary 7.2), and the newer
    # columns and merchant-order-id are of other versions of the file.
    name = column.name
    return column.newer or "-promotion-" in name or name == "merchant-order-id"


def _rows(kind: FlatFile) -> list[Sequence[str]]:
    headings = [column.name for column in _columns(kind)]
    return [kind.template_row, headings] if kind.template_row else [headings]


def _text(kind: FlatFile) -> bytes:
    return "".join("\t".join(row) + "\r\n" for row in _rows(kind)).encode()


def _workbook(kind: FlatFile) -> bytes:
    """Make a workbook: a sheet to fill in, and one that explains the columns.

    Every cell to be filled in is formatted as text, so that the spreadsheet takes no
    id for a number or a date.
    """
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet), "a new workbook has a sheet"
    sheet.title = kind.sheet
    rows = _rows(kind)
    for row in rows:
        sheet.append(list(row))
    for cell in sheet[len(rows)]:
        cell.font = Font(bold=True)
    for line in range(len(rows) + 1, len(rows) + 1 + _PREPARED_ROWS):
        for place in range(1, len(rows[-1]) + 1):
            sheet.cell(line, place).number_format = "@"
    sheet.freeze_panes = f"A{len(rows) + 1}"
    _widen(sheet, rows[-1:])
    _define(book, kind)
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def _define(book: Workbook, kind: FlatFile) -> None:
    sheet = book.create_sheet(DEFINITIONS)
    rows = [("Column", "Meaning", "Values", "Example", "Required")]
    for column in kind.columns:
        needed = "required" if column.required else "optional"
        if column.required_strict and not column.required:
            needed = "required under the strict rules"
        rows.append(
            (column.name, column.meaning, column.values, column.example, needed)
        )
    for row in rows:
        sheet.append(row)
        for cell in sheet[sheet.max_row]:
            cell.number_format = "@"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    sheet.freeze_panes = "A2"
    _widen(sheet, rows)


def _widen(sheet: Worksheet, rows: Sequence[Sequence[str]]) -> None:
    for place, cells in enumerate(zip(*rows, strict=True), 1):
        longest = max(map(len, cells))
        width = min(longest + 3, _WIDEST)
        sheet.column_dimensions[get_column_letter(place)].width = width
