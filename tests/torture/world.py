"""One installation under torture: its database, sellers, orders, clock and settings."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import MetaData, UniqueConstraint

from app.intake.accounts import Caller
from app.intake.order_import import import_orders
from app.main import Service, build
from app.settings import Settings
from app.store.backends import Database, migrate
from app.store.tables import effect

MARKETPLACE = "ATVPDKIKX0DER"
SELLERS = ("A1TORTURE00001", "A1TORTURE00002")
RICH, POOR, DUELS = 150, 10, 4_000
"""Orders a seller has: with much to refund, with little, and to cancel or to ship."""


class JumpingClock:
    """The time, some seconds off; all processes that share it jump together."""

    def __init__(self) -> None:
        self._seconds = multiprocessing.get_context("forkserver").Value("d", 0.0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._seconds.value)

    def jump(self, seconds: float) -> None:
        self._seconds.value = seconds


@dataclass(frozen=True)
class World:
    """What worker processes, API processes and the checks have in common."""

    home: Path
    url: str
    clock: JumpingClock = field(default_factory=JumpingClock)
    given: dict[str, Any] = field(default_factory=dict)

    def __reduce__(self) -> tuple[Any, ...]:
        """Other processes get what it is made of, not the parts of this one."""
        return World, (self.home, self.url, self.clock, self.given)

    @property
    def settings(self) -> dict[str, Any]:
        """Settings of every process: small batches, so that many commits are hit."""
        return {
            "home": self.home,
            "database_url": self.url,
            "batch_messages": 5,
            # A storm may kill a feed's workers more often than any feed deserves.
            "attempts": 10_000,
            "retry_first_seconds": 0.05,
            "retry_most_seconds": 0.5,
            "presence_seconds": 0.2,
            "mails": (),
            "gates": 2,
            **self.given,
        }

    @property
    def log(self) -> Path:
        """What all processes log."""
        return self.home / "log"

    @cached_property
    def service(self) -> Service:
        """The parts of this process, which submits and looks, but does not work."""
        return build(Settings(**self.settings), self.clock, ids)

    @property
    def database(self) -> Database:
        return self.service.database

    @cached_property
    def callers(self) -> dict[str, Caller]:
        """Who submits, by seller."""
        return {}


def ids() -> str:
    return str(uuid4())


@contextmanager
def made(home: Path, url: str, orders: int = DUELS, **settings: Any) -> Iterator[World]:
    """Make an installation whose effects are under no unique key; close it at the end.

    `orders` are those of each seller that are there to be cancelled or shipped.
    """
    home.mkdir(parents=True, exist_ok=True)
    migrate(url)
    world = World(home, url, given=settings)
    try:
        _forget_key(world.database)
        for seller_id in SELLERS:
            keys = world.service.accounts.create_seller("Shop", seller_id)
            world.callers[seller_id] = Caller(keys.access_key_id, seller_id)
            document = BytesIO(json.dumps(_orders(orders)).encode())
            import_orders(
                world.database,
                document,
                seller_id,
                source=f"import {ids()}",
                now=world.clock(),
            )
        yield world
    finally:
        world.service.close()


def _forget_key(database: Database) -> None:
    """Let the ledger take effects twice: a double must show, and not be refused."""
    unguarded = effect.to_metadata(MetaData())
    unguarded.constraints = {
        each for each in unguarded.constraints if not isinstance(each, UniqueConstraint)
    }
    with database.write() as connection:
        effect.drop(connection)
        unguarded.create(connection)


def rich(number: int) -> str:
    """Return the AmazonOrderID of an order with much to refund, or little (from RICH).

    Every number has one: they are taken in turn.
    """
    return f"026-1000000-{number % (RICH + POOR):07d}"


def duel(number: int) -> str:
    """Return the AmazonOrderID of an order that is cancelled or shipped."""
    return f"026-2000000-{number:07d}"


def item_code(amazon_order_id: str) -> str:
    """Return the code of an order's only item."""
    return amazon_order_id.replace("-", "")[-14:]


def _orders(duels: int) -> list[dict[str, Any]]:
    bases = [
        (rich(number), 1_000_000, "20000.00" if number < RICH else "0.30")
        for number in range(RICH + POOR)
    ]
    bases += [(duel(number), 2, "20.00") for number in range(duels)]
    return [
        {
            "amazon_order_id": order_id,
            "marketplace_id": MARKETPLACE,
            "purchase_date": "2026-11-01T10:00:00Z",
            "currency": "USD",
            "buyer": {"name": "Ada"},
            "items": [
                {
                    "amazon_order_item_code": item_code(order_id),
                    "sku": "MUG",
                    "quantity_ordered": quantity,
                    "price": {"Principal": principal, "Shipping": "4.00"},
                }
            ],
        }
        for order_id, quantity, principal in bases
    ]
