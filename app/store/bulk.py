"""Many rows in one statement, below SQLAlchemy's row-by-row work.

SQLite takes many rows of VALUES, PostgreSQL takes COPY and arrays of JSON: the
fastest way of each that was measured. Rows are tuples in the order of `columns`, with
values as the driver takes them (`tables.bind_moment` for times).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Connection as Connection
from sqlalchemy import String, Table
from sqlalchemy.dialects import postgresql

Row = tuple[Any, ...]

# Cheaper than executemany by a fifth. sqlite3 gives Python's lock away for each step of
# a statement, and waits to get it back: few long steps hold no thread up.
_ROWS_A_STATEMENT = 250

# So many rows with the same values, on average, are worth a statement of their own.
_WORTH_GROUPING = 20

COPIED_TYPES = "feedgate_copied_types"
"""The execution option of a COPY that names the types of its columns."""

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
        # A row is a step, too, so all of them come in one, column by column.
        names, _, _ = select.removeprefix("SELECT ").partition(" FROM ")
        arrays = ", ".join(f"json_group_array({name})" for name in names.split(", "))
        statement = (
            f"SELECT {arrays} FROM ({select} WHERE seller_id = ? AND {column} IN"  # noqa: S608 # own names
            f" (SELECT value FROM json_each(?)) {suffix})"
        )
        parameters = (seller_id, json.dumps(list(values)))
        (columns,) = _fetch(connection, statement, parameters)
        return list(zip(*map(json.loads, columns), strict=True))
    statement = (
        f"{select} WHERE seller_id = %s AND {column} = ANY"
        f" (ARRAY(SELECT json_array_elements_text(%s::json))) {suffix}"
    )
    return _fetch(connection, statement, (seller_id, json.dumps(list(values))))


def _fetch(connection: Connection, statement: str, parameters: Row) -> Sequence[Row]:
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
        for marks, values in _parts(rows):
            connection.exec_driver_sql(
                f"INSERT INTO {table.name} ({names}) VALUES {marks}",  # noqa: S608 # own names
                values,
            )
        return
    if len(rows) == 1:
        marks = ", ".join(["%s"] * len(columns))
        statement = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608
        connection.exec_driver_sql(statement, rows[0])
        return
    connection.exec_driver_sql(
        f"COPY {table.name} ({names}) FROM STDIN (FORMAT binary)",
        list(rows),
        {COPIED_TYPES: [_type(table, name).lower() for name in columns]},
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
        updated = _update_postgresql(connection, table, keys, columns, rows)
    if updated != len(rows):
        raise LookupError(f"{table.name}: {updated} of {len(rows)} rows updated")


def _update_sqlite(
    connection: Connection,
    table: Table,
    keys: Sequence[str],
    columns: Sequence[str],
    rows: Sequence[Row],
) -> int:
    """Update rows with values of their own, or all at once where many get the same.

    The latter costs three quarters of the former.
    """
    of_values: dict[Row, list[Row]] = defaultdict(list)
    for row in rows:
        of_values[row[: len(columns)]].append(row[len(columns) :])
    if len(of_values) * _WORTH_GROUPING > len(rows):
        return _update_each(connection, table, keys, columns, rows)
    sets = ", ".join(f"{name} = ?" for name in columns)
    parts = ", ".join(f"json_extract(value, '$[{n}]')" for n in range(len(keys)))
    statement = (
        f"UPDATE {table.name} SET {sets} WHERE ({', '.join(keys)}) IN"  # noqa: S608
        f" (SELECT {parts} FROM json_each(?))"
    )
    return sum(
        connection.exec_driver_sql(statement, (*values, json.dumps(found))).rowcount
        for values, found in of_values.items()
    )


def _update_each(
    connection: Connection,
    table: Table,
    keys: Sequence[str],
    columns: Sequence[str],
    rows: Sequence[Row],
) -> int:
    # The columns of VALUES are column1, column2 and so on.
    sets = ", ".join(f"{name} = column{n}" for n, name in enumerate(columns, 1))
    where = " AND ".join(
        f"{table.name}.{name} = column{n}"
        for n, name in enumerate(keys, len(columns) + 1)
    )
    return sum(
        connection.exec_driver_sql(
            f"UPDATE {table.name} SET {sets} FROM (VALUES {marks}) WHERE {where}",  # noqa: S608
            values,
        ).rowcount
        for marks, values in _parts(rows)
    )


def _update_postgresql(
    connection: Connection,
    table: Table,
    keys: Sequence[str],
    columns: Sequence[str],
    rows: Sequence[Row],
) -> int:
    """Update rows from a JSON array for each column.

    psycopg makes an array of the database's own value by value in Python, which takes
    five times as long.
    """
    names = (*columns, *keys)
    given = {name: f"given.{name}::{_type(table, name)}" for name in names}
    sets = ", ".join(f"{name} = {given[name]}" for name in columns)
    where = " AND ".join(f"{table.name}.{name} = {given[name]}" for name in keys)
    arrays = ", ".join(["json_array_elements_text(%s::json)"] * len(names))
    done = connection.exec_driver_sql(
        f"UPDATE {table.name} SET {sets} FROM ROWS FROM ({arrays})"  # noqa: S608
        f" AS given ({', '.join(names)}) WHERE {where}",
        tuple(json.dumps(values, default=str) for values in zip(*rows, strict=True)),
    )
    return done.rowcount


def _parts(rows: Sequence[Row]) -> Iterator[tuple[str, Row]]:
    """Yield the marks and the values of a statement's rows after another's."""
    row = f"({', '.join('?' * len(rows[0]))})"
    for first in range(0, len(rows), _ROWS_A_STATEMENT):
        part = rows[first : first + _ROWS_A_STATEMENT]
        yield ", ".join([row] * len(part)), tuple(chain.from_iterable(part))


def _type(table: Table, column: str) -> str:
    kind = table.c[column].type
    # A cast to varchar(n) would cut silently; as text the column itself checks.
    return "TEXT" if isinstance(kind, String) else kind.compile(dialect=_POSTGRESQL)
