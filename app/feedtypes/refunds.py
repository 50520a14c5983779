"""What becomes of the credits and held refunds of an uncharged order (design D4)."""

from __future__ import annotations

from collections.abc import Sequence

from app.model.effects import LapseRefund, PostRefund, Refund
from app.model.order import Order


def lapses(order: Order, just_posted: Sequence[Refund] = ()) -> list[LapseRefund]:
    """End every pending refund, those that the message itself posts included.

    That is due when an order is cancelled whole before it was charged.
    """
    pending = [pending.refund for pending in order.pending_refunds]
    if not order.charged:
        pending += just_posted
    return [
        LapseRefund(refund.number, refund.amazon_order_item_code)
        for refund in sorted(pending, key=_number)
    ]


def releases(order: Order) -> list[PostRefund]:
    """Post every held refund, as it was held: the first shipment is confirmed."""
    held = [pending.refund for pending in order.pending_refunds if pending.held]
    return [
        PostRefund(
            refund.number,
            refund.amazon_order_item_code,
            refund.reason,
            refund.components,
            refund.promotions,
            refund.direct_payments,
            refund.quantity,
            released=True,
        )
        for refund in sorted(held, key=_number)
    ]


def _number(refund: Refund) -> int:
    return refund.number
