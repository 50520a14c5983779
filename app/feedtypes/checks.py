"""What all feed types ask: may the order be touched, does it have the items."""

from __future__ import annotations

from collections.abc import Container

from app.errors import ResultCode
from app.feedtypes.wording import JudgedItem, JudgedOrder
from app.model.feed import Problem
from app.model.order import Order, OrderStatus
from app.model.order_items import OrderItem

# A tuple of its own: Python 3.11 takes its time to find the members of an enumeration.
_WORKABLE = (
    OrderStatus.UNSHIPPED,
    OrderStatus.PARTIALLY_SHIPPED,
    OrderStatus.SHIPPED,
)


def closed(judged: JudgedOrder) -> Problem | None:
    """Return why no feed can do anything with the order, or None if one can.

    Source: feed-vocabulary 5.1.
    """
    order, status = judged.order, judged.order.status
    if status in _WORKABLE and order.fulfillment_channel == "MFN":
        return None
    if order.fulfillment_channel != "MFN" or status is OrderStatus.UNFULFILLABLE:
        return judged.problem(ResultCode.ORDER_NOT_SELLER_FULFILLED)
    if status is OrderStatus.PENDING or status is OrderStatus.PENDING_AVAILABILITY:
        return judged.problem(ResultCode.ORDER_PENDING, status=status)
    return judged.problem(ResultCode.ORDER_CANCELED)


def find_item(
    judged: JudgedOrder,
    amazon_order_item_code: str | None,
    merchant_order_item_id: str | None,
    named: Container[str],
    merchant_adjustment_item_id: str | None = None,
) -> OrderItem | Problem:
    """Return the item that part of a message means, or why there is none.

    An item is found by its code or, without one, by the seller's own id, which is
    empty where the message has it empty. `named` are the codes of the items that the
    message named before; each may be named once.
    """
    order = judged.order
    if amazon_order_item_code is not None:
        item = order.item(amazon_order_item_code)
        if item is None:
            return judged.problem(
                ResultCode.ITEM_UNKNOWN,
                amazon_order_item_code,
                amazon_order_item_code=amazon_order_item_code,
                items=", ".join(each.amazon_order_item_code for each in order.items),
            )
    else:
        item = _item_of_own_id(order, merchant_order_item_id)
        if item is None:
            return judged.problem(
                ResultCode.MERCHANT_ITEM_ID_UNKNOWN,
                merchant_order_item_id=merchant_order_item_id or '""',
            )
    if item.amazon_order_item_code in named:
        twice = JudgedItem(
            judged, item, merchant_order_item_id, merchant_adjustment_item_id
        )
        return twice.problem(ResultCode.ITEM_TWICE)
    return item


def _item_of_own_id(
    order: Order, merchant_order_item_id: str | None
) -> OrderItem | None:
    if not merchant_order_item_id:
        return None
    for item in order.items:
        if item.merchant_order_item_id == merchant_order_item_id:
            return item
    return None
