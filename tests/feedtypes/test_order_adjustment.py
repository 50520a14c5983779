"""Judging adjustments, where the golden corpus does not reach."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.model.effects import CancelItem, PostRefund
from app.model.order_items import Promotion
from tests.feedtypes.judging import (
    ITEM_A,
    ITEM_B,
    ITEM_C,
    ORDER_ID,
    accept,
    adjusted,
    adjustment,
    after,
    component,
    discounted,
    item,
    judge,
    numbers,
    o1,
    order,
    promotion,
    refund_of,
    texts,
)

CANCEL_ONE = adjustment(adjusted(ITEM_A, "NoInventory", cancelled=1))


def test_another_item_may_carry_the_same_adjustment_id() -> None:
    """The id is looked up for the item (design D4)."""
    on_a = adjusted(ITEM_A, "Other", ("Principal", "2.00"), own_id="R-7")
    on_b = adjusted(ITEM_B, "Other", ("Principal", "3.00"), own_id="R-7")

    refunded = accept(accept(o1(), adjustment(on_a)), adjustment(on_b))

    assert set(refunded.adjustments) == {(ITEM_A, "R-7"), (ITEM_B, "R-7")}


@pytest.mark.parametrize(
    "changed",
    [
        adjusted(ITEM_B, "Exchange", ("Principal", "2.00"), own_id="R-7"),
        adjusted(ITEM_B, "Other", ("Principal", "2.01"), own_id="R-7"),
        adjusted(ITEM_B, "Other", ("Shipping", "2.00"), own_id="R-7"),
        adjusted(ITEM_B, "Other", ("Principal", "2.00"), own_id="R-7", quantity=1),
        adjusted(ITEM_B, "Other", cancelled=9, own_id="R-7"),
    ],
)
def test_an_adjustment_id_with_other_content_is_refused(changed: str) -> None:
    """718044 comes before every other check of the item, also before 718038."""
    line = adjusted(ITEM_B, "Other", ("Principal", "2.00"), own_id="R-7")
    refunded = accept(o1(), adjustment(line))

    assert numbers(judge(refunded, adjustment(changed))) == [718044]


def test_the_adjustment_id_is_kept_with_the_cancelled_units_too() -> None:
    """It stands on the first effect of the item only, so that it is stored once."""
    line = adjusted(ITEM_B, "NoInventory", cancelled=1, own_id="R-7")

    outcome = judge(o1(), adjustment(line))

    cancel, refund = outcome.effects
    assert isinstance(cancel, CancelItem)
    assert isinstance(refund, PostRefund)
    assert cancel.adjustment is not None
    assert cancel.adjustment.content == '["NoInventory",null,1,[],[],[]]'
    assert refund.adjustment is None


def test_a_blank_adjustment_id_is_none() -> None:
    """A seller's system that always fills the element in must not lose refunds."""
    line = adjusted(ITEM_A, "Other", ("Principal", "2.00"), own_id=" ")

    refunded = accept(accept(o1(), adjustment(line)), adjustment(line))

    assert refunded.items[0].refunded == 4
    assert refunded.adjustments == {}


def test_every_fault_in_the_shape_of_an_item_is_told_at_once() -> None:
    """Reason, currency, decimals and sign, in this order and by document order."""
    line = (
        f"<AdjustedItem><AmazonOrderItemCode>{ITEM_A}</AmazonOrderItemCode>"
        "<AdjustmentReason>Other</AdjustmentReason><ItemPriceAdjustments>"
        + component("Principal", "-10.50", "JPY")
        + component("Shipping", "1.00", "EUR")
        + "</ItemPriceAdjustments>"
        + promotion("-1.5")
        + "<QuantityCancelled>9</QuantityCancelled></AdjustedItem>"
    )
    yen = order(item(ITEM_A, 1, {"Principal": "2000"}, shipped=1), currency="JPY")

    assert numbers(judge(yen, adjustment(line))) == [
        718038,
        718045,
        718036,
        718037,
        718045,
    ]


def test_an_amount_in_another_currency_is_judged_by_that_currency() -> None:
    """10.50 USD is a fine amount, only not one that an order in yen can take."""
    line = adjusted(ITEM_A, "Other", ("Principal", "10.50"))
    in_dollars = line.replace("<Amount>", '<Amount currency="USD">')
    yen = order(item(ITEM_A, 1, {"Principal": "2000"}, shipped=1), currency="JPY")

    assert texts(judge(yen, adjustment(in_dollars))) == [
        f"Order item {ITEM_A}: Principal is 10.50 USD, but the order is in JPY."
    ]


def test_an_amount_finer_than_yen_is_shown_as_written() -> None:
    """718045 shows what was sent, or the seller looks for another amount."""
    yen = order(item(ITEM_A, 1, {"Principal": "2000"}, shipped=1), currency="JPY")
    line = adjusted(ITEM_A, "Other", ("Principal", "10.50"))

    assert texts(judge(yen, adjustment(line))) == [
        f"Order item {ITEM_A}: Principal 10.50 is finer than JPY allows: no decimals."
    ]


