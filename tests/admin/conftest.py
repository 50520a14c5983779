"""A real server on each database, and keys of its Admin API."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet

from app.intake.admin_keys import AdminKeys, Scope
from app.store.backends import Database, open_database
from benchmarks.feeds import SELLER_ID, write_orders
from tests import postgres
from tests.running import Installation, Keys, base_url

OTHER_ID, THIRD_ID = "A1OTHER0000001", "A1THIRD0000001"


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class World:
    """A served installation with three sellers."""

    url: str
    database: Database
    folder: Path
    keys: AdminKeys
    key: str
    sellers: tuple[Keys, ...]

    def call(
        self, method: str, path: str, key: str | None = None, **given: Any
    ) -> httpx.Response:
        headers = {
            "Authorization": f"Bearer {key or self.key}",
            **given.pop("headers", {}),
        }
        return httpx.request(
            method, f"{self.url}/admin/v1{path}", headers=headers, timeout=60, **given
        )

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.call("GET", path, params=query)


def orders_of(folder: Path, count: int) -> list[dict[str, Any]]:
    path = folder / f"orders-{count}.json"
    write_orders(path, count)
    orders: list[dict[str, Any]] = json.loads(path.read_text())
    return orders


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("admin")
    is_sqlite = request.param == "sqlite"
    if is_sqlite:
        file = folder / "feedgate.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), file)
        url = f"sqlite:///{file}"
    else:
        url = request.getfixturevalue("migrated_postgresql")
        postgres.empty(url)
    settings = {
        "SECRET_KEY": Fernet.generate_key().decode(),
        "BATCH_MESSAGES": "5",
        "ADMIN_PAGE_ROWS": "500",
        "ADMIN_WAIT_SECONDS": "10",
        "ADMIN_POLL_SECONDS": "0.1",
        "ADMIN_MAX_IMPORT_BYTES": "1000000",
        "ADMIN_MAX_BODY_BYTES": "2000",
    }
    served = Installation(folder / "home", url, settings)
    log = folder / "log"
    with ExitStack() as stack:
        database = open_database(url)
        stack.callback(database.close)
        workers = "2" if is_sqlite else "0"
        command = ("serve", "--port", "0", "--workers", workers)
        server = stack.enter_context(served.start(*command, log=log))
        if not is_sqlite:
            for _ in range(2):
                stack.enter_context(served.start("work", log=log))
        base = base_url(server)
        assert httpx.get(f"{base}/admin/v1/effects").status_code == 404
        keys = AdminKeys(database, now)
        _, key = keys.create("all", Scope)
        world = World(base, database, folder, keys, key, ())
        yield World(base, database, folder, keys, key, _sellers(world))


def _sellers(world: World) -> tuple[Keys, ...]:
    made = []
    for seller_id in (SELLER_ID, OTHER_ID, THIRD_ID):
        answer = world.call(
            "POST", "/sellers", json={"name": "Shop", "seller_id": seller_id}
        )
        assert answer.status_code == 201, answer.text
        shown = answer.json()
        made.append(
            Keys(seller_id, shown["access_key"], shown["secret"], shown["auth_token"])
        )
    return tuple(made)
