"""The records of one order brought together, wherever they stand in a file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby

from app.model.flatfile import Record

MOST_RECORDS = 500
"""Most records of one order: items of an order are few, and all are held at once."""

_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE beginning (order_id TEXT PRIMARY KEY, number INTEGER) WITHOUT ROWID;
CREATE TABLE record (number INTEGER PRIMARY KEY, order_id TEXT, content TEXT);
"""
_SORTED = """
SELECT beginning.number, content FROM record JOIN beginning USING (order_id)
ORDER BY beginning.number, record.number
"""


@dataclass(frozen=True, slots=True)
class OrderRecords:
    """The records of one order; `records` has the first ones of `count`."""

    records: tuple[Record, ...]
    count: int


def by_order(records: Iterable[Record]) -> Iterator[OrderRecords]:
    """Yield the records of each order, the orders as they first appear.

    A record without order-id stands alone. They are sorted in a temporary database,
    which keeps what goes beyond a few megabytes in a file: sellers sort their files
    by anything, and the records of an order may be gigabytes apart.
    """
    # An empty name is a database of its own, on the disk, gone when it is closed.
    with closing(sqlite3.connect("", isolation_level=None)) as database:
        database.executescript(_TABLES)
        for record in records:
            order_id = record.values.get("order-id") or f"record {record.number}"
            database.execute(
                "INSERT OR IGNORE INTO beginning VALUES (?, ?)",
                (order_id, record.number),
            )
            content = (record.number, record.line, record.values, record.extra)
            database.execute(
                "INSERT INTO record VALUES (?, ?, ?)",
                (record.number, order_id, json.dumps(content, ensure_ascii=False)),
            )
        for _, rows in groupby(database.execute(_SORTED), lambda row: row[0]):
            yield _gathered(row[1] for row in rows)


def _gathered(contents: Iterable[str]) -> OrderRecords:
    records, count = [], 0
    for content in contents:
        count += 1
        if count <= MOST_RECORDS:
            number, line, values, extra = json.loads(content)
            records.append(Record(number, line, values, tuple(extra)))
    return OrderRecords(tuple(records), count)
