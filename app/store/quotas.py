"""The buckets behind request quotas, shared by every process that serves calls.

One statement a call. What is kept may be lost at any time: a caller then starts with a
full quota. On PostgreSQL the table is UNLOGGED, and no commit waits for the disk. On
SQLite it lies in a file of its own beside the database: there, calls that only read
would wait for the batch in hand of a worker, and then for the disk (docs/decisions).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.schema import CreateTable

from app.store import sqlite
from app.store.backends import Database
from app.store.tables import quota


class Outcome(IntEnum):
    """What became of a request for one token."""

    TAKEN = 0
    BURST = 1
    HOUR = 2


@dataclass(frozen=True, slots=True)
class Bucket:
    """Whose bucket it is, and what it is for."""

    seller_id: str
    access_key_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Measure:
    """The size of a bucket, in microseconds and requests.

    A token comes back every `restore`; an empty bucket is full again after `capacity`.
    `per_hour` bounds what is taken within one window.
    """

    restore: int
    capacity: int
    per_hour: int


@dataclass(frozen=True, slots=True)
class Level:
    """A bucket after a request: `full_at` in microseconds, `used` in this window."""

    outcome: Outcome
    full_at: int
    used: int


# A bucket is the time at which it will be full again: taking a token moves it on by one
# interval, and what is missing now follows from the clock. A time further ahead than an
# empty bucket needs comes from a clock that was set back, and counts as empty.
_FROM = """
    CASE WHEN quota.full_at < :now THEN :now
         WHEN quota.full_at > :now + :capacity THEN :now + :capacity
         ELSE quota.full_at END
"""
_USED = "CASE WHEN quota.window_start = :window_start THEN quota.used ELSE 0 END"
_OUTCOME = f"""
    CASE WHEN {_FROM} + :restore > :now + :capacity THEN {Outcome.BURST:d}
         WHEN {_USED} >= :per_hour THEN {Outcome.HOUR:d}
         ELSE {Outcome.TAKEN:d} END
"""
_TAKE = text(
    f"""
    INSERT INTO quota
        (seller_id, access_key_id, bucket, full_at, window_start, used, outcome)
    VALUES (:seller_id, :access_key_id, :bucket, :now + :restore, :window_start, 1,
            {Outcome.TAKEN:d})
    ON CONFLICT (seller_id, access_key_id, bucket) DO UPDATE SET
        full_at = {_FROM} + CASE {_OUTCOME} WHEN 0 THEN :restore ELSE 0 END,
        used = {_USED} + CASE {_OUTCOME} WHEN 0 THEN 1 ELSE 0 END,
        window_start = :window_start,
        outcome = {_OUTCOME}
    RETURNING outcome, full_at, used
    """  # noqa: S608 # own expressions
)


class Buckets:
    """All buckets; threads and processes may take from them at once."""

    def __init__(self, database: Database) -> None:
        """Use the database, or a file beside it if that is SQLite."""
        self._file = _file_beside(database) if _is_sqlite(database) else None
        # One statement is a transaction: it needs no BEGIN and COMMIT around it.
        self._engine = self._file or database.engine.execution_options(
            isolation_level="AUTOCOMMIT"
        )

    def take(
        self, bucket: Bucket, measure: Measure, now: datetime, window_start: datetime
    ) -> Level:
        """Take one token if there is one; tell what became of it."""
        with self._engine.connect() as connection:
            row = connection.execute(
                _TAKE,
                {
                    "seller_id": bucket.seller_id,
                    "access_key_id": bucket.access_key_id,
                    "bucket": bucket.name,
                    "now": microseconds(now),
                    "restore": measure.restore,
                    "capacity": measure.capacity,
                    "per_hour": measure.per_hour,
                    "window_start": microseconds(window_start),
                },
            ).one()
        return Level(Outcome(row.outcome), row.full_at, row.used)

    def close(self) -> None:
        """Close the file; the database is somebody else's."""
        if self._file is not None:
            self._file.dispose()


def microseconds(moment: datetime) -> int:
    """Write a time as whole microseconds since 1970, exactly."""
    whole = int(moment.replace(microsecond=0).timestamp())
    return whole * 1_000_000 + moment.microsecond


def _is_sqlite(database: Database) -> bool:
    return database.dialect_name == "sqlite"


def _file_beside(database: Database) -> Engine:
    assert database.engine.url.database is not None
    path = Path(database.engine.url.database)
    engine = sqlite.throw_away_engine(path.with_name(f"{path.stem}.quota.db"))
    with engine.connect() as connection:
        connection.execute(CreateTable(quota, if_not_exists=True))
    return engine
