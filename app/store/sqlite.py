"""What SQLite needs of its own: pragmas, one writer at a time, flock as presence."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event

from app.store.glances import Glances

BUSY_SECONDS = 10
"""How long a transaction waits for others that write, before that is an outage."""

# Between processes nothing tells of a commit but this counter: look often, it is cheap.
_LOOK_SECONDS = 0.02

# Page cache in KiB, as SQLite spells it. One connection writes, so one cache is large.
_WRITER_CACHE = -65_536
_READER_CACHE = -2_048

_READER = (f"PRAGMA cache_size = {_READER_CACHE}", "PRAGMA query_only = ON")
_CONNECT = {"isolation_level": None, "timeout": BUSY_SECONDS}

_OUTAGES = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)

_IN_USE = frozenset(
    {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
)

_WAL_PAUSE = 0.02


def engines(url: URL) -> tuple[Engine, Engine]:
    """Make the engine that writes and the one that reads; the file may be missing.

    SQLite takes one writer at a time, so that one connection is enough to write with,
    and its large cache stays warm.
    """
    if not url.database or url.database == ":memory:":
        raise ValueError("SQLite needs a file: sqlite:////path/to/feedgate.db")
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    writer = create_engine(
        url,
        # Buyers' data and sealed secrets stay out of tracebacks, and so out of logs.
        hide_parameters=True,
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        pool_timeout=BUSY_SECONDS,
        connect_args=_CONNECT,
    )
    reader = create_engine(
        url,
        # Buyers' data and sealed secrets stay out of tracebacks, and so out of logs.
        hide_parameters=True,
        pool_size=4,
        max_overflow=60,
        pool_use_lifo=True,
        connect_args=_CONNECT,
    )
    _set_up(writer, f"PRAGMA cache_size = {_WRITER_CACHE}")
    _set_up(reader, *_READER)

    # Transactions are begun by us: sqlite3 would begin before the first write only.
    @event.listens_for(writer, "begin")
    def begin_to_write(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    @event.listens_for(reader, "begin")
    def begin_to_read(connection: Connection) -> None:
        # Past SQLAlchemy, which takes longer for it than SQLite for a whole answer.
        # It cannot fail: nothing is locked before the first statement.
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("BEGIN").close()

    return writer, reader


def open_glances(engine: Engine) -> Glances:
    """Make the connections for short reads, set up as an engine sets up its own."""
    database = engine.url.database
    assert database is not None

    def connect(busy_seconds: float) -> sqlite3.Connection:
        # Threads have it by turns, one at a time.
        connection = sqlite3.connect(
            database,
            timeout=busy_seconds,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            _prepare(connection, *_READER, busy_seconds=busy_seconds)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    return Glances(connect, BUSY_SECONDS)


def throw_away_engine(path: Path) -> Engine:
    """Make the engine of a file whose content may be lost; each statement commits.

    Without a wait for the disk (NORMAL loses commits when the power fails, but leaves
    the file whole). One connection: threads queue for it, instead of polling the lock.
    """
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        pool_timeout=BUSY_SECONDS,
        connect_args=_CONNECT,
    )

    @event.listens_for(engine, "connect")
    def connect(connection: sqlite3.Connection, record: object) -> None:
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL"):
            connection.execute(f"PRAGMA {pragma}").close()

    return engine


def _set_up(engine: Engine, *pragmas: str) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: sqlite3.Connection, record: object) -> None:
        _prepare(connection, *pragmas)


def _prepare(
    connection: sqlite3.Connection, *pragmas: str, busy_seconds: float = BUSY_SECONDS
) -> None:
    _use_wal(connection, busy_seconds)
    for pragma in (
        # NORMAL can lose an accepted feed when the power fails (queue-design 1).
        "PRAGMA synchronous = FULL",
        "PRAGMA foreign_keys = ON",
        # 32 MB of log: a checkpoint now and then, not within every other batch.
        "PRAGMA wal_autocheckpoint = 8000",
        "PRAGMA temp_store = MEMORY",
        *pragmas,
    ):
        connection.execute(pragma).close()


def _use_wal(connection: sqlite3.Connection, busy_seconds: float) -> None:
    """Keep a log ahead of the file; of processes that start at once, one sets it.

    SQLite does not wait for the lock that this takes, whatever the busy timeout. A
    full disk is not waited for: whoever asks is to be told at once.
    """
    deadline = time.monotonic() + busy_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
        except sqlite3.OperationalError as error:
            in_use = error.sqlite_errorcode & 0xFF in _IN_USE
            if not in_use or time.monotonic() > deadline:
                raise
            time.sleep(_WAL_PAUSE)
        else:
            return


def is_outage(error_code: int) -> bool:
    """Whether an extended result code means busy, full or out of reach."""
    return error_code & 0xFF in _OUTAGES


class FilePresence:
    """Presence as a flock on `workers/<id>.lock` beside the database."""

    def __init__(self, engine: Engine, *, alone: bool) -> None:
        """Look for commits of other processes unless the process is `alone`."""
        assert engine.url.database is not None
        self._database = engine.url.database
        self._folder = Path(engine.url.database).parent / "workers"
        self._alone = alone
        self._held: tuple[Path, int] | None = None
        self._watched: sqlite3.Connection | None = None
        self._version: int | None = None

    def hold(self, worker_id: str) -> int:
        """Make and lock the worker's file; the key means nothing here."""
        self._folder.mkdir(exist_ok=True)
        path = self._path(worker_id)
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._held = path, descriptor
        return 0

    def listen(self, seconds: float) -> bool:
        """Sleep, or watch the counter that every commit of another connection moves."""
        if self._alone:
            time.sleep(seconds)
            return False
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._has_changed():
                return True
            time.sleep(_LOOK_SECONDS)
        return False

    def _has_changed(self) -> bool:
        if self._watched is None:
            self._watched = sqlite3.connect(
                self._database, isolation_level=None, check_same_thread=False
            )
        before = self._version
        (self._version,) = self._watched.execute("PRAGMA data_version").fetchone()
        return before != self._version

    def gone(self, connection: Connection, peers: Mapping[str, int]) -> list[str]:
        """Return the peers whose file is unlocked or missing, and remove the files."""
        gone = []
        for worker_id in peers:
            path = self._path(worker_id)
            if not path.exists() or _is_free(path):
                path.unlink(missing_ok=True)
                gone.append(worker_id)
        return gone

    def release(self) -> None:
        """Remove the file, which its peers take for death, and unlock it."""
        if self._held is not None:
            path, descriptor = self._held
            self._held = None
            path.unlink(missing_ok=True)
            os.close(descriptor)
        if self._watched is not None:
            self._watched.close()
            self._watched = None

    def _path(self, worker_id: str) -> Path:
        return self._folder / f"{worker_id}.lock"


def _is_free(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True
