"""Adjustments of orders that nothing was shipped of yet."""

from __future__ import annotations

from decimal import Decimal

from app.errors import Severity
from app.model.effects import CancelItem, HoldRefund, LapseRefund, PostRefund
from app.model.feed import Rules
from app.model.order import OrderStatus
from tests.feedtypes.judging import (
    ITEM_A,
    ITEM_B,
    accept,
    acknowledged,
    acknowledgement,
    adjusted,
    adjustment,
    after,
    component,
    fulfilled,
    fulfillment,
    item,
    judge,
    numbers,
    o1,
    order,
    refund_of,
)


def test_cancelling_the_last_open_unit_cancels_the_order_and_its_credits() -> None:
    """718041 under the standard rules: done with a warning, and the buyer ends at 0."""
    first = adjusted(ITEM_A, "CustomerCancel", cancelled=1)
    rest = adjusted(ITEM_B, "CustomerCancel", cancelled=3)
    credited = accept(o1(), adjustment(first))

    outcome = judge(credited, adjustment(rest))
    cancelled = after(credited, outcome)

    assert numbers(outcome) == [718041]
    assert outcome.problems[0].severity is Severity.WARNING
    assert outcome.effects[2:] == (LapseRefund(1, ITEM_A), LapseRefund(2, ITEM_B))
    assert cancelled.status is OrderStatus.CANCELED
    assert sum(each.refunded for each in cancelled.items) == 0


def test_the_strict_rules_refuse_to_cancel_a_whole_order() -> None:
    """718041: that is what the acknowledgement is for; nothing is held either."""
    lines = adjusted(ITEM_A, "CustomerCancel", cancelled=1) + adjusted(
        ITEM_B, "CustomerCancel", cancelled=3
    )

    outcome = judge(o1(), adjustment(lines), Rules.STRICT)

    assert numbers(outcome) == [718041]
    assert outcome.refused
    assert "use OrderAcknowledgement" in outcome.problems[0].text


def test_the_last_open_unit_of_a_shipped_order_is_no_whole_order() -> None:
    """Something was shipped, so the order ends Shipped and nothing is warned."""
    sent = order(item(ITEM_B, 3, {"Principal": "30.00"}, shipped=2))
    line = adjusted(ITEM_B, "NoInventory", cancelled=1)

    outcome = judge(sent, adjustment(line), Rules.STRICT)

    assert outcome.problems == ()
    assert after(sent, outcome).status is OrderStatus.SHIPPED


def test_the_strict_rules_hold_refunds_until_something_is_shipped() -> None:
    """718042 once a message; units are cancelled at once, and the ceilings count it."""
    lines = adjusted(ITEM_A, "Other", ("Principal", "15.00")) + adjusted(
        ITEM_B, "NoInventory", cancelled=1
    )

    outcome = judge(o1(), adjustment(lines), Rules.STRICT)
    held = after(o1(), outcome)
    again = judge(held, adjustment(adjusted(ITEM_A, "Other", ("Principal", "5.01"))))

    assert numbers(outcome) == [718042]
    assert [type(effect) for effect in outcome.effects] == [
        HoldRefund,
        CancelItem,
        HoldRefund,
    ]
    assert [each.held for each in held.items] == [15, 12]
    assert [each.refunded for each in held.items] == [0, 0]
    assert numbers(again) == [718031]


def test_held_refunds_are_posted_as_they_were_held() -> None:
    """Same number and amounts, in their order, after the charge."""
    first = accept(
        o1(),
        adjustment(
            adjusted(ITEM_A, "Other", ("Principal", "15.00"), own_id="R-7", quantity=1)
        ),
        Rules.STRICT,
    )
    held = accept(
        first, adjustment(adjusted(ITEM_B, "NoInventory", cancelled=1)), Rules.STRICT
    )

    outcome = judge(held, fulfillment(fulfilled(ITEM_A)))
    shipped = after(held, outcome)

    assert outcome.effects[2:] == (
        PostRefund(
            1,
            ITEM_A,
            "Other",
            (("Principal", Decimal("15.00")),),
            quantity=1,
            released=True,
        ),
        PostRefund(
            2,
            ITEM_B,
            "NoInventory",
            (("Principal", Decimal("10.00")), ("Shipping", Decimal("2.00"))),
            released=True,
        ),
    )
    assert [each.held for each in shipped.items] == [0, 0]
    assert [each.refunded for each in shipped.items] == [15, 12]
    assert shipped.refund_count == 2


def test_after_the_charge_the_strict_rules_post_refunds_at_once() -> None:
    """Only an order that is not charged yet has anything to wait for."""
    sent = order(item(ITEM_B, 3, {"Principal": "30.00"}, shipped=1))

    outcome = judge(
        sent, adjustment(adjusted(ITEM_B, "NoInventory", cancelled=1)), Rules.STRICT
    )

    assert outcome.problems == ()
    assert isinstance(outcome.effects[1], PostRefund)


def test_a_failure_lapses_what_is_held() -> None:
    """Nothing is charged, so there is nothing to give back (design D4)."""
    line = adjusted(ITEM_A, "Other", ("Principal", "15.00"))
    held = accept(o1(), adjustment(line), Rules.STRICT)
    both = acknowledged(ITEM_A, "NoInventory") + acknowledged(ITEM_B, "NoInventory")

    cancelled = accept(held, acknowledgement("Failure", both), Rules.STRICT)

    assert [each.held for each in cancelled.items] == [0, 0]
    assert cancelled.pending_refunds == ()


def test_direct_payments_and_quantity_ride_along_and_are_not_posted() -> None:
    """They are stored for the seller's books (feed-vocabulary 5.3)."""
    line = adjusted(ITEM_A, "CustomerReturn", ("Principal", "2.00"), quantity=1)
    paid_directly = line.replace(
        "</ItemPriceAdjustments>",
        "</ItemPriceAdjustments><DirectPaymentAdjustments>"
        + component("Cash", "7.00", "EUR")
        + "</DirectPaymentAdjustments>",
    )

    refund = refund_of(judge(o1(), adjustment(paid_directly)))

    assert refund.direct_payments == (("Cash", Decimal("7.00")),)
    assert refund.quantity == 1
    assert refund.net == 2
