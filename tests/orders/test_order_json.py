"""The JSON of orders: canonical form, what follows from the units, what is refused."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.model.effects import HoldRefund, PostRefund
from app.model.order import OrderStatus
from app.model.order_checks import OrderInvalid, read_shape
from app.model.order_json import (
    order_from_json,
    order_text,
    order_to_json,
    write_orders,
)
from app.model.order_shape import PRICE_COMPONENTS, schema
from tests.orders.examples import CODE_A, CODE_B, ORDER_ID, SELLER, item, order

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "orders.schema.json"

FULL = {
    "amazon_order_id": ORDER_ID,
    "merchant_order_id": "A-1",
    "marketplace_id": "ATVPDKIKX0DER",
    "fulfillment_channel": "MFN",
    "status": "PartiallyShipped",
    "purchase_date": "2026-11-01T10:00:00Z",
    "currency": "USD",
    "buyer": {"name": "Zoë", "email": "zoe@buyers.example"},
    "buyer_requested_cancel": "changed my mind",
    "charged": "61.00",
    "items": [
        {
            "amazon_order_item_code": CODE_A,
            "merchant_order_item_id": "A-1-1",
            "sku": "MUG",
            "asin": "B000000001",
            "title": "Mug",
            "quantity_ordered": 3,
            "quantity_shipped": 1,
            "quantity_cancelled": 1,
            "price": {"Principal": "60.00", "Shipping": "6.00"},
            "promotions": [
                {
                    "promotion_claim_code": "AUTUMN",
                    "merchant_promotion_id": "Autumn",
                    "component": "Principal",
                    "amount": "5.00",
                    "taken_back": "1.00",
                }
            ],
            "refunded": {"Principal": "20.00", "RestockingFee": "-3.00"},
        }
    ],
    "cancellations": [
        {
            "amazon_order_item_code": CODE_A,
            "quantity": 1,
            "reason": "CustomerCancel",
            "restock": True,
        }
    ],
    "shipments": [
        {
            "fulfillment_date": "2026-11-02T09:30:00.250000Z",
            "carrier_code": "UPS",
            "carrier_name": "United",
            "shipping_method": "Ground",
            "tracking_number": "1Z",
            "items": {CODE_A: 1},
        }
    ],
    "adjustments": [
        {
            "amazon_order_item_code": CODE_A,
            "merchant_adjustment_item_id": "R-7",
            "content": '["Other"]',
        }
    ],
}


def _faults(value: Any) -> list[tuple[str, str]]:
    with pytest.raises(OrderInvalid) as refused:
        order_from_json(SELLER, value)
    return [(fault.path, fault.text) for fault in refused.value.faults]


def test_the_canonical_form_comes_back_byte_for_byte() -> None:
    """after.json, exports and the ledger's opening entry are one form."""
    text = json.dumps([FULL], indent=2, ensure_ascii=False) + "\n"

    again = write_orders([order_from_json(SELLER, json.loads(text)[0])])

    assert again == text


def test_what_was_left_out_follows_from_the_rest() -> None:
    """A case's orders.json says only what matters to it."""
    shipped = [item(quantity_shipped=3)]

    read = order_from_json(SELLER, order(items=shipped))

    assert read.status is OrderStatus.SHIPPED
    assert read.fulfillment_channel == "MFN"
    assert read.charged
    assert order_to_json(read)["charged"] == "36.00"
    assert order_to_json(read)["buyer"] == {"name": "", "email": ""}


def test_amounts_are_written_with_the_decimals_of_their_currency() -> None:
    """10 dollars are 10.00, 10 yen are 10; components keep one order."""
    dollars = order(items=[item(price={"Tax": "1.5", "Principal": "10"})])
    yen = order(currency="JPY", items=[item(price={"Principal": "10"})])

    written = [order_to_json(order_from_json(SELLER, each)) for each in (dollars, yen)]

    prices = [json.dumps(each["items"][0]["price"]) for each in written]
    assert prices == ['{"Principal": "10.00", "Tax": "1.50"}', '{"Principal": "10"}']


def test_what_is_given_back_before_the_charge_opens_as_credits_and_holds() -> None:
    """They settle or lapse later, so each is one pending refund of its item."""
    credited = item(CODE_A, refunded={"Principal": "10.00"}, held={"Shipping": "1.00"})
    discount = {"component": "Principal", "amount": "5.00", "taken_back": "5.00"}
    reduced = item(CODE_B, promotions=[discount], refunded={"Principal": "8.00"})

    read = order_from_json(SELLER, order(items=[credited, reduced]))

    refunds = [pending.refund for pending in read.pending_refunds]
    assert [(type(r), r.number, r.amazon_order_item_code, r.net) for r in refunds] == [
        (PostRefund, 1, CODE_A, Decimal("10.00")),
        (HoldRefund, 2, CODE_A, Decimal("1.00")),
        (PostRefund, 3, CODE_B, Decimal("3.00")),
    ]
    assert read.refund_count == 3
    assert [each.left for each in read.items] == [Decimal("25.00"), Decimal("28.00")]


