"""What spreadsheets do to cells, and how to undo it.

A workbook guesses types: an id becomes a number or a date, leading zeros go, the local
decimal comma comes. Source: feed-vocabulary 7 (hyphens required, no thousands marks).
"""

from __future__ import annotations

import re

_POWER = re.compile(r"[0-9]+([.,][0-9]+)?E\+?[0-9]+", re.IGNORECASE)
_DAY = re.compile(
    r"[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4}( .*)?"
    r"|[0-9]{1,2}[ -][A-Za-z]{3,9}[ -][0-9]{2,4}"
)
_COMMA = re.compile(r"[+-]?[0-9.]*,[0-9]{1,2}")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}([, ][0-9]{3})+(\.[0-9]+)?")
_AS_TEXT = "format the column as text before the ids are put in"


def of_order_id(value: str) -> str | None:
    """Return a hint about an order id that a spreadsheet has changed."""
    if _POWER.fullmatch(value) or _DAY.fullmatch(value):
        kind = "a number" if _POWER.fullmatch(value) else "a date"
        return f"A spreadsheet has turned the id into {kind}: {_AS_TEXT}."
    digits = re.sub(r"[ .,\u2010-\u2015]", "", value)
    if re.fullmatch("[0-9]{17}", digits):
        return f"Did you mean {digits[:3]}-{digits[3:10]}-{digits[10:]}?"
    if re.fullmatch("[0-9]{12,16}", digits):
        return f"A spreadsheet has removed hyphens and zeros: {_AS_TEXT}."
    return None


def of_item_code(value: str) -> str | None:
    """Return a hint about an item code that a spreadsheet has changed."""
    if _POWER.fullmatch(value):
        return f"A spreadsheet has turned the id into a number: {_AS_TEXT}."
    if re.fullmatch("[0-9]{1,13}", value):
        return f"A spreadsheet may have removed zeros in front: {_AS_TEXT}."
    return None


def of_amount(value: str) -> str | None:
    """Return a hint about an amount in the manner of another country."""
    if _THOUSANDS.fullmatch(value):
        return "Leave the thousands marks out."
    if _COMMA.fullmatch(value):
        return "Write a decimal point, not a comma."
    if re.search(r"[^0-9.,+\- ]", value):
        return "Write the number alone; the currency has a column of its own."
    return None


def of_number(value: str) -> str | None:
    """Return a hint about a whole number with decimals."""
    if re.fullmatch(r"[0-9]+[.,]0+", value):
        return "A spreadsheet has added decimals: format the column as text."
    return None


def of_date(value: str) -> str | None:
    """Return a hint about a date in the manner of another country."""
    if _DAY.fullmatch(value) and not re.fullmatch("[0-9]{4}(-[0-9]{2}){2}", value):
        return "A spreadsheet has changed the date: format the column as text."
    if re.fullmatch("[0-9]{5}", value):
        return (
            "A spreadsheet has turned the date into a number of days: format the "
            "column as text."
        )
    return None


def of_any(value: str) -> str | None:
    """Return a hint about what spreadsheets put around any cell."""
    if value.startswith(("'", "=")):
        return f'Leave out the "{value[0]}" that a spreadsheet has put in front.'
    if value.startswith('"'):
        return "The quote is not closed on its line: write cells without quotes."
    return None
