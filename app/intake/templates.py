"""Templates of the flat files, to be downloaded and filled in.

Source: feed-vocabulary 6 (tabs of the workbook) and 7 (columns).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.errors import ErrorCode, ServiceError
from app.feedtypes.registry import FLAT_FILE_FEED_TYPES
from app.model.flatfile import Column, FlatFile


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
    return Template(f"{kind.sheet}.{form}", _CONTENT_TYPES[form], _content(kind, form))


def _content(kind: FlatFile, form: TemplateFormat) -> bytes:
    if form is TemplateFormat.TXT:
        return _text(kind)
    # Here, and not above: openpyxl takes 8 MB, and 20 MB where numpy is installed.
    from app.intake.workbook import workbook

    return workbook(kind, _rows(kind))


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
