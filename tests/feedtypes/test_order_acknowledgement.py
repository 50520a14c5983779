"""Judging acknowledgements, where the golden corpus does not reach."""

from __future__ import annotations

import pytest

from app.errors import Severity
from app.model.effects import CancelItem, LapseRefund, StoreMerchantIds
from app.model.feed import Rules
from app.model.order import Order, OrderStatus
from app.model.order_items import OrderItem
from tests.feedtypes.judging import (
    ITEM_A,
    ITEM_B,
    ITEM_C,
    ORDER_ID,
    accept,
    acknowledged,
    acknowledgement,
    adjusted,
    adjustment,
    after,
    item,
    judge,
    numbers,
    o1,
    order,
    texts,
)

BOTH = acknowledged(ITEM_A, "NoInventory") + acknowledged(ITEM_B, "BuyerCanceled")


def _with_own_ids(own_order_id: str | None, a: str | None, b: str | None) -> Order:
    items = (
        item(ITEM_A, 1, {"Principal": "20.00"}, own_id=a),
        item(ITEM_B, 3, {"Principal": "30.00"}, own_id=b),
    )
    return order(*items, merchant_order_id=own_order_id)


def test_success_stores_only_what_is_new() -> None:
    """The ledger tells what a message changed, not what it repeated."""
    known = _with_own_ids("A-1", "A-1-1", None)
    items = acknowledged(ITEM_A, own_id="A-1-1") + acknowledged(ITEM_B, own_id="A-1-2")

    outcome = judge(known, acknowledgement("Success", items, "A-1"))

    assert outcome.effects == (StoreMerchantIds(None, ((ITEM_B, "A-1-2"),)),)


def test_success_again_changes_nothing_and_says_nothing() -> None:
    """A client that resends an acknowledgement must not be told of an error."""
    known = _with_own_ids("A-1", "A-1-1", "A-1-2")
    items = acknowledged(ITEM_A, own_id="A-1-1")

    outcome = judge(known, acknowledgement("Success", items, "A-1"))

    assert outcome.effects == ()
    assert outcome.problems == ()


@pytest.mark.parametrize("shipped", [1, 3])
def test_a_shipped_order_can_still_be_acknowledged(shipped: int) -> None:
    """It is harmless, and the ids help with refunds. Source: feed-vocabulary 5.1."""
    sent = order(item(ITEM_B, 3, {"Principal": "30.00"}, shipped=shipped))

    acknowledged_order = accept(sent, acknowledgement("Success", own_id="A-1"))

    assert acknowledged_order.merchant_order_id == "A-1"
    assert acknowledged_order.status is sent.status


def test_an_order_keeps_the_merchant_order_id_it_has() -> None:
    """718007: a second id for one order is a mistake of the seller's system."""
    outcome = judge(
        _with_own_ids("A-1", None, None), acknowledgement("Success", own_id="B-2")
    )

    assert texts(outcome) == [
        f"Order {ORDER_ID} already stands for MerchantOrderID A-1, so it cannot stand "
        "for MerchantOrderID B-2."
    ]


def test_a_merchant_order_id_stands_for_one_order() -> None:
    """718007: with two orders of one id a refund could reach the wrong buyer."""
    holder = "027-7654321-7654321"

    outcome = judge(
        o1(), acknowledgement("Success", own_id="A-1"), holder_of={"A-1": holder}
    )

    assert texts(outcome) == [
        f"MerchantOrderID A-1 already stands for order {holder}, so it cannot stand "
        f"for order {ORDER_ID}."
    ]


def test_the_holder_of_an_id_may_be_the_order_itself() -> None:
    """The feed's own earlier message may have stored it a moment ago."""
    known = _with_own_ids("A-1", None, None)

    outcome = judge(
        known, acknowledgement("Success", own_id="A-1"), holder_of={"A-1": ORDER_ID}
    )

    assert outcome.problems == ()


def test_two_items_of_one_message_cannot_share_an_id() -> None:
    """718007 counts ids stated earlier in the message as well as stored ones."""
    items = acknowledged(ITEM_A, own_id="X") + acknowledged(ITEM_B, own_id="X")

    outcome = judge(o1(), acknowledgement("Success", items))

    assert texts(outcome) == [
        f"MerchantOrderItemID X already stands for order item {ITEM_A}, so it cannot "
        f"stand for order item {ITEM_B}."
    ]
    assert outcome.effects == ()


