"""Pick a database and a document store by URL; transactions; pending migrations."""

from __future__ import annotations

import errno
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

from sqlalchemy import Connection, Engine, inspect, make_url, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.resources import migrations_folder
from app.store import sqlite
from app.store.bell import Bell
from app.store.documents import Documents, DocumentsUnreachable, FileDocuments
from app.store.glances import Glances, Reader, TakesLonger
from app.store.presence import WORK_CHANNEL, Presence
from app.store.turns import TurnMissed, Turns

_ANNOUNCED = "feedgate_announced"
_REVISION = re.compile(r'^(down_)?revision = "(\w+)"', re.MULTILINE)
_MIGRATION_LOCK = 0x66656564_67617465

# SQLSTATEs: connection, resources, shutdown, system error, a read-only standby, and a
# lock that was not to be had in time. Not 57014, a statement that was cancelled.
_POSTGRESQL_OUTAGES = ("08", "53", "57P", "58", "25006", "55P03")

# A full, missing, read-only or unreachable disk, or too many open files.
_DISK_ERRORS = frozenset(
    {
        errno.EACCES,
        errno.EDQUOT,
        errno.EFBIG,
        errno.EIO,
        errno.EMFILE,
        errno.ENFILE,
        errno.ENODEV,
        errno.ENOSPC,
        errno.ENOTCONN,
        errno.ENXIO,
        errno.EPERM,
        errno.EROFS,
        errno.ESTALE,
        errno.ETIMEDOUT,
    }
)


class Database:
    """One database: `write` and `read` are its transactions, `bell` wakes workers."""

    def __init__(
        self,
        writer: Engine,
        reader: Engine,
        turns: Turns | None = None,
        glances: Glances | None = None,
    ) -> None:
        """Take two engines for the same database; they may share their connections.

        With `turns`, the threads of this process write one after another; `glances`
        are for short reads, where there is a cheaper way than the reader's.
        """
        self.engine = writer
        self.dialect_name = writer.dialect.name
        self.bell = Bell()
        self._reader = reader
        self._turns = turns
        self._glances = glances
        self._here = threading.local()

    @property
    def can_haste(self) -> bool:
        """Whether short reads can be asked for in haste."""
        return self._glances is not None

    @contextmanager
    def haste(self) -> Iterator[None]:
        """Let nothing inside, in this thread, take long: TakesLonger is raised first.

        Then nothing was written, and each statement had 2 ms. It is for an event loop,
        which answers nobody meanwhile.
        """
        self._here.in_haste = True
        try:
            yield
        finally:
            self._here.in_haste = False

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that may write; SQLite is locked before its first read."""
        self._take_time()
        turn = self._turns.turn() if self._turns else nullcontext()
        with turn, self.engine.begin() as connection:
            yield connection
            announced = connection.info.pop(_ANNOUNCED, False)
        if announced:
            self.bell.ring()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One transaction that only reads."""
        self._take_time()
        with self._reader.connect() as connection, connection.begin():
            yield connection

    def glance(self) -> AbstractContextManager[Reader]:
        """Read by single short statements, each by itself (`glances.fetch`)."""
        if self._glances is None:
            return self.read()
        return self._glances.glance(in_haste=self._is_in_haste)

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """One transaction that reads everything as it was at one moment."""
        if self.dialect_name == "sqlite":
            with self.read() as connection:
                yield connection
            return
        self._take_time()
        engine = self._reader.execution_options(isolation_level="REPEATABLE READ")
        with engine.connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Close the connections; those still in use close when they are given back."""
        self.engine.dispose()
        self._reader.dispose()
        if self._glances is not None:
            self._glances.close()

    @property
    def _is_in_haste(self) -> bool:
        return getattr(self._here, "in_haste", False)

    def _take_time(self) -> None:
        if self._is_in_haste:
            raise TakesLonger


def announce(connection: Connection) -> None:
    """Tell workers that a lane has work, once this transaction is committed."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"NOTIFY {WORK_CHANNEL}"))
    # The connection keeps this after a rollback: one ring in vain, then it is gone.
    connection.info[_ANNOUNCED] = True


