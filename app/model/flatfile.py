"""Flat files as plain values: columns, records, and the words that cells may hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.model.feed import Body, Problem, Rules


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a flat file.

    `meaning` and `values` are what the template's Data Definitions say of it, with an
    `example`. A column that is `required` must be in the headings, one that is
    `required_strict` only under the strict rules; one `newer` than the oldest schema
    is unknown there. Source: feed-vocabulary 7.
    """

    name: str
    meaning: str
    values: str
    example: str = ""
    required: bool = False
    required_strict: bool = False
    newer: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One line below the headings.

    `number` counts the lines below the headings from 1, as the report shows it, and
    `line` those of the document. `values` maps column names to cells, blanks around
    them removed; empty cells are left out. `extra` holds the cells behind the last
    heading that are not empty.
    """

    number: int
    line: int
    values: Mapping[str, str]
    extra: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the schemas of one profile allow, for cells.

    `carriers` maps carrier codes in lower case to their spelling. `hint` returns a
    sentence about a value refused, given the element of the XML twin, the value and
    what is expected, or None.
    """

    rules: Rules
    cancel_reasons: tuple[str, ...]
    adjustment_reasons: tuple[str, ...]
    currencies: tuple[str, ...]
    carriers: Mapping[str, str]
    hint: Callable[[str, str, str], str | None] = field(repr=False)


@dataclass(frozen=True, slots=True)
class FlatFile:
    """How the records of one kind of flat file are written and read.

    `mark` is the column that no other kind has. `read` turns the records of one message
    into its body, or says what is wrong with them. `by_order` says that the records
    of one order are one message, wherever they stand; else every record is one.
    `template_row` are the cells in front of the headings of a template.
    """

    title: str
    sheet: str
    mark: str
    columns: tuple[Column, ...]
    read: Callable[[Sequence[Record], Vocabulary], tuple[Body | None, list[Problem]]]
    by_order: bool = False
    template_row: tuple[str, ...] = ()

    def known(self, rules: Rules) -> dict[str, Column]:
        """Return the columns that a profile knows, by name."""
        strict = rules == "strict"
        return {
            column.name: column
            for column in self.columns
            if not (strict and column.newer)
        }

    def missing(self, headings: Sequence[str], rules: Rules) -> list[str]:
        """Return the required columns that headings lack, in the template's order."""
        strict = rules == "strict"
        return [
            column.name
            for column in self.columns
            if column.name not in headings
            and (column.required or (strict and column.required_strict))
        ]
