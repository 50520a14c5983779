"""What a message did to an order, as events: cancelled, shipped, refunded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.model.effects import CancelItem, Effect, PostRefund, RecordShipment
from app.model.event import Event, EventType
from app.model.money import Money
from app.model.order import Order
from app.model.times import to_iso


@dataclass(frozen=True, slots=True)
class Happening:
    """All that one message did to one order.

    `key` is where it stands in the stream of effects. `before` is None where the order
    was put in; `after` is the order as the message left it. `source` is as in the
    ledger, such as "feed 50000000001".
    """

    key: str
    source: str
    message_id: str | None
    happened_at: datetime
    before: Order | None
    after: Order
    effects: tuple[Effect, ...]


def order_events(happening: Happening) -> list[Event]:
    """Return at most one event of each type, but one for each parcel."""
    cancelled = [e for e in happening.effects if isinstance(e, CancelItem)]
    shipped = [e for e in happening.effects if isinstance(e, RecordShipment)]
    refunds = [e for e in happening.effects if isinstance(e, PostRefund)]
    told = [_shipped(happening, *each) for each in enumerate(shipped)]
    if cancelled:
        items = [_cancellation(each) for each in cancelled]
        told.append(_event(happening, EventType.ORDER_CANCELLED, items=items))
    if refunds:
        told.append(_refunded(happening, refunds))
    return told


def _event(
    happening: Happening, event_type: EventType, *, part: int = 0, **data: object
) -> Event:
    order = happening.after
    kind, _, number = happening.source.partition(" ")
    common: dict[str, object] = {
        "seller_id": order.seller_id,
        "marketplace_id": order.marketplace_id,
        "amazon_order_id": order.amazon_order_id,
        "merchant_order_id": order.merchant_order_id,
        "order_status": order.status,
        "feed_submission_id": number if kind == "feed" else None,
        "message_id": happening.message_id,
    }
    key = f"{happening.key}.{part}" if part else happening.key
    return Event(event_type, order.seller_id, key, happening.happened_at, common | data)


def _cancellation(effect: CancelItem) -> dict[str, object]:
    return {
        "amazon_order_item_code": effect.amazon_order_item_code,
        "quantity": effect.quantity,
        "reason": effect.reason,
    }


def _shipped(happening: Happening, part: int, effect: RecordShipment) -> Event:
    return _event(
        happening,
        EventType.ORDER_SHIPPED,
        part=part,
        items=[
            {"amazon_order_item_code": code, "quantity": quantity}
            for code, quantity in effect.items
        ],
        fulfillment_date=to_iso(effect.fulfillment_date),
        carrier_code=effect.carrier_code,
        carrier_name=effect.carrier_name,
        shipping_method=effect.shipping_method,
        tracking_number=effect.tracking_number,
    )


def _refunded(happening: Happening, refunds: Iterable[PostRefund]) -> Event:
    """Tell of refunds; before the order is charged they are credits."""
    order = happening.after

    def text(amount: Decimal) -> str:
        return Money(amount, order.currency).text

    items = [
        {
            "amazon_order_item_code": each.amazon_order_item_code,
            "reason": each.reason,
            "amount": text(each.net),
            "components": {name: text(amount) for name, amount in each.components},
        }
        for each in refunds
    ]
    total = sum((each.net for each in refunds), start=Decimal(0))
    return _event(
        happening,
        EventType.REFUND_POSTED,
        currency=order.currency,
        amount=text(total),
        is_credit=not order.charged,
        items=items,
    )
