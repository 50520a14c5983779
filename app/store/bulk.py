"""Many rows in one statement, below SQLAlchemy's row-by-row work.

SQLite takes driver executemany, PostgreSQL takes unnest and COPY: the fastest way of
each that was measured (xml-pipeline 6). Rows are tuples in the order of `columns`, with
values as the driver takes them (`tables.bind_moment` for times).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection as Connection
from sqlalchemy import String, Table
from sqlalchemy.dialects import postgresql

Row = tuple[Any, ...]

_POSTGRESQL = postgresql.dialect()  # type: ignore[no-untyped-call] # untyped there


def is_sqlite(connection: Connection) -> bool:
    """Whether the connection leads to SQLite."""
    return connection.dialect.name == "sqlite"


def select_in(
    connection: Connection,
    select: str,
    seller_id: str,
    column: str,
    values: Iterable[str],
    suffix: str = "",
) -> Sequence[Row]:
    """Run `select` for one seller and the rows whose `column` is among `values`.

    `suffix` follows the WHERE clause (ORDER BY, FOR UPDATE).
    """
    if is_sqlite(connection):
        statement = (
            f"{select} WHERE seller_id = ? AND {column} IN"  # noqa: S608 # own names
            f" (SELECT value FROM json_each(?)) {suffix}"
        )
        return fetch(connection, statement, (seller_id, json.dumps(list(values))))
    statement = f"{select} WHERE seller_id = %s AND {column} = ANY(%s::text[]) {suffix}"
    return fetch(connection, statement, (seller_id, list(values)))


def fetch(connection: Connection, statement: str, parameters: Row) -> Sequence[Row]:
    """Return the driver's own tuples: no row objects, no conversion of types."""
    result = connection.exec_driver_sql(statement, parameters)
    assert result.cursor is not None
    rows: Sequence[Row] = result.cursor.fetchall()
    result.close()
    return rows


def insert(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Row]
) -> None:
    """Insert rows; a broken key or check raises IntegrityError for all of them."""
    if not rows:
        return
    names = ", ".join(columns)
    if is_sqlite(connection):
        marks = ", ".join("?" * len(columns))
        connection.exec_driver_sql(
            f"INSERT INTO {table.name} ({names}) VALUES ({marks})",  # noqa: S608
            list(rows),
        )
        return
    arrays = _arrays(table, columns)
    connection.exec_driver_sql(
        f"INSERT INTO {table.name} ({names}) SELECT * FROM unnest({arrays})",  # noqa: S608
        _transposed(rows),
    )


def update(
    connection: Connection,
    table: Table,
    keys: Sequence[str],
    columns: Sequence[str],
    rows: Sequence[Row],
) -> None:
    """Set `columns` of the rows found by `keys`; a row holds the values, then the keys.

    Raises LookupError if a row is not there: the caller had read it under its lock.
    """
    if not rows:
        return
    if is_sqlite(connection):
        sets = ", ".join(f"{name} = ?" for name in columns)
        where = " AND ".join(f"{name} = ?" for name in keys)
        done = connection.exec_driver_sql(
            f"UPDATE {table.name} SET {sets} WHERE {where}",  # noqa: S608
            list(rows),
        )
    else:
        names = (*columns, *keys)
        sets = ", ".join(f"{name} = given.{name}" for name in columns)
        where = " AND ".join(f"{table.name}.{name} = given.{name}" for name in keys)
        done = connection.exec_driver_sql(
            f"UPDATE {table.name} SET {sets} FROM unnest({_arrays(table, names)})"  # noqa: S608
            f" AS given ({', '.join(names)}) WHERE {where}",
            _transposed(rows),
        )
    if done.rowcount != len(rows):
        raise LookupError(f"{table.name}: {done.rowcount} of {len(rows)} rows updated")


def _arrays(table: Table, columns: Sequence[str]) -> str:
    return ", ".join(f"%s::{_array_type(table, name)}[]" for name in columns)


def _array_type(table: Table, column: str) -> str:
    kind = table.c[column].type
    # A cast to varchar(n) would cut silently; as text the column itself checks.
    return "TEXT" if isinstance(kind, String) else kind.compile(dialect=_POSTGRESQL)


def _transposed(rows: Sequence[Row]) -> tuple[list[Any], ...]:
    return tuple(list(column) for column in zip(*rows, strict=True))
