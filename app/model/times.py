"""Times: aware UTC inside, ISO 8601 outside."""

from __future__ import annotations

from datetime import UTC, datetime


def to_iso(moment: datetime) -> str:
    """Write an aware time as 2026-11-24T12:00:00Z, its fraction only if it has one."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def from_iso(text: str) -> datetime:
    """Read an ISO 8601 time as aware UTC; without a zone it is UTC.

    Raises ValueError if it is none.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC)
