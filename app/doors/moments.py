"""Times on the wire: the forms of ISO 8601 that clients send, and HTTP's own."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache

# Source: mws-wire 2.5. The zone may be absent (then it is UTC), hours only, or without
# a colon; the decimal mark may be a comma; careless clients send seven decimals.
_FORM = re.compile(
    r"(?P<year>\d{4})(?P<dash>-?)(?P<month>\d\d)(?P=dash)(?P<day>\d\d)"
    r"(?:T(?P<hour>\d\d)(?::?(?P<minute>\d\d)(?::?(?P<second>\d\d)"
    r"(?:[.,](?P<fraction>\d+))?)?)?"
    r"(?P<zone>Z|(?P<sign>[+-])(?P<zone_hours>\d\d)(?::?(?P<zone_minutes>\d\d))?)?)?",
    re.ASCII | re.IGNORECASE,
)


def http_date(moment: datetime) -> str:
    """Write an aware time as the header Date has it; made once a second."""
    return _http_date(moment.replace(microsecond=0))


@lru_cache(4)
def _http_date(second: datetime) -> str:
    return format_datetime(second.astimezone(UTC), usegmt=True)


def read_moment(text: str) -> datetime:
    """Read a date, or a date and time, as aware UTC.

    Without a time it is midnight; 24:00:00 is the midnight that ends the day.
    Raises ValueError if it is no such thing.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError("not a date and time of ISO 8601")
    part = match.groupdict(default="0")
    day = datetime(int(part["year"]), int(part["month"]), int(part["day"]), tzinfo=UTC)
    hour, minute, second = int(part["hour"]), int(part["minute"]), int(part["second"])
    microsecond = int(part["fraction"].ljust(6, "0")[:6])
    if hour == 24 and not (minute or second or microsecond):
        hour, day = 0, _shift(day, timedelta(days=1))
    moment = day.replace(
        hour=hour, minute=minute, second=second, microsecond=microsecond
    )
    return _shift(moment, -_offset(part))


def _offset(part: dict[str, str]) -> timedelta:
    hours, minutes = int(part["zone_hours"]), int(part["zone_minutes"])
    if hours > 23 or minutes > 59:
        raise ValueError("the zone has no such hours or minutes")
    offset = timedelta(hours=hours, minutes=minutes)
    return -offset if part["sign"] == "-" else offset


def _shift(moment: datetime, by: timedelta) -> datetime:
    try:
        return moment + by
    except OverflowError as error:
        raise ValueError("the time lies outside the years 1 to 9999") from error
