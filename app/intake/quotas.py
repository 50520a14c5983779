"""Request quotas: how often a caller may call an operation.

Source: mws-wire 7 (a bucket for each seller, developer and operation; one token a
call; tokens come back one by one; some operations have an hourly quota as well).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from app.counters import THROTTLED
from app.errors import ErrorCode, ServiceError
from app.intake.accounts import Caller
from app.intake.outages import outages_refused
from app.store.quotas import Bucket, Buckets, Level, Measure, Outcome, microseconds

Profile = Literal["mws", "relaxed", "off"]

RELAXED = 100
"""How many times the published numbers the relaxed profile grants."""

_HOUR = timedelta(hours=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NO_LIMIT = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Quota:
    """What one operation grants a caller.

    `burst` requests at once, then one more every `restore_seconds`, and at most
    `per_hour` in a window of an hour. Operations with the same `shared` name within a
    section take from one bucket.
    """

    burst: int
    restore_seconds: float
    per_hour: int | None = None
    shared: str | None = None

    def times(self, factor: int) -> Quota:
        """Return a quota that grants so many times as much."""
        return replace(
            self,
            burst=self.burst * factor,
            restore_seconds=self.restore_seconds / factor,
            per_hour=None if self.per_hour is None else self.per_hour * factor,
        )

    @property
    def measure(self) -> Measure:
        """The size of the bucket."""
        restore = round(self.restore_seconds * 1_000_000)
        most = _NO_LIMIT if self.per_hour is None else self.per_hour
        return Measure(restore, restore * self.burst, most)


@dataclass(frozen=True, slots=True)
class Standing:
    """What of its hourly quota a caller has left, and when it gets a new one."""

    most: int
    remaining: int
    resets_at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a call: `refusal` if it came too often.

    `standing` is None for an operation without hourly quota.
    """

    standing: Standing | None = None
    refusal: ServiceError | None = None


class Quotas:
    """Counts calls, in buckets that all processes share."""

    def __init__(
        self, buckets: Buckets | None, profile: Profile, clock: Callable[[], datetime]
    ) -> None:
        """Count in the buckets; without any, every call is granted."""
        self._buckets = buckets
        self._factor = RELAXED if profile == "relaxed" else 1
        self._clock = clock

    @property
    def factor(self) -> int | None:
        """How many times the published numbers are granted; None if calls are free."""
        return None if self._buckets is None else self._factor

    def close(self) -> None:
        """Close the buckets."""
        if self._buckets is not None:
            self._buckets.close()

    @outages_refused
    def take(self, caller: Caller, operation: str, quota: Quota | None) -> Taken:
        """Take one request of an operation, named `Section/Version/Operation`.

        Raises ServiceError (ServiceUnavailable) while the buckets are out of reach.
        """
        if self._buckets is None or quota is None:
            return Taken()
        quota = quota.times(self._factor)
        section, _, own_name = operation.rpartition("/")
        name = f"{section}/{quota.shared or own_name}"
        bucket = Bucket(caller.seller_id, caller.access_key_id, name)
        now = self._clock()
        window_start = _window_start(caller, now)
        level = self._buckets.take(bucket, quota.measure, now, window_start)
        standing = _standing(quota, level, window_start + _HOUR)
        refusal = _refusal(operation, quota, level, now, standing)
        if refusal is not None:
            THROTTLED.labels(operation).inc()
        return Taken(standing, refusal)


def open_quotas(
    profile: Profile, open_buckets: Callable[[], Buckets], clock: Callable[[], datetime]
) -> Quotas:
    """Make the quotas of a profile; `off` needs no buckets."""
    return Quotas(None if profile == "off" else open_buckets(), profile, clock)


def _window_start(caller: Caller, now: datetime) -> datetime:
    """Return when the caller's hour began: at a minute of its own (mws-wire 7.1)."""
    whose = f"{caller.seller_id} {caller.access_key_id}".encode()
    minute = int.from_bytes(hashlib.sha256(whose).digest()[:4]) % 60
    into_hour = (now - _EPOCH - timedelta(minutes=minute)) % _HOUR
    return now - into_hour


def _standing(quota: Quota, level: Level, resets_at: datetime) -> Standing | None:
    if quota.per_hour is None:
        return None
    return Standing(quota.per_hour, max(quota.per_hour - level.used, 0), resets_at)


def _refusal(
    operation: str,
    quota: Quota,
    level: Level,
    now: datetime,
    standing: Standing | None,
) -> ServiceError | None:
    if level.outcome is Outcome.BURST:
        measure = quota.measure
        wait = level.full_at + measure.restore - measure.capacity - microseconds(now)
        return ServiceError(
            ErrorCode.REQUEST_THROTTLED,
            f"Request is throttled: {operation} takes {quota.burst} requests at once "
            f"and one more every {quota.restore_seconds:g} seconds; send the next in "
            f"{wait / 1_000_000:g} seconds.",
        )
    if level.outcome is Outcome.HOUR:
        assert standing is not None
        return ServiceError(
            ErrorCode.QUOTA_EXCEEDED,
            f"The quota of {standing.most:.1f} requests per 1 hour for operation "
            f"{operation} is used up; it resets on "
            f"{standing.resets_at:%a %b %d %H:%M:%S UTC %Y}.",
        )
    return None
