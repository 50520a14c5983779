"""The floor of applying a feed: its own rows, by the fastest bulk statements.

What the engine wrote for a feed is read back, and written again in a database like the
one before it: the same tables, indexes, checks, batches and durability, but no
judgement, no objects and no layers between. Source: xml-pipeline 6.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sqlalchemy import Connection, String, Table
from sqlalchemy.dialects import postgresql

from app.store import tables
from app.store.backends import Database

_UPDATED = (tables.orders, tables.order_item, tables.order_item_component)
_INSERTED = (tables.effect, tables.outbox)
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call] # untyped there

Row = tuple[Any, ...]

# More gain nothing (app/store/bulk.py).
_ROWS_A_STATEMENT = 250


@dataclass(frozen=True, slots=True)
class Update:
    """Rows of a table that changed: the new values of `columns`, then the key."""

    table: Table
    columns: list[str]
    keys: list[str]
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Insert:
    """New rows of a table, without the number that the database gives."""

    table: Table
    columns: list[str]
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Written:
    """What a feed wrote, in the order of its orders, and which orders it read."""

    seller_id: str
    amazon_order_ids: list[str]
    updates: list[Update]
    inserts: list[Insert]

    @property
    def count(self) -> int:
        """How many rows that is."""
        updated = sum(len(each.rows) for each in self.updates)
        return updated + sum(len(each.rows) for each in self.inserts)


def written(before: Database, after: Database, seller_id: str, feed: int) -> Written:
    """Compare a seller's rows before and after a feed was worked off."""
    with before.read() as old, after.read() as new:
        updates = []
        for table in _UPDATED:
            update = _changes(old, new, table, seller_id)
            if update is not None:
                updates.append(update)
        inserts = []
        for table in _INSERTED:
            columns = [each.name for each in table.columns if each.identity is None]
            query = (
                f"SELECT {', '.join(columns)} FROM {table.name}"
                f" WHERE seller_id = '{seller_id}' AND source = 'feed {feed}'"
                f" ORDER BY amazon_order_id, place"
            )
            if rows := _all(new, query):
                inserts.append(Insert(table, columns, rows))
    place = updates[0].columns + updates[0].keys
    at = place.index("amazon_order_id")
    ids = [row[at] for row in updates[0].rows]
    return Written(seller_id, ids, updates, inserts)


def _changes(
    old: Connection, new: Connection, table: Table, seller_id: str
) -> Update | None:
    keys = [column.name for column in table.primary_key.columns]
    others = [each.name for each in table.columns if each.name not in keys]
    names = [*keys, *others]
    query = (
        f"SELECT {', '.join(names)} FROM {table.name}"
        f" WHERE seller_id = '{seller_id}' ORDER BY {', '.join(keys)}"
    )
    pairs = [
        (was, now)
        for was, now in zip(_all(old, query), _all(new, query), strict=True)
        if was != now
    ]
    changed = [
        place
        for place in range(len(keys), len(names))
        if any(was[place] != now[place] for was, now in pairs)
    ]
    if not changed:
        return None
    rows = [(*(now[place] for place in changed), *now[: len(keys)]) for _, now in pairs]
    return Update(table, [names[place] for place in changed], keys, rows)


