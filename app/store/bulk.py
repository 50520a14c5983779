"""Many rows in one statement, below SQLAlchemy's row-by-row work.

SQLite takes many rows of VALUES, PostgreSQL takes unnest: the fastest way of each that
was measured (xml-pipeline 6, docs/performance.md). Rows are tuples in the order of
`columns`, with values as the driver takes them (`tables.bind_moment` for times).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Connection as Connection
from sqlalchemy import String, Table
from sqlalchemy.dialects import postgresql

Row = tuple[Any, ...]

# Cheaper than executemany by a fifth, and other threads wait for less of it.
_ROWS_A_STATEMENT = 100

# So many rows with the same values, on average, are worth a statement of their own.
_WORTH_GROUPING = 20

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
        marks = f"({', '.join('?' * len(columns))})"
        for first in range(0, len(rows), _ROWS_A_STATEMENT):
            part = rows[first : first + _ROWS_A_STATEMENT]
            connection.exec_driver_sql(
                f"INSERT INTO {table.name} ({names})"  # noqa: S608 # own names
                f" VALUES {', '.join([marks] * len(part))}",
                tuple(chain.from_iterable(part)),
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
        updated = _update_sqlite(connection, table, keys, columns, rows)
    else:
        names = (*columns, *keys)
        sets = ", ".join(f"{name} = given.{name}" for name in columns)
        where = " AND ".join(f"{table.name}.{name} = given.{name}" for name in keys)
        done = connection.exec_driver_sql(
            f"UPDATE {table.name} SET {sets} FROM unnest({_arrays(table, names)})"  # noqa: S608
            f" AS given ({', '.join(names)}) WHERE {where}",
            _transposed(rows),
        )
        updated = done.rowcount
    if updated != len(rows):
        raise LookupError(f"{table.name}: {updated} of {len(rows)} rows updated")


def _update_sqlite(
    connection: Connection,
    table: Table,
    keys: Sequence[str],
    columns: Sequence[str],
    rows: Sequence[Row],
) -> int:
    """Update row by row, or where many rows get the same values, all of them at once.

    One statement for many rows halves the cost, and lets other threads run meanwhile.
    """
    sets = ", ".join(f"{name} = ?" for name in columns)
    of_values: dict[Row, list[Row]] = defaultdict(list)
    for row in rows:
        of_values[row[: len(columns)]].append(row[len(columns) :])
    if len(of_values) * _WORTH_GROUPING > len(rows):
        where = " AND ".join(f"{name} = ?" for name in keys)
        statement = f"UPDATE {table.name} SET {sets} WHERE {where}"  # noqa: S608
        return connection.exec_driver_sql(statement, list(rows)).rowcount
    parts = ", ".join(f"json_extract(value, '$[{n}]')" for n in range(len(keys)))
    statement = (
        f"UPDATE {table.name} SET {sets} WHERE ({', '.join(keys)}) IN"  # noqa: S608
        f" (SELECT {parts} FROM json_each(?))"
    )
    return sum(
        connection.exec_driver_sql(statement, (*values, json.dumps(found))).rowcount
        for values, found in of_values.items()
    )


def _arrays(table: Table, columns: Sequence[str]) -> str:
    return ", ".join(f"%s::{_array_type(table, name)}[]" for name in columns)


def _array_type(table: Table, column: str) -> str:
    kind = table.c[column].type
    # A cast to varchar(n) would cut silently; as text the column itself checks.
    return "TEXT" if isinstance(kind, String) else kind.compile(dialect=_POSTGRESQL)


def _transposed(rows: Sequence[Row]) -> tuple[list[Any], ...]:
    return tuple(list(column) for column in zip(*rows, strict=True))