def open_database(url: str) -> Database:
    """Open a database without migrating it.

    Raises ValueError for a URL that no backend takes.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engines = sqlite.engines(parsed)
        turns = Turns(sqlite.BUSY_SECONDS)
        return Database(*engines, turns, sqlite.open_glances(engines[1]))
    if parsed.get_backend_name() in ("postgresql", "postgres"):
        return Database(*_postgresql().engines(parsed))
    raise ValueError(f"{parsed.get_backend_name()} is neither sqlite nor postgresql")


def open_documents(
    url: str, folder: Path, spool: Path, endpoint: str, ids: Callable[[], str]
) -> Documents:
    """Open the document store of a URL, s3://bucket/prefix, or that of a folder.

    Documents of a bucket lie in `spool` on their way. Raises ValueError for a URL that
    cannot be used.
    """
    if not url:
        return FileDocuments(folder, ids)
    # boto3 is an extra, and takes a second and 30 MB to import.
    try:
        from app.store.s3 import S3Documents
    except ModuleNotFoundError as error:
        raise ValueError("documents in S3 need feedgate[s3] installed") from error
    return S3Documents(url, endpoint, spool, ids)


def open_presence(database: Database, *, alone: bool) -> Presence:
    """Make the presence of a worker process; `alone` if no other process submits.

    A process that is alone on SQLite hears of every feed by its own bell and need not
    look for others'. PostgreSQL tells all.
    """
    if database.dialect_name == "sqlite":
        return sqlite.FilePresence(database.engine, alone=alone)
    presence: Presence = _postgresql().SessionPresence(database.engine)
    return presence


def _postgresql() -> ModuleType:
    # psycopg is an extra: who runs on SQLite need not have it.
    try:
        from app.store import postgresql
    except ModuleNotFoundError as error:
        raise ValueError("PostgreSQL needs feedgate[postgres] installed") from error
    return postgresql


def migrate(url: str, revision: str = "head") -> None:
    """Bring a database up to a revision, the newest; processes take turns."""
    # Here, and not above: it takes 8 MB, for what is seldom done.
    from alembic import command
    from alembic.config import Config

    database = open_database(url)
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    try:
        with database.write() as connection:
            if database.dialect_name == "postgresql":
                lock = text("SELECT pg_advisory_xact_lock(:key)")
                connection.execute(lock, {"key": _MIGRATION_LOCK})
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    finally:
        database.close()


def now_of(database: Database) -> datetime:
    """Return the time by the clock of the database; SQLite has ours."""
    with database.read() as connection:
        if database.dialect_name == "sqlite":
            connection.execute(text("SELECT 1"))
            return datetime.now(UTC)
        now: datetime = connection.execute(text("SELECT now()")).scalar_one()
        return now


def newest_revision() -> str:
    """Return the revision of the schema that this program is written for."""
    named: dict[bool, set[str]] = {True: set(), False: set()}
    for script in (migrations_folder() / "versions").glob("*.py"):
        for before, revision in _REVISION.findall(script.read_text("utf-8")):
            named[bool(before)].add(revision)
    (newest,) = named[False] - named[True]
    return newest


def revision_of(database: Database) -> str | None:
    """Return the revision that a database is at; None if it was never migrated."""
    with database.read() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(
            text("SELECT version_num FROM alembic_version")
        )
        return found


def is_migrated(url: str) -> bool:
    """Whether a database is at the newest revision."""
    database = open_database(url)
    try:
        return revision_of(database) == newest_revision()
    finally:
        database.close()


def is_outage(error: BaseException) -> bool:
    """Whether the database or the disk is out of reach, full, locked or read-only.

    Such an error says nothing about the feed in hand: wait, and try again.
    """
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return True
        sqlstate = getattr(error.orig, "sqlstate", None)
        if sqlstate is not None:
            return str(sqlstate).startswith(_POSTGRESQL_OUTAGES)
        if (code := getattr(error.orig, "sqlite_errorcode", None)) is not None:
            return sqlite.is_outage(code)
        return isinstance(error, (OperationalError, InterfaceError))
    if isinstance(error, sqlite3.Error):
        return sqlite.is_outage(getattr(error, "sqlite_errorcode", 0))
    if isinstance(error, OSError):
        return error.errno in _DISK_ERRORS
    return isinstance(error, (PoolTimeoutError, TurnMissed, DocumentsUnreachable))