def replay(database: Database, feed: Written, batch: int) -> float:
    """Read and write the rows of a feed, `batch` messages a transaction.

    Returns the seconds. `database` is as the other was before the feed.
    """
    sqlite = database.dialect_name == "sqlite"
    statements = _Sqlite() if sqlite else _Postgresql()
    batches = -(-len(feed.amazon_order_ids) // batch)
    parts = list(
        zip(
            _cut(feed.amazon_order_ids, batches),
            zip(*(_cut(each.rows, batches) for each in feed.updates), strict=True),
            zip(*(_cut(each.rows, batches) for each in feed.inserts), strict=True),
            strict=True,
        )
    )
    began = time.perf_counter()
    for ids, changed, added in parts:
        with database.write() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            cursor = driver.cursor()
            for update in feed.updates:
                statements.look_up(cursor, update.table, feed.seller_id, ids)
            for update, rows in zip(feed.updates, changed, strict=True):
                statements.update(cursor, update, rows)
            for insert, new in zip(feed.inserts, added, strict=True):
                statements.insert(cursor, insert, new)
            cursor.close()
    return time.perf_counter() - began


def _cut(rows: Sequence[Any], parts: int) -> Iterator[Sequence[Any]]:
    """Cut rows into so many parts of one length, the last one shorter."""
    length = -(-len(rows) // parts)
    return (rows[part * length : (part + 1) * length] for part in range(parts))


class _Sqlite:
    """json_each to look up, many rows of VALUES in a statement to write."""

    def look_up(
        self, cursor: Any, table: Table, seller_id: str, ids: Sequence[str]
    ) -> None:
        cursor.execute(
            f"SELECT * FROM {table.name} WHERE seller_id = ? AND amazon_order_id IN"
            f" (SELECT value FROM json_each(?))",
            (seller_id, json.dumps(ids)),
        )
        assert cursor.fetchall()

    def update(self, cursor: Any, update: Update, rows: Sequence[Row]) -> None:
        # The columns of VALUES are column1, column2 and so on.
        names = [*update.columns, *update.keys]
        equal = [f"{name} = column{place}" for place, name in enumerate(names, 1)]
        sets = ", ".join(equal[: len(update.columns)])
        where = " AND ".join(
            f"{update.table.name}.{each}" for each in equal[len(update.columns) :]
        )
        updated = 0
        for marks, values in _parts(rows):
            cursor.execute(
                f"UPDATE {update.table.name} SET {sets} FROM (VALUES {marks})"
                f" WHERE {where}",
                values,
            )
            updated += cursor.rowcount
        assert updated == len(rows)

    def insert(self, cursor: Any, insert: Insert, rows: Sequence[Row]) -> None:
        names = ", ".join(insert.columns)
        for marks, values in _parts(rows):
            cursor.execute(
                f"INSERT INTO {insert.table.name} ({names}) VALUES {marks}", values
            )


class _Postgresql:
    """Arrays of JSON to look up and to change, binary COPY to add."""

    def look_up(
        self, cursor: Any, table: Table, seller_id: str, ids: Sequence[str]
    ) -> None:
        cursor.execute(
            f"SELECT * FROM {table.name} WHERE seller_id = %s AND amazon_order_id ="
            f" ANY (ARRAY(SELECT json_array_elements_text(%s::json)))",
            (seller_id, json.dumps(ids)),
        )
        assert cursor.fetchall()

    def update(self, cursor: Any, update: Update, rows: Sequence[Row]) -> None:
        names = [*update.columns, *update.keys]
        equal = [
            f"{name} = given.{name}::{_kind(update.table, name)}" for name in names
        ]
        sets = ", ".join(equal[: len(update.columns)])
        where = " AND ".join(f"t.{each}" for each in equal[len(update.columns) :])
        arrays = ", ".join(["json_array_elements_text(%s::json)"] * len(names))
        cursor.execute(
            f"UPDATE {update.table.name} AS t SET {sets} FROM ROWS FROM ({arrays})"
            f" AS given ({', '.join(names)}) WHERE {where}",
            [json.dumps(column, default=str) for column in zip(*rows, strict=True)],
        )
        assert cursor.rowcount == len(rows)

    def insert(self, cursor: Any, insert: Insert, rows: Sequence[Row]) -> None:
        columns = ", ".join(insert.columns)
        statement = f"COPY {insert.table.name} ({columns}) FROM STDIN (FORMAT binary)"
        with cursor.copy(statement) as copy:
            copy.set_types(
                [_kind(insert.table, name).lower() for name in insert.columns]
            )
            for row in rows:
                copy.write_row(row)


def _parts(rows: Sequence[Row]) -> Iterator[tuple[str, Row]]:
    """Yield the marks and the values of as many rows as one statement holds."""
    row = f"({', '.join('?' * len(rows[0]))})"
    for first in range(0, len(rows), _ROWS_A_STATEMENT):
        part = rows[first : first + _ROWS_A_STATEMENT]
        yield ", ".join([row] * len(part)), tuple(chain.from_iterable(part))


def _kind(table: Table, column: str) -> str:
    kind = table.c[column].type
    return "TEXT" if isinstance(kind, String) else kind.compile(dialect=_DIALECT)


def _all(connection: Connection, query: str) -> list[Row]:
    """Return the driver's own tuples."""
    result = connection.exec_driver_sql(query)
    assert result.cursor is not None
    rows: list[Row] = list(result.cursor.fetchall())
    result.close()
    return rows
