"""What of an order's ledger are financial events.

An order is charged whole with its first shipment, which settles the credits given
before it; until then nothing is posted (design D4). The choices: decision 0012.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from app.model.effects import (
    CancelItem,
    ChargeOrder,
    Components,
    Effect,
    ImportOrder,
    PostRefund,
    RecordShipment,
    Refund,
)
from app.model.finances import (
    EventItem,
    EventKind,
    FinancialEvent,
    PromotionMoved,
    charges_of,
)
from app.model.order import Order
from app.model.order_items import OrderItem, Promotion

POSTING_KINDS = (ImportOrder.kind, RecordShipment.kind, PostRefund.kind)
"""The effects that events are found by; a charge comes with its shipment."""

Message = tuple[str, int]
"""Source and place of a message in the ledger."""


class LedgerLine(NamedTuple):
    """One effect as the ledger has it: its number, its message, and when it was."""

    effect_id: int
    source: str
    place: int
    happened_at: datetime
    effect: Effect

    @property
    def message(self) -> Message:
        """Which message it came from."""
        return self.source, self.place


@dataclass(frozen=True, slots=True)
class _Told:
    """A refund as its message told it, whenever it is posted."""

    message: Message
    refund: Refund
    quantity: int
    own_id: str | None


def financial_events(
    opening: LedgerLine, order: Order, lines: Sequence[LedgerLine]
) -> dict[int, list[FinancialEvent]]:
    """Return the events of one order, by the effect that they are found by.

    `order` is what the opening entry says, `lines` are all that followed. All events
    of a message are found by its first effect of POSTING_KINDS.
    """
    teller = _Teller(opening, order)
    events = {}
    if found := list(_opening_events(order, opening.happened_at)):
        events[opening.effect_id] = found
    for _, group in groupby(lines, key=lambda line: line.message):
        message = list(group)
        if found := list(teller.tell(message)):
            events[_anchor(message)] = found
    return events


def _anchor(message: Sequence[LedgerLine]) -> int:
    return next(line.effect_id for line in message if line.effect.kind in POSTING_KINDS)


class _Teller:
    """Follows an order through its ledger and tells what each message posted."""

    def __init__(self, opening: LedgerLine, order: Order) -> None:
        self._order = order
        self._told = {
            pending.refund.number: _Told(opening.message, pending.refund, 0, None)
            for pending in order.pending_refunds
        }

    def tell(self, message: Sequence[LedgerLine]) -> Iterator[FinancialEvent]:
        """Go on by one message and give the events that it posted."""
        shipped: RecordShipment | None = None
        charged = False
        posted: list[_Told] = []
        cancelled: dict[str, CancelItem] = {}
        for line in message:
            effect = line.effect
            if isinstance(effect, CancelItem):
                cancelled[effect.amazon_order_item_code] = effect
            elif isinstance(effect, RecordShipment):
                shipped = effect
            elif isinstance(effect, ChargeOrder):
                charged = True
                posted += self._settled()
            elif isinstance(effect, Refund):
                posted += self._refunds(line.message, effect, cancelled)
            self._order = self._order.after(effect)
        moment = message[0].happened_at
        if shipped is not None:
            yield _shipment(self._order, moment, dict(shipped.items), charged=charged)
        by_message: dict[Message, list[_Told]] = {}
        for told in posted:
            by_message.setdefault(told.message, []).append(told)
        for together in by_message.values():
            yield _event(
                EventKind.REFUND,
                self._order,
                moment,
                (_refund_item(self._order, each) for each in together),
            )

    def _settled(self) -> list[_Told]:
        """Return the credits that a charge settles; held ones are released apart."""
        return [
            self._told[pending.refund.number]
            for pending in self._order.pending_refunds
            if not pending.held
        ]

    def _refunds(
        self, message: Message, refund: Refund, cancelled: dict[str, CancelItem]
    ) -> list[_Told]:
        """Remember a refund, and return it if it is posted now."""
        if isinstance(refund, PostRefund) and refund.released:
            return [self._told[refund.number]]
        # The adjustment's id stands on the first effect of the item only.
        cancel = cancelled.get(refund.amazon_order_item_code)
        key = refund.adjustment or (cancel and cancel.adjustment)
        units = refund.quantity or (cancel.quantity if cancel else 0)
        own_id = key.merchant_adjustment_item_id if key else None
        told = _Told(message, refund, units, own_id)
        self._told[refund.number] = told
        posted = isinstance(refund, PostRefund) and self._order.charged
        return [told] if posted else []


def _opening_events(order: Order, moment: datetime) -> Iterator[FinancialEvent]:
    """Give what an order that was charged elsewhere brings with it."""
    if not order.charged:
        return
    units = {item.amazon_order_item_code: item.quantity_shipped for item in order.items}
    yield _shipment(order, moment, units, charged=True)
    refunded = [item for item in map(_opening_refund, order.items) if item is not None]
    if refunded:
        yield _event(EventKind.REFUND, order, moment, refunded)


def _opening_refund(item: OrderItem) -> EventItem | None:
    charges = charges_of(
        (name, -part.refunded)
        for name, part in item.components.items()
        if part.refunded
    )
    promotions = tuple(
        PromotionMoved(_promotion_id(each), each.taken_back)
        for each in item.promotions
        if each.taken_back
    )
    if not charges and not promotions:
        return None
    own_id = _adjustment_id(item, 0)
    code, sku = item.amazon_order_item_code, item.sku
    return EventItem(code, sku, 0, charges, promotions, own_id)


def _shipment(
    order: Order, moment: datetime, units: dict[str, int], *, charged: bool
) -> FinancialEvent:
    """Tell a shipment: the charge is that of the whole order, later ones have none."""
    items = [
        EventItem(
            item.amazon_order_item_code,
            item.sku,
            units.get(item.amazon_order_item_code, 0),
            *(_price(item) if charged else ()),
        )
        for item in order.items
        if charged or units.get(item.amazon_order_item_code)
    ]
    return _event(EventKind.SHIPMENT, order, moment, items)


def _price(item: OrderItem) -> tuple[Components, tuple[PromotionMoved, ...]]:
    charges = charges_of(
        (name, part.price)
        for name, part in item.components.items()
        if part.price is not None
    )
    promotions = tuple(
        PromotionMoved(_promotion_id(each), -each.amount) for each in item.promotions
    )
    return charges, promotions


def _refund_item(order: Order, told: _Told) -> EventItem:
    refund = told.refund
    item = order.item(refund.amazon_order_item_code)
    assert item is not None, "the ledger refunds items of the order only"
    return EventItem(
        item.amazon_order_item_code,
        item.sku,
        told.quantity,
        charges_of((name, -amount) for name, amount in refund.components),
        tuple(
            PromotionMoved(_promotion_id(item.promotions[place]), amount)
            for place, amount in refund.promotions
        ),
        told.own_id or _adjustment_id(item, refund.number),
    )


def _event(
    kind: EventKind, order: Order, moment: datetime, items: Iterable[EventItem]
) -> FinancialEvent:
    return FinancialEvent(
        kind,
        order.amazon_order_id,
        order.merchant_order_id,
        order.marketplace_id,
        order.currency,
        moment,
        tuple(items),
    )


def _promotion_id(promotion: Promotion) -> str | None:
    return promotion.merchant_promotion_id or promotion.promotion_claim_code


def _adjustment_id(item: OrderItem, number: int) -> str:
    """Make an id of digits, as MWS's were, for a refund that the seller gave none."""
    return f"{item.amazon_order_item_code}{number}"
