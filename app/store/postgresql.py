"""What PostgreSQL needs of its own: the driver, and a session lock as presence."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import LiteralString

import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, event, select
from sqlalchemy import func as sql
from sqlalchemy.engine import ExecutionContext

from app.store.bulk import COPIED_TYPES
from app.store.presence import WORK_CHANNEL, PresenceLost
from app.store.tables import worker

# A host that vanished without a word is noticed after about 15 s, by both ends
# (queue-design 6); one that hangs in the middle of a transaction, after a minute.
_CONNECT = {
    "options": "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=5"
    " -c tcp_keepalives_count=2 -c idle_in_transaction_session_timeout=60s",
    "connect_timeout": 10,
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 2,
}


def engines(url: URL) -> tuple[Engine, Engine]:
    """Make the engine that writes and one on the same connections that only reads."""
    writer = create_engine(
        url.set(drivername="postgresql+psycopg"),
        # Buyers' data and sealed secrets stay out of tracebacks, and so out of logs.
        hide_parameters=True,
        # The fence and the claim are made for it: each statement sees what was
        # committed before it, not before its transaction.
        isolation_level="READ COMMITTED",
        pool_pre_ping=True,
        pool_size=10,
        max_overflow=20,
        pool_timeout=10,
        pool_use_lifo=True,
        connect_args={
            name: value for name, value in _CONNECT.items() if name not in url.query
        },
    )
    event.listen(writer, "do_executemany", _copy)
    return writer, writer.execution_options(postgresql_readonly=True)


def _copy(
    cursor: psycopg.Cursor,
    statement: LiteralString,
    parameters: Sequence[tuple[object, ...]],
    context: ExecutionContext,
) -> bool:
    """Send the rows of a COPY; anything else is done as ever.

    Done within SQLAlchemy, so that errors are what those of any statement are. The
    binary form takes a quarter of the time, and its errors do not repeat the row.
    """
    types = context.execution_options.get(COPIED_TYPES)
    if types is None:
        return False
    with cursor.copy(statement) as copy:
        copy.set_types(types)
        for row in parameters:
            copy.write_row(row)
    return True


class SessionPresence:
    """Presence as an advisory lock of the session that listens for news.

    It needs a direct connection: a transaction pooler would give the session away.
    """

    def __init__(self, engine: Engine) -> None:
        """Connect when presence is held, as `engine` does."""
        self._engine = engine
        self._session: psycopg.Connection | None = None

    def hold(self, worker_id: str) -> int:
        """Open a session of its own, lock the worker's key and listen."""
        digest = hashlib.sha256(worker_id.encode()).digest()
        lock_key = int.from_bytes(digest[:8], signed=True)
        try:
            self._session = session = self._open_session()
            session.execute("SELECT pg_advisory_lock(%s)", [lock_key])
            session.execute(f"LISTEN {WORK_CHANNEL}")
        except psycopg.Error as error:
            raise PresenceLost("no session to hold presence with") from error
        return lock_key

    def _open_session(self) -> psycopg.Connection:
        pooled = self._engine.raw_connection()
        session = pooled.driver_connection
        assert isinstance(session, psycopg.Connection)
        pooled.detach()
        session.autocommit = True
        return session

    def listen(self, seconds: float) -> bool:
        """Wait for a notification; the lock lives as long as its session."""
        if self._session is None:
            raise PresenceLost("presence is not held")
        try:
            return any(self._session.notifies(timeout=seconds, stop_after=1))
        except psycopg.Error as error:
            raise PresenceLost("the session that held presence is gone") from error

    def gone(self, connection: Connection, peers: Mapping[str, int]) -> list[str]:
        """Return the peers whose key could be locked, until this transaction ends."""
        if not peers:
            return []
        found = connection.scalars(
            select(worker.c.worker_id).where(
                worker.c.worker_id.in_(peers),
                sql.pg_try_advisory_xact_lock(worker.c.lock_key),
            )
        )
        return list(found)

    def release(self) -> None:
        """Close the session, and the lock with it."""
        if self._session is not None:
            self._session.close()
            self._session = None
