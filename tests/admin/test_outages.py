"""The Admin API while its database is out of reach: 503, and nothing is half done."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import func, make_url, select, text

from app.intake.admin_keys import AdminKeys, Scope
from app.intake.audit import AuditDesk
from app.store.accounts import add_seller
from app.store.backends import Database, migrate, open_database
from app.store.dump import dumped_tables
from benchmarks.feeds import SELLER_ID
from tests import postgres
from tests.admin.conftest import now, orders_of
from tests.postgres import Cluster
from tests.running import Installation, base_url, wait_until

ORDERS = f"/sellers/{SELLER_ID}/orders"


@dataclass(frozen=True, slots=True)
class Served:
    """A server of its own, its database and a key for everything."""

    url: str
    key: str
    database: Database

    def call(self, method: str, path: str, **given: Any) -> httpx.Response:
        return httpx.request(
            method,
            f"{self.url}/admin/v1{path}",
            headers={"Authorization": f"Bearer {self.key}"},
            timeout=100,
            **given,
        )

    def rows(self) -> dict[str, int]:
        """Return how many rows each table has."""
        with self.database.read() as connection:
            return {
                table.name: connection.execute(
                    select(func.count()).select_from(table)
                ).scalar_one()
                for table in dumped_tables()
            }


@contextmanager
def serving(url: str, folder: Path) -> Iterator[Served]:
    """Serve on a database with one seller; the log is in the folder."""
    settings = {"SECRET_KEY": Fernet.generate_key().decode()}
    installation = Installation(folder / "home", url, settings)
    with (
        closing(open_database(url)) as database,
        installation.start(
            "serve", "--port", "0", "--workers", "0", log=folder / "log"
        ) as server,
    ):
        with database.write() as connection:
            add_seller(connection, SELLER_ID, "Shop", now())
        _, key = AdminKeys(database, now).create("all", Scope)
        yield Served(base_url(server), key, database)


def calls(served: Served, orders: list[Any]) -> list[Callable[[], httpx.Response]]:
    """Return calls of every kind that write."""
    seller = {"name": "New", "seller_id": "A1NEW000000001"}
    return [
        partial(served.call, "POST", ORDERS, json=orders),
        partial(served.call, "POST", "/sellers", json=seller),
        partial(served.call, "POST", f"/sellers/{SELLER_ID}/access-keys"),
    ]


def check_refusal(answer: httpx.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["title"]) == (503, "Service Unavailable")
    assert "send the same request again" in problem["detail"]


def check_all_done(served: Served, made: list[httpx.Response], orders: int) -> None:
    assert [each.status_code for each in made] == [200, 201, 201]
    assert made[0].json() == {"added": orders, "unchanged": 0}
    assert len(served.call("GET", ORDERS).json()["orders"]) == orders
    assert len(served.call("GET", "/effects").json()["effects"]) == orders
    assert AuditDesk(served.database).verify().faults == ()


@pytest.fixture
def own_url(cluster: Cluster) -> Iterator[str]:
    """A database of the cluster that tests may stop."""
    with postgres.new_database(cluster.url) as url:
        migrate(url)
        yield url


def test_while_postgresql_is_stopped_every_call_is_refused(
    cluster: Cluster, own_url: str, tmp_path: Path
) -> None:
    """One import has written all of its rows when the server goes; then it is back."""
    orders = orders_of(tmp_path, 20)
    with serving(own_url, tmp_path) as served, ThreadPoolExecutor(1) as pool:
        before = served.rows()
        with postgres_session(own_url) as session:
            session.execute("BEGIN; LOCK TABLE audit_head IN EXCLUSIVE MODE")
            half_way = pool.submit(served.call, "POST", ORDERS, json=orders)
            wait_until(partial(is_any_blocked, own_url))
            cluster.stop("immediate")
        try:
            refused = [half_way.result()]
            refused += [call() for call in calls(served, orders)]
            refused += [
                served.call("GET", path)
                for path in ("/sellers", f"/sellers/{SELLER_ID}", ORDERS, "/effects")
            ]
        finally:
            cluster.launch()
        after = served.rows()
        made = [call() for call in calls(served, orders)]

        for answer in refused:
            check_refusal(answer)
        assert after == before
        check_all_done(served, made, len(orders))


@contextmanager
def postgres_session(url: str) -> Iterator[psycopg.Connection]:
    """Open a session that the server may end."""
    conninfo = make_url(url).set(drivername="postgresql")
    session = psycopg.connect(
        conninfo.render_as_string(hide_password=False), autocommit=True
    )
    try:
        yield session
    finally:
        session.close()


def is_any_blocked(url: str) -> bool:
    """Whether a session of the database waits for a lock."""
    with postgres_session(url) as session:
        found = session.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ).fetchone()
    return found is not None and found[0] > 0


def test_while_sqlite_is_locked_what_writes_is_refused(
    sqlite_url: str, tmp_path: Path
) -> None:
    """Another process that writes for too long; who only reads does not notice."""
    orders = orders_of(tmp_path, 20)
    with serving(sqlite_url, tmp_path) as served, ThreadPoolExecutor(3) as pool:
        before = served.rows()
        file = sqlite_url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(file, isolation_level=None)) as rival:
            rival.execute("BEGIN IMMEDIATE")
            waiting = [pool.submit(call) for call in calls(served, orders)]
            read = served.call("GET", f"/sellers/{SELLER_ID}")
            refused = [each.result() for each in waiting]
            rival.execute("ROLLBACK")
        after = served.rows()
        made = [call() for call in calls(served, orders)]

        assert read.status_code == 200
        for answer in refused:
            check_refusal(answer)
        assert after == before
        check_all_done(served, made, len(orders))


def test_a_fault_of_ours_is_found_in_the_log(
    database_url: str, database: Database, tmp_path: Path
) -> None:
    """Somebody renamed a table: the answer has no more than a name for the fault."""
    with serving(database_url, tmp_path) as served:
        with database.write() as connection:
            connection.execute(text("ALTER TABLE order_item RENAME TO elsewhere"))
        answer = served.call("POST", ORDERS, json=orders_of(tmp_path, 1))
        with database.write() as connection:
            connection.execute(text("ALTER TABLE elsewhere RENAME TO order_item"))
        again = served.call("POST", ORDERS, json=orders_of(tmp_path, 1))

    assert (answer.status_code, again.status_code) == (500, 200)
    request_id = answer.headers["x-request-id"]
    assert answer.json()["detail"].endswith(f"under {request_id}.")
    assert "order_item" not in answer.text
    _, _, logged = (
        (tmp_path / "log").read_text().partition(f"request {request_id} failed\n")
    )
    assert "order_item" in logged
