"""What counts in the pre-fulfilment cancel rate.

The rate is the orders that `counts_as_cancelled` divided by those that `counts`,
of the orders placed in a window of 7 days. Source: design D4, feed-vocabulary 5.5.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from app.model.order import Order, OrderStatus

_BUYER_REASONS = frozenset(("BuyerCanceled", "CustomerCancel"))
PENDING = frozenset((OrderStatus.PENDING, OrderStatus.PENDING_AVAILABILITY))
"""The statuses that are left out of the rate."""

TARGET = Decimal("2.5")
"""Percent; the rate has to stay under it."""

WINDOW_DAYS = 7


def percentage(part: int, whole: int) -> Decimal:
    """Return a part of a whole in percent with two decimals, rounded half up.

    Of nothing it is 0: who sells nothing cancels nothing.
    """
    share = Decimal(100 * part) / whole if whole else Decimal(0)
    return share.quantize(Decimal("0.01"), ROUND_HALF_UP)


def counts(order: Order) -> bool:
    """Whether the order belongs to those that the rate is taken of."""
    return order.fulfillment_channel == "MFN" and order.status not in PENDING


def counts_as_cancelled(order: Order) -> bool:
    """Whether the seller cancelled any unit of an order that counts.

    A reason that names the buyer is left out only with the buyer's official request
    on the order. Units whose cancellation is not told (orders put in half cancelled)
    count as the seller's. The order must have been read with its history.
    """
    if not counts(order):
        return False
    untold = sum(item.quantity_cancelled for item in order.items)
    for cancellation in order.cancellations:
        untold -= cancellation.quantity
        by_buyer = (
            cancellation.reason in _BUYER_REASONS
            and order.buyer_requested_cancel is not None
        )
        if not by_buyer:
            return True
    return untold > 0
