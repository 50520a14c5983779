"""All effects of all sellers as one stream, which can be read on from where one was.

Ids of effects are no place to go on from: of two transactions the one with the lower
ids may be committed later, and a reader would be past them. So links of the audit log
get a position once they are committed, one reader after another, and positions are
read. A seller's effects come in the order in which they were committed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple, Self

from sqlalchemy import Connection, select, text, tuple_
from sqlalchemy import func as sql

from app.model.effects import Effect, read_effect
from app.store import bulk
from app.store.audit import EFFECTS
from app.store.backends import Database
from app.store.tables import audit_link, effect, orders

_LOCK = 0x66656564_67737472
_MOST_LINKS = 1_000
_LAST_PLACE = 2**63 - 1

_link = audit_link.c
_effect = effect.c


class Cursor(NamedTuple):
    """Behind which effect to go on: position of its link, place, position there."""

    link: int = 0
    place: int = 0
    position: int = 0

    def __str__(self) -> str:
        """Write it as three numbers, as in 17.3.0."""
        return f"{self.link}.{self.place}.{self.position}"

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what was written; raises ValueError if it is none."""
        values = [int(part) for part in text.split(".") if part.isascii()]
        if len(values) != 3 or min(values) < 0 or max(values) >= 2**63:
            raise ValueError("three numbers with dots between them")
        return cls(*values)


class Told(NamedTuple):
    """An effect as the stream gives it; `cursor` goes on behind it."""

    cursor: Cursor
    seller_id: str
    amazon_order_id: str
    source: str
    message_id: str | None
    cause: str
    happened_at: datetime
    effect: Effect


def place_links(connection: Connection) -> int:
    """Give the links that were committed since their positions; return how many.

    In a transaction of its own; call it before reading. At most 1,000 links at once.
    """
    waiting = select(_link.link_id).where(text("position IS NULL"))
    if not bulk.is_sqlite(connection):
        connection.execute(select(sql.pg_advisory_xact_lock(_LOCK)))
    query = waiting.order_by(_link.link_id).limit(_MOST_LINKS)
    found = list(connection.scalars(query))
    last = connection.scalar(select(sql.max(_link.position))) or 0
    rows = list(enumerate(found, last + 1))
    bulk.update(connection, audit_link, ("link_id",), ("position",), rows)
    return len(found)


def is_any_unplaced(connection: Connection) -> bool:
    """Whether links wait for their positions: a look before SQLite is locked."""
    query = select(_link.link_id).where(text("position IS NULL")).limit(1)
    return connection.execute(query).first() is not None


def place_new(database: Database) -> int:
    """Place links, if there are new ones; return how many, 1,000 at most."""
    with database.read() as connection:
        if not is_any_unplaced(connection):
            return 0
    with database.write() as connection:
        return place_links(connection)


def place_all(database: Database) -> None:
    """Give every link that waits for it its position."""
    while place_new(database):
        pass


def newest(connection: Connection) -> Cursor:
    """Return the cursor behind all that has its position."""
    last = connection.scalar(select(sql.max(_link.position))) or 0
    return Cursor(last, _LAST_PLACE, 0) if last else Cursor()


def read_effects(
    connection: Connection,
    after: Cursor,
    *,
    limit: int,
    seller_id: str | None = None,
) -> list[Told]:
    """Return at most `limit` effects behind a cursor, of one seller or of all."""
    told: list[Told] = []
    # Each has an effect at least, but for the one that the cursor is in.
    for link in _links(connection, after, seller_id, limit + 1):
        for row in _rows(connection, link, after, limit - len(told)):
            told.append(
                Told(
                    Cursor(link.position, row.place, row.position),
                    row.seller_id,
                    row.amazon_order_id,
                    row.source,
                    row.message_id,
                    row.cause,
                    row.happened_at,
                    read_effect(row.kind, row.content),
                )
            )
        if len(told) >= limit:
            break
    return told


def currencies(connection: Connection, told: list[Told]) -> dict[tuple[str, str], str]:
    """Return the currencies of effects' orders, by seller and AmazonOrderID."""
    keys = {(each.seller_id, each.amazon_order_id) for each in told}
    if not keys:
        return {}
    order = orders.c
    query = select(order.seller_id, order.amazon_order_id, order.currency)
    found = connection.execute(
        query.where(tuple_(order.seller_id, order.amazon_order_id).in_(keys))
    )
    return {(row[0], row[1]): row[2] for row in found}


class _Range(NamedTuple):
    position: int
    source: str
    first_place: int
    last_place: int


def _links(
    connection: Connection, after: Cursor, seller_id: str | None, limit: int
) -> list[_Range]:
    query = select(*(_link[name] for name in _Range._fields)).where(
        _link.position >= after.link, _link.kind == EFFECTS
    )
    if seller_id is not None:
        query = query.where(_link.seller_id == seller_id)
    query = query.order_by(_link.position).limit(limit)
    return [_Range(*row) for row in connection.execute(query)]


def _rows(connection: Connection, link: _Range, after: Cursor, limit: int) -> list[Any]:
    query = select(effect).where(
        _effect.source == link.source,
        _effect.place >= link.first_place,
        _effect.place <= link.last_place,
    )
    if link.position == after.link:
        at = (after.place, after.position)
        query = query.where(tuple_(_effect.place, _effect.position) > at)
    query = query.order_by(_effect.place, _effect.position).limit(limit)
    return list(connection.execute(query))
