"""The values of schema-valid elements, white space read as their types say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

# xs:normalizedString replaces these by blanks; it trims nothing.
_TO_BLANKS = str.maketrans("\t\n\r", "   ")

# Quantities have no upper bound in the schema, and Python reads no endless integers.
# Whatever is longer than this is over any ceiling, and is read as the ceiling below.
_MOST_DIGITS = 30
MOST_UNITS = 10**_MOST_DIGITS

_EARLIEST = datetime.min.replace(tzinfo=UTC)
_LATEST = datetime.max.replace(tzinfo=UTC)


def normalized(text: str | None) -> str:
    """Read an xs:normalizedString."""
    return text.translate(_TO_BLANKS) if text else ""


def optional(text: str | None) -> str | None:
    """Read an xs:normalizedString that counts as absent if it is empty or blank."""
    value = normalized(text)
    return value if value.strip() else None


def quantity(text: str | None) -> int:
    """Read an xs:positiveInteger of any length; at most MOST_UNITS."""
    digits = (text or "").strip().lstrip("+").lstrip("0")
    return int(digits) if len(digits) <= _MOST_DIGITS else MOST_UNITS


def date_time(text: str, zone: tzinfo) -> datetime:
    """Read an xs:dateTime as aware UTC; without a zone it is local time in `zone`.

    A time outside the years 1 to 9999, which the schema allows, becomes the first or
    the last moment that can be told.
    """
    date, _, time = text.strip().partition("T")
    end_of_day = time.startswith("24")
    if end_of_day:
        time = "00" + time[2:]
    try:
        moment = datetime.fromisoformat(f"{date}T{time}")
        if end_of_day:
            moment += timedelta(days=1)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        early = date.startswith("-") or (len(date) == 10 and date.startswith("0"))
        return _EARLIEST if early else _LATEST