@pytest.mark.parametrize("action", [None, "Refund", "Cancel"])
def test_an_item_with_neither_amounts_nor_units_is_refused(action: str | None) -> None:
    """718040; direct payments alone are nothing, since they are never posted."""
    direct = (
        f"<AdjustedItem><AmazonOrderItemCode>{ITEM_A}</AmazonOrderItemCode>"
        "<AdjustmentReason>Other</AdjustmentReason><DirectPaymentAdjustments>"
        + component("Cash", "1.00")
        + "</DirectPaymentAdjustments></AdjustedItem>"
    )

    assert texts(judge(o1(), adjustment(direct, action))) == [
        f"Order item {ITEM_A}: the adjustment has no amounts and no QuantityCancelled."
    ]


def test_action_type_cancel_needs_units_to_cancel() -> None:
    """718040: every item of such a message has to say how many (feed-vocabulary 9)."""
    lines = adjusted(
        ITEM_A, "NoInventory", ("Principal", "20.00"), ("Shipping", "4.00"), cancelled=1
    ) + adjusted(ITEM_B, "NoInventory", ("Principal", "1.00"))

    assert texts(judge(o1(), adjustment(lines, "Cancel"))) == [
        f"Order item {ITEM_B}: the adjustment has no QuantityCancelled, which "
        "ActionType Cancel needs."
    ]


def test_a_refused_message_does_not_claim_that_amounts_were_applied() -> None:
    """718046 tells what was done; where another item is refused nothing was."""
    below = adjusted(ITEM_B, "NoInventory", ("Principal", "9.00"), cancelled=1)
    refused = adjusted(ITEM_A, "Other", ("Principal", "20.01"))

    assert numbers(judge(o1(), adjustment(below + refused))) == [718031]


def test_amounts_are_taken_in_document_order() -> None:
    """Two halves pass and two wholes do not; a charge makes room for what follows."""
    halves = (("Shipping", "2.00"), ("Shipping", "2.00"))
    wholes = (("Shipping", "4.00"), ("Shipping", "4.00"))
    charge = (("Principal", "5.00"), ("Shipping", "-1.00"), ("Shipping", "5.00"))

    accepted = judge(o1(), adjustment(adjusted(ITEM_A, "Other", *halves)))
    refused = judge(o1(), adjustment(adjusted(ITEM_A, "Other", *wholes)))
    balanced = judge(o1(), adjustment(adjusted(ITEM_A, "Other", *charge)))

    assert refund_of(accepted).components == (("Shipping", Decimal("4.00")),)
    assert texts(refused) == [
        f"Order item {ITEM_A} can give back 0.00 USD of Shipping, not 4.00 USD."
    ]
    assert refund_of(balanced).components == (
        ("Principal", Decimal("5.00")),
        ("Shipping", Decimal("4.00")),
    )


def test_an_amount_that_no_ledger_can_hold_is_refused() -> None:
    """718033: Goodwill has no ceiling of its own, but 64 bits have to hold its total.

    The other component balances it, so that nothing else refuses the message.
    """
    line = adjusted(
        ITEM_A,
        "Other",
        ("Other", "-99999999999999999999"),
        ("Goodwill", "99999999999999999999"),
        ("Principal", "1.00"),
    )

    assert texts(judge(o1(), adjustment(line))) == [
        f"Order item {ITEM_A} can give back 100000000000.00 USD of Goodwill, not "
        "99999999999999999999.00 USD."
    ]


@pytest.mark.parametrize(
    ("stated", "text"),
    [
        (
            promotion("-1.00", claim="OTHER01"),
            "promotion OTHER01 (Principal) is -1.00 USD, but the item has no such "
            "promotion",
        ),
        (
            promotion("-1.00", "Shipping", claim="COUPON1"),
            "promotion COUPON1 (Shipping) is -1.00 USD, but the item has no such "
            "promotion",
        ),
        (
            promotion("-1.00", claim="COUPON1", own_id="P-1"),
            "promotion COUPON1 (Principal) is -1.00 USD, but the item has no such "
            "promotion",
        ),
        (
            promotion("0.00", claim="COUPON1"),
            "promotion COUPON1 (Principal) is 0.00 USD, but a promotion is taken back "
            "with a negative amount",
        ),
        (
            promotion("-3.00") + promotion("-2.01"),
            "promotion (Principal) is -2.01 USD, but only 2.00 USD of it is left",
        ),
    ],
)
def test_a_promotion_adjustment_that_does_not_fit_is_refused(
    stated: str, text: str
) -> None:
    """718034 says which promotion was meant, and what is wrong."""
    line = adjusted(ITEM_A, "Other", ("Principal", "9.00"), promotions=stated)

    assert texts(judge(discounted(), adjustment(line))) == [
        f"Order item {ITEM_A}: the adjustment of {text}."
    ]


