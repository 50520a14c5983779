"""One AdjustedItem of an adjustment: its stages, from finding the item to its net."""

from __future__ import annotations

import json
from collections import defaultdict
from decimal import Decimal
from typing import NamedTuple

from app.errors import ResultCode
from app.feedtypes.adjustment_amounts import (
    Amounts,
    ComponentAmount,
    PromotionAdjustment,
    judge_amounts,
    share_of_units,
)
from app.feedtypes.checks import find_item
from app.feedtypes.wording import JudgedItem, JudgedOrder, units
from app.model.effects import AdjustmentKey
from app.model.feed import Problem
from app.model.money import MINOR_UNIT_DECIMALS, Money, minor_units
from app.model.order_items import ZERO, OrderItem

CANCEL_REASONS = frozenset(("NoInventory", "CustomerCancel"))
"""The reasons that QuantityCancelled goes with. Source: feed-vocabulary 5.3."""


_NOTHING = Amounts()
_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class AdjustedItem(NamedTuple):
    """One AdjustedItem; exactly one of the two item ids is set.

    `needs_cancel` says that the message has ActionType Cancel.
    """

    amazon_order_item_code: str | None
    merchant_order_item_id: str | None
    merchant_adjustment_item_id: str | None
    reason: str
    components: tuple[ComponentAmount, ...] = ()
    promotions: tuple[PromotionAdjustment, ...] = ()
    direct_payments: tuple[ComponentAmount, ...] = ()
    quantity_cancelled: int | None = None
    quantity: int | None = None
    needs_cancel: bool = False

    @property
    def states_amounts(self) -> bool:
        """Whether it says what to give back; direct payments are never posted."""
        return bool(self.components or self.promotions)

    def content(self) -> str:
        """Write what it asks for in one canonical form, amounts by value.

        Two adjustments of one MerchantAdjustmentItemID are the same if this is.
        Source: design D4 (718043, 718044).
        """
        sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for part in self.components:
            sums[part.component] += part.amount
        promotions = [
            [
                promotion.promotion_claim_code or "",
                promotion.merchant_promotion_id or "",
                part.component,
                _by_value(part.amount),
            ]
            for promotion in self.promotions
            for part in promotion.components
        ]
        direct = [
            [part.component, _by_value(part.amount)] for part in self.direct_payments
        ]
        values = [
            self.reason,
            self.quantity,
            self.quantity_cancelled,
            sorted([name, _by_value(amount)] for name, amount in sums.items()),
            sorted(promotions),
            sorted(direct),
        ]
        return _COMPACT.encode(values)


def _by_value(amount: Decimal) -> str:
    return f"{amount.normalize():f}" if amount else "0"


class Line(NamedTuple):
    """An AdjustedItem that was accepted, and what is given back for it."""

    adjusted: AdjustedItem
    item: OrderItem
    amounts: Amounts

    @property
    def key(self) -> AdjustmentKey | None:
        """The seller's own id of the adjustment with its content, if it has one."""
        own_id = self.adjusted.merchant_adjustment_item_id
        if own_id is None:
            return None
        return AdjustmentKey(own_id, self.adjusted.content())


def judge_item(
    adjusted: AdjustedItem, judged: JudgedOrder, named: set[str]
) -> tuple[Line | None, list[Problem]]:
    """Judge one AdjustedItem; there is no line if it was refused or is a repeat.

    `named` are the items that the message named before; the item is added to them. A
    stage with errors ends the item.
    """
    item = find_item(
        judged,
        adjusted.amazon_order_item_code,
        adjusted.merchant_order_item_id,
        named,
        adjusted.merchant_adjustment_item_id,
    )
    if isinstance(item, Problem):
        return None, [item]
    named.add(item.amazon_order_item_code)
    line = JudgedItem(
        judged,
        item,
        adjusted.merchant_order_item_id,
        adjusted.merchant_adjustment_item_id,
    )
    problems = (
        _repeated(adjusted, line) or _misshapen(adjusted, line) or _over(adjusted, line)
    )
    if problems:
        return None, problems
    amounts, problems = _amounts(adjusted, line)
    if problems and any(found.is_error for found in problems):
        return None, problems
    return Line(adjusted, item, amounts), problems


