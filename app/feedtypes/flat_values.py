"""The cells of a record, read one by one; what is wrong with them is collected."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from app.errors import ResultCode
from app.feedtypes import flat_damage
from app.feedtypes.values import quantity
from app.model.feed import Problem, Rules
from app.model.flatfile import Record, Vocabulary

# The letters of other scripts, which the schema's \w lets pass, are in no order id.
_ORDER_ID = re.compile(r"[0-9A-Za-z]{3}-[0-9]{7}-[0-9]{7}")
_ITEM_CODE = re.compile(r"[0-9]{14}")
_QUANTITY = re.compile(r"\+?0*[1-9][0-9]*")
_AMOUNT = re.compile(r"[+-]?[0-9]+(\.[0-9]{1,2})?")
_STRICT_AMOUNT = re.compile(r"[+-]?[0-9]+\.[0-9]{2}")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ufffe\uffff]")
_MOST_DIGITS = 20
_SHOWN = 100
_TEXT_LIMIT = 500


class Cells:
    """Reads the cells of one record; `problems` are those found so far.

    A reader that finds a fault returns what an empty cell would give: look at
    `problems` before the body is used.
    """

    def __init__(self, record: Record, words: Vocabulary) -> None:
        """Read a record under the words of a profile."""
        self.record = record
        self.problems: list[Problem] = []
        self._words = words
        self._order_id: str | None = None
        self._item_code: str | None = None
        if record.extra:
            found = f'"{_cut(record.extra[0])}" behind the last column'
            self._refuse("", found, "no more cells than headings", None)

    def order_id(self) -> str:
        """Return the order-id, which every record needs."""
        value = self.required(
            "order-id", "an AmazonOrderID such as 026-1234567-1234567"
        )
        if value and not _ORDER_ID.fullmatch(value):
            expected = "an AmazonOrderID: 3, 7 and 7 digits with hyphens"
            self.refuse("order-id", expected, flat_damage.of_order_id(value))
        elif value:
            self._order_id = value
        return value

    def item_code(self, column: str, *, required: bool = False) -> str | None:
        """Return an AmazonOrderItemCode: 14 digits."""
        value = self.record.values.get(column)
        if value is None:
            if required:
                self.required(column, "the AmazonOrderItemCode, 14 digits")
            return None
        if not _ITEM_CODE.fullmatch(value):
            self.refuse(column, "14 digits", flat_damage.of_item_code(value))
            return None
        self._item_code = value
        return value

    def required(self, column: str, expected: str) -> str:
        """Return a cell that may not be empty; 5004 if it is."""
        value = self.record.values.get(column, "")
        if not value:
            self.missing(column, expected)
        return value

    def missing(self, column: str, expected: str) -> None:
        """Note that a cell is empty (5004)."""
        code = ResultCode.INFORMATION_MISSING
        text = code.text(
            line=self.record.line, what=f"column {column} is empty", expected=expected
        )
        self._add(code, column, text, "an empty cell", expected)

    def text(self, column: str, most: int) -> str | None:
        """Return a text of at most `most` characters, all of which XML allows."""
        value = self.record.values.get(column)
        if value is not None and len(value) > most:
            self.refuse(column, f"at most {most} characters")
        elif value is not None and _CONTROL.search(value):
            self.refuse(column, "text without control characters")
        return value

    def one_of(
        self, column: str, allowed: Collection[str], element: str, *, required: bool
    ) -> str | None:
        """Return a word of a list; `element` is what the XML twin calls the column."""
        expected = f"one of {', '.join(allowed)}"
        value = self.record.values.get(column)
        if value is None:
            if required:
                self.missing(column, expected)
            return None
        if value not in allowed:
            self.refuse(column, expected, self._words.hint(element, value, expected))
            return None
        return value

    def quantity(self, column: str) -> int | None:
        """Return a number of units, from 1."""
        value = self.record.values.get(column)
        if value is None:
            return None
        if not _QUANTITY.fullmatch(value):
            self.refuse(column, "a whole number from 1", flat_damage.of_number(value))
            return None
        return quantity(value)

    def amount(self, column: str) -> Decimal | None:
        """Return a signed amount; the strict rules want exactly two decimals."""
        value = self.record.values.get(column)
        if value is None:
            return None
        strict = self._words.rules is Rules.STRICT
        pattern = _STRICT_AMOUNT if strict else _AMOUNT
        digits = sum(character.isdigit() for character in value)
        if not pattern.fullmatch(value) or digits > _MOST_DIGITS:
            decimals = "exactly two" if strict else "at most two"
            expected = (
                f"an amount such as 12.50: at most {_MOST_DIGITS} digits, "
                f"{decimals} decimals behind a point, no thousands mark"
            )
            self.refuse(column, expected, flat_damage.of_amount(value))
            return None
        return Decimal(value)

    def date(self, column: str) -> str:
        """Return a date, or a date and time, as ISO 8601 writes them."""
        expected = "a date such as 2026-11-24"
        value = self.required(column, expected)
        try:
            if value:
                datetime.fromisoformat(value)
        except ValueError:
            self.refuse(column, expected, flat_damage.of_date(value))
            return ""
        if value and not re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}($|T)", value):
            self.refuse(column, expected, flat_damage.of_date(value))
        return value

    def refuse(self, column: str, expected: str, hint: str | None = None) -> None:
        """Note that a cell holds what it cannot (5000)."""
        found = f'"{_cut(self.record.values.get(column, ""))}"'
        if hint is None:
            hint = flat_damage.of_any(self.record.values.get(column, ""))
        self._refuse(column, found, expected, hint)

    def _refuse(self, column: str, found: str, expected: str, hint: str | None) -> None:
        code = ResultCode.SCHEMA_INVALID
        where = f"column {column}" if column else f"record {self.record.number}"
        text = code.text(
            line=self.record.line, path=where, found=found, expected=expected
        )
        after = f" {hint}" if hint else ""
        if len(text) + len(after) > _TEXT_LIMIT:
            text = text[: _TEXT_LIMIT - len(after) - 1] + "…"
        self._add(code, column, text + after, found, expected)

    def _add(
        self, code: ResultCode, column: str, text: str, found: str, expected: str
    ) -> None:
        number = self.record.number
        self.problems.append(
            Problem(
                code,
                text,
                str(number),
                amazon_order_id=self._order_id,
                amazon_order_item_code=self._item_code,
                line=self.record.line,
                path=f"/Record[{number}]/{column}" if column else f"/Record[{number}]",
                found=found,
                expected=expected,
            )
        )


def _cut(value: str) -> str:
    return value if len(value) <= _SHOWN else value[: _SHOWN - 1] + "…"
