"""The amounts of an adjustment: what may be given back, and what a unit's share is."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple, TypeVar

from app.errors import ResultCode
from app.feedtypes.wording import JudgedItem
from app.model.effects import Components, PromotionAmounts, net_of
from app.model.feed import Problem
from app.model.money import Money, from_minor_units, minor_units
from app.model.order import PRICED_BY_UNIT
from app.model.order_items import ZERO, Component, OrderItem, Promotion
from app.model.shares import share_of_amount

# A component that the item was never priced with has no ceiling of its own (design
# D4). Its total still has to fit the ledger, in minor units, in 64 bits.
MOST_UNPRICED = 10**13

_BALANCE_CODES = {
    "Principal": ResultCode.ITEM_PRICE_OVER_BALANCE,
    "Tax": ResultCode.ITEM_PRICE_OVER_BALANCE,
    "Shipping": ResultCode.SHIPPING_OVER_BALANCE,
    "ShippingTax": ResultCode.SHIPPING_OVER_BALANCE,
}

_UNPRICED = Component()

_Name = TypeVar("_Name", str, int)


class ComponentAmount(NamedTuple):
    """One Component: its type, its signed amount, its currency if it states one."""

    component: str
    amount: Decimal
    currency: str | None = None


class PromotionAdjustment(NamedTuple):
    """One PromotionAdjustments element; its ids are None where absent."""

    promotion_claim_code: str | None
    merchant_promotion_id: str | None
    components: tuple[ComponentAmount, ...]


class Amounts(NamedTuple):
    """What is given back for one item, as its refund will hold it."""

    components: Components = ()
    promotions: PromotionAmounts = ()
    net: Decimal = ZERO
    """What the buyer gets back."""


def share_of_units(item: OrderItem, currency: str, quantity: int) -> Amounts:
    """Return what belongs to `quantity` units of an item that are cancelled now.

    Each component and promotion is cut to what is left of it, and the components, in
    the order of PRICED_BY_UNIT, to what is left of the item as a whole. Empty if that
    comes to no credit. Source: design D4.
    """

    def cut_share(whole: Decimal, left: Decimal) -> Decimal:
        share = share_of_amount(
            whole,
            currency,
            ordered=item.quantity_ordered,
            quantity=quantity,
            cancelled_before=item.quantity_cancelled,
        )
        return min(share, left)

    promotions = {
        place: cut_share(promotion.amount, promotion.left)
        for place, promotion in enumerate(item.promotions)
    }
    remaining = item.left + sum(promotions.values())
    components = {}
    for name in PRICED_BY_UNIT:
        part = item.components.get(name)
        if part is not None and part.price is not None and part.left is not None:
            share = min(cut_share(part.price, part.left), remaining)
            components[name] = share
            remaining -= share
    amounts = _sums(components, promotions, currency)
    return amounts if amounts.net > 0 else Amounts()


def judge_amounts(
    components: tuple[ComponentAmount, ...],
    promotions: tuple[PromotionAdjustment, ...],
    line: JudgedItem,
) -> tuple[Amounts, list[Problem]]:
    """Check stated amounts against what is left of each component and promotion.

    They are taken in document order, so that two halves pass and two wholes do not.
    Source: feed-vocabulary 5.3, design D4 ("Ceilings").
    """
    item, currency = line.item, line.currency
    problems: list[Problem] = []
    given: dict[str, Decimal] = {}
    for stated in components:
        name, amount, _ = stated
        taken = given.get(name, ZERO)
        left = _left_of(item.components.get(name), currency) - taken
        if amount > left:
            problems.append(_over_balance(stated, left, line))
        else:
            given[name] = taken + amount
    taken_back: dict[int, Decimal] = {}
    for adjustment in promotions:
        for stated in adjustment.components:
            place, why = _promotion_of(adjustment, stated, item, currency, taken_back)
            if why is None:
                taken_back[place] = taken_back.get(place, ZERO) - stated.amount
            else:
                refusal = line.problem(
                    ResultCode.PROMOTION_REFUSED,
                    promotion=_promotion_phrase(adjustment, stated),
                    amount=Money(stated.amount, currency),
                    why=why,
                )
                problems.append(refusal)
    return _sums(given, taken_back, currency), problems


def _left_of(part: Component | None, currency: str) -> Decimal:
    price, refunded, held = part or _UNPRICED
    if price is None:
        price = from_minor_units(MOST_UNPRICED, currency)
    return price - refunded - held


def _over_balance(stated: ComponentAmount, left: Decimal, line: JudgedItem) -> Problem:
    return line.problem(
        _BALANCE_CODES.get(stated.component, ResultCode.OTHER_OVER_BALANCE),
        left=Money(left, line.currency),
        component=stated.component,
        amount=Money(stated.amount, line.currency),
    )


def _promotion_of(
    adjustment: PromotionAdjustment,
    stated: ComponentAmount,
    item: OrderItem,
    currency: str,
    taken_back: Mapping[int, Decimal],
) -> tuple[int, str | None]:
    """Return the place of the promotion meant, and why it cannot be taken back.

    Of several that fit what is stated it is the first with enough left of it.
    """
    lefts = {
        place: promotion.left - taken_back.get(place, ZERO)
        for place, promotion in enumerate(item.promotions)
        if _is_meant(promotion, adjustment, stated)
    }
    named = adjustment.promotion_claim_code or adjustment.merchant_promotion_id
    if not lefts or (len(lefts) > 1 and not named):
        return 0, "the item has no such promotion"
    first = next(iter(lefts))
    if stated.amount >= 0:
        return first, "a promotion is taken back with a negative amount"
    for place, left in lefts.items():
        if -stated.amount <= left:
            return place, None
    return first, f"only {Money(lefts[first], currency)} of it is left"


def _is_meant(
    promotion: Promotion, adjustment: PromotionAdjustment, stated: ComponentAmount
) -> bool:
    claim_code = adjustment.promotion_claim_code
    own_id = adjustment.merchant_promotion_id
    return (
        promotion.component == stated.component
        and (claim_code is None or promotion.promotion_claim_code == claim_code)
        and (own_id is None or promotion.merchant_promotion_id == own_id)
    )


def _promotion_phrase(adjustment: PromotionAdjustment, stated: ComponentAmount) -> str:
    named = adjustment.promotion_claim_code or adjustment.merchant_promotion_id
    return f"promotion {f'{named} ' if named else ''}({stated.component})"


def _sums(
    components: Mapping[str, Decimal], promotions: Mapping[int, Decimal], currency: str
) -> Amounts:
    given, taken_back = _pairs(components, currency), _pairs(promotions, currency)
    return Amounts(given, taken_back, net_of(given, taken_back))


def _pairs(
    amounts: Mapping[_Name, Decimal], currency: str
) -> tuple[tuple[_Name, Decimal], ...]:
    """Write sums with the currency's decimals, those that come to nothing left out."""
    pairs = []
    for name, amount in amounts.items():
        units = minor_units(amount, currency)
        if units is None:
            raise ValueError(f"{amount} is finer than {currency} allows")
        if units:
            pairs.append((name, from_minor_units(units, currency)))
    return tuple(pairs)
