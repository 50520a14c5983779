"""All tables as lines of JSON, the same from either database, and back again.

A line is the array of a row's values in the order of the columns: text, whole numbers,
true and false, null, and times as SQLite keeps them (app/store/tables.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import (
    Connection,
    DateTime,
    Integer,
    MetaData,
    String,
    Table,
    func,
    insert,
    inspect,
    literal,
    select,
    text,
)

from app.store.tables import bind_moment, metadata

LEFT_OUT = ("quota", "desk_session", "desk_sign_in")
"""Tables that are of no worth elsewhere: buckets of quotas, and who is signed in."""

_ROWS = 1_000


def dumped_tables() -> list[Table]:
    """Return the tables of a dump, those first that others refer to."""
    return [each for each in metadata.sorted_tables if each.name not in LEFT_OUT]


def dump(connection: Connection, table: Table) -> Iterator[bytes]:
    """Yield the rows of a table in the order of its key, a line each."""
    collation = "C" if connection.dialect.name == "postgresql" else "BINARY"
    order = [
        column.collate(collation) if isinstance(column.type, String) else column
        for column in table.primary_key
    ]
    query = select(table).order_by(*order).execution_options(yield_per=_ROWS)
    for row in connection.execute(query):
        values = [_to_json(value) for value in row]
        line = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
        yield line.encode() + b"\n"


def _to_json(value: Any) -> Any:
    return bind_moment(value, "sqlite") if isinstance(value, datetime) else value


def load(
    connection: Connection, name: str, columns: list[str], lines: Iterable[bytes]
) -> int:
    """Put rows into a table that exists, as `dump` wrote them; return how many."""
    table = Table(name, MetaData(), autoload_with=connection)
    times = {column.name for column in table.c if isinstance(column.type, DateTime)}
    number = 0
    left = iter(lines)
    while some := list(islice(left, _ROWS)):
        rows = [dict(zip(columns, json.loads(line), strict=True)) for line in some]
        for row in rows:
            for column in times:
                if row[column] is not None:
                    row[column] = datetime.fromisoformat(row[column])
        connection.execute(insert(table), rows)
        number += len(rows)
    return number


def is_empty(connection: Connection) -> bool:
    """Whether no table of a dump has a row, at whatever revision the database is."""
    there = inspect(connection).get_table_names()
    return not any(
        connection.execute(select(literal(1)).select_from(table).limit(1)).first()
        for table in dumped_tables()
        if table.name in there
    )


def last_numbers(connection: Connection) -> dict[str, int]:
    """Return the last number that each counting table gave out, removed rows too."""
    return {
        table.name: _last_number(connection, table)
        for table in dumped_tables()
        if _counting(table) is not None
    }


def go_on_behind(connection: Connection, numbers: dict[str, int]) -> None:
    """Let counting tables go on behind those numbers: none is given out twice."""
    for name, number in numbers.items():
        if number < 1:
            continue
        if connection.dialect.name == "sqlite":
            # Tables that count by their rows alone have no entry, and need none.
            connection.execute(
                text(
                    "UPDATE sqlite_sequence SET seq = :number"
                    " WHERE name = :name AND seq < :number"
                ),
                {"name": name, "number": number},
            )
            continue
        key = _counting(metadata.tables[name])
        connection.execute(
            select(func.setval(func.pg_get_serial_sequence(name, key), number))
        )


def _last_number(connection: Connection, table: Table) -> int:
    key = _counting(table)
    assert key is not None
    largest = connection.execute(select(func.max(table.c[key]))).scalar() or 0
    if connection.dialect.name == "sqlite":
        query = "SELECT seq FROM sqlite_sequence WHERE name = :name"
        given_out = connection.execute(text(query), {"name": table.name}).scalar()
        return max(int(largest), int(given_out or 0))
    sequence = connection.execute(
        select(func.pg_get_serial_sequence(table.name, key))
    ).scalar_one()
    row = connection.execute(
        text(f"SELECT last_value, is_called FROM {sequence}")  # noqa: S608 # its name
    ).one()
    return max(int(largest), int(row.last_value) - (not row.is_called))


def _counting(table: Table) -> str | None:
    """Return the column by which a table counts its rows, if it does."""
    for column in table.primary_key:
        if column.identity is not None and isinstance(column.type, Integer):
            return column.name
    return None
