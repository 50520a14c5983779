"""What tests hold still: the clock and the ids."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
"""When a held clock starts, and when every golden case happens."""


class HeldClock:
    """A clock that moves only when it is told to."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def held_ids() -> Callable[[], str]:
    """Return a source of UUIDs that count from 1."""
    numbers = count(1)
    return lambda: f"00000000-0000-4000-8000-{next(numbers):012d}"