def test_of_two_promotions_one_has_to_be_named() -> None:
    """Without an id it is not told which of the two is taken back."""
    two = (
        Promotion("COUPON1", "P-1", "Principal", Decimal("1.00")),
        Promotion("COUPON1", "P-2", "Principal", Decimal("2.00")),
    )
    both = order(item(ITEM_A, 1, {"Principal": "20.00"}, promotions=two, shipped=1))
    price = ("Principal", "9.00")
    unnamed = adjusted(ITEM_A, "Other", price, promotions=promotion("-1.00"))
    by_id = adjusted(ITEM_A, "Other", price, promotions=promotion("-1", own_id="P-2"))
    by_claim = adjusted(
        ITEM_A, "Other", price, promotions=promotion("-2.00", claim="COUPON1")
    )

    assert numbers(judge(both, adjustment(unnamed))) == [718034]
    assert refund_of(judge(both, adjustment(by_id))).promotions == ((1, Decimal(1)),)
    assert refund_of(judge(both, adjustment(by_claim))).promotions == ((1, Decimal(2)),)


def test_a_share_takes_back_the_units_share_of_the_promotion() -> None:
    """One of 2 units of 20.00 less 5.00: 10.00 less 2.50."""
    outcome = judge(discounted(), CANCEL_ONE)

    assert refund_of(outcome).components == (("Principal", Decimal("10.00")),)
    assert refund_of(outcome).promotions == ((0, Decimal("2.50")),)


def test_a_share_is_cut_to_what_the_item_has_left() -> None:
    """After Goodwill of 12.00 the buyer has 3.00 left of 15.00, whatever the share."""
    goodwill = adjusted(ITEM_A, "Other", ("Goodwill", "12.00"))
    refunded = accept(discounted(), adjustment(goodwill))

    outcome = judge(refunded, CANCEL_ONE)

    assert refund_of(outcome).components == (("Principal", Decimal("5.50")),)
    assert refund_of(outcome).net == Decimal("3.00")


def test_units_are_cancelled_without_refund_where_nothing_is_left() -> None:
    """The buyer has everything back already (design D4)."""
    everything = adjusted(ITEM_A, "Other", ("Goodwill", "15.00"))
    refunded = accept(discounted(), adjustment(everything))

    outcome = judge(refunded, CANCEL_ONE)

    assert outcome.effects == (CancelItem(ITEM_A, 1, "NoInventory"),)
    assert outcome.problems == ()


def test_stated_amounts_below_the_share_are_applied_with_a_warning() -> None:
    """718046: the seller may keep a part back, but is asked to look again."""
    line = adjusted(ITEM_B, "NoInventory", ("Principal", "9.00"), cancelled=1)

    outcome = judge(o1(), adjustment(line))

    assert texts(outcome) == [
        f"Order item {ITEM_B}: the stated amounts come to 9.00 USD, below the 12.00 "
        "USD that belong to the cancelled units; they were applied as stated."
    ]
    assert refund_of(outcome).net == 9


def test_a_fee_on_one_item_may_be_covered_by_a_refund_of_another() -> None:
    """The message must be a credit, its items need not (718035)."""
    fee = adjusted(ITEM_A, "CustomerReturn", ("RestockingFee", "-3.00"))
    refund = adjusted(ITEM_B, "CustomerReturn", ("Principal", "10.00"))

    outcome = judge(o1(), adjustment(fee + refund))

    assert [effect.item for effect in outcome.effects] == [ITEM_A, ITEM_B]
    assert after(o1(), outcome).items[0].refunded == -3


@pytest.mark.parametrize("amount", ["-3.00", "0.00"])
def test_a_message_that_is_no_credit_is_refused(amount: str) -> None:
    """718035 names the order: it is the message as a whole that is refused."""
    line = adjusted(ITEM_A, "CustomerReturn", ("RestockingFee", amount))

    assert texts(judge(o1(), adjustment(line))) == [
        f"The refund of order {ORDER_ID} comes to {amount} USD, but it must be a "
        "credit to the buyer."
    ]


def test_an_item_with_an_error_does_not_stop_the_next() -> None:
    """Each item ends at its first stage with errors, the message is refused whole."""
    lines = (
        adjusted(ITEM_A, "Other", ("Principal", "20.01"))
        + adjusted(ITEM_A, "Other", ("Principal", "1.00"), own_id="R-8")
        + adjusted(ITEM_C, "Other", ("Principal", "1.00"))
        + adjusted(ITEM_B, "NoInventory", ("Principal", "99.00"), cancelled=4)
    )

    outcome = judge(o1(), adjustment(lines))

    assert numbers(outcome) == [718031, 718012, 718010, 718039]
    assert "(MerchantAdjustmentItemID R-8)" in outcome.problems[1].text
    assert outcome.effects == ()


def test_an_item_found_by_an_empty_id_is_not_found() -> None:
    """The schema lets MerchantOrderItemID be empty; it stands for nothing."""
    line = adjusted(ITEM_A, "Other", ("Principal", "1.00")).replace(
        f"<AmazonOrderItemCode>{ITEM_A}</AmazonOrderItemCode>", "<MerchantOrderItemID/>"
    )

    outcome = judge(o1(), adjustment(line))

    assert numbers(outcome) == [718011]
    assert 'MerchantOrderItemID "":' in outcome.problems[0].text
    assert outcome.problems[0].amazon_order_item_code is None
