"""A seller's orders as the desk looks for them: newest first, page by page.

Pages go on behind (or before) the last order shown, along the index of the purchase
date: the last page of a hundred thousand orders costs what the first does. What is
typed into the search field has no index of its own, but for a whole AmazonOrderID:
every index would cost each import and each feed. Decision 0017 has the figures.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, literal, or_, select, tuple_

from app.model.order import OrderStatus
from app.store.tables import order_item, orders

_WHOLE_ID = re.compile("[0-9]{3}-[0-9]{7}-[0-9]{7}")
_order = orders.c
_item = order_item.c

Key = tuple[datetime, str]
"""Where a page ends: purchase date and AmazonOrderID."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which orders are meant; empty points are open.

    `text` is part of an AmazonOrderID, MerchantOrderID, the buyer's name or address, or
    a whole SKU or ASIN, capitals or not. Dates bound the purchase, `before` excluded.
    """

    text: str = ""
    status: OrderStatus | None = None
    since: datetime | None = None
    before: datetime | None = None


def find(
    connection: Connection,
    seller_id: str,
    wanted: Wanted,
    *,
    limit: int,
    older_than: Key | None = None,
    newer_than: Key | None = None,
) -> list[Key]:
    """Return the keys of at most `limit` orders, newest first.

    `newer_than` goes back: it returns those just in front of that order.
    """
    place = tuple_(_order.purchase_date, _order.amazon_order_id)
    dialect = connection.dialect.name
    query = select(_order.purchase_date, _order.amazon_order_id).where(
        _order.seller_id == seller_id, *_conditions(dialect, seller_id, wanted)
    )
    if newer_than is not None:
        query = query.where(place > tuple_(*_bound(newer_than)))
        query = query.order_by(_order.purchase_date, _order.amazon_order_id)
        found = [(row[0], row[1]) for row in connection.execute(query.limit(limit))]
        return found[::-1]
    if older_than is not None:
        query = query.where(place < tuple_(*_bound(older_than)))
    query = query.order_by(_order.purchase_date.desc(), _order.amazon_order_id.desc())
    return [(row[0], row[1]) for row in connection.execute(query.limit(limit))]


def _bound(key: Key) -> tuple[ColumnElement[datetime], ColumnElement[str]]:
    return (
        literal(key[0], _order.purchase_date.type),
        literal(key[1], _order.amazon_order_id.type),
    )


def _conditions(
    dialect: str, seller_id: str, wanted: Wanted
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.status is not None:
        conditions.append(_order.status == wanted.status.value)
    if wanted.since is not None:
        conditions.append(_order.purchase_date >= wanted.since)
    if wanted.before is not None:
        conditions.append(_order.purchase_date < wanted.before)
    if _WHOLE_ID.fullmatch(wanted.text):
        conditions.append(_order.amazon_order_id == wanted.text)
    elif wanted.text:
        conditions.append(_has(dialect, seller_id, wanted.text))
    return conditions


def _has(dialect: str, seller_id: str, text: str) -> ColumnElement[bool]:
    whole = _plain(text)
    part = f"%{whole}%"

    def like(column: ColumnElement[str], pattern: str) -> ColumnElement[bool]:
        # SQLite's LIKE takes capitals for small letters by itself; ilike() would have
        # it write each value anew in small letters first, which takes as long again.
        compare = column.like if dialect == "sqlite" else column.ilike
        return compare(pattern, escape="/")

    with_item = select(_item.amazon_order_id).where(
        _item.seller_id == seller_id,
        or_(_item.asin == text.upper(), like(_item.sku, whole)),
    )
    return or_(
        like(_order.amazon_order_id, part),
        like(_order.merchant_order_id, part),
        like(_order.buyer_name, part),
        like(_order.buyer_email, part),
        _order.amazon_order_id.in_(with_item),
    )


def _plain(text: str) -> str:
    """Write a text as a pattern that only the text itself matches."""
    return text.replace("/", "//").replace("%", "/%").replace("_", "/_")
