"""Orders as plain values, and the fold that makes an order of its effects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from app.model.effects import (
    CancelItem,
    ChargeOrder,
    CorrectShipment,
    Effect,
    HoldRefund,
    LapseRefund,
    PostRefund,
    RecordShipment,
    Refund,
    StoreMerchantIds,
)
from app.model.order_items import ZERO, OrderItem

PRICED_BY_UNIT = (
    "Principal",
    "Tax",
    "Shipping",
    "ShippingTax",
    "GiftWrap",
    "GiftWrapTax",
)
"""The components of which a cancelled unit has its share. Source: design D4."""


class OrderStatus(StrEnum):
    """The status of an order. Source: feed-vocabulary 5.1."""

    PENDING_AVAILABILITY = "PendingAvailability"
    PENDING = "Pending"
    UNSHIPPED = "Unshipped"
    PARTIALLY_SHIPPED = "PartiallyShipped"
    SHIPPED = "Shipped"
    CANCELED = "Canceled"
    UNFULFILLABLE = "Unfulfillable"


class Shipment(NamedTuple):
    """One confirmed parcel; `items` pairs item codes with units."""

    items: tuple[tuple[str, int], ...]
    fulfillment_date: datetime
    carrier_code: str | None = None
    carrier_name: str | None = None
    shipping_method: str | None = None
    tracking_number: str | None = None


class Cancellation(NamedTuple):
    """Units of an item that were cancelled together; the reason may be unknown."""

    amazon_order_item_code: str
    quantity: int
    reason: str | None = None
    restock: bool = False


class PendingRefund(NamedTuple):
    """A credit, or a held refund, of an order that is not charged yet."""

    refund: Refund
    held: bool


class Buyer(NamedTuple):
    """Who bought: what the service needs to write to them; both may be empty."""

    name: str = ""
    email: str = ""


class Order(NamedTuple):
    """One order of one seller; a tuple, as OrderItem is.

    `pending_refunds` are the credits and held refunds of an uncharged order.
    `adjustments` maps (item code, MerchantAdjustmentItemID) to the content that was
    accepted. `shipments` and `cancellations` are read from the ledger, only where
    they are asked for (FeedType.reads_history). `refund_count` numbers refunds.
    """

    seller_id: str
    amazon_order_id: str
    marketplace_id: str
    purchase_date: datetime
    currency: str
    status: OrderStatus
    items: tuple[OrderItem, ...]
    fulfillment_channel: str = "MFN"
    merchant_order_id: str | None = None
    buyer: Buyer = Buyer()
    buyer_requested_cancel: str | None = None
    charged: bool = False
    refund_count: int = 0
    pending_refunds: tuple[PendingRefund, ...] = ()
    adjustments: Mapping[tuple[str, str], str] = MappingProxyType({})
    shipments: tuple[Shipment, ...] = ()
    cancellations: tuple[Cancellation, ...] = ()

    @property
    def paid(self) -> Decimal:
        """What the buyer pays for the whole order."""
        return sum([item.paid for item in self.items], start=ZERO)

    def item(self, amazon_order_item_code: str) -> OrderItem | None:
        """Return the item of that code, if the order has it."""
        for item in self.items:
            if item.amazon_order_item_code == amazon_order_item_code:
                return item
        return None

    def after(self, effect: Effect) -> Order:
        """Return the order as the effect leaves it.

        Raises ValueError if the effect breaks an invariant of design D4: that is a
        bug of the judgement, never an answer to a seller.
        """
        return _FOLDS[type(effect)](self, effect)

    def _with_refund(
        self, changed: OrderItem, refund_count: int, pending: tuple[PendingRefund, ...]
    ) -> Order:
        code = changed.amazon_order_item_code
        items = [
            changed if item.amazon_order_item_code == code else item
            for item in self.items
        ]
        return Order._make(
            (*self[:6], tuple(items), *self[7:12], refund_count, pending, *self[14:])
        )

    def _known(self, code: str) -> OrderItem:
        item = self.item(code)
        if item is None:
            raise ValueError(f"{self.amazon_order_id} has no item {code}")
        return item


# By whether units are open, and whether units are shipped.
_STATUS_OF = {
    (True, False): OrderStatus.UNSHIPPED,
    (True, True): OrderStatus.PARTIALLY_SHIPPED,
    (False, True): OrderStatus.SHIPPED,
    (False, False): OrderStatus.CANCELED,
}


def status_of(items: tuple[OrderItem, ...]) -> OrderStatus:
    """Derive the status of a released order from its units. Source: design D4."""
    shipped = is_open = False
    for item in items:
        shipped = shipped or item.quantity_shipped > 0
        is_open = is_open or item.open > 0
    return _STATUS_OF[is_open, shipped]


# What feeds do by the ten thousand makes its tuples by position, which takes half the
# time of `_replace`. `_make` refuses a tuple of another length.


def _store_merchant_ids(order: Order, effect: StoreMerchantIds) -> Order:
    ids = dict(effect.items)
    items = tuple(
        item._replace(merchant_order_item_id=ids[item.amazon_order_item_code])
        if item.amazon_order_item_code in ids
        else item
        for item in order.items
    )
    merchant_order_id = effect.merchant_order_id or order.merchant_order_id
    return order._replace(items=items, merchant_order_id=merchant_order_id)


def _remember(order: Order, code: str, effect: CancelItem | Refund) -> Order:
    if effect.adjustment is None:
        return order
    key = (code, effect.adjustment.merchant_adjustment_item_id)
    adjustments = {**order.adjustments, key: effect.adjustment.content}
    return order._replace(adjustments=adjustments)


def _cancel_item(order: Order, effect: CancelItem) -> Order:
    code, quantity = effect.amazon_order_item_code, effect.quantity
    item = order._known(code)
    if not 0 < quantity <= item.open:
        raise ValueError(f"{quantity} of {item.open} open units of {code}")
    cancelled = item.quantity_cancelled + quantity
    changed = OrderItem._make((*item[:3], cancelled, *item[4:]))
    items: tuple[OrderItem, ...] = (changed,)
    if len(order.items) > 1:
        items = tuple([changed if each is item else each for each in order.items])
    entry = Cancellation(code, quantity, effect.reason, effect.restock)
    cancellations = (*order.cancellations, entry)
    order = Order._make(
        (*order[:5], status_of(items), items, *order[7:16], cancellations)
    )
    return order if effect.adjustment is None else _remember(order, code, effect)


def _record_shipment(order: Order, effect: RecordShipment) -> Order:
    units = dict(effect.items)
    items = []
    for item in order.items:
        given = units.pop(item.amazon_order_item_code, 0)
        if not 0 <= given <= item.open:
            raise ValueError(
                f"{given} of {item.open} open units of {item.amazon_order_item_code}"
            )
        shipped = item.quantity_shipped + given
        items.append(
            OrderItem._make((*item[:2], shipped, *item[3:])) if given else item
        )
    if units:
        raise ValueError(f"{order.amazon_order_id} has no items {sorted(units)}")
    shipment = Shipment(
        effect.items,
        effect.fulfillment_date,
        effect.carrier_code,
        effect.carrier_name,
        effect.shipping_method,
        effect.tracking_number,
    )
    shipments = (*order.shipments, shipment)
    kept = tuple(items)
    return Order._make(
        (*order[:5], status_of(kept), kept, *order[7:15], shipments, *order[16:])
    )


def _correct_shipment(order: Order, effect: CorrectShipment) -> Order:
    corrected = order.shipments[effect.shipment]._replace(
        fulfillment_date=effect.fulfillment_date,
        carrier_code=effect.carrier_code,
        carrier_name=effect.carrier_name,
        shipping_method=effect.shipping_method,
        tracking_number=effect.tracking_number,
    )
    shipments = list(order.shipments)
    shipments[effect.shipment] = corrected
    return order._replace(shipments=tuple(shipments))


def _charge_order(order: Order, effect: ChargeOrder) -> Order:
    if order.charged or effect.amount != order.paid:
        raise ValueError(f"{order.amazon_order_id} cannot be charged {effect.amount}")
    # Credits are settled by the charge; held refunds stay until they are released.
    held = tuple([pending for pending in order.pending_refunds if pending.held])
    return Order._make((*order[:11], True, order.refund_count, held, *order[14:]))


def _post_refund(order: Order, effect: PostRefund) -> Order:
    code = effect.amazon_order_item_code
    item = order._known(code)
    pending = order.pending_refunds
    if effect.released:
        moved = item.moved(effect, refunded=1, held=-1)
        pending = tuple(p for p in pending if p.refund.number != effect.number)
        return order._with_refund(moved, order.refund_count, pending)
    moved = item.moved(effect, refunded=1).checked()
    if not order.charged:
        pending = (*pending, PendingRefund(effect, held=False))
    order = order._with_refund(moved, effect.number, pending)
    return order if effect.adjustment is None else _remember(order, code, effect)


def _hold_refund(order: Order, effect: HoldRefund) -> Order:
    code = effect.amazon_order_item_code
    moved = order._known(code).moved(effect, held=1).checked()
    pending = (*order.pending_refunds, PendingRefund(effect, held=True))
    order = order._with_refund(moved, effect.number, pending)
    return _remember(order, code, effect)


def _lapse_refund(order: Order, effect: LapseRefund) -> Order:
    for pending in order.pending_refunds:
        if pending.refund.number == effect.number:
            item = order._known(effect.amazon_order_item_code)
            # No check: a lapsed charge can overdraw until the refund that it was
            # balanced by has lapsed too, and they all lapse together.
            moved = item.moved(
                pending.refund,
                refunded=0 if pending.held else -1,
                held=-1 if pending.held else 0,
            )
            rest = tuple(p for p in order.pending_refunds if p is not pending)
            return order._with_refund(moved, order.refund_count, rest)
    raise ValueError(f"{order.amazon_order_id} has no pending refund {effect.number}")


_FOLDS: dict[type[Effect], Callable[[Order, Any], Order]] = {
    StoreMerchantIds: _store_merchant_ids,
    CancelItem: _cancel_item,
    RecordShipment: _record_shipment,
    CorrectShipment: _correct_shipment,
    ChargeOrder: _charge_order,
    PostRefund: _post_refund,
    HoldRefund: _hold_refund,
    LapseRefund: _lapse_refund,
}