def test_an_id_that_was_refused_is_free_for_the_next_item() -> None:
    """Only the real conflict is told: the first item keeps the id that it has."""
    items = acknowledged(ITEM_A, own_id="X") + acknowledged(ITEM_B, own_id="X")

    outcome = judge(
        _with_own_ids(None, "A-1-1", None), acknowledgement("Success", items)
    )

    assert texts(outcome) == [
        f"Order item {ITEM_A} already stands for MerchantOrderItemID A-1-1, so it "
        "cannot stand for MerchantOrderItemID X."
    ]


def test_every_item_with_a_problem_is_told_in_document_order() -> None:
    """A seller corrects a message once, not once an item."""
    items = (
        acknowledged(ITEM_C)
        + acknowledged(ITEM_A, "NoInventory")
        + acknowledged(ITEM_A, "NoInventory", own_id="A-1-1")
    )

    outcome = judge(o1(), acknowledgement("Success", items))

    assert numbers(outcome) == [718010, 718013, 718012]
    assert [problem.severity for problem in outcome.problems] == [
        Severity.ERROR,
        Severity.WARNING,
        Severity.ERROR,
    ]
    assert "(MerchantOrderItemID A-1-1) stands twice" in outcome.problems[2].text


def test_failure_cancels_the_order_in_its_own_item_order() -> None:
    """One effect an item with its own reason; NoInventory puts nothing back."""
    items = acknowledged(ITEM_B, "BuyerCanceled") + acknowledged(ITEM_A, "NoInventory")

    outcome = judge(o1(), acknowledgement("Failure", items))

    assert outcome.effects == (
        CancelItem(ITEM_A, 1, "NoInventory", restock=False),
        CancelItem(ITEM_B, 3, "BuyerCanceled", restock=True),
    )
    assert after(o1(), outcome).status is OrderStatus.CANCELED


def test_failed_is_failure_under_the_standard_rules() -> None:
    """The seller help page's word (design D1); the strict schema refuses it."""
    cancelled = accept(o1(), acknowledgement("Failed", BOTH))

    assert cancelled.status is OrderStatus.CANCELED


def test_failure_without_items_cancels_without_a_reason() -> None:
    """718014: the order is cancelled, and the seller is told what was missing."""
    outcome = judge(o1(), acknowledgement("Failure"))

    assert numbers(outcome) == [718014]
    assert outcome.effects == (
        CancelItem(ITEM_A, 1, None, restock=True),
        CancelItem(ITEM_B, 3, None, restock=True),
    )


def test_failure_stores_no_ids() -> None:
    """The ids stand for an order that was taken over; this one was not."""
    items = acknowledged(ITEM_A, "NoInventory", own_id="X") + acknowledged(
        ITEM_B, "NoInventory"
    )

    cancelled = accept(o1(), acknowledgement("Failure", items, "A-1"))

    assert cancelled.merchant_order_id is None
    assert [each.merchant_order_item_id for each in cancelled.items] == [None, None]


def test_an_item_without_open_units_needs_no_reason_and_no_mention() -> None:
    """Only units that are cancelled now need one; it may be named all the same."""
    partly = order(
        item(ITEM_A, 1, {"Principal": "20.00"}, cancelled=1),
        item(ITEM_B, 3, {"Principal": "30.00"}, cancelled=1),
    )
    unnamed = judge(
        partly, acknowledgement("Failure", acknowledged(ITEM_B, "NoInventory"))
    )
    items = acknowledged(ITEM_A) + acknowledged(ITEM_B, "NoInventory", quantity=2)
    named = judge(partly, acknowledgement("Failure", items))

    assert unnamed.problems == named.problems == ()
    assert unnamed.effects == named.effects == (CancelItem(ITEM_B, 2, "NoInventory"),)


def test_a_partial_cancellation_says_what_would_stay_open() -> None:
    """718015 lists the units left out, item by item, with the seller's own ids."""
    known = order(
        item(ITEM_A, 1, {"Principal": "20.00"}, own_id="A-1-1"),
        item(ITEM_B, 3, {"Principal": "30.00"}),
    )
    items = acknowledged(ITEM_B, "NoInventory", quantity=1)

    outcome = judge(known, acknowledgement("Failure", items))

    assert texts(outcome) == [
        f"Order {ORDER_ID} would keep 1 unit of order item {ITEM_A} "
        f"(MerchantOrderItemID A-1-1), 2 units of order item {ITEM_B} open, but an "
        "acknowledgement cancels the whole order: use OrderAdjustment with "
        "QuantityCancelled for a part."
    ]


