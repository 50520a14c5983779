"""What the browser tests look at: a desk with three sellers, and pages of it.

The seller of `demo` has the orders of `make run`; no test changes them, but for the
tour that the documentation shows. `ada` has the orders that tests make for themselves
by `World.order`, `bob` a few pages of orders.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

from app.intake.desk_orders import DeskOrders
from app.intake.order_import import import_orders
from app.main import Service
from tests.desk.conftest import (
    OTHER_SELLER,
    PASSWORD,
    SELLER,
    Place,
    desk_at,
    orders_file,
)
from tests.held import NOON

DEMO_SELLER = "A1DEMOSELLER1"
DEMO_ORDERS = Path(__file__).parents[2] / "app" / "demo_data" / "orders.json"
BOBS_ORDERS = 60

OPEN, PARTLY_SHIPPED, PENDING, YEN = range(4)
"""The orders of tests/desk/orders.json by their places."""


@dataclass
class World:
    """A running desk, and how to put orders and sessions into it."""

    place: Place
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def service(self) -> Service:
        """The parts of the running service."""
        return self.place.service

    def order(self, kind: int = OPEN, **changes: Any) -> str:
        """Import an order of ada's and return its id; `changes` are points of it.

        It is one of tests/desk/orders.json with an id of its own. Its item codes are
        those of the file.
        """
        (order,) = self.orders(1, kind)
        self.add([order | changes], SELLER)
        return str(order["amazon_order_id"])

    def orders(self, number: int, kind: int = OPEN) -> list[dict[str, Any]]:
        """Make orders to import, with ids of their own."""
        made = []
        for _ in range(number):
            order = orders_file()[kind]
            place = next(self._numbers)
            order["amazon_order_id"] = f"026-2000000-{place:07d}"
            order.pop("merchant_order_id", None)
            made.append(order)
        return made

    def add(self, orders: list[dict[str, Any]], seller_id: str) -> None:
        """Import orders as `feedgate orders import` does."""
        document = BytesIO(json.dumps(orders).encode())
        source = f"import {next(self._numbers) + 1}"
        database = self.service.database
        import_orders(database, document, seller_id, source=source, now=NOON)

    def session(self, login: str) -> str:
        """Sign in at the service, without the form; return the cookie's secret.

        Each time from another place, since one place is throttled.
        """
        place = f"test {next(self._numbers)}"
        return self.service.desk_users.sign_in(login, PASSWORD, place)

    def feeds_of(self, order_id: str) -> int:
        """Count what the desk submitted for an order of ada's."""
        file = DeskOrders(self.service.database).file(SELLER, order_id)
        assert file is not None
        return len(file.notes)


@contextmanager
def world_at(folder: Path, database_url: str) -> Iterator[World]:
    """Run a desk with its three sellers and their orders; the worker rests."""
    with desk_at(folder, database_url) as place:
        world = World(place)
        service = place.service
        service.accounts.create_seller("Demo", DEMO_SELLER)
        service.desk_users.create(DEMO_SELLER, "demo", PASSWORD)
        world.add(json.loads(DEMO_ORDERS.read_text(encoding="utf-8")), DEMO_SELLER)
        world.add(world.orders(BOBS_ORDERS), OTHER_SELLER)
        yield world
