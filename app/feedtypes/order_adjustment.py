"""OrderAdjustment: refund parts of an order, cancel units that cannot be shipped."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from lxml import etree

from app.errors import ResultCode, Severity
from app.feedtypes.adjustment_amounts import ComponentAmount, PromotionAdjustment
from app.feedtypes.adjustment_lines import AdjustedItem, Line, judge_item
from app.feedtypes.checks import closed
from app.feedtypes.refunds import lapses
from app.feedtypes.values import optional, quantity
from app.feedtypes.wording import JudgedOrder, outcome
from app.model.effects import (
    CancelItem,
    Components,
    Effect,
    HoldRefund,
    PostRefund,
    Refund,
)
from app.model.feed import Judging, Outcome, Problem, Rules
from app.model.money import Money
from app.model.order import Order
from app.model.order_items import ZERO


class OrderAdjustment(NamedTuple):
    """The payload of one message; exactly one of the two order ids is set."""

    amazon_order_id: str | None
    merchant_order_id: str | None
    items: tuple[AdjustedItem, ...]


def parse(element: etree._Element) -> OrderAdjustment:
    """Read a schema-valid OrderAdjustment. Source: feed-vocabulary 2.3."""
    amazon_order_id = merchant_order_id = None
    needs_cancel = False
    items = []
    for child in element:
        tag = child.tag
        if tag == "AdjustedItem":
            items.append(_parse_item(child, needs_cancel))
        elif tag == "AmazonOrderID":
            amazon_order_id = child.text or ""
        elif tag == "MerchantOrderID":
            merchant_order_id = optional(child.text) or ""
        elif tag == "ActionType":
            needs_cancel = child.text == "Cancel"
    return OrderAdjustment(amazon_order_id, merchant_order_id, tuple(items))


def _parse_item(element: etree._Element, needs_cancel: bool) -> AdjustedItem:
    code = own_id = adjustment_id = cancelled = count = None
    reason = ""
    components: tuple[ComponentAmount, ...] = ()
    direct_payments: tuple[ComponentAmount, ...] = ()
    promotions = []
    for child in element:
        tag = child.tag
        if tag == "ItemPriceAdjustments":
            components = tuple([_parse_component(part) for part in child])
        elif tag == "AmazonOrderItemCode":
            code = child.text or ""
        elif tag == "AdjustmentReason":
            reason = child.text or ""
        elif tag == "QuantityCancelled":
            cancelled = quantity(child.text)
        elif tag == "Quantity":
            count = quantity(child.text)
        elif tag == "MerchantAdjustmentItemID":
            adjustment_id = optional(child.text)
        elif tag == "MerchantOrderItemID":
            own_id = optional(child.text) or ""
        elif tag == "PromotionAdjustments":
            promotions.append(_parse_promotion(child))
        elif tag == "DirectPaymentAdjustments":
            direct_payments = tuple([_parse_component(part) for part in child])
    # By position, which takes half the time: refunds come by the ten thousand.
    return AdjustedItem(
        code,
        own_id,
        adjustment_id,
        reason,
        components,
        tuple(promotions),
        direct_payments,
        cancelled,
        count,
        needs_cancel,
    )


def _parse_component(element: etree._Element) -> ComponentAmount:
    kind, amount = element
    return ComponentAmount(
        kind.text or "", Decimal(amount.text or "0"), amount.get("currency")
    )


def _parse_promotion(element: etree._Element) -> PromotionAdjustment:
    claim_code = own_id = None
    components = []
    for child in element:
        tag = child.tag
        if tag == "Component":
            components.append(_parse_component(child))
        elif tag == "PromotionClaimCode":
            claim_code = child.text
        elif tag == "MerchantPromotionID":
            own_id = optional(child.text)
    return PromotionAdjustment(claim_code, own_id, tuple(components))


def handle(message: OrderAdjustment, order: Order, judging: Judging) -> Outcome:
    """Turn one adjustment into cancelled units and refunds, or refuse it whole.

    Items are judged in document order, each against what the order has left of it;
    an item that is refused does not stop the next one. The message as a whole must be
    a credit to the buyer. Before the order is charged a refund is a credit, under the
    strict rules a held refund; both lapse if the order ends cancelled.
    Source: feed-vocabulary 5.3, design D4.
    """
    judged = JudgedOrder(order, message.merchant_order_id)
    refusal = closed(judged)
    if refusal is not None:
        return Outcome(problems=(refusal,))
    problems: list[Problem] = []
    named: set[str] = set()
    lines = []
    for adjusted in message.items:
        line, found = judge_item(adjusted, judged, named)
        problems += found
        if line is not None:
            lines.append(line)
    if problems and any(found.is_error for found in problems):
        return outcome([], problems)
    problems += _net_problem(lines, judged)
    held = judging.rules is Rules.STRICT and not order.charged
    effects = _effects(lines, order.refund_count, HoldRefund if held else PostRefund)
    cancels_whole = _cancels_whole(lines, order)
    if cancels_whole:
        problems.append(_last_open_unit(judged, judging))
    if held or cancels_whole:
        refunds = [effect for effect in effects if isinstance(effect, Refund)]
        if held and refunds:
            problems.append(judged.problem(ResultCode.REFUND_HELD))
        if cancels_whole:
            effects += lapses(order, refunds)
    return outcome(effects, problems)


def _net_problem(lines: list[Line], judged: JudgedOrder) -> list[Problem]:
    """Refuse a message with stated amounts that is no credit to the buyer (718035)."""
    net = sum([line.amounts.net for line in lines], start=ZERO)
    if net > 0 or not any(line.adjusted.states_amounts for line in lines):
        return []
    return [
        judged.problem(
            ResultCode.NET_REFUSED,
            subject=judged.phrase,
            net=Money(net, judged.order.currency),
            why="it must be a credit to the buyer",
        )
    ]


def _cancels_whole(lines: list[Line], order: Order) -> bool:
    """Whether the message cancels the last open units of an order, nothing shipped."""
    cancelled = sum([line.adjusted.quantity_cancelled or 0 for line in lines])
    if not cancelled or any(item.quantity_shipped for item in order.items):
        return False
    return cancelled == sum(item.open for item in order.items)


def _last_open_unit(judged: JudgedOrder, judging: Judging) -> Problem:
    strict = judging.rules is Rules.STRICT
    return judged.problem(
        ResultCode.LAST_OPEN_UNIT,
        None,
        Severity.ERROR if strict else Severity.WARNING,
        outcome="use OrderAcknowledgement with StatusCode Failure"
        if strict
        else "the order was cancelled whole",
    )


def _effects(
    lines: list[Line], refund_count: int, refund_type: type[PostRefund | HoldRefund]
) -> list[Effect]:
    """Return what each item comes to; refunds are numbered on from `refund_count`."""
    effects: list[Effect] = []
    for line in lines:
        adjusted = line.adjusted
        code, key = line.item.amazon_order_item_code, line.key
        if adjusted.quantity_cancelled is not None:
            restock = adjusted.reason == "CustomerCancel"
            effects.append(
                CancelItem(
                    code, adjusted.quantity_cancelled, adjusted.reason, restock, key
                )
            )
            # The id goes on the first effect of the item only.
            key = None
        if adjusted.states_amounts or line.amounts.net > 0:
            refund_count += 1
            effects.append(
                refund_type(
                    refund_count,
                    code,
                    adjusted.reason,
                    line.amounts.components,
                    line.amounts.promotions,
                    _direct_payments(adjusted),
                    adjusted.quantity,
                    key,
                )
            )
    return effects


def _direct_payments(adjusted: AdjustedItem) -> Components:
    return tuple([(part.component, part.amount) for part in adjusted.direct_payments])
