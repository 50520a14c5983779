"""The feeds behind the buttons of the desk: one message each, made of typed values.

The documents fit the schemas of both rule profiles, the oldest vintage included.
Source: feed-vocabulary 1 and 2, design D4.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from lxml import etree

from app.model.money import MINOR_UNIT_DECIMALS
from app.model.order import Order
from app.model.times import to_iso

ACKNOWLEDGEMENT = "_POST_ORDER_ACKNOWLEDGEMENT_DATA_"
ADJUSTMENT = "_POST_PAYMENT_ADJUSTMENT_DATA_"
FULFILLMENT = "_POST_ORDER_FULFILLMENT_DATA_"


class CancelReason(StrEnum):
    """The reasons that the seller may choose. Source: feed-vocabulary 6."""

    NO_INVENTORY = "NoInventory"
    BUYER_CANCELED = "BuyerCanceled"
    GENERAL_ADJUSTMENT = "GeneralAdjustment"
    PRICING_ERROR = "PricingError"
    SHIPPING_ADDRESS_UNDELIVERABLE = "ShippingAddressUndeliverable"
    CUSTOMER_EXCHANGE = "CustomerExchange"


class RefundReason(StrEnum):
    """Reasons of an adjustment; the first two are those that cancel units too."""

    NO_INVENTORY = "NoInventory"
    CUSTOMER_CANCEL = "CustomerCancel"
    CUSTOMER_RETURN = "CustomerReturn"
    EXCHANGE = "Exchange"
    DIFFERENT_ITEM = "DifferentItem"
    UNDELIVERABLE = "Undeliverable"
    REFUSED_DELIVERY = "RefusedDelivery"
    PRICE_ERROR = "PriceError"
    GENERAL_ADJUSTMENT = "GeneralAdjustment"
    OTHER = "Other"


CANCELLING_REASONS = (RefundReason.NO_INVENTORY, RefundReason.CUSTOMER_CANCEL)
"""What may stand with QuantityCancelled (718038)."""


@dataclass(frozen=True, slots=True)
class DeskFeed:
    """A document and the FeedType that it goes under."""

    feed_type: str
    document: bytes


@dataclass(frozen=True, slots=True)
class ItemRefund:
    """What is given back for one item, in the order's currency.

    `components` are amounts by type; `promotions` what is taken back of the discounts,
    positive, by their place in the item. `quantity_cancelled` are open units that go.
    """

    amazon_order_item_code: str
    components: Mapping[str, Decimal]
    promotions: Mapping[int, Decimal]
    quantity_cancelled: int = 0

    @property
    def net(self) -> Decimal:
        """What the buyer gets."""
        given = sum(self.components.values(), start=Decimal(0))
        return given - sum(self.promotions.values(), start=Decimal(0))


@dataclass(frozen=True, slots=True)
class Parcel:
    """A shipment: units by item code, when it left, and who carries it.

    `carrier` is a code of the list if `is_listed`, else a name.
    """

    units: Mapping[str, int]
    fulfillment_date: datetime
    carrier: str
    is_listed: bool
    tracking_number: str = ""
    shipping_method: str = ""


def cancel(
    order: Order, units: Mapping[str, int], reason: CancelReason, *, strict: bool
) -> DeskFeed:
    """Cancel open units, by item code.

    All open units of an order of which nothing was shipped are a Failure of the whole
    order; anything less is an adjustment, which refunds the units' share.
    """
    if cancels_whole(order, units):
        return _failure(order, units, reason, strict=strict)
    message = etree.Element("OrderAdjustment")
    _add(message, "AmazonOrderID", order.amazon_order_id)
    short = reason is CancelReason.NO_INVENTORY
    for code, quantity in units.items():
        item = _add(message, "AdjustedItem")
        _add(item, "AmazonOrderItemCode", code)
        # An adjustment has two words for it; what was chosen goes beside the document.
        _add(item, "AdjustmentReason", CANCELLING_REASONS[0 if short else 1])
        _add(item, "QuantityCancelled", str(quantity))
    return _feed(ADJUSTMENT, order.seller_id, message)


def cancels_whole(order: Order, units: Mapping[str, int]) -> bool:
    """Whether the units are all that is open of an order with nothing shipped."""
    return all(
        not item.quantity_shipped
        and units.get(item.amazon_order_item_code, 0) == item.open
        for item in order.items
    )


def refund(
    order: Order, refunds: Iterable[ItemRefund], reason: RefundReason
) -> DeskFeed:
    """Give back amounts of an order's items. Source: feed-vocabulary 2.3."""
    message = etree.Element("OrderAdjustment")
    _add(message, "AmazonOrderID", order.amazon_order_id)
    for each in refunds:
        item = _add(message, "AdjustedItem")
        _add(item, "AmazonOrderItemCode", each.amazon_order_item_code)
        _add(item, "AdjustmentReason", reason)
        if each.components:
            prices = _add(item, "ItemPriceAdjustments")
            for name, amount in each.components.items():
                _add_component(prices, name, amount, order.currency)
        _add_promotions(item, order, each)
        if each.quantity_cancelled:
            _add(item, "QuantityCancelled", str(each.quantity_cancelled))
    return _feed(ADJUSTMENT, order.seller_id, message)