def _repeated(adjusted: AdjustedItem, line: JudgedItem) -> list[Problem]:
    """Tell an adjustment that was accepted before under the same own id."""
    own_id = adjusted.merchant_adjustment_item_id
    if own_id is None:
        return []
    key = (line.item.amazon_order_item_code, own_id)
    accepted = line.judged.order.adjustments.get(key)
    if accepted is None:
        return []
    if accepted == adjusted.content():
        return [line.problem(ResultCode.ADJUSTMENT_REPEATED)]
    return [line.problem(ResultCode.ADJUSTMENT_ID_REUSED)]


def _misshapen(adjusted: AdjustedItem, line: JudgedItem) -> list[Problem]:
    """Check what can be told without looking at what the item has left."""
    cancels = adjusted.quantity_cancelled is not None
    problems = []
    if cancels and adjusted.reason not in CANCEL_REASONS:
        problems.append(
            line.problem(ResultCode.REASON_CANNOT_CANCEL, reason=adjusted.reason)
        )
    missing = None
    if not cancels and not adjusted.states_amounts:
        missing = "amounts and no QuantityCancelled"
    elif not cancels and adjusted.needs_cancel:
        missing = "QuantityCancelled, which ActionType Cancel needs"
    if missing is not None:
        problems.append(line.problem(ResultCode.NOTHING_TO_ADJUST, missing=missing))
    for part in adjusted.components:
        problems += _amount_problems(part, part.component, line)
        if part.component == "Principal" and part.amount < 0:
            money = Money(part.amount, part.currency or line.currency)
            problems.append(line.problem(ResultCode.PRINCIPAL_NEGATIVE, amount=money))
    for promotion in adjusted.promotions:
        for part in promotion.components:
            problems += _amount_problems(part, f"promotion {part.component}", line)
    return problems


def _amount_problems(
    part: ComponentAmount, name: str, line: JudgedItem
) -> list[Problem]:
    currency = part.currency or line.currency
    problems = []
    if currency != line.currency:
        problems.append(
            line.problem(
                ResultCode.WRONG_CURRENCY,
                component=name,
                amount=Money(part.amount, currency),
                currency=line.currency,
            )
        )
    if minor_units(part.amount, currency) is None:
        decimals = MINOR_UNIT_DECIMALS[currency]
        problems.append(
            line.problem(
                ResultCode.TOO_FINE,
                component=name,
                amount=f"{part.amount:f}",
                currency=currency,
                allowed=f"{decimals} decimals" if decimals else "no decimals",
            )
        )
    return problems


def _over(adjusted: AdjustedItem, line: JudgedItem) -> list[Problem]:
    """Check QuantityCancelled against the units that can still be cancelled."""
    cancelled = adjusted.quantity_cancelled
    if cancelled is None or cancelled <= line.item.open:
        return []
    over = line.problem(
        ResultCode.CANCEL_OVER_OPEN,
        open=units(line.item.open),
        given=units(cancelled),
    )
    return [over]


def _amounts(adjusted: AdjustedItem, line: JudgedItem) -> tuple[Amounts, list[Problem]]:
    """Return what is given back: as stated, else the share of the cancelled units."""
    item, currency = line.item, line.currency
    share = _NOTHING
    if adjusted.quantity_cancelled is not None:
        share = share_of_units(item, currency, adjusted.quantity_cancelled)
    if not adjusted.states_amounts:
        return share, []
    stated, problems = judge_amounts(adjusted.components, adjusted.promotions, line)
    if problems:
        return stated, problems
    if stated.net > item.left:
        over = line.problem(
            ResultCode.NET_REFUSED,
            subject=line.phrase,
            net=Money(stated.net, currency),
            why=f"only {Money(item.left, currency)} is left of what the buyer paid",
        )
        return stated, [over]
    if adjusted.quantity_cancelled is not None and stated.net < share.net:
        below = line.problem(
            ResultCode.BELOW_SHARE,
            stated=Money(stated.net, currency),
            share=Money(share.net, currency),
        )
        return stated, [below]
    return stated, []
