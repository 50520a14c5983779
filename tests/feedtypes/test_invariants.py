"""Whatever is fed to an order, the invariants of design D4 hold after every message."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from app.feedtypes.adjustment_amounts import ComponentAmount, PromotionAdjustment
from app.feedtypes.adjustment_lines import AdjustedItem
from app.feedtypes.fulfillment_units import FulfilledItem
from app.feedtypes.order_acknowledgement import AcknowledgedItem, OrderAcknowledgement
from app.feedtypes.order_adjustment import OrderAdjustment
from app.feedtypes.order_fulfillment import OrderFulfillment
from app.feedtypes.registry import (
    ORDER_ACKNOWLEDGEMENT,
    ORDER_ADJUSTMENT,
    ORDER_FULFILLMENT,
)
from app.model.effects import PostRefund, Tracking, read_effect
from app.model.feed import FeedType, Judging, Outcome, Rules
from app.model.money import from_minor_units, minor_units
from app.model.order import PRICED_BY_UNIT, Order, OrderStatus, status_of
from app.model.order_items import ZERO, Component, OrderItem, Promotion
from tests.feedtypes.judging import ORDER_ID, order

PRICED = (*PRICED_BY_UNIT, "COD")
TYPES = (*PRICED, "Goodwill", "RestockingFee", "ReturnShipping", "Other")
CODES = tuple(f"{number:014}" for number in range(1, 4))

codes = st.sampled_from((*CODES, *CODES, "00000000000009"))
own_ids = st.none() | st.sampled_from(("X", "Y"))
cancel_reasons = st.sampled_from(("NoInventory", "CustomerCancel"))
few = st.integers(1, 3)
quantities = st.one_of(few, few, few, st.just(10**22))


@st.composite
def order_items(
    draw: st.DrawFn, code: str, currency: str, priced: tuple[str, ...]
) -> OrderItem:
    """Draw a line with some of the components, less discounts on them."""
    names = draw(st.lists(st.sampled_from(priced), min_size=1, unique=True))
    prices = {name: draw(st.integers(0, 4000)) for name in names}
    left = dict(prices)
    promotions = []
    for claim in draw(st.lists(st.sampled_from(("COUPON1", "COUPON2")), max_size=2)):
        name = draw(st.sampled_from(("Principal", "Shipping")))
        if left.get(name):
            units = draw(st.integers(1, left[name]))
            left[name] -= units
            amount = from_minor_units(units, currency)
            own_id = draw(st.none() | st.just("P-1"))
            promotions.append(Promotion(claim, own_id, name, amount))
    return OrderItem(
        amazon_order_item_code=code,
        quantity_ordered=draw(st.integers(1, 4)),
        paid=from_minor_units(sum(left.values()), currency),
        components={
            name: Component(from_minor_units(units, currency))
            for name, units in prices.items()
        },
        promotions=tuple(promotions),
    )


@st.composite
def orders(draw: st.DrawFn, priced: tuple[str, ...] = PRICED) -> Order:
    """Draw an order of up to three lines, with nothing done to it yet."""
    currency = draw(st.sampled_from(("USD", "EUR", "JPY")))
    count = draw(st.integers(1, 3))
    return order(
        *(draw(order_items(code, currency, priced)) for code in CODES[:count]),
        currency=currency,
    )


@st.composite
def fitting_lines(draw: st.DrawFn, item: OrderItem, currency: str) -> AdjustedItem:
    """Draw an AdjustedItem that asks for what the item has, so that most pass."""
    components = []
    for name in draw(st.lists(st.sampled_from(TYPES), max_size=3)):
        part = item.components.get(name, Component())
        most = item.left if part.left is None else part.left
        amount = draw(minor_amounts(ZERO, most, currency))
        if name != "Principal" and draw(st.sampled_from((False, False, True))):
            amount = -amount
        components.append(ComponentAmount(name, amount))
    promotions = []
    for promotion in item.promotions:
        if promotion.left and draw(st.booleans()):
            amount = draw(minor_amounts(-promotion.left, ZERO, currency))
            given = (ComponentAmount(promotion.component, amount),)
            promotions.append(
                PromotionAdjustment(promotion.promotion_claim_code, None, given)
            )
    cancelled = draw(st.none() | st.integers(1, item.open)) if item.open else None
    return AdjustedItem(
        amazon_order_item_code=item.amazon_order_item_code,
        merchant_order_item_id=None,
        merchant_adjustment_item_id=draw(st.none() | own_ids),
        reason="Other" if cancelled is None else draw(cancel_reasons),
        components=tuple(components),
        promotions=tuple(promotions),
        quantity_cancelled=cancelled,
        quantity=draw(st.none() | quantities),
    )


@st.composite
def minor_amounts(
    draw: st.DrawFn, least: Decimal, most: Decimal, currency: str
) -> Decimal:
    """Draw an amount in whole minor units, often one of the two ends."""
    low, high = minor_units(least, currency), minor_units(most, currency)
    assert low is not None
    assert high is not None
    ends = st.sampled_from((low, high))
    return from_minor_units(draw(ends | st.integers(low, high)), currency)


@st.composite
def wild_lines(draw: st.DrawFn) -> AdjustedItem:
    """Draw an AdjustedItem that the schema allows, whatever the order has."""
    amounts = st.builds(
        lambda units, decimals: Decimal(units).scaleb(-decimals),
        st.integers(-3000, 3000) | st.just(10**20 - 1),
        st.integers(0, 2),
    )
    currencies = st.sampled_from((None, None, None, "USD", "JPY"))
    components = st.builds(ComponentAmount, st.sampled_from(TYPES), amounts, currencies)
    promotions = st.builds(
        PromotionAdjustment,
        st.none() | st.sampled_from(("COUPON1", "COUPON2")),
        st.none() | st.just("P-1"),
        st.tuples(
            st.builds(
                ComponentAmount,
                st.sampled_from(("Principal", "Shipping")),
                amounts,
                currencies,
            )
        ),
    )
    return AdjustedItem(
        amazon_order_item_code=draw(codes),
        merchant_order_item_id=None,
        merchant_adjustment_item_id=draw(own_ids),
        reason=draw(st.sampled_from(("NoInventory", "CustomerCancel", "Other"))),
        components=tuple(draw(st.lists(components, max_size=3))),
        promotions=tuple(draw(st.lists(promotions, max_size=2))),
        quantity_cancelled=draw(st.none() | quantities),
        quantity=draw(st.none() | quantities),
        needs_cancel=draw(st.booleans()),
    )


@st.composite
def adjustments(draw: st.DrawFn, judged: Order) -> OrderAdjustment:
    """Draw an OrderAdjustment; every fourth is a wild one."""
    if draw(st.integers(0, 3)) == 0:
        lines = draw(st.lists(wild_lines(), min_size=1, max_size=3))
    else:
        items = st.permutations(judged.items)
        count = draw(st.integers(1, len(judged.items)))
        lines = [
            draw(fitting_lines(item, judged.currency)) for item in draw(items)[:count]
        ]
    return OrderAdjustment(ORDER_ID, None, tuple(lines))


@st.composite
def fulfillments(draw: st.DrawFn) -> OrderFulfillment:
    """Draw an OrderFulfillment, for the rest of the order or for some items."""
    items = st.builds(FulfilledItem, codes, st.none(), st.none() | quantities)
    return OrderFulfillment(
        amazon_order_id=ORDER_ID,
        merchant_order_id=None,
        fulfillment_date=draw(
            st.sampled_from(("2026-11-20T10:00:00", "2026-11-20T24:00:00Z"))
        ),
        tracking=Tracking(draw(st.none() | st.just("UPS"))),
        items=tuple(draw(st.lists(items, max_size=3))),
    )


@st.composite
def acknowledgements(draw: st.DrawFn) -> OrderAcknowledgement:
    """Draw an OrderAcknowledgement, with or without items."""
    items = st.builds(
        AcknowledgedItem,
        codes,
        own_ids,
        st.none() | st.sampled_from(("NoInventory", "BuyerCanceled")),
        st.none() | quantities,
    )
    return OrderAcknowledgement(
        amazon_order_id=ORDER_ID,
        status_code=draw(st.sampled_from(("Success", "Failure", "Failed"))),
        merchant_order_id=draw(own_ids),
        items=tuple(draw(st.just([]) | st.lists(items, max_size=3))),
    )


def messages(judged: Order) -> st.SearchStrategy[tuple[FeedType, Any]]:
    """Draw a message of any feed type; most are adjustments, which end no order."""
    adjust = st.tuples(st.just(ORDER_ADJUSTMENT), adjustments(judged))
    ship = st.tuples(st.just(ORDER_FULFILLMENT), fulfillments())
    acknowledge = st.tuples(st.just(ORDER_ACKNOWLEDGEMENT), acknowledgements())
    return st.one_of(adjust, adjust, adjust, adjust, ship, acknowledge)


def check(judged: Order) -> None:
    """Assert the invariants, from the amounts themselves."""
    for item in judged.items:
        check_item(item, judged.currency)
    assert judged.status is status_of(judged.items)
    shipped = any(item.quantity_shipped for item in judged.items)
    assert judged.charged is shipped
    if judged.charged:
        assert judged.pending_refunds == ()
    if judged.status is OrderStatus.CANCELED and not shipped:
        for item in judged.items:
            assert item.refunded == item.held == 0
            for part in item.components.values():
                assert part.refunded == part.held == 0
            for promotion in item.promotions:
                assert promotion.taken_back == promotion.held == 0


def check_item(item: OrderItem, currency: str) -> None:
    """Assert the invariants of one line."""
    assert item.quantity_shipped >= 0
    assert item.quantity_cancelled >= 0
    assert item.quantity_shipped + item.quantity_cancelled <= item.quantity_ordered
    for part in item.components.values():
        assert minor_units(part.refunded, currency) is not None
        assert minor_units(part.held, currency) is not None
        if part.price is not None:
            assert part.refunded + part.held <= part.price
    for promotion in item.promotions:
        assert promotion.taken_back >= 0
        assert promotion.held >= 0
        assert promotion.taken_back + promotion.held <= promotion.amount
    refunded = sum(part.refunded for part in item.components.values())
    held = sum(part.held for part in item.components.values())
    assert item.refunded == refunded - sum(p.taken_back for p in item.promotions)
    assert item.held == held - sum(p.held for p in item.promotions)
    assert item.refunded + item.held <= item.paid


def judge(judged: Order, message: tuple[FeedType, Any], rules: Rules) -> Outcome:
    """Judge a drawn message."""
    feed_type, body = message
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    return feed_type.handle(body, judged, Judging(rules, now))


@settings(max_examples=150, deadline=None)
@given(orders(), st.data())
def test_no_sequence_of_messages_breaks_an_invariant(
    start: Order, data: st.DataObject
) -> None:
    """Design D4 promises these after every operation, and the ledger to be exact.

    Every effect folds, a refused message has none, and the effects as the ledger
    keeps them lead from the start to the same order.
    """
    judged = start
    ledger: list[tuple[str, str]] = []
    for _ in range(data.draw(st.integers(1, 8))):
        rules = data.draw(st.sampled_from(Rules))
        outcome = judge(judged, data.draw(messages(judged)), rules)

        if outcome.refused:
            assert outcome.effects == ()
        for effect in outcome.effects:
            judged = judged.after(effect)
            ledger.append((effect.kind, effect.to_content()))
        check(judged)
        for kind in {effect.kind for effect in outcome.effects}:
            event(f"accepted {kind}")

    rebuilt = start
    for kind, content in ledger:
        rebuilt = rebuilt.after(read_effect(kind, content))
    assert rebuilt == judged


@settings(max_examples=50, deadline=None)
@given(orders(PRICED_BY_UNIT), st.data())
def test_units_cancelled_one_by_one_give_back_all_that_the_buyer_pays(
    start: Order, data: st.DataObject
) -> None:
    """In whatever order the units go, their shares together are the whole price.

    The last one leaves nothing open, so the credits lapse with it: see `check`.
    """
    units = [
        item.amazon_order_item_code
        for item in start.items
        for _ in range(item.quantity_ordered)
    ]
    judged, given_back = start, ZERO
    for code in data.draw(st.permutations(units)):
        line = AdjustedItem(code, None, None, "NoInventory", quantity_cancelled=1)
        message = ORDER_ADJUSTMENT, OrderAdjustment(ORDER_ID, None, (line,))
        for effect in judge(judged, message, Rules.STANDARD).effects:
            judged = judged.after(effect)
            if isinstance(effect, PostRefund):
                given_back += effect.net

    assert given_back == start.paid
    assert judged.status is OrderStatus.CANCELED
    check(judged)
