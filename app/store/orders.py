"""Orders as a batch of messages needs them, read in few statements.

An order is kept twice: as rows, for judging and for the database's own checks, and as
the ledger of its effects, which rebuilds it (`ledger.replay`). The rows are written
from the fold (`changes`), so the two cannot tell different stories.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, or_, select

from app.model.money import from_minor_units
from app.model.order import Buyer, Order, OrderStatus
from app.model.order_items import ZERO, Component, OrderItem, Promotion
from app.store import bulk, tables
from app.store.ledger import replay
from app.store.tables import read_moment

_ORDER = (
    "SELECT amazon_order_id, merchant_order_id, marketplace_id, fulfillment_channel,"
    " status, purchase_date, currency, buyer_name, buyer_email,"
    " buyer_requested_cancel, charged, refund_count, pending_refunds FROM orders"
)
_ITEM = (
    "SELECT amazon_order_id, amazon_order_item_code, quantity_ordered,"
    " quantity_shipped, quantity_cancelled, merchant_order_item_id, paid, refunded,"
    " held, sku, asin, title FROM order_item"
)
_COMPONENT = (
    "SELECT amazon_order_id, amazon_order_item_code, component, price, refunded, held"
    " FROM order_item_component"
)
_PROMOTION = (
    "SELECT amazon_order_id, amazon_order_item_code, promotion_claim_code,"
    " merchant_promotion_id, component, amount, taken_back, held"
    " FROM order_item_promotion"
)
_ADJUSTMENT = (
    "SELECT amazon_order_id, amazon_order_item_code, merchant_adjustment_item_id,"
    " content FROM accepted_adjustment"
)

_NONE: Mapping[Any, Any] = MappingProxyType({})
_STATUSES = {status.value: status for status in OrderStatus}


@lru_cache(maxsize=4096)
def _amount(units: int, currency: str) -> Decimal:
    return from_minor_units(units, currency) if units else ZERO


def load_orders(
    connection: Connection,
    seller_id: str,
    amazon_order_ids: Iterable[str],
    *,
    amounts: bool = True,
    history: bool = False,
    lock: bool = False,
) -> dict[str, Order]:
    """Read a seller's orders by AmazonOrderID; ids of nobody's or others' are left out.

    `amounts` reads components, promotions and accepted adjustments too, `history` the
    shipments and cancellations of orders that have any. `lock` keeps other writers
    off the orders until the transaction ends: rows are locked in the order of their
    ids, and read afterwards (queue-design 5).
    """
    ids = sorted(set(amazon_order_ids))
    if not ids:
        return {}
    sqlite = bulk.is_sqlite(connection)
    locking = " ORDER BY amazon_order_id FOR UPDATE" if lock and not sqlite else ""
    rows = bulk.select_in(
        connection, _ORDER, seller_id, "amazon_order_id", ids, locking
    )
    found = {row[0]: row for row in rows}
    # A pending refund may lapse or be posted, which moves amounts.
    priced = list(found) if amounts else [row[0] for row in rows if row[12]]
    parts = _load_parts(connection, seller_id, priced, found)
    items = _load_items(connection, seller_id, list(found), found, parts)
    adjustments = _load_adjustments(connection, seller_id, priced)
    orders = {
        order_id: _order(
            seller_id, row, items[order_id], adjustments.get(order_id, _NONE)
        )
        for order_id, row in found.items()
    }
    told = [
        order_id
        for order_id, row in found.items()
        if row[12] or (history and _has_history(orders[order_id]))
    ]
    for order_id, replayed in replay(connection, seller_id, told).items():
        orders[order_id] = orders[order_id]._replace(
            pending_refunds=replayed.pending_refunds,
            shipments=replayed.shipments,
            cancellations=replayed.cancellations,
        )
    return orders


def _has_history(order: Order) -> bool:
    return any(item.quantity_shipped or item.quantity_cancelled for item in order.items)


def _order(
    seller_id: str,
    row: bulk.Row,
    items: list[OrderItem],
    adjustments: Mapping[tuple[str, str], str],
) -> Order:
    purchase_date = read_moment(row[5])
    assert purchase_date is not None
    # By position, which is cheaper: feeds read orders by the ten thousand.
    return Order(
        seller_id,
        row[0],
        row[2],
        purchase_date,
        row[6],
        _STATUSES[row[4]],
        tuple(items),
        row[3],
        row[1],
        Buyer(row[7], row[8]),
        row[9],
        bool(row[10]),
        row[11],
        adjustments=adjustments,
    )


class _Parts(NamedTuple):
    """The components and promotions of the items asked for, by order and item."""

    components: dict[tuple[str, str], dict[str, Component]]
    promotions: dict[tuple[str, str], list[Promotion]]


def _load_parts(
    connection: Connection,
    seller_id: str,
    ids: Sequence[str],
    found: dict[str, bulk.Row],
) -> _Parts:
    components: dict[tuple[str, str], dict[str, Component]] = defaultdict(dict)
    promotions: dict[tuple[str, str], list[Promotion]] = defaultdict(list)
    parts = _Parts(components, promotions)
    if not ids:
        return parts
    for order_id, code, name, price, refunded, held in bulk.select_in(
        connection, _COMPONENT, seller_id, "amazon_order_id", ids
    ):
        currency = found[order_id][6]
        components[order_id, code][name] = Component(
            None if price is None else from_minor_units(price, currency),
            _amount(refunded, currency) if refunded else ZERO,
            _amount(held, currency) if held else ZERO,
        )
    for order_id, code, claim, own_id, name, amount, taken, held in bulk.select_in(
        connection, _PROMOTION, seller_id, "amazon_order_id", ids, "ORDER BY place"
    ):
        currency = found[order_id][6]
        promotions[order_id, code].append(
            Promotion(
                claim,
                own_id,
                name,
                _amount(amount, currency),
                _amount(taken, currency),
                _amount(held, currency),
            )
        )
    return parts


def _load_items(
    connection: Connection,
    seller_id: str,
    ids: Sequence[str],
    found: dict[str, bulk.Row],
    parts: _Parts,
) -> dict[str, list[OrderItem]]:
    items: dict[str, list[OrderItem]] = {order_id: [] for order_id in ids}
    components, promotions = parts
    for row in bulk.select_in(
        connection, _ITEM, seller_id, "amazon_order_id", ids, "ORDER BY place"
    ):
        order_id, code, ordered, shipped, cancelled, own_id = row[:6]
        paid, refunded, held, sku, asin, title = row[6:]
        currency = found[order_id][6]
        key = (order_id, code)
        items[order_id].append(
            OrderItem(
                code,
                ordered,
                shipped,
                cancelled,
                own_id,
                sku,
                asin,
                title,
                _amount(paid, currency),
                _amount(refunded, currency) if refunded else ZERO,
                _amount(held, currency) if held else ZERO,
                components.get(key, _NONE) if components else _NONE,
                tuple(promotions[key]) if key in promotions else (),
            )
        )
    return items


def _load_adjustments(
    connection: Connection, seller_id: str, ids: Sequence[str]
) -> dict[str, dict[tuple[str, str], str]]:
    accepted: dict[str, dict[tuple[str, str], str]] = defaultdict(dict)
    if ids:
        for order_id, code, own_id, content in bulk.select_in(
            connection, _ADJUSTMENT, seller_id, "amazon_order_id", ids
        ):
            accepted[order_id][code, own_id] = content
    return accepted


def holders(
    connection: Connection, seller_id: str, merchant_order_ids: Iterable[str]
) -> dict[str, str]:
    """Return which AmazonOrderID each MerchantOrderID stands for, if any."""
    ids = sorted(set(merchant_order_ids))
    if not ids:
        return {}
    select_ids = "SELECT merchant_order_id, amazon_order_id FROM orders"
    return dict(
        bulk.select_in(connection, select_ids, seller_id, "merchant_order_id", ids)
    )


def last_updates(
    connection: Connection, seller_id: str, amazon_order_ids: Iterable[str]
) -> dict[str, datetime]:
    """Return when each of a seller's orders last changed."""
    columns = tables.orders.c
    query = select(columns.amazon_order_id, columns.updated_at).where(
        columns.seller_id == seller_id,
        columns.amazon_order_id.in_(list(amazon_order_ids)),
    )
    return {row.amazon_order_id: row.updated_at for row in connection.execute(query)}


def find_order_ids(
    connection: Connection,
    seller_id: str,
    *,
    status: OrderStatus | None = None,
    after: tuple[datetime, str] | None = None,
    limit: int = 100,
) -> list[str]:
    """Return AmazonOrderIDs, newest purchase first, from behind `after` on."""
    orders = tables.orders
    query = select(orders.c.amazon_order_id).where(orders.c.seller_id == seller_id)
    if status is not None:
        query = query.where(orders.c.status == status.value)
    if after is not None:
        moment, order_id = after
        query = query.where(
            or_(
                orders.c.purchase_date < moment,
                and_(
                    orders.c.purchase_date == moment,
                    orders.c.amazon_order_id > order_id,
                ),
            )
        )
    query = query.order_by(orders.c.purchase_date.desc(), orders.c.amazon_order_id)
    return list(connection.scalars(query.limit(limit)))