def ship(order: Order, parcel: Parcel) -> DeskFeed:
    """Confirm a shipment. Source: feed-vocabulary 2.4."""
    message = etree.Element("OrderFulfillment")
    _add(message, "AmazonOrderID", order.amazon_order_id)
    _add(message, "FulfillmentDate", to_iso(parcel.fulfillment_date))
    data = _add(message, "FulfillmentData")
    # One of the two, never both: the oldest schema offers them as a choice.
    _add(data, "CarrierCode" if parcel.is_listed else "CarrierName", parcel.carrier)
    if parcel.shipping_method:
        _add(data, "ShippingMethod", parcel.shipping_method)
    if parcel.tracking_number:
        _add(data, "ShipperTrackingNumber", parcel.tracking_number)
    for code, quantity in parcel.units.items():
        item = _add(message, "Item")
        _add(item, "AmazonOrderItemCode", code)
        _add(item, "Quantity", str(quantity))
    return _feed(FULFILLMENT, order.seller_id, message)


def _failure(
    order: Order, units: Mapping[str, int], reason: CancelReason, *, strict: bool
) -> DeskFeed:
    if strict and reason is CancelReason.PRICING_ERROR:
        # The oldest schema does not have it.
        reason = CancelReason.GENERAL_ADJUSTMENT
    message = etree.Element("OrderAcknowledgement")
    _add(message, "AmazonOrderID", order.amazon_order_id)
    _add(message, "StatusCode", "Failure")
    for code in units:
        item = _add(message, "Item")
        _add(item, "AmazonOrderItemCode", code)
        _add(item, "CancelReason", reason)
    return _feed(ACKNOWLEDGEMENT, order.seller_id, message)


def _add_promotions(item: etree._Element, order: Order, refund: ItemRefund) -> None:
    ordered = order.item(refund.amazon_order_item_code)
    assert ordered is not None
    for place, amount in refund.promotions.items():
        promotion = ordered.promotions[place]
        element = _add(item, "PromotionAdjustments")
        if promotion.promotion_claim_code:
            _add(element, "PromotionClaimCode", promotion.promotion_claim_code)
        if promotion.merchant_promotion_id:
            _add(element, "MerchantPromotionID", promotion.merchant_promotion_id)
        # Taken back: negative on the wire (718034).
        _add_component(element, promotion.component, -amount, order.currency)


def _add_component(
    parent: etree._Element, name: str, amount: Decimal, currency: str
) -> None:
    component = _add(parent, "Component")
    _add(component, "Type", name)
    decimals = MINOR_UNIT_DECIMALS[currency]
    _add(component, "Amount", f"{amount:.{decimals}f}").set("currency", currency)


def _add(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    child = etree.SubElement(parent, name)
    child.text = None if text is None else str(text)
    return child


def _feed(feed_type: str, seller_id: str, message: etree._Element) -> DeskFeed:
    envelope = etree.Element("AmazonEnvelope")
    header = _add(envelope, "Header")
    _add(header, "DocumentVersion", "1.01")
    _add(header, "MerchantIdentifier", seller_id)
    _add(envelope, "MessageType", str(message.tag))
    wrapped = _add(envelope, "Message")
    _add(wrapped, "MessageID", "1")
    wrapped.append(message)
    etree.indent(envelope)
    document = etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")
    return DeskFeed(feed_type, document + b"\n")
