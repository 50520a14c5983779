"""Rows in every table, whichever tables there are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from sqlalchemy import Boolean, Column, Connection, DateTime, Integer, insert

from app.store.tables import metadata

NOW = datetime(2026, 11, 24, 12, 0, 0, 123456, UTC)

# Ceilings that the database checks: of orders of which nothing is done yet.
_NOTHING = {
    *("refunded", "held", "taken_back"),
    *("quantity_shipped", "quantity_cancelled"),
}


def value(column: Column[Any], number: int) -> Any:
    """Return what the numbered row has there; the second has nothing where it may."""
    if number == 2 and column.nullable:
        return None
    for foreign in column.foreign_keys:
        return value(foreign.column, number)
    name = f"{column.table.name}.{column.name}"
    kind = column.type
    if column.name.endswith("document_id"):
        return str(uuid5(NAMESPACE_OID, f"{name}{number}"))
    if isinstance(kind, Boolean):
        return number == 1
    if isinstance(kind, Integer):
        return 0 if column.name in _NOTHING else 8_000_000 + number
    if isinstance(getattr(kind, "impl", kind), DateTime):
        return NOW.replace(second=number)
    length = getattr(kind, "length", None)
    return f'{number}é"\n{name}'[:length]


def fill_every_table(connection: Connection) -> None:
    """Put two rows into each table, the first with a value in every column."""
    for table in metadata.sorted_tables:
        rows = [
            {column.name: value(column, number) for column in table.c}
            for number in (1, 2)
        ]
        connection.execute(insert(table), rows[:1])
        connection.execute(insert(table), rows[1:])
