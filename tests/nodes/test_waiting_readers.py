"""A reader of effects that waits while its server is told to end."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from app.intake.admin_keys import AdminKeys, Scope
from app.intake.order_import import import_orders
from app.store.accounts import add_seller
from app.store.backends import Database
from app.store.effect_stream import Cursor, read_effects
from app.store.tables import audit_link
from benchmarks.feeds import write_orders
from tests.running import SELLER_ID, Installation, base_url, wait_until


def now() -> datetime:
    return datetime.now(UTC)


def is_any_unseen(database: Database) -> bool:
    """Whether effects were committed since the last look of any reader."""
    query = select(func.count()).where(audit_link.c.position.is_(None))
    with database.read() as connection:
        return connection.execute(query).scalar_one() > 0


@pytest.mark.parametrize("drain_seconds", ["0", "0.2"])
def test_a_reader_that_waits_gets_its_answer_when_the_server_ends(
    database: Database, database_url: str, tmp_path: Path, drain_seconds: str
) -> None:
    """Whole, without effects, with a cursor to go on from; nothing waits for it.

    None of the settings may be what ends the wait.
    """
    settings = {
        "ADMIN_WAIT_SECONDS": "300",
        "ADMIN_POLL_SECONDS": "300",
        "STOP_SECONDS": "300",
        "DRAIN_SECONDS": drain_seconds,
    }
    installation = Installation(tmp_path / "home", database_url, settings)
    orders = tmp_path / "orders.json"
    write_orders(orders, 3)
    with database.write() as connection:
        add_seller(connection, SELLER_ID, "Shop", now())
    with orders.open("rb") as document:
        import_orders(database, document, SELLER_ID, source="import 1", now=now())
    assert is_any_unseen(database)
    _, key = AdminKeys(database, now).create("reader", [Scope.EFFECTS_READ])

    def read(url: str, **query: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"}
        path = f"{url}/admin/v1/effects"
        return httpx.get(path, params=query, headers=headers, timeout=200)

    with (
        installation.start("serve", "--port", "0", "--workers", "0") as server,
        ThreadPoolExecutor(1) as pool,
    ):
        waiting = pool.submit(read, base_url(server), after="newest", wait="300")
        # The first look of a reader gives effects their places: it is within.
        wait_until(lambda: not is_any_unseen(database))
        server.send_signal(signal.SIGTERM)
        answer = waiting.result()
        code = server.wait(60)

    assert (answer.status_code, answer.json()["effects"], code) == (200, [], 0)
    cursor = Cursor.read(answer.json()["next"])
    with database.read() as connection:
        before = read_effects(connection, Cursor(), limit=10)
        behind = read_effects(connection, cursor, limit=10)
    assert (len(before), behind) == (3, [])
