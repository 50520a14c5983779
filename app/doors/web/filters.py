"""Filters of lists, as they stand in an address."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from app.doors.web.pages import N_

_WRONG_DATE = N_("This is no date; write it as in 2026-11-24.")


def day(
    given: dict[str, str], name: str, problems: dict[str, str], days: int = 0
) -> datetime | None:
    """Read a day as the time it begins (UTC), so many days later."""
    text = given.get(name, "").strip()
    if not text:
        return None
    try:
        begins = date.fromisoformat(text) + timedelta(days=days)
    except (ValueError, OverflowError):
        problems[name] = _WRONG_DATE
        return None
    return datetime.combine(begins, time(), UTC)
