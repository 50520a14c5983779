"""A seller's orders by when they were placed or last changed, page by page.

Everything is found by seller, so that no door can forget it (design D7). Pages go on
behind the last order shown, along an index: the last page costs what the first does.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, or_, select

from app.model.order import OrderStatus
from app.store.tables import orders

_order = orders.c


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of a seller's orders are meant; None leaves a point open.

    `after` and `before`, both included, bound the purchase date, or the time of the
    last change with `by_update`.
    """

    after: datetime
    before: datetime
    marketplace_ids: Collection[str]
    by_update: bool = False
    statuses: Collection[OrderStatus] | None = None
    channels: Collection[str] | None = None
    buyer_email: str | None = None
    merchant_order_id: str | None = None


def find(
    connection: Connection,
    seller_id: str,
    wanted: Wanted,
    *,
    limit: int,
    behind: tuple[datetime, str] | None = None,
) -> list[tuple[datetime, str]]:
    """Return time and AmazonOrderID of at most `limit` orders, oldest first.

    `behind` goes on behind an order that an earlier call returned.
    """
    moment = _order.updated_at if wanted.by_update else _order.purchase_date
    query = select(moment, _order.amazon_order_id).where(
        _order.seller_id == seller_id,
        moment >= (behind[0] if behind else wanted.after),
        moment <= wanted.before,
        _order.marketplace_id.in_(wanted.marketplace_ids),
    )
    if behind is not None:
        query = query.where(or_(moment > behind[0], _order.amazon_order_id > behind[1]))
    if wanted.statuses is not None:
        query = query.where(_order.status.in_(wanted.statuses))
    if wanted.channels is not None:
        query = query.where(_order.fulfillment_channel.in_(wanted.channels))
    if wanted.buyer_email is not None:
        query = query.where(_order.buyer_email == wanted.buyer_email)
    if wanted.merchant_order_id is not None:
        query = query.where(_order.merchant_order_id == wanted.merchant_order_id)
    query = query.order_by(moment, _order.amazon_order_id).limit(limit)
    return [(row[0], row[1]) for row in connection.execute(query)]
