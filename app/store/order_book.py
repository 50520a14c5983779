"""Orders put in: rows and opening ledger entries of whole batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Table

from app.model.effects import ImportOrder
from app.model.order import Order
from app.store import bulk, tables
from app.store.audit import Written
from app.store.balances import Balances
from app.store.ledger import Entry, record
from app.store.orders import holders
from app.store.tables import bind_moment, whole_units


@dataclass(frozen=True, slots=True)
class Imported:
    """How many orders were new, and how many were there with the same content."""

    added: int
    unchanged: int


class OrderConflict(Exception):
    """A known order was put in with other content; nothing of the batch may stay."""

    def __init__(self, amazon_order_id: str, reason: str) -> None:
        """Name the order, and what differs."""
        super().__init__(f"order {amazon_order_id} {reason}")
        self.amazon_order_id = amazon_order_id
        self.reason = reason


def insert_orders(
    connection: Connection,
    seller_id: str,
    orders: Sequence[tuple[Order, str]],
    *,
    source: str,
    first_place: int,
    cause: str,
    now: datetime,
) -> tuple[Imported, Written]:
    """Put orders in, each with its JSON, which becomes the opening ledger entry.

    Returns what is to be added to the audit log at the end of the transaction, too.

    An order that was put in before with the same JSON is left as it is now. Raises
    OrderConflict for a known AmazonOrderID with other JSON, and for a MerchantOrderID
    that stands for another order: the caller rolls the transaction back. `first_place`
    numbers the orders of one source over several calls.
    """
    known = _openings(connection, seller_id, [o.amazon_order_id for o, _ in orders])
    fresh = []
    for place, (order, content) in enumerate(orders, first_place):
        if order.amazon_order_id not in known:
            fresh.append((place, order, content))
            known[order.amazon_order_id] = content
        elif known[order.amazon_order_id] != content:
            raise OrderConflict(
                order.amazon_order_id, "is known already, with other content"
            )
    _check_merchant_ids(connection, seller_id, [order for _, order, _ in fresh])
    _insert_rows(connection, [order for _, order, _ in fresh], now)
    entries = [
        Entry.of(order.amazon_order_id, place, 0, None, ImportOrder(content))
        for place, order, content in fresh
    ]
    written = record(
        connection, seller_id, entries, source=source, cause=cause, now=now
    )
    brought = Balances()
    for _, order, _ in fresh:
        brought.add(None, order)
    brought.write(connection, now)
    return Imported(len(fresh), len(orders) - len(fresh)), written


def _openings(
    connection: Connection, seller_id: str, ids: Sequence[str]
) -> dict[str, str]:
    rows = bulk.select_in(
        connection,
        "SELECT amazon_order_id, kind, content FROM effect",
        seller_id,
        "amazon_order_id",
        ids,
    )
    return {row[0]: row[2] for row in rows if row[1] == ImportOrder.kind}


def _check_merchant_ids(
    connection: Connection, seller_id: str, orders: Sequence[Order]
) -> None:
    named = {o.merchant_order_id: o for o in orders if o.merchant_order_id}
    held = holders(connection, seller_id, named)
    for order in orders:
        own_id = order.merchant_order_id
        if own_id and (own_id in held or named[own_id] is not order):
            holder = held.get(own_id) or named[own_id].amazon_order_id
            raise OrderConflict(
                order.amazon_order_id,
                f"has MerchantOrderID {own_id}, which stands for order {holder}",
            )


def _insert_rows(
    connection: Connection, orders: Sequence[Order], now: datetime
) -> None:
    dialect = connection.dialect.name
    moment = bind_moment(now, dialect)
    _insert(
        connection,
        tables.orders,
        [
            (
                order.seller_id,
                order.amazon_order_id,
                order.merchant_order_id,
                order.marketplace_id,
                order.fulfillment_channel,
                order.status.value,
                bind_moment(order.purchase_date, dialect),
                moment,
                order.currency,
                order.buyer.name,
                order.buyer.email,
                order.buyer_requested_cancel,
                order.charged,
                order.refund_count,
                len(order.pending_refunds),
            )
            for order in orders
        ],
    )
    _insert(connection, tables.order_item, list(_item_rows(orders)))
    _insert(connection, tables.order_item_component, list(_component_rows(orders)))
    _insert(connection, tables.order_item_promotion, list(_promotion_rows(orders)))
    _insert(
        connection,
        tables.accepted_adjustment,
        [
            (order.seller_id, order.amazon_order_id, code, own_id, content)
            for order in orders
            for (code, own_id), content in order.adjustments.items()
        ],
    )


def _insert(connection: Connection, table: Table, rows: Sequence[bulk.Row]) -> None:
    bulk.insert(connection, table, table.columns.keys(), rows)


def _item_rows(orders: Sequence[Order]) -> Iterator[bulk.Row]:
    for order in orders:
        for place, item in enumerate(order.items):
            yield (
                order.seller_id,
                order.amazon_order_id,
                item.amazon_order_item_code,
                place,
                item.merchant_order_item_id,
                item.sku,
                item.asin,
                item.title,
                item.quantity_ordered,
                item.quantity_shipped,
                item.quantity_cancelled,
                whole_units(item.paid, order.currency),
                whole_units(item.refunded, order.currency),
                whole_units(item.held, order.currency),
            )


def _component_rows(orders: Sequence[Order]) -> Iterator[bulk.Row]:
    for order in orders:
        for item in order.items:
            for name, part in item.components.items():
                yield (
                    order.seller_id,
                    order.amazon_order_id,
                    item.amazon_order_item_code,
                    name,
                    None
                    if part.price is None
                    else whole_units(part.price, order.currency),
                    whole_units(part.refunded, order.currency),
                    whole_units(part.held, order.currency),
                )


def _promotion_rows(orders: Sequence[Order]) -> Iterator[bulk.Row]:
    for order in orders:
        for item in order.items:
            for place, promotion in enumerate(item.promotions):
                yield (
                    order.seller_id,
                    order.amazon_order_id,
                    item.amazon_order_item_code,
                    place,
                    promotion.promotion_claim_code,
                    promotion.merchant_promotion_id,
                    promotion.component,
                    whole_units(promotion.amount, order.currency),
                    whole_units(promotion.taken_back, order.currency),
                    whole_units(promotion.held, order.currency),
                )
