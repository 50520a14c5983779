"""Databases of earlier revisions, with rows in them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import insert, inspect, select

from app.intake.order_import import import_orders
from app.model.effects import ChargeOrder, Effect, PostRefund, RecordShipment
from app.resources import migrations_folder
from app.store.audit import append_effects
from app.store.backends import Database, open_database
from app.store.changes import save_changes
from app.store.ledger import Entry, record
from app.store.orders import load_orders
from app.store.tables import metadata, seller

SELLER, OTHER = "A1SELLER000001", "A1OTHER0000001"
FIRST = datetime(2026, 10, 1, 12, tzinfo=UTC)
SECOND = FIRST + timedelta(days=28)
A = "00000000000001"


def migrate_to(url: str, revision: str) -> None:
    """Bring an empty database to an earlier revision, as its release did."""
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    database = open_database(url)
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    database.close()


def order(number: int, opened: dict[str, Any], currency: str = "USD") -> dict[str, Any]:
    item = {
        "amazon_order_item_code": A,
        "quantity_ordered": 2,
        "price": {"Principal": "20.00"},
    }
    return {
        "amazon_order_id": f"026-1234567-{number:07d}",
        "marketplace_id": "ATVPDKIKX0DER",
        "purchase_date": "2026-09-01T00:00:00Z",
        "currency": currency,
        "items": [item | opened],
    }


def put(database: Database, seller_id: str, now: datetime, *orders: Any) -> None:
    import_orders(
        database,
        BytesIO(json.dumps(orders).encode()),
        seller_id,
        source=f"import {seller_id} {orders[0]['amazon_order_id']}",
        now=now,
    )


def post(database: Database, place: int, now: datetime, *effects: Effect) -> None:
    """Write a message's effects on the third order down, as the engine does."""
    order_id = f"026-1234567-{3:07d}"
    with database.write() as connection:
        ids = [order_id]
        before = load_orders(connection, SELLER, ids, history=True, lock=True)[order_id]
        after = before
        for effect in effects:
            after = after.after(effect)
        save_changes(connection, [(before, after)], now)
        entries = [
            Entry.of(order_id, place, position, "1", effect)
            for position, effect in enumerate(effects)
        ]
        written = record(
            connection, SELLER, entries, source="feed 1", cause="key", now=now
        )
        append_effects(connection, SELLER, [written], cause="key", now=now)


def fill(database: Database) -> None:
    """Charge, refund and leave orders alone, at two times, for two sellers."""
    names = {SELLER: "Books", OTHER: "Toys"}
    with database.write() as connection:
        rows = [
            {"seller_id": key, "name": name, "created_at": FIRST}
            for key, name in names.items()
        ]
        connection.execute(insert(seller), rows)
    shipped = {"quantity_shipped": 2}
    refunded = shipped | {"refunded": {"Principal": "5.00"}}
    put(database, SELLER, FIRST, order(1, refunded), order(2, {}), order(3, {}))
    put(database, SELLER, FIRST, order(4, shipped, "EUR"))
    put(database, OTHER, FIRST, order(5, shipped))
    charge = (RecordShipment(((A, 2),), FIRST), ChargeOrder(Decimal("20.00")))
    refund = PostRefund(1, A, "CustomerReturn", components=(("Principal", Decimal(3)),))
    post(database, 1, FIRST, *charge)
    post(database, 2, SECOND, refund)


def copy_rows(source: Database, target: Database) -> None:
    """Copy what the earlier revision has tables and columns for."""
    with source.read() as reading, target.write() as writing:
        known = inspect(writing)
        for table in metadata.sorted_tables:
            if not known.has_table(table.name):
                continue
            names = {column["name"] for column in known.get_columns(table.name)}
            # Numbers that the database gives are given anew, in the same order.
            columns = [
                column
                for column in table.c
                if column.name in names and column.identity is None
            ]
            if rows := reading.execute(select(*columns)).mappings().all():
                writing.execute(insert(table), [dict(row) for row in rows])
