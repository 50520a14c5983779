"""OrderFulfillment: confirm a shipment, or correct the carrier of one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from lxml import etree

from app.errors import ResultCode
from app.feedtypes.checks import closed
from app.feedtypes.fulfillment_units import (
    FulfilledItem,
    Meant,
    confirmed_before,
    items_meant,
)
from app.feedtypes.refunds import releases
from app.feedtypes.values import date_time, optional, quantity
from app.feedtypes.wording import JudgedOrder, outcome
from app.model.effects import (
    ChargeOrder,
    CorrectShipment,
    Effect,
    RecordShipment,
    Tracking,
)
from app.model.feed import Judging, Outcome, Problem, Rules
from app.model.marketplaces import zone_of
from app.model.order import Order, Shipment
from app.model.times import to_iso


class OrderFulfillment(NamedTuple):
    """The payload of one message; exactly one of the two order ids is set.

    `fulfillment_date` is an xs:dateTime as written: without a zone it is local time
    of the order's marketplace, which the message does not tell. Flat files have days
    as well. They are corrections that `keeps` what they leave empty, and their
    tracking has "" for what is to be deleted (feed-vocabulary 7.3).
    """

    amazon_order_id: str | None
    merchant_order_id: str | None
    fulfillment_date: str
    tracking: Tracking = Tracking()
    merchant_fulfillment_id: str | None = None
    items: tuple[FulfilledItem, ...] = ()
    keeps: bool = False


def parse(element: etree._Element) -> OrderFulfillment:
    """Read a schema-valid OrderFulfillment. Source: feed-vocabulary 2.4."""
    amazon_order_id = merchant_order_id = merchant_fulfillment_id = None
    fulfillment_date = ""
    tracking = Tracking()
    items = []
    for child in element:
        tag = child.tag
        if tag == "Item":
            items.append(_parse_item(child))
        elif tag == "AmazonOrderID":
            amazon_order_id = child.text or ""
        elif tag == "MerchantOrderID":
            merchant_order_id = optional(child.text) or ""
        elif tag == "FulfillmentDate":
            fulfillment_date = (child.text or "").strip()
        elif tag == "FulfillmentData":
            tracking = _parse_tracking(child)
        elif tag == "MerchantFulfillmentID":
            merchant_fulfillment_id = (child.text or "").strip()
    return OrderFulfillment(
        amazon_order_id,
        merchant_order_id,
        fulfillment_date,
        tracking,
        merchant_fulfillment_id,
        tuple(items),
    )


def _parse_tracking(element: etree._Element) -> Tracking:
    code = name = method = number = None
    for child in element:
        tag = child.tag
        if tag == "CarrierCode":
            code = child.text
        elif tag == "CarrierName":
            name = optional(child.text)
        elif tag == "ShippingMethod":
            method = optional(child.text)
        elif tag == "ShipperTrackingNumber":
            number = optional(child.text)
    return Tracking(code, name, method, number)


def _parse_item(element: etree._Element) -> FulfilledItem:
    code = own_id = count = None
    transparency_codes = []
    for child in element:
        tag = child.tag
        if tag == "AmazonOrderItemCode":
            code = child.text or ""
        elif tag == "MerchantOrderItemID":
            own_id = optional(child.text) or ""
        elif tag == "Quantity":
            count = quantity(child.text)
        elif tag == "TransparencyCode":
            transparency_codes.append(child.text or "")
    return FulfilledItem(code, own_id, count, tuple(transparency_codes))


def handle(message: OrderFulfillment, order: Order, judging: Judging) -> Outcome:
    """Turn one fulfilment into a shipment or its correction, or refuse it.

    Without Item the rest of the order is meant, an Item without Quantity means the
    rest of it. The first shipment charges the whole order, which settles credits, and
    posts what was held. Units that a shipment confirmed before, all gone, are a
    correction of its carrier data. Source: feed-vocabulary 5.4, design D4.
    """
    judged = JudgedOrder(order, message.merchant_order_id)
    refusal = closed(judged)
    if refusal is not None:
        return Outcome(problems=(refusal,))
    moment = _shipped_at(message, order)
    problems = _date_problems(moment, judged, judging)
    if judging.rules is Rules.STRICT:
        problems += _carrier_problems(message.tracking, judged)
    meant, over = items_meant(message.items, judged)
    if over and all(found.code is ResultCode.SHIPMENT_OVER_OPEN for found in over):
        before = confirmed_before(order, meant)
        if before is not None:
            problems.append(judged.problem(ResultCode.TRACKING_REPLACED))
            return outcome([_correction(message, order, before, moment)], problems)
    problems += over
    if problems and any(found.is_error for found in problems):
        return outcome([], problems)
    effects: list[Effect] = [_shipment(message, order, meant, moment)]
    if not order.charged:
        effects.append(ChargeOrder(order.paid))
        effects += releases(order)
    return outcome(effects, problems)


def correct(
    message: OrderFulfillment, order: Order, shipment: int, judging: Judging
) -> Outcome:
    """Correct the carrier data of a shipment that is known, counted from 0."""
    judged = JudgedOrder(order)
    moment = _shipped_at(message, order)
    problems = _date_problems(moment, judged, judging)
    if judging.rules is Rules.STRICT:
        problems += _carrier_problems(message.tracking, judged)
    problems.append(judged.problem(ResultCode.TRACKING_REPLACED))
    return outcome([_correction(message, order, shipment, moment)], problems)


def _shipped_at(message: OrderFulfillment, order: Order) -> datetime:
    """Return when the parcel went out.

    A day without a time is its first moment, but not before an order of that day.
    """
    zone = zone_of(order.marketplace_id)
    written = message.fulfillment_date
    if "T" in written:
        return date_time(written, zone)
    moment = date_time(f"{written}T00:00:00", zone)
    placed = order.purchase_date
    same_day = placed.astimezone(zone).date() == moment.astimezone(zone).date()
    return max(moment, placed) if same_day else moment


def _date_problems(
    moment: datetime, judged: JudgedOrder, judging: Judging
) -> list[Problem]:
    problems = []
    purchase_date = judged.order.purchase_date
    if moment < purchase_date:
        problems.append(
            judged.problem(
                ResultCode.SHIPPED_BEFORE_ORDER,
                purchase_date=to_iso(purchase_date),
                given=to_iso(moment),
            )
        )
    if moment > judging.now + timedelta(seconds=judging.future_tolerance_seconds):
        problems.append(
            judged.problem(
                ResultCode.SHIPPED_IN_FUTURE,
                given=to_iso(moment),
                now=to_iso(judging.now),
            )
        )
    return problems


def _carrier_problems(tracking: Tracking, judged: JudgedOrder) -> list[Problem]:
    """Refuse a shipment without a carrier that the buyer can follow (strict rules)."""
    if tracking.carrier_name:
        return []
    if not tracking.carrier_code:
        found = "no carrier is named"
    elif tracking.carrier_code == "Other":
        found = "CarrierCode Other comes without CarrierName"
    else:
        return []
    return [judged.problem(ResultCode.CARRIER_MISSING, found=found)]


def _shipment(
    message: OrderFulfillment, order: Order, meant: list[Meant], moment: datetime
) -> RecordShipment:
    sent = {each.item.amazon_order_item_code: each.units for each in meant}
    codes = [item.amazon_order_item_code for item in order.items]
    tracking = message.tracking
    return RecordShipment(
        items=tuple([(code, sent[code]) for code in codes if code in sent]),
        fulfillment_date=moment,
        carrier_code=tracking.carrier_code or None,
        carrier_name=tracking.carrier_name or None,
        shipping_method=tracking.shipping_method or None,
        tracking_number=tracking.tracking_number or None,
        merchant_fulfillment_id=message.merchant_fulfillment_id,
        transparency_codes=tuple(
            [code for item in message.items for code in item.transparency_codes]
        ),
    )


def _correction(
    message: OrderFulfillment, order: Order, shipment: int, moment: datetime
) -> CorrectShipment:
    tracking = message.tracking
    if message.keeps:
        tracking = _kept(tracking, order.shipments[shipment])
    return CorrectShipment(
        shipment=shipment,
        fulfillment_date=moment,
        carrier_code=tracking.carrier_code,
        carrier_name=tracking.carrier_name,
        shipping_method=tracking.shipping_method,
        tracking_number=tracking.tracking_number,
    )


def _kept(tracking: Tracking, before: Shipment) -> Tracking:
    """Fill in what a flat file leaves empty; what it deletes stays away."""

    def value(new: str | None, old: str | None) -> str | None:
        return old if new is None else new or None

    return Tracking(
        value(tracking.carrier_code, before.carrier_code),
        value(tracking.carrier_name, before.carrier_name),
        value(tracking.shipping_method, before.shipping_method),
        value(tracking.tracking_number, before.tracking_number),
    )
