"""Sellers, orders and past submissions in the database of an installation."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from sqlalchemy import Connection, Table, func, select, text

from app.cli.service import clock, read_settings
from app.intake.accounts import Accounts
from app.intake.order_import import import_orders
from app.intake.seals import open_seals
from app.store import tables
from app.store.backends import Database, migrate, open_database
from benchmarks.feeds import MARKETPLACE_ID, SELLER_ID, order_id, write_orders
from tests.running import Installation, Keys

_ORDER_TABLES = (
    tables.orders,
    tables.order_item,
    tables.order_item_component,
    tables.effect,
)
_LOOK_SECONDS = 0.002


class Stock:
    """Fills a database, and looks into it past the service."""

    def __init__(self, database: Database, installation: Installation) -> None:
        """Take the database of an installation."""
        self.database = database
        self._home = installation.home

    def seller(self, seller_id: str) -> Keys:
        """Make a seller; the feeds of `benchmarks.feeds` are theirs by a token."""
        seals = open_seals("", self._home)
        accounts = Accounts(self.database, seals, clock)
        token = [] if seller_id == SELLER_ID else [SELLER_ID]
        made = accounts.create_seller(seller_id, seller_id, [MARKETPLACE_ID], token)
        return Keys(seller_id, made.access_key_id, made.secret, made.auth_token or "")

    def import_orders(self, seller_id: str, count: int, most: int = 30_000) -> None:
        """Put orders 1 to `count` in as an operator would.

        Those behind the first `most` are copies of these by their rows, each under a
        number of its own, which takes a tenth of the time.
        """
        first = min(count, most)
        path = self._home / "orders.json"
        write_orders(path, first)
        with path.open("rb") as document:
            source = f"import {uuid4()}"
            import_orders(
                self.database, document, seller_id, source=source, now=clock()
            )
        path.unlink()
        for shift in range(first, count, first):
            self._copy(seller_id, seller_id, shift, order_id(first))

    def copy_orders(self, seller_id: str, to: str) -> None:
        """Give a seller without orders those of another, as they were put in."""
        self._copy(seller_id, to, 0, order_id(9_999_999))

    def _copy(self, seller_id: str, to: str, shift: int, last: str) -> None:
        number = f"(CAST(substr(amazon_order_id, 13) AS INTEGER) + {shift})"
        digits = f"'0000000' || {number}"
        digits = f"substr({digits}, length({digits}) - 6)"
        changes = {"seller_id": ":to"}
        if shift:
            order, code = f"'026-0000000-' || {digits}", f"'0000000' || {digits}"
            was = "'0000000' || substr(amazon_order_id, 13)"
            changes |= {
                "amazon_order_id": order,
                "amazon_order_item_code": code,
                "content": f"replace(replace(content, amazon_order_id, {order}),"
                f" {was}, {code})",
            }
        with self.database.write() as connection:
            for table in _ORDER_TABLES:
                where = "seller_id = :seller AND amazon_order_id <= :last"
                values = dict(changes)
                if table is tables.effect:
                    where += " AND kind = 'ImportOrder'"
                    # Where an effect comes from is unique among all sellers.
                    values["source"] = f"'import {to}'"
                    values["place"] = number
                    # An import is of the whole order.
                    values["amazon_order_item_code"] = "NULL"
                _insert(connection, table, values, where, seller_id, to, last)

    def add_submissions(self, like: int, count: int) -> None:
        """Add past submissions like one that is done; their documents are nowhere."""
        table = tables.feed_submission
        names = [each.name for each in table.columns if each.name in _COPIED]
        columns = ", ".join(names)
        with self.database.write() as connection:
            connection.execute(
                text(
                    f"WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL"
                    f" SELECT n + 1 FROM counted WHERE n < :count)"
                    f" INSERT INTO {table.name} ({columns}, document_id,"
                    f" request_digest) SELECT {columns},"
                    f" CAST(n AS TEXT), 'past ' || n"
                    f" FROM {table.name}, counted WHERE feed_submission_id = :id"
                ),
                {"count": count, "id": like},
            )

    def status(self, feed_submission_id: int | str) -> str:
        """Return the status of a submission."""
        column = tables.feed_submission.c
        query = select(column.status).where(
            column.feed_submission_id == int(feed_submission_id)
        )
        with self.database.read() as connection:
            return str(connection.execute(query).scalar_one())

    def wait(self, feed_submission_id: int | str, seconds: float = 600) -> float:
        """Wait until a submission is _DONE_ and return that moment (`time.time`).

        The service is not asked: answering would take its time from the feed. The
        longer the feed takes, the less often is looked, to half a percent.
        """
        began = time.monotonic()
        while self.status(feed_submission_id) != "_DONE_":
            waited = time.monotonic() - began
            if waited > seconds:
                raise TimeoutError(f"feed {feed_submission_id} is not done")
            time.sleep(max(_LOOK_SECONDS, waited / 200))
        return time.time()

    def times(self, feed_submission_id: int | str) -> tuple[float, float]:
        """Return when a submission was accepted and when it ended (`time.time`)."""
        column = tables.feed_submission.c
        query = select(column.submitted_at, column.completed_at).where(
            column.feed_submission_id == int(feed_submission_id)
        )
        with self.database.read() as connection:
            submitted, completed = connection.execute(query).one()
        return submitted.timestamp(), completed.timestamp()

    def waiting(self, seller_id: str) -> int:
        """Return how many feeds of a seller are queued or in hand."""
        lane = tables.feed_lane.c
        query = select(func.sum(lane.queued)).where(lane.seller_id == seller_id)
        with self.database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def log_written(self) -> int:
        """Return the bytes of write-ahead log so far; SQLite does not count them."""
        if self.database.dialect_name == "sqlite":
            return 0
        with self.database.read() as connection:
            query = text("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')")
            return int(connection.execute(query).scalar_one())

    def counts(self, feed_submission_id: int | str) -> tuple[int, int]:
        """Return how many messages of a submission were successful, and were not."""
        column = tables.feed_submission.c
        query = select(column.successful, column.with_error).where(
            column.feed_submission_id == int(feed_submission_id)
        )
        with self.database.read() as connection:
            successful, with_error = connection.execute(query).one()
        return successful, with_error


_COPIED = {
    column.name
    for column in tables.feed_submission.columns
    if column.name not in ("feed_submission_id", "document_id", "request_digest")
    and column.name not in ("report_document_id", "report_md5")
}


@contextmanager
def stocked(installation: Installation) -> Iterator[Stock]:
    """Open the database of an installation, migrated to the newest revision."""
    settings = read_settings(
        home=installation.home, database_url=installation.database_url
    )
    migrate(settings.database)
    database = open_database(settings.database)
    try:
        yield Stock(database, installation)
    finally:
        database.close()


def _insert(
    connection: Connection,
    table: Table,
    values: dict[str, str],
    where: str,
    seller_id: str,
    to: str,
    last: str,
) -> None:
    names = [column.name for column in table.columns if column.identity is None]
    selected = [values.get(name, name) for name in names]
    connection.execute(
        text(
            f"INSERT INTO {table.name} ({', '.join(names)})"
            f" SELECT {', '.join(selected)} FROM {table.name} WHERE {where}"
        ).bindparams(to=to, seller=seller_id, last=last)
    )
