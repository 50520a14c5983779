"""Judging fulfilments, where the golden corpus does not reach."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from app.model.effects import ChargeOrder, CorrectShipment, RecordShipment
from app.model.feed import Rules
from app.model.order import Order, OrderStatus
from tests.feedtypes.judging import (
    ITEM_A,
    ITEM_B,
    ITEM_C,
    ORDER_ID,
    accept,
    after,
    fulfilled,
    fulfillment,
    item,
    judge,
    numbers,
    o1,
    order,
    texts,
)


def _shipped_in(*parcels: str) -> Order:
    """Return O1 after it was shipped in these parcels, each the XML of its items."""
    sent = o1()
    for parcel in parcels:
        sent = accept(sent, fulfillment(parcel))
    return sent


def test_the_first_shipment_charges_the_whole_order() -> None:
    """Also when more follow: the rest is a refund from then on."""
    outcome = judge(o1(), fulfillment(fulfilled(ITEM_B, 2)))
    shipped = after(o1(), outcome)
    second = judge(shipped, fulfillment())

    assert [type(effect) for effect in outcome.effects] == [RecordShipment, ChargeOrder]
    assert outcome.effects[1] == ChargeOrder(Decimal("60.00"))
    assert shipped.status is OrderStatus.PARTIALLY_SHIPPED
    assert [type(effect) for effect in second.effects] == [RecordShipment]
    assert after(shipped, second).status is OrderStatus.SHIPPED


def test_without_items_the_rest_of_the_order_is_shipped() -> None:
    """Cancelled and shipped units are not sent again."""
    partly = order(
        item(ITEM_A, 1, {"Principal": "20.00"}, cancelled=1),
        item(ITEM_B, 3, {"Principal": "30.00"}, shipped=1),
        item(ITEM_C, 2, {"Principal": "1.00"}),
    )

    (shipment,) = judge(partly, fulfillment()).effects

    assert isinstance(shipment, RecordShipment)
    assert shipment.items == ((ITEM_B, 2), (ITEM_C, 2))


def test_a_shipment_lists_items_as_the_order_does() -> None:
    """The ledger is read by people who know the order, not the feed."""
    outcome = judge(o1(), fulfillment(fulfilled(ITEM_B) + fulfilled(ITEM_A, 1)))

    assert isinstance(outcome.effects[0], RecordShipment)
    assert outcome.effects[0].items == ((ITEM_A, 1), (ITEM_B, 3))


def test_what_the_seller_says_of_the_parcel_is_kept_and_blanks_are_not() -> None:
    """Line ends become blanks; an empty tracking number is none."""
    data = (
        "<CarrierCode>Other</CarrierCode><CarrierName>Cargo\nBike</CarrierName>"
        "<ShippingMethod> </ShippingMethod><ShipperTrackingNumber/>"
    )
    items = fulfilled(ITEM_A).replace(
        "</Item>",
        "<TransparencyCode>AZ:1</TransparencyCode>"
        "<TransparencyCode>AZ:2</TransparencyCode></Item>",
    )
    message = fulfillment(items, data=data).replace(
        "<FulfillmentDate>",
        "<MerchantFulfillmentID> 0042 </MerchantFulfillmentID><FulfillmentDate>",
    )

    outcome = judge(o1(), message)

    assert outcome.effects[0] == RecordShipment(
        items=((ITEM_A, 1),),
        fulfillment_date=datetime(2026, 11, 20, 10, tzinfo=UTC),
        carrier_code="Other",
        carrier_name="Cargo Bike",
        merchant_fulfillment_id="0042",
        transparency_codes=("AZ:1", "AZ:2"),
    )


def test_a_date_without_a_zone_is_local_time_of_the_marketplace() -> None:
    """One text is two moments: in Tokyo it was 3 in the morning 17 hours earlier."""
    there = judge(o1(), fulfillment(date="2026-11-24T03:00:00"))
    yen = o1(marketplace_id="A1VC38T7YXB528")
    tokyo = judge(yen, fulfillment(date="2026-11-24T03:00:00"))

    assert isinstance(there.effects[0], RecordShipment)
    assert there.effects[0].fulfillment_date == datetime(2026, 11, 24, 11, tzinfo=UTC)
    assert isinstance(tokyo.effects[0], RecordShipment)
    assert tokyo.effects[0].fulfillment_date == datetime(2026, 11, 23, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2026-11-01T10:00:00Z", []),
        ("2026-11-01T09:59:59Z", [718021]),
        ("2026-11-24T12:05:00Z", []),
        ("2026-11-24T12:05:01Z", [718022]),
        ("2026-11-24T24:00:00Z", [718022]),
        ("12026-11-24T12:00:00Z", [718022]),
        ("-2026-11-24T12:00:00Z", [718021]),
    ],
)
def test_a_parcel_goes_out_between_the_order_and_now(
    date: str, expected: list[int]
) -> None:
    """Both ends belong to it; clocks may be 5 minutes apart (design D4)."""
    outcome = judge(o1(), fulfillment(date=date))

    assert numbers(outcome) == expected


def test_the_tolerance_for_the_future_is_a_setting() -> None:
    """An operator with better clocks may allow less."""
    message = fulfillment(date="2026-11-24T12:00:10Z")

    outcome = judge(o1(), message, future_tolerance_seconds=5)

    assert texts(outcome) == [
        f"Order {ORDER_ID}: FulfillmentDate 2026-11-24T12:00:10Z is in the future, it "
        "is now 2026-11-24T12:00:00Z."
    ]


def test_the_order_the_carrier_and_the_items_are_told_together() -> None:
    """Dates first, then the carrier, then the items in document order."""
    data = "<CarrierCode>Other</CarrierCode>"
    items = fulfilled(ITEM_A, 2) + fulfilled(ITEM_C) + fulfilled(ITEM_A)
    message = fulfillment(items, date="2020-01-01T00:00:00Z", data=data)

    outcome = judge(o1(), message, Rules.STRICT)

    assert numbers(outcome) == [718021, 718023, 18021, 718010, 718012]
    assert outcome.effects == ()


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ("", "no carrier is named"),
        ("<CarrierName/>", "no carrier is named"),
        ("<CarrierName> </CarrierName>", "no carrier is named"),
        (
            "<CarrierCode>Other</CarrierCode>",
            "CarrierCode Other comes without CarrierName",
        ),
    ],
)
def test_the_strict_rules_want_a_carrier(data: str, found: str) -> None:
    """718023; the standard rules take the parcel without one."""
    message = fulfillment(data=data)

    assert [
        problem.text for problem in judge(o1(), message, Rules.STRICT).problems
    ] == [
        f"Order {ORDER_ID}: {found}: give a CarrierCode of the list, or a CarrierName."
    ]
    assert judge(o1(), message).problems == ()


def test_more_units_than_are_open_are_refused_item_by_item() -> None:
    """18021 counts what was shipped and cancelled before, of that item."""
    partly = order(
        item(ITEM_A, 4, {"Principal": "20.00"}, shipped=1, cancelled=1),
        item(ITEM_B, 3, {"Principal": "30.00"}, cancelled=3),
    )
    items = fulfilled(ITEM_A, 5) + fulfilled(ITEM_B)

    outcome = judge(partly, fulfillment(items))

    assert texts(outcome) == [
        f"Order {ORDER_ID} has 2 units of order item {ITEM_A} left to ship, not 5: 4 "
        "ordered, 1 shipped, 1 cancelled.",
        f"Order {ORDER_ID} has 0 units of order item {ITEM_B} left to ship, so there "
        "is nothing to confirm: 3 ordered, 0 shipped, 3 cancelled.",
    ]
    codes = [problem.amazon_order_item_code for problem in outcome.problems]
    assert codes == [ITEM_A, ITEM_B]


def test_a_quantity_of_23_digits_is_refused_as_it_was_sent() -> None:
    """The schema sets no bound, so the text has to hold it."""
    outcome = judge(o1(), fulfillment(fulfilled(ITEM_A, 10**22)))

    assert ", not 10000000000000000000000: " in outcome.problems[0].text


# A shipment that was confirmed before.


def test_the_same_parcel_again_corrects_its_carrier() -> None:
    """718024: same units, new tracking number; nothing is charged again."""
    sent = _shipped_in("")
    data = (
        "<CarrierCode>DHL</CarrierCode>"
        "<ShipperTrackingNumber>JD01</ShipperTrackingNumber>"
    )

    outcome = judge(sent, fulfillment(date="2026-11-21T10:00:00Z", data=data))
    corrected = after(sent, outcome)

    assert numbers(outcome) == [718024]
    assert outcome.effects == (
        CorrectShipment(
            shipment=0,
            fulfillment_date=datetime(2026, 11, 21, 10, tzinfo=UTC),
            carrier_code="DHL",
            tracking_number="JD01",
        ),
    )
    assert corrected.shipments[0].items == sent.shipments[0].items
    assert corrected.status is OrderStatus.SHIPPED


def test_the_latest_parcel_of_these_items_is_corrected() -> None:
    """Two parcels of b, two units and one: a Quantity tells them apart."""
    sent = _shipped_in(fulfilled(ITEM_B, 1), fulfilled(ITEM_B, 2))

    unsaid = judge(sent, fulfillment(fulfilled(ITEM_B)))
    one = judge(sent, fulfillment(fulfilled(ITEM_B, 1)))
    three = judge(sent, fulfillment(fulfilled(ITEM_B, 3)))

    assert isinstance(unsaid.effects[0], CorrectShipment)
    assert unsaid.effects[0].shipment == 1
    assert isinstance(one.effects[0], CorrectShipment)
    assert one.effects[0].shipment == 0
    assert numbers(three) == [18021]


def test_a_correction_is_possible_while_other_items_are_open() -> None:
    """All units of the items meant are gone, so it cannot be a new shipment."""
    sent = _shipped_in(fulfilled(ITEM_A))

    outcome = judge(sent, fulfillment(fulfilled(ITEM_A)))

    assert numbers(outcome) == [718024]


def test_units_that_are_still_open_are_no_correction() -> None:
    """Two of 3 units were shipped; the third is a shipment of its own."""
    sent = _shipped_in(fulfilled(ITEM_B, 2))

    more = judge(sent, fulfillment(fulfilled(ITEM_B, 2)))
    rest = judge(sent, fulfillment(fulfilled(ITEM_B, 1)))

    assert numbers(more) == [18021]
    assert isinstance(rest.effects[0], RecordShipment)


@pytest.mark.parametrize(
    "parcels",
    [
        (fulfilled(ITEM_A), fulfilled(ITEM_B)),
        (fulfilled(ITEM_A) + fulfilled(ITEM_B, 2), fulfilled(ITEM_B, 1)),
    ],
)
def test_without_items_several_parcels_cannot_be_corrected_as_one(
    parcels: tuple[str, ...],
) -> None:
    """18021 for the order as a whole: no parcel holds all the shipped units."""
    sent = _shipped_in(*parcels)

    outcome = judge(sent, fulfillment())

    assert texts(outcome) == [
        f"Order {ORDER_ID} has no units left to ship, so there is nothing to confirm: "
        "4 ordered, 4 shipped, 0 cancelled."
    ]
    assert outcome.problems[0].amazon_order_item_code is None


def test_a_correction_with_a_date_in_the_future_is_refused() -> None:
    """The same dates hold; and a refused message does not claim a replacement."""
    sent = _shipped_in("")

    outcome = judge(sent, fulfillment(date="2027-01-01T00:00:00Z"))

    assert numbers(outcome) == [718022]
    assert outcome.effects == ()


def test_an_order_put_in_shipped_without_its_parcels_cannot_be_corrected() -> None:
    """There is no shipment to correct, only units that are gone."""
    put_in = order(item(ITEM_A, 1, {"Principal": "20.00"}, shipped=1))

    outcome = judge(put_in, fulfillment(fulfilled(ITEM_A, 1)))

    assert numbers(outcome) == [18021]


@pytest.mark.parametrize(
    ("status", "number"),
    [
        (OrderStatus.PENDING, 718003),
        (OrderStatus.CANCELED, 718004),
        (OrderStatus.UNFULFILLABLE, 718006),
    ],
)
def test_a_closed_order_ends_the_message_before_its_date_is_read(
    status: OrderStatus, number: int
) -> None:
    """The first reason that applies is the one that is told."""
    closed = o1()._replace(status=status)

    outcome = judge(closed, fulfillment(date="2020-01-01T00:00:00Z"))

    assert numbers(outcome) == [number]