def test_more_units_than_are_open_are_refused_also_where_none_are() -> None:
    """718039 for each item; the huge quantity is shown as it was sent."""
    partly = order(
        item(ITEM_A, 1, {"Principal": "20.00"}, cancelled=1),
        item(ITEM_B, 3, {"Principal": "30.00"}),
    )
    items = acknowledged(ITEM_A, "NoInventory", quantity=1) + acknowledged(
        ITEM_B, "NoInventory", quantity=99999999999999999999999
    )

    outcome = judge(partly, acknowledgement("Failure", items))

    assert texts(outcome) == [
        f"Order item {ITEM_A} has 0 units neither shipped nor cancelled, so 1 unit "
        "cannot be cancelled.",
        f"Order item {ITEM_B} has 3 units neither shipped nor cancelled, so "
        "99999999999999999999999 units cannot be cancelled.",
    ]


def test_a_refused_failure_does_not_claim_that_an_item_was_cancelled() -> None:
    """718016 tells what was done; where nothing was done it would be untrue."""
    outcome = judge(o1(), acknowledgement("Failure", acknowledged(ITEM_A)))

    assert numbers(outcome) == [718015]


def test_credits_and_held_refunds_lapse_in_the_order_of_their_numbers() -> None:
    """A Failure before shipment leaves the buyer at 0 (design D4)."""
    line = adjusted(ITEM_B, "GeneralAdjustment", ("Principal", "2.00"))
    credited = accept(o1(), adjustment(line))
    held = accept(credited, adjustment(line), Rules.STRICT)

    outcome = judge(held, acknowledgement("Failure", BOTH))

    assert outcome.effects[2:] == (LapseRefund(1, ITEM_B), LapseRefund(2, ITEM_B))
    assert not _gives_back(after(held, outcome).items)


def test_a_charge_and_the_refund_that_balanced_it_lapse_together() -> None:
    """The charge lapses first, and must not trip over the refund that is still there.

    A fee of 2.00 on shipping leaves room to give back 6.00 of a shipping of 4.00.
    """
    fee = adjusted(ITEM_A, "Other", ("Principal", "5.00"), ("Shipping", "-2.00"))
    refund = adjusted(ITEM_A, "Other", ("Shipping", "6.00"))
    credited = accept(accept(o1(), adjustment(fee)), adjustment(refund))

    cancelled = accept(credited, acknowledgement("Failure", BOTH))

    assert not _gives_back(cancelled.items)


def _gives_back(order_items: tuple[OrderItem, ...]) -> bool:
    """Whether anything is refunded or held, in an item or in one of its components."""
    return any(
        line.refunded
        or line.held
        or any(part.refunded or part.held for part in line.components.values())
        for line in order_items
    )


@pytest.mark.parametrize(
    ("values", "number"),
    [
        ({"fulfillment_channel": "AFN"}, 718006),
        ({"fulfillment_channel": "AFN", "status": OrderStatus.PENDING}, 718006),
        ({"status": OrderStatus.UNFULFILLABLE}, 718006),
        ({"status": OrderStatus.PENDING}, 718003),
        ({"status": OrderStatus.PENDING_AVAILABILITY}, 718003),
        ({"status": OrderStatus.CANCELED}, 718004),
    ],
)
@pytest.mark.parametrize("status_code", ["Success", "Failure"])
def test_an_order_that_is_closed_to_feeds_ends_the_message(
    status_code: str, values: dict[str, str], number: int
) -> None:
    """One reason, the first that applies; nothing else of the message is looked at."""
    outcome = judge(o1(**values), acknowledgement(status_code, acknowledged(ITEM_C)))

    assert numbers(outcome) == [number]
    assert outcome.problems[0].amazon_order_id == ORDER_ID


def test_a_shipped_order_cannot_be_cancelled() -> None:
    """718005 counts the units over all items, and comes before item problems."""
    sent = order(
        item(ITEM_A, 1, {"Principal": "20.00"}, shipped=1),
        item(ITEM_B, 3, {"Principal": "30.00"}, cancelled=1),
    )

    outcome = judge(sent, acknowledgement("Failure", acknowledged(ITEM_C)))

    assert texts(outcome) == [
        f"Order {ORDER_ID} has 1 of 4 units shipped, so it cannot be cancelled: use "
        "OrderAdjustment for the rest."
    ]


def test_a_stated_merchant_order_id_names_the_order_before_the_stored_one() -> None:
    """An ERP finds its record by what it sent (design D5)."""
    known = _with_own_ids("A-1", None, None)._replace(status=OrderStatus.CANCELED)

    stated = judge(known, acknowledgement("Failure", own_id="B-2"))
    stored = judge(known, acknowledgement("Failure"))

    assert f"Order {ORDER_ID} (MerchantOrderID B-2) is" in stated.problems[0].text
    assert f"Order {ORDER_ID} (MerchantOrderID A-1) is" in stored.problems[0].text