def test_a_charged_order_has_no_credits() -> None:
    """Its refunds are paid: there is nothing to settle."""
    shipped = item(quantity_shipped=1, refunded={"Principal": "10.00"})

    read = order_from_json(SELLER, order(items=[shipped]))

    assert read.pending_refunds == ()
    assert read.items[0].refunded == Decimal("10.00")


@pytest.mark.parametrize(
    ("changes", "path", "text"),
    [
        (
            {"amazon_order_id": "26-1"},
            "amazon_order_id",
            'is "26-1", expected 3, 7 and 7 digits with hyphens, such as '
            "026-1234567-1234567",
        ),
        (
            {"purchase_date": "2026-11-01"},
            "purchase_date",
            'is "2026-11-01", expected a date and time with its zone, such as '
            "2026-11-24T12:00:00Z",
        ),
        (
            {"purchase_date": "2026-02-30T10:00:00Z"},
            "purchase_date",
            'is "2026-02-30T10:00:00Z", which is no date of the calendar',
        ),
        ({"buyer": None}, "buyer", "is null, expected an object"),
        ({"items": []}, "items", "is [], expected a list of 1 item or more"),
        ({"item": []}, "item", "is no name that is known here"),
        (
            {"status": "Open"},
            "status",
            f'is "Open", expected one of {", ".join(OrderStatus)}',
        ),
        (
            {"status": "Shipped"},
            "status",
            'is "Shipped", but the units make it "Unshipped"',
        ),
        (
            {"charged": "35.99"},
            "charged",
            'is "35.99", expected the price less promotions: 36.00 USD',
        ),
        (
            {"items": [item(), item()]},
            "items[1].amazon_order_item_code",
            f'is "{CODE_A}", the same as of items[0], expected another for each item',
        ),
        (
            {"cancellations": [{"amazon_order_item_code": CODE_B, "quantity": 1}]},
            "cancellations[0].amazon_order_item_code",
            f'is "{CODE_B}", expected the code of an item',
        ),
        (
            {"cancellations": [{"amazon_order_item_code": CODE_A, "quantity": 1}]},
            "cancellations[0].amazon_order_item_code",
            f"brings item {CODE_A} to 1 units, expected at most its "
            "quantity_cancelled of 0",
        ),
    ],
)
def test_a_fault_of_an_order_names_its_place_and_what_would_be_right(
    changes: dict[str, Any], path: str, text: str
) -> None:
    """Whoever wrote the file finds the value, and knows what to write instead."""
    faults = _faults(order(**changes))

    assert faults == [(path, text)]


@pytest.mark.parametrize(
    ("changes", "path", "text"),
    [
        (
            {"quantity_ordered": "3"},
            "quantity_ordered",
            'is "3", expected a whole number from 1 to 999999999',
        ),
        (
            {"quantity_shipped": 2, "quantity_cancelled": 2},
            "quantity_ordered",
            "is 3, but 2 shipped and 2 cancelled units are more",
        ),
        (
            {"price": {"Principal": 30.0}},
            "price.Principal",
            'is 30.0, expected an amount of 0 or more, such as "30.00"',
        ),
        (
            {"price": {"Prinicpal": "1.00"}},
            "price.Prinicpal",
            f"is no name that is known, expected one of {', '.join(PRICE_COMPONENTS)}",
        ),
        (
            {"price": {"Principal": "1.005"}},
            "price.Principal",
            'is "1.005", but USD has 2 decimals',
        ),
        (
            {"price": {"Principal": "10000000000000.00"}},
            "price.Principal",
            'is "10000000000000.00", expected less than 10000000000000.00',
        ),
        (
            {"refunded": {"Principal": "30.01"}},
            "refunded.Principal",
            "comes to 30.01 USD, more than its price of 30.00 USD",
        ),
        (
            {"refunded": {"Goodwill": "36.01"}},
            "refunded",
            "comes to 36.01 USD, more than the 36.00 USD paid for the item",
        ),
        (
            {"promotions": [{"component": "Principal", "amount": "36.01"}]},
            "promotions",
            "leave -0.01 USD to pay for the item, expected 0 or more",
        ),
        (
            {
                "promotions": [
                    {"component": "Tax", "amount": "5.00", "taken_back": "5.01"}
                ]
            },
            "promotions[0].component",
            'is "Tax", expected Principal or Shipping',
        ),
        (
            {
                "promotions": [
                    {"component": "Principal", "amount": "5.00", "taken_back": "5.01"}
                ]
            },
            "promotions[0].taken_back",
            "comes to 5.01 USD, more than the promotion of 5.00 USD",
        ),
        (
            {"title": "a\u0000b"},
            "title",
            'is "a\\u0000b", expected at most 500 characters, without control '
            "characters",
        ),
    ],
)
def test_a_fault_of_an_item_names_its_place_and_what_would_be_right(
    changes: dict[str, Any], path: str, text: str
) -> None:
    """Units and amounts hold the invariants of design D4 from the first day on."""
    faults = _faults(order(items=[item(CODE_B), item(CODE_A, **changes)]))

    assert faults == [(f"items[1].{path}", text)]


