"""Orders that a window of time may cancel: of every seller, the oldest first."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select, text

from app.model.windows import JAPAN, Windows
from app.store.tables import order_item, orders

_order = orders.c


def find_overdue(
    connection: Connection, windows: Windows, now: datetime, *, limit: int
) -> list[tuple[str, str]]:
    """Return (SellerId, AmazonOrderID) of unshipped orders that look due.

    What is due longest comes first; the order itself decides, once it is locked.
    """
    query = (
        select(_order.seller_id, _order.amazon_order_id)
        # Not parameters: the index is partial.
        .where(text("orders.status = 'Unshipped' AND fulfillment_channel = 'MFN'"))
        .where(or_(*_due(windows, now)))
        .order_by(_order.purchase_date)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in connection.execute(query)]


def _due(windows: Windows, now: datetime) -> list[ColumnElement[bool]]:
    bought = _order.purchase_date
    due: list[ColumnElement[bool]] = []
    if windows.buyer is not None:
        in_japan = _order.marketplace_id == JAPAN
        due.append(
            and_(
                _order.buyer_requested_cancel.is_not(None),
                or_(
                    and_(~in_japan, bought >= now - windows.buyer),
                    and_(in_japan, bought >= now - windows.buyer_japan),
                ),
            )
        )
    if windows.unacknowledged is not None:
        own_item_id = exists().where(
            order_item.c.seller_id == _order.seller_id,
            order_item.c.amazon_order_id == _order.amazon_order_id,
            order_item.c.merchant_order_item_id.is_not(None),
        )
        due.append(
            and_(
                _order.merchant_order_id.is_(None),
                ~own_item_id,
                bought < now - windows.unacknowledged,
            )
        )
    if windows.unshipped is not None:
        # So many days at least. Those not due yet are younger, and come last.
        due.append(bought < now - timedelta(days=windows.unshipped))
    return due
