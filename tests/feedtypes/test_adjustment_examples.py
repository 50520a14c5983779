"""The worked examples of design D4, judged one by one."""

from __future__ import annotations

from decimal import Decimal

from app.model.effects import CancelItem, PostRefund
from app.model.order import OrderStatus
from tests.feedtypes.judging import (
    ITEM_A,
    ITEM_B,
    accept,
    acknowledgement,
    adjusted,
    adjustment,
    after,
    component,
    discounted,
    fulfillment,
    item,
    judge,
    numbers,
    o1,
    order,
    promotion,
    refund_of,
    texts,
    thirds,
)

CANCEL_ONE = adjustment(adjusted(ITEM_A, "NoInventory", cancelled=1))


def test_thirds_of_ten_are_given_back_one_by_one_without_remainder() -> None:
    """10.00 for 3 units: 3.33, 3.33 and, with the last unit, 3.34."""
    left = thirds()
    given = []
    for _ in range(3):
        outcome = judge(left, CANCEL_ONE)
        given.append(str(refund_of(outcome).net))
        left = after(left, outcome)

    assert given == ["3.33", "3.33", "3.34"]


def test_the_third_unit_beside_two_shipped_ones_has_no_remainder() -> None:
    """The remainder belongs to the unit that leaves every ordered one cancelled."""
    outcome = judge(thirds(shipped=2), CANCEL_ONE)

    assert refund_of(outcome).components == (("Principal", Decimal("3.33")),)


def test_a_share_of_yen_is_rounded_down_to_whole_yen() -> None:
    """JPY has no minor unit: 1000 JPY for 3 units is 333 JPY a unit."""
    yen = order(
        item(ITEM_A, 3, {"Principal": "1000"}),
        item(ITEM_B, 1, {"Principal": "1"}),
        currency="JPY",
    )

    outcome = judge(yen, CANCEL_ONE)

    assert [str(amount) for _, amount in refund_of(outcome).components] == ["333"]


def test_one_of_three_units_of_o1_is_a_credit_of_twelve() -> None:
    """O1 of feed-vocabulary 8: 30.00 and 6.00 for 3 units of b."""
    outcome = judge(o1(), adjustment(adjusted(ITEM_B, "NoInventory", cancelled=1)))

    assert outcome.effects == (
        CancelItem(ITEM_B, 1, "NoInventory", restock=False),
        PostRefund(
            1,
            ITEM_B,
            "NoInventory",
            (("Principal", Decimal("10.00")), ("Shipping", Decimal("2.00"))),
        ),
    )
    assert outcome.problems == ()


def test_a_credit_is_settled_by_the_charge_of_the_first_shipment() -> None:
    """O1, then shipped: charge 60.00, refund 12.00, nothing pending any more."""
    line = adjusted(ITEM_B, "CustomerCancel", cancelled=1)
    credited = accept(o1(), adjustment(line))

    outcome = judge(credited, fulfillment())
    shipped = after(credited, outcome)

    assert [effect.kind for effect in outcome.effects] == [
        "RecordShipment",
        "ChargeOrder",
    ]
    assert shipped.paid == Decimal("60.00")
    assert sum(each.refunded for each in shipped.items) == Decimal("12.00")
    assert shipped.pending_refunds == ()


def test_a_credit_lapses_when_the_order_is_cancelled() -> None:
    """O1, or a Failure instead: charge 0, refund 0."""
    line = adjusted(ITEM_B, "CustomerCancel", cancelled=1)
    credited = accept(o1(), adjustment(line))

    cancelled = accept(credited, acknowledgement("Failure"))

    assert cancelled.status is OrderStatus.CANCELED
    assert not cancelled.charged
    assert sum(each.refunded for each in cancelled.items) == 0


def test_a_refund_above_what_the_buyer_paid_after_a_promotion_is_refused() -> None:
    """20.00 less a promotion of 5.00: the buyer paid 15.00, so 20.00 is too much."""
    line = adjusted(ITEM_A, "CustomerReturn", ("Principal", "20.00"))

    assert texts(judge(discounted(shipped=2), adjustment(line))) == [
        f"The refund of order item {ITEM_A} comes to 20.00 USD, but only 15.00 USD is "
        "left of what the buyer paid."
    ]


def test_with_the_promotion_taken_back_the_whole_principal_can_be_given_back() -> None:
    """20.00 less a promotion of 5.00 taken back is 15.00."""
    line = adjusted(
        ITEM_A,
        "CustomerReturn",
        ("Principal", "20.00"),
        promotions=promotion("-5.00", claim="COUPON1"),
    )

    outcome = judge(discounted(shipped=2), adjustment(line))

    assert refund_of(outcome).promotions == ((0, Decimal("5.00")),)
    assert refund_of(outcome).net == Decimal("15.00")


def test_goodwill_is_bounded_by_what_the_item_has_left_as_a_whole() -> None:
    """It has no ceiling of its own: what was refunded before counts against it."""
    first = adjusted(ITEM_A, "CustomerReturn", ("Principal", "15.00"))
    refunded = accept(o1(), adjustment(first))
    goodwill = adjusted(ITEM_A, "GeneralAdjustment", ("Goodwill", "9.01"))
    less = adjusted(ITEM_A, "GeneralAdjustment", ("Goodwill", "9.00"))

    assert numbers(judge(refunded, adjustment(goodwill))) == [718035]
    assert refund_of(judge(refunded, adjustment(less))).net == 9


def test_the_same_adjustment_twice_is_two_refunds_without_an_id() -> None:
    """As on MWS: sending it again is a new refund."""
    line = adjusted(ITEM_A, "CustomerReturn", ("Principal", "2.00"))

    refunded = accept(accept(o1(), adjustment(line)), adjustment(line))

    assert refunded.items[0].refunded == 4
    assert refunded.refund_count == 2


def test_the_same_adjustment_twice_posts_nothing_with_an_id() -> None:
    """718043: amounts are compared by value, and the currency attribute is not."""
    first = adjusted(ITEM_A, "CustomerReturn", ("Principal", "2.00"), own_id="R-7")
    again = (
        f"<AdjustedItem><AmazonOrderItemCode>{ITEM_A}</AmazonOrderItemCode>"
        "<MerchantAdjustmentItemID>R-7</MerchantAdjustmentItemID>"
        "<AdjustmentReason>CustomerReturn</AdjustmentReason><ItemPriceAdjustments>"
        + component("Principal", "1.5", "USD")
        + component("Principal", ".50")
        + "</ItemPriceAdjustments></AdjustedItem>"
    )
    refunded = accept(o1(), adjustment(first))

    outcome = judge(refunded, adjustment(again))

    assert numbers(outcome) == [718043]
    assert not outcome.refused
    assert outcome.effects == ()
