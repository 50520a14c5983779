"""Transactions as the code relies on them, and what counts as an outage."""

from __future__ import annotations

import errno
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from app.store import sqlite
from app.store.backends import Database, is_outage, open_database


@pytest.fixture
def counter(database: Database) -> Database:
    """A database with one number in it."""
    with database.write() as connection:
        connection.execute(text("CREATE TABLE counter (number INTEGER UNIQUE)"))
        connection.execute(text("INSERT INTO counter VALUES (0)"))
    return database


def number_in(database: Database) -> int:
    with database.read() as connection:
        number: int = connection.execute(
            text("SELECT number FROM counter")
        ).scalar_one()
    return number


def test_a_transaction_that_raises_is_undone(counter: Database) -> None:
    """Nothing is kept half-done."""
    with suppress(ZeroDivisionError), counter.write() as connection:
        connection.execute(text("UPDATE counter SET number = 1"))
        raise ZeroDivisionError

    assert number_in(counter) == 0


def test_what_was_read_in_a_writing_transaction_still_holds_when_it_writes(
    counter: Database,
) -> None:
    """SQLite is locked before the first read, PostgreSQL by FOR UPDATE."""
    lock = " FOR UPDATE" if counter.dialect_name == "postgresql" else ""

    def add_one(_: int) -> None:
        with counter.write() as connection:
            read = connection.execute(text(f"SELECT number FROM counter{lock}"))
            number = {"number": read.scalar_one() + 1}
            connection.execute(text("UPDATE counter SET number = :number"), number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add_one, range(80)))

    assert number_in(counter) == 80


def test_a_reading_transaction_sees_one_moment_and_blocks_no_writer(
    counter: Database,
) -> None:
    """A report is streamed while other lanes go on."""
    with counter.read() as connection:
        before = connection.execute(text("SELECT number FROM counter")).scalar_one()
        with counter.write() as writing:
            writing.execute(text("UPDATE counter SET number = 1"))

    assert before == 0
    assert number_in(counter) == 1


def test_a_reading_transaction_refuses_to_write(counter: Database) -> None:
    """A write that is not locked first would be a race on one of the databases."""
    with counter.read() as connection, pytest.raises(DBAPIError, match=r"read-?only"):
        connection.execute(text("UPDATE counter SET number = 1"))

    with counter.write() as connection:
        connection.execute(text("UPDATE counter SET number = 2"))
    assert number_in(counter) == 2


def test_sqlite_writes_through_to_the_disk_and_checks_foreign_keys(
    sqlite_url: str,
) -> None:
    """NORMAL can lose an accepted feed when the power fails (queue-design 1)."""
    database = open_database(sqlite_url)

    with database.write() as connection:
        settings = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }

    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    database.close()


# Outages


def error_of(database: Database, statement: str) -> DBAPIError:
    with pytest.raises(DBAPIError) as raised, database.write() as connection:
        connection.execute(text(statement))
    database.close()
    return raised.value


def test_a_server_that_is_not_there_is_an_outage(postgresql_url: str) -> None:
    """Nothing listens on that port."""
    nowhere = make_url(postgresql_url).set(host="127.0.0.1", port=1, query={})
    url = nowhere.render_as_string(hide_password=False)

    assert is_outage(error_of(open_database(url), "SELECT 1"))


def test_a_session_that_the_server_ends_is_an_outage_and_the_next_one_works(
    postgresql_url: str,
) -> None:
    """A restart of the server ends all of them, idle ones in the pool as well."""
    database, other = open_database(postgresql_url), open_database(postgresql_url)
    end_all = text(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    error = error_of(other, "SELECT pg_terminate_backend(pg_backend_pid())")
    with database.read() as connection:
        connection.execute(text("SELECT 1"))
    with other.read() as connection:
        connection.execute(end_all)

    assert is_outage(error)
    with database.read() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    database.close()
    other.close()


def test_a_file_that_another_process_keeps_locked_is_an_outage(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backup tool may do that; it ends."""
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.01)
    locking = sqlite3.connect(make_url(sqlite_url).database or "")
    locking.execute("BEGIN IMMEDIATE")

    error = error_of(open_database(sqlite_url), "SELECT 1")

    assert is_outage(error)
    locking.close()


def test_a_file_that_cannot_be_opened_is_an_outage(tmp_path: Path) -> None:
    """Its volume may come back."""
    folder = tmp_path / "feedgate.db"
    folder.mkdir()

    assert is_outage(error_of(open_database(f"sqlite:///{folder}"), "SELECT 1"))


def test_a_full_sqlite_file_is_an_outage(sqlite_url: str) -> None:
    """The disk has no room for one more page."""
    database = open_database(sqlite_url)
    with database.write() as connection:
        connection.execute(text("PRAGMA max_page_count = 1"))

    assert is_outage(error_of(database, "CREATE TABLE large AS SELECT zeroblob(9999)"))


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM missing",
        "INSERT INTO seller (seller_id) VALUES ('A')",
        "INSERT INTO feed_lane (seller_id, feed_type, queued) VALUES ('A', 'B', -1)",
    ],
)
def test_a_mistake_of_ours_is_no_outage(database: Database, statement: str) -> None:
    """Waiting for it to go away would stop a lane for ever."""
    assert not is_outage(error_of(database, statement))


def test_a_statement_that_was_cancelled_is_no_outage(postgresql_url: str) -> None:
    """It would be cancelled again: whoever set the time limit meant it."""
    database = open_database(postgresql_url)

    error = error_of(database, "SET LOCAL statement_timeout = 1; SELECT pg_sleep(10)")

    assert isinstance(error, OperationalError)
    assert not is_outage(error)


@pytest.mark.parametrize(
    ("error", "outage"),
    [
        (OSError(errno.ENOSPC, "no space left"), True),
        (OSError(errno.EROFS, "read-only"), True),
        (PermissionError(errno.EACCES, "denied"), True),
        (FileNotFoundError(errno.ENOENT, "missing"), False),
        (ValueError("wrong"), False),
        (IntegrityError("INSERT", {}, Exception("unique")), False),
    ],
)
def test_errors_of_the_disk_are_outages_and_others_are_not(
    error: Exception, outage: bool
) -> None:
    """What another attempt cannot mend costs one."""
    assert is_outage(error) is outage
