"""The floor of applying a feed writes what the engine wrote, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Table, func, make_url, select

from app.store import tables
from app.store.backends import Database
from app.store.ledger import replay as replayed
from app.store.orders import load_orders
from benchmarks.engine import work_off
from benchmarks.feeds import SELLER_ID, order_id, write_feed
from benchmarks.rows import replay, written
from benchmarks.stock import Stock, stocked
from tests import postgres
from tests.running import Installation

_CHANGED = (tables.orders, tables.order_item, tables.order_item_component)
_MESSAGES = 30


@pytest.fixture
def other_url(database_url: str, tmp_path: Path) -> Iterator[str]:
    """The URL of one more database of the same kind, not migrated yet."""
    if database_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'other.db'}"
    else:
        with postgres.new_database(make_url(database_url)) as url:
            yield url


@contextmanager
def _stock(home: Path, url: str) -> Iterator[Stock]:
    with stocked(Installation(home, url)) as stock:
        stock.seller(SELLER_ID)
        stock.import_orders(SELLER_ID, _MESSAGES)
        yield stock


@pytest.mark.parametrize(("kind", "rows_a_message"), [("cancel", 4), ("refund", 6)])
def test_replaying_rows_leaves_what_the_engine_left(
    kind: str, rows_a_message: int, database_url: str, other_url: str, tmp_path: Path
) -> None:
    """A floor of fewer or of other rows would be too fast.

    A cancellation changes order and item, and adds an effect and a mail; a refund
    changes two components of the item too.
    """
    feed = tmp_path / "feed.xml"
    write_feed(feed, kind, _MESSAGES, _MESSAGES)
    with _stock(tmp_path, database_url) as after, _stock(tmp_path, other_url) as other:
        number = work_off(after.database, tmp_path, feed, kind)
        assert after.counts(number) == (_MESSAGES, 0)

        rows = written(other.database, after.database, SELLER_ID, number)
        replay(other.database, rows, batch=8)

        assert rows.count == rows_a_message * _MESSAGES
        for table in (*_CHANGED, tables.effect, tables.outbox):
            assert _rows(other.database, table) == _rows(after.database, table)


def _rows(database: Database, table: Table) -> list[str]:
    """Return the rows of a table, but for what an import wrote of its own."""
    columns = [each for each in table.columns if each.identity is None]
    query = select(*columns)
    if "source" in table.c:
        query = query.where(table.c.source.like("feed %"))
    with database.read() as connection:
        return sorted(repr(row) for row in connection.execute(query))


def test_orders_that_are_copied_can_be_cancelled_like_those_put_in(
    database_url: str, tmp_path: Path
) -> None:
    """Copies, of a seller's own and of another's, are whole orders."""
    feed = tmp_path / "feed.xml"
    write_feed(feed, "cancel", 30, 30)
    with stocked(Installation(tmp_path, database_url)) as stock:
        stock.seller("A1OTHERSELLER1")
        stock.import_orders("A1OTHERSELLER1", 30, most=10)
        stock.seller(SELLER_ID)
        stock.copy_orders("A1OTHERSELLER1", SELLER_ID)

        number = work_off(stock.database, tmp_path, feed, "cancel")

        assert stock.counts(number) == (30, 0)
        ids = [order_id(place) for place in range(1, 31)]
        with stock.database.read() as connection:
            held = load_orders(connection, SELLER_ID, ids, history=True)
            assert replayed(connection, SELLER_ID, ids) == held
        stock.add_submissions(number, 25)
        assert stock.waiting(SELLER_ID) == 0
        with stock.database.read() as connection:
            query = select(func.count()).select_from(tables.feed_submission)
            assert connection.execute(query).scalar_one() == 26