def test_refunds_are_held_only_before_the_charge() -> None:
    """A hold waits for the first shipment; behind it there is nothing to wait for."""
    shipped = item(quantity_shipped=1, held={"Principal": "1.00"})

    faults = _faults(order(items=[shipped]))

    assert faults == [
        ("items", "hold refunds, but refunds are held only until the charge")
    ]


def test_credits_of_an_order_cancelled_uncharged_have_lapsed() -> None:
    """The buyer ends at 0 (design D4), so such an order cannot be put in."""
    cancelled = item(quantity_cancelled=3, refunded={"Principal": "1.00"})

    faults = _faults(order(items=[cancelled]))

    assert faults == [
        (
            "items",
            "have refunds, but credits lapse when an order that was not charged is "
            "cancelled",
        )
    ]


def test_every_fault_of_an_order_is_told_at_once() -> None:
    """Correcting a file takes one round, not one for each mistake."""
    value = order(currency="usd", items=[item("1"), {}])

    paths = [path for path, _ in _faults(value)]

    assert paths == [
        "currency",
        "items[0].amazon_order_item_code",
        "items[1].amazon_order_item_code",
        "items[1].quantity_ordered",
        "items[1].price",
    ]


@pytest.mark.parametrize("status", ["Pending", "PendingAvailability", "Unfulfillable"])
def test_some_states_do_not_follow_from_the_units(status: str) -> None:
    """The marketplace alone knows that payment, stock or a release is missing."""
    read = order_from_json(SELLER, order(status=status))

    assert read.status == status


def test_the_published_schema_is_the_one_that_is_checked() -> None:
    """Made by `feedgate orders schema > docs/reference/orders.schema.json`."""
    published = json.loads(REFERENCE.read_text(encoding="utf-8"))

    assert published == schema()


PARTS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 2_000_000_000)
    | st.sampled_from(
        ["", "1.00", "-1.00", "USD", CODE_A, "MFN", "x" * 51, "\t", "Tax"]
    ),
    lambda parts: (
        st.lists(parts, max_size=2)
        | st.dictionaries(st.sampled_from(["Tax", "Foo", CODE_A, "name"]), parts)
    ),
    max_leaves=3,
)


def _places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    places = [at] if at else []
    for name, part in inner:
        if isinstance(part, (dict, list)):
            places += _places(part, (*at, name))
        else:
            places.append((*at, name))
    return places


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(_places(FULL)), st.sampled_from(["set", "drop", "add"]), PARTS)
def test_the_published_schema_and_the_check_agree(
    place: tuple[Any, ...], change: str, part: Any
) -> None:
    """A file that passes the schema elsewhere is not refused here for its shape."""
    changed = copy.deepcopy(FULL)
    holder: Any = changed
    for step in place[:-1]:
        holder = holder[step]
    if change == "drop":
        del holder[place[-1]]
    elif change == "add" and isinstance(holder, dict):
        holder["added"] = part
    else:
        holder[place[-1]] = part
    by_schema = jsonschema.Draft202012Validator(schema()).is_valid([changed])

    try:
        read_shape(changed)
    except OrderInvalid as invalid:
        ours = all("no date" in fault.text for fault in invalid.faults)
    else:
        ours = True

    assert ours == by_schema


CENTS = st.integers(0, 5_000)


@st.composite
def valid_items(draw: st.DrawFn, code: str) -> dict[str, Any]:
    """Draw an item whose units and amounts hold together."""
    ordered = draw(st.integers(1, 5))
    shipped = draw(st.integers(0, ordered))
    price = draw(st.dictionaries(st.sampled_from(PRICE_COMPONENTS), CENTS, max_size=4))
    refunded = {name: draw(st.integers(0, cents)) for name, cents in price.items()}
    return item(
        code,
        quantity_ordered=ordered,
        quantity_shipped=shipped,
        quantity_cancelled=draw(st.integers(0, ordered - shipped)),
        price={name: f"{cents / 100:.2f}" for name, cents in price.items()},
        refunded={name: f"{cents / 100:.2f}" for name, cents in refunded.items()},
    )


@given(valid_items(CODE_A), valid_items(CODE_B), st.booleans())
def test_every_order_reads_back_as_what_was_written(
    first: dict[str, Any], second: dict[str, Any], reverse: bool
) -> None:
    """Export and import are inverse, so orders can move between installations."""
    items = [second, first] if reverse else [first, second]
    if not any(each["quantity_shipped"] for each in items):
        items = [each | {"refunded": {}} for each in items]
    read = order_from_json(SELLER, order(items=items))

    again = order_from_json(SELLER, json.loads(order_text(read)))

    assert again == read
    assert order_text(again) == order_text(read)
