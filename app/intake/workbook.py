"""Templates of the flat files as workbooks.

Source: feed-vocabulary 6 (tabs of the workbook) and 7 (columns).
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from app.model.flatfile import FlatFile

DEFINITIONS = "Data Definitions"
"""The name of the sheet that explains the columns."""

_PREPARED_ROWS = 1_000
_WIDEST = 60


def workbook(kind: FlatFile, rows: Sequence[Sequence[str]]) -> bytes:
    """Make a workbook: a sheet to fill in, and one that explains the columns.

    The first begins with `rows`, the headings last. Every cell to be filled in is
    formatted as text, so that the spreadsheet takes no id for a number or a date.
    """
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet), "a new workbook has a sheet"
    sheet.title = kind.sheet
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
