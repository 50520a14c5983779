"""Which orders count in the pre-fulfilment cancel rate."""

from __future__ import annotations

import pytest

from app.model.cancel_rate import counts, counts_as_cancelled
from app.model.order import Order, OrderStatus
from tests.feedtypes.judging import (
    ITEM_A,
    ITEM_B,
    accept,
    acknowledged,
    acknowledgement,
    adjusted,
    adjustment,
    item,
    o1,
    order,
)


def _cancelled(reason: str, buyer_requested_cancel: str | None = None) -> Order:
    before = o1(buyer_requested_cancel=buyer_requested_cancel)
    items = acknowledged(ITEM_A, reason) + acknowledged(ITEM_B, reason)
    return accept(before, acknowledgement("Failure", items))


@pytest.mark.parametrize("reason", ["NoInventory", "GeneralAdjustment", "PricingError"])
def test_an_order_that_the_seller_cancelled_counts(reason: str) -> None:
    """Every reason but the buyer's counts, also where the buyer had asked."""
    cancelled = _cancelled(reason, buyer_requested_cancel="changed my mind")

    assert counts_as_cancelled(cancelled)


@pytest.mark.parametrize(
    ("request_on_order", "expected"), [(None, True), ("changed my mind", False)]
)
def test_buyer_canceled_is_left_out_only_with_the_buyers_official_request(
    request_on_order: str | None, expected: bool
) -> None:
    """A buyer who asks by message only is unofficial. Source: feed-vocabulary 5.5."""
    cancelled = _cancelled("BuyerCanceled", request_on_order)

    assert counts_as_cancelled(cancelled) is expected


@pytest.mark.parametrize(
    ("request_on_order", "expected"), [(None, True), ("changed my mind", False)]
)
def test_the_adjustment_feed_follows_the_same_rule(
    request_on_order: str | None, expected: bool
) -> None:
    """One rule for both feeds (design D4); one cancelled unit is enough."""
    before = o1(buyer_requested_cancel=request_on_order)
    line = adjusted(ITEM_B, "CustomerCancel", cancelled=1)

    cancelled = accept(before, adjustment(line))

    assert counts_as_cancelled(cancelled) is expected


def test_units_whose_cancellation_is_not_told_count_as_the_sellers() -> None:
    """An order put in half cancelled may not say why; no reason counts as any other."""
    put_in = order(item(ITEM_A, 2, {"Principal": "20.00"}, cancelled=1))

    assert counts_as_cancelled(put_in)


def test_an_order_without_cancelled_units_does_not_count_as_cancelled() -> None:
    """It belongs to the orders that the rate is taken of, no more."""
    whole = o1()

    assert counts(whole)
    assert not counts_as_cancelled(whole)


@pytest.mark.parametrize(
    "values",
    [
        {"status": OrderStatus.PENDING},
        {"status": OrderStatus.PENDING_AVAILABILITY},
        {"fulfillment_channel": "AFN"},
    ],
)
def test_pending_orders_and_those_of_the_marketplace_are_left_out(
    values: dict[str, str],
) -> None:
    """The rate is about orders that the seller could have fulfilled."""
    left_out = order(item(ITEM_A, 2, {"Principal": "20.00"}, cancelled=1), **values)

    assert not counts(left_out)
    assert not counts_as_cancelled(left_out)
