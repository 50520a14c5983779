"""OrderAcknowledgement: take an order over with the seller's own ids, or cancel it."""

from __future__ import annotations

from typing import NamedTuple

from lxml import etree

from app.errors import ResultCode
from app.feedtypes.checks import closed, find_item
from app.feedtypes.refunds import lapses
from app.feedtypes.values import optional, quantity
from app.feedtypes.wording import (
    JudgedItem,
    JudgedOrder,
    item_phrase,
    outcome,
    units,
)
from app.model.effects import CancelItem, Effect, StoreMerchantIds
from app.model.feed import Judging, Outcome, Problem
from app.model.order import Order
from app.model.order_items import OrderItem

SUCCESS = "Success"
DEFAULT_REASON = "GeneralAdjustment"


class AcknowledgedItem(NamedTuple):
    """One Item of an acknowledgement."""

    amazon_order_item_code: str
    merchant_order_item_id: str | None = None
    cancel_reason: str | None = None
    quantity: int | None = None


class OrderAcknowledgement(NamedTuple):
    """The payload of one message.

    StatusCode is Success, Failure, or under the standard rules Failed, which means
    Failure (design D1).
    """

    amazon_order_id: str
    status_code: str
    merchant_order_id: str | None = None
    items: tuple[AcknowledgedItem, ...] = ()

    @property
    def succeeded(self) -> bool:
        """Whether the order is taken over; else it is cancelled."""
        return self.status_code == SUCCESS


def parse(element: etree._Element) -> OrderAcknowledgement:
    """Read a schema-valid OrderAcknowledgement. Source: feed-vocabulary 2.2."""
    amazon_order_id = status_code = ""
    merchant_order_id = None
    items = []
    for child in element:
        tag = child.tag
        if tag == "Item":
            items.append(_parse_item(child))
        elif tag == "AmazonOrderID":
            amazon_order_id = child.text or ""
        elif tag == "StatusCode":
            status_code = child.text or ""
        elif tag == "MerchantOrderID":
            merchant_order_id = optional(child.text)
    return OrderAcknowledgement(
        amazon_order_id, status_code, merchant_order_id, tuple(items)
    )


def _parse_item(element: etree._Element) -> AcknowledgedItem:
    code = ""
    own_id = reason = count = None
    for child in element:
        tag = child.tag
        if tag == "AmazonOrderItemCode":
            code = child.text or ""
        elif tag == "CancelReason":
            reason = child.text
        elif tag == "MerchantOrderItemID":
            own_id = optional(child.text)
        elif tag == "Quantity":
            count = quantity(child.text)
    return AcknowledgedItem(code, own_id, reason, count)


def merchant_order_id(message: OrderAcknowledgement) -> str | None:
    """Tell which MerchantOrderID the message wants to store, if any."""
    return message.merchant_order_id if message.succeeded else None


def handle(message: OrderAcknowledgement, order: Order, judging: Judging) -> Outcome:
    """Turn one acknowledgement into stored ids or a cancelled order, or refuse it.

    Success stores what is new of the seller's ids, in document order. Failure cancels
    every open unit of the order, and what was credited or held for it lapses.
    Source: feed-vocabulary 5.2, design D4.
    """
    judged = JudgedOrder(order, message.merchant_order_id)
    refusal = closed(judged)
    if refusal is not None:
        return Outcome(problems=(refusal,))
    if message.succeeded:
        return _take_over(message, judged, judging)
    return _cancel(message, judged)


def _take_over(
    message: OrderAcknowledgement, judged: JudgedOrder, judging: Judging
) -> Outcome:
    order = judged.order
    problems = []
    conflict = _order_id_conflict(judged, judging)
    if conflict is not None:
        problems.append(conflict)
    # Which item each of the seller's ids stands for: stored, or stated so far.
    holders = {
        item.merchant_order_item_id: item
        for item in order.items
        if item.merchant_order_item_id
    }
    named: set[str] = set()
    new_ids = []
    for stated in message.items:
        code, own_id = stated.amazon_order_item_code, stated.merchant_order_item_id
        item = find_item(judged, code, own_id, named)
        if isinstance(item, Problem):
            problems.append(item)
            continue
        named.add(code)
        if own_id is not None:
            conflict = _item_id_conflict(own_id, judged, item, holders)
            if conflict is not None:
                problems.append(conflict)
            elif own_id not in holders:
                holders[own_id] = item
                new_ids.append((code, own_id))
        if stated.cancel_reason is not None:
            problems.append(
                JudgedItem(judged, item, own_id).problem(
                    ResultCode.CANCEL_REASON_IGNORED, reason=stated.cancel_reason
                )
            )
    new_order_id = message.merchant_order_id
    if new_order_id == order.merchant_order_id:
        new_order_id = None
    effects: list[Effect] = []
    if new_order_id or new_ids:
        effects.append(StoreMerchantIds(new_order_id, tuple(new_ids)))
    return outcome(effects, problems)


