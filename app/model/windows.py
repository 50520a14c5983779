"""Windows of time in which orders are cancelled by themselves.

Source: feed-vocabulary 5.6. Business days are Monday to Friday in UTC; public holidays
are not known here. docs/decisions/0015 has what the source leaves open.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.model.effects import CancelItem, Effect, LapseRefund
from app.model.order import Order, OrderStatus

JAPAN = "A1VC38T7YXB528"
_SATURDAY = 5


class Window(StrEnum):
    """Why an order is cancelled by itself."""

    BUYER = "window buyer"
    UNACKNOWLEDGED = "window unacknowledged"
    UNSHIPPED = "window unshipped"


@dataclass(frozen=True, slots=True)
class Windows:
    """How long each window is; a window of None is off.

    `unshipped` counts business days from the purchase on, handling days included.
    """

    buyer: timedelta | None = None
    buyer_japan: timedelta = timedelta(minutes=5)
    unacknowledged: timedelta | None = None
    unshipped: int | None = None

    @property
    def on(self) -> bool:
        """Whether any window is."""
        return (self.buyer, self.unacknowledged, self.unshipped) != (None, None, None)

    def closing(self, order: Order, now: datetime) -> Window | None:
        """Return the window by which an order is to be cancelled now, if any is."""
        if (
            order.status is not OrderStatus.UNSHIPPED
            or order.fulfillment_channel != "MFN"
        ):
            return None
        age = now - order.purchase_date
        if order.buyer_requested_cancel is not None and self.buyer is not None:
            japan = order.marketplace_id == JAPAN
            if age <= (self.buyer_japan if japan else self.buyer):
                return Window.BUYER
        limit = self.unacknowledged
        if limit is not None and age > limit and not is_acknowledged(order):
            return Window.UNACKNOWLEDGED
        return Window.UNSHIPPED if self._unshipped_too_long(order, now) else None

    def _unshipped_too_long(self, order: Order, now: datetime) -> bool:
        if self.unshipped is None:
            return False
        return now > after_business_days(order.purchase_date, self.unshipped)


def is_acknowledged(order: Order) -> bool:
    """Whether the seller told an id of their own: all that a Success leaves."""
    return order.merchant_order_id is not None or any(
        item.merchant_order_item_id is not None for item in order.items
    )


def after_business_days(moment: datetime, days: int) -> datetime:
    """Return the same time of day so many business days later."""
    while days:
        moment += timedelta(days=1)
        days -= moment.weekday() < _SATURDAY
    return moment


def cancellation(order: Order, window: Window) -> list[Effect]:
    """Cancel every open unit of an order of which nothing was shipped.

    What was credited or held for it lapses, as it does after a Failure (design D4).
    """
    reason = "BuyerCanceled" if window is Window.BUYER else "GeneralAdjustment"
    cancelled: list[Effect] = [
        CancelItem(item.amazon_order_item_code, item.open, reason, restock=True)
        for item in order.items
        if item.open
    ]
    refunds = sorted(
        (pending.refund for pending in order.pending_refunds),
        key=lambda refund: refund.number,
    )
    return cancelled + [
        LapseRefund(refund.number, refund.amazon_order_item_code) for refund in refunds
    ]
