"""Short reads past SQLAlchemy, and what is not done in haste."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Select, func, literal, literal_column, select

from app.model.feed import FeedStatus
from app.store import listing
from app.store.backends import Database, is_outage
from app.store.glances import TakesLonger, fetch
from app.store.listing import Wanted
from tests.queued import SELLER

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def counting(numbers: int) -> Select[Any]:
    """Count up to a number, one by one."""
    steps = select(literal(1).label("n")).cte(recursive=True)
    steps = steps.union_all(select(steps.c.n + 1).where(steps.c.n < numbers))
    return select(func.count()).select_from(steps)


ENDLESS = counting(10**12)
SHORT = counting(10)


def test_in_haste_a_long_statement_is_broken_off(database: Database) -> None:
    """It would take hours; the connection answers the next one all the same."""
    with database.haste(), database.glance() as reader:
        with pytest.raises(TakesLonger):
            fetch(reader, ENDLESS, {})
        afterwards = fetch(reader, SHORT, {})

    assert [tuple(row) for row in afterwards] == [(10,)]


def test_without_haste_a_statement_takes_its_time(database: Database) -> None:
    """Longer than any haste allows; and haste in another thread changes nothing."""
    long = counting(1_000_000)

    with ThreadPoolExecutor(1) as pool, database.haste():

        def read() -> list[tuple[int, ...]]:
            with database.glance() as reader:
                return [tuple(row) for row in fetch(reader, long, {})]

        found = pool.submit(read).result()

    assert found == [(1_000_000,)]


@pytest.mark.parametrize("name", ["read", "write", "snapshot"])
def test_in_haste_no_transaction_is_begun(database: Database, name: str) -> None:
    """Each may wait for others, or read whatever it likes."""
    with database.haste(), pytest.raises(TakesLonger), getattr(database, name)():
        pass

    with getattr(database, name)():
        begun = True

    assert begun


def test_in_haste_a_locked_file_is_not_waited_for(
    database: Database, add_feed: Callable[..., int]
) -> None:
    """Such as that of a process which restores or repairs it, for ten seconds."""
    add_feed()
    database.close()
    path = database.engine.url.database
    assert path
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")

    with database.haste(), pytest.raises(TakesLonger), database.glance() as reader:
        listing.count(reader, SELLER, Wanted())
    other.close()

    with database.haste(), database.glance() as reader:
        assert listing.count(reader, SELLER, Wanted()) == 1


def test_a_glance_sees_what_was_committed_before_it(
    database: Database, add_feed: Callable[..., int]
) -> None:
    """Connections are kept, but no snapshot is."""
    counted = []

    for _ in range(3):
        add_feed(feed_type="_POST_ORDER_ACKNOWLEDGEMENT_DATA_")
        wanted = Wanted(statuses=[FeedStatus.SUBMITTED, FeedStatus.DONE])
        with database.glance() as reader:
            counted.append(listing.count(reader, SELLER, wanted))

    assert counted == [1, 2, 3]


def test_connections_of_a_crowd_are_not_kept(database: Database) -> None:
    """Each would hold files open, and up to 2 MB of cache."""
    files = Path("/proc/self/fd")

    def opened() -> int:
        # The log: SQLite keeps the database itself open as long as others have locks.
        path = f"{database.engine.url.database}-wal"
        return sum(str(each.resolve()) == path for each in files.iterdir())

    with ExitStack() as crowd:
        for _ in range(20):
            fetch(crowd.enter_context(database.glance()), SHORT, {})
        at_once = opened()

    assert at_once == 20
    assert opened() == 4


def test_an_error_of_the_driver_is_told_from_an_outage(database: Database) -> None:
    """A glance raises the driver's own errors: here a wrong column, then no folder."""
    wrong: Select[Any] = select(literal_column("no_such_column"))
    path = Path(str(database.engine.url.database))
    with database.glance() as reader, pytest.raises(sqlite3.Error) as mistake:
        fetch(reader, wrong, {})
    database.close()
    path.parent.rename(path.parent.with_name("away"))

    with pytest.raises(sqlite3.Error) as outage, database.glance() as reader:
        fetch(reader, SHORT, {})
    path.parent.with_name("away").rename(path.parent)

    assert not is_outage(mistake.value)
    assert is_outage(outage.value)