def _order_id_conflict(judged: JudgedOrder, judging: Judging) -> Problem | None:
    order, own_id = judged.order, judged.stated_id
    if own_id is None or own_id == order.merchant_order_id:
        return None
    this_order = f"order {order.amazon_order_id}"
    if order.merchant_order_id:
        return judged.problem(
            ResultCode.MERCHANT_ID_CONFLICT,
            subject=this_order,
            stored=f"MerchantOrderID {order.merchant_order_id}",
            given=f"MerchantOrderID {own_id}",
        )
    holder = judging.holder_of.get(own_id, order.amazon_order_id)
    if holder == order.amazon_order_id:
        return None
    return judged.problem(
        ResultCode.MERCHANT_ID_CONFLICT,
        subject=f"MerchantOrderID {own_id}",
        stored=f"order {holder}",
        given=this_order,
    )


def _item_id_conflict(
    own_id: str, judged: JudgedOrder, item: OrderItem, holders: dict[str, OrderItem]
) -> Problem | None:
    code = item.amazon_order_item_code
    stored_id = item.merchant_order_item_id
    if stored_id and stored_id != own_id:
        return judged.problem(
            ResultCode.MERCHANT_ID_CONFLICT,
            code,
            subject=f"order item {code}",
            stored=f"MerchantOrderItemID {stored_id}",
            given=f"MerchantOrderItemID {own_id}",
        )
    holder = holders.get(own_id, item)
    if holder.amazon_order_item_code == code:
        return None
    return judged.problem(
        ResultCode.MERCHANT_ID_CONFLICT,
        code,
        subject=f"MerchantOrderItemID {own_id}",
        stored=f"order item {holder.amazon_order_item_code}",
        given=f"order item {code}",
    )


def _cancel(message: OrderAcknowledgement, judged: JudgedOrder) -> Outcome:
    order = judged.order
    named: dict[str, AcknowledgedItem] = {}
    problems = _item_problems(message, judged, named)
    effects: list[Effect] = []
    kept, shipped = [], 0
    for item in order.items:
        shipped += item.quantity_shipped
        left = item.open
        if not left:
            continue
        code = item.amazon_order_item_code
        stated = named.get(code)
        effects.append(_cancel_item(code, left, stated))
        if stated is None or stated.quantity is not None:
            kept += _kept_open(item, stated)
    if shipped:
        refusal = judged.problem(
            ResultCode.ORDER_SHIPPED,
            shipped=shipped,
            ordered=sum(item.quantity_ordered for item in order.items),
        )
        return Outcome(problems=(refusal,))
    if not message.items:
        problems.append(judged.problem(ResultCode.CANCELLED_WITHOUT_ITEM))
    elif kept and not any(found.is_error for found in problems):
        left_open = ", ".join(kept)
        problems.append(judged.problem(ResultCode.PARTIAL_CANCEL, left=left_open))
    if order.pending_refunds:
        effects += lapses(order)
    return outcome(effects, problems)


def _cancel_item(code: str, quantity: int, stated: AcknowledgedItem | None) -> Effect:
    reason = None
    if stated is not None:
        reason = stated.cancel_reason or DEFAULT_REASON
    return CancelItem(code, quantity, reason, reason != "NoInventory")


def _kept_open(item: OrderItem, stated: AcknowledgedItem | None) -> list[str]:
    """Tell of the units of an item that a Failure leaves out, if there are any."""
    left, own_id = item.open, None
    if stated is not None:
        left -= stated.quantity or 0
        own_id = stated.merchant_order_item_id
    return [f"{units(left)} of {item_phrase(item, own_id)}"] if left > 0 else []


def _item_problems(
    message: OrderAcknowledgement,
    judged: JudgedOrder,
    named: dict[str, AcknowledgedItem],
) -> list[Problem]:
    """Check the items of a Failure, and fill in what `named` says of each by code."""
    problems = []
    for stated in message.items:
        code, own_id = stated.amazon_order_item_code, stated.merchant_order_item_id
        item = find_item(judged, code, own_id, named)
        if isinstance(item, Problem):
            problems.append(item)
            continue
        named[code] = stated
        if stated.quantity is not None and stated.quantity > item.open:
            problems.append(
                JudgedItem(judged, item, own_id).problem(
                    ResultCode.CANCEL_OVER_OPEN,
                    open=units(item.open),
                    given=units(stated.quantity),
                )
            )
        elif stated.cancel_reason is None and item.open:
            problems.append(
                JudgedItem(judged, item, own_id).problem(
                    ResultCode.CANCEL_REASON_DEFAULT
                )
            )
    return problems
