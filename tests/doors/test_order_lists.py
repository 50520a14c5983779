"""Orders 2013-09-01, ListOrders: which orders, in which order, page by page."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest

from app.intake.order_import import import_orders
from tests.doors.caller import ORDERS, ORDERS_NAMESPACE, Caller, Reply
from tests.doors.conftest import OTHER_SELLER, SELLER, Running
from tests.held import HeldClock

US = "ATVPDKIKX0DER"
SINCE = {"CreatedAfter": "2026-11-01"}
Put = Callable[..., list[str]]


def order_id(number: int) -> str:
    return f"026-1234567-{number:07d}"


@pytest.fixture
def put(running: Running, clock: HeldClock) -> Put:
    """Put numbered orders in, at 00:00 of the 1st of November unless told otherwise."""

    def put_in(*given: dict[str, Any], seller_id: str = SELLER) -> list[str]:
        orders = []
        for values in given:
            item = {
                "amazon_order_item_code": "00000000000001",
                "quantity_ordered": 2,
                "price": {"Principal": "10.00"},
                **values.pop("item", {}),
            }
            number = values.pop("number")
            orders.append(
                {
                    "amazon_order_id": order_id(number),
                    "marketplace_id": US,
                    "purchase_date": "2026-11-01T00:00:00Z",
                    "currency": "USD",
                    **values,
                    "items": [item],
                }
            )
        import_orders(
            running.service.database,
            BytesIO(json.dumps(orders).encode()),
            seller_id,
            source=f"import {seller_id} {orders[0]['amazon_order_id']}",
            now=clock(),
        )
        return [order["amazon_order_id"] for order in orders]

    return put_in


def listed(caller: Caller, **parameters: str) -> Reply:
    given = {"MarketplaceId.Id.1": US} | parameters
    return caller.call("ListOrders", given, path=ORDERS)


def ids(reply: Reply) -> list[str]:
    assert reply.status == 200, reply.body
    return reply.texts("AmazonOrderId")


def test_pages_hold_every_order_once_even_of_the_same_moment(
    caller: Caller, put: Put
) -> None:
    """A page that ends between equal dates must neither skip nor repeat one."""
    placed = put(*({"number": number} for number in range(1, 6)))

    reply = listed(caller, **SINCE, MaxResultsPerPage="2")
    pages = [ids(reply)]
    while tokens := reply.texts("NextToken"):
        token = {"NextToken": tokens[0]}
        reply = caller.call("ListOrdersByNextToken", token, path=ORDERS)
        pages.append(ids(reply))

    assert pages == [placed[:2], placed[2:4], placed[4:]]
    assert reply.namespace == ORDERS_NAMESPACE
    assert reply.text("CreatedBefore") == "2026-11-24T11:58:00Z"


def test_orders_of_another_seller_are_not_listed(running: Running, put: Put) -> None:
    """Not one byte of one seller reaches another, by list or by token (design D7)."""
    put({"number": 1}, {"number": 2})
    foreign = put({"number": 3}, seller_id=OTHER_SELLER)
    token = listed(running.caller, **SINCE, MaxResultsPerPage="1").text("NextToken")

    theirs = listed(running.other, **SINCE)
    stolen = running.other.call(
        "ListOrdersByNextToken", {"NextToken": token}, path=ORDERS
    )

    assert ids(theirs) == foreign
    assert (stolen.status, stolen.code) == (400, "NextTokenCorrupted")


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"OrderStatus.Status.1": "Shipped"}, [2]),
        ({"OrderStatus.Status.1": "Canceled"}, [3]),
        (
            {
                "OrderStatus.Status.1": "Unshipped",
                "OrderStatus.Status.2": "PartiallyShipped",
            },
            [1],
        ),
        ({"FulfillmentChannel.Channel.1": "MFN"}, [1, 2, 3]),
        ({"FulfillmentChannel.Channel.1": "AFN"}, []),
        ({"PaymentMethod.Method.1": "Other"}, [1, 2, 3]),
        ({"PaymentMethod.Method.1": "COD"}, []),
        ({"EasyShipShipmentStatus.Status.1": "PendingPickUp"}, []),
        ({"TFMShipmentStatus.Status.1": "Delivered"}, []),
        ({"BuyerEmail": "zoe@example.test"}, [1]),
        ({"SellerOrderId": "A-2"}, [2]),
        ({"CreatedAfter": "2026-11-02T00:00:00Z"}, [2, 3]),
        ({"CreatedBefore": "2026-11-02T00:00:00Z"}, [1, 2]),
    ],
)
def test_a_filter_leaves_the_orders_that_match(
    caller: Caller, put: Put, parameters: dict[str, str], expected: list[int]
) -> None:
    """The rules of mws-wire 8.2, one by one."""
    put(
        {"number": 1, "buyer": {"name": "Zoe", "email": "zoe@example.test"}},
        {
            "number": 2,
            "merchant_order_id": "A-2",
            "purchase_date": "2026-11-02T00:00:00Z",
            "item": {"quantity_shipped": 2},
        },
        {
            "number": 3,
            "purchase_date": "2026-11-03T00:00:00Z",
            "item": {"quantity_cancelled": 2},
        },
    )

    reply = listed(caller, **(SINCE | parameters))

    assert ids(reply) == [order_id(number) for number in expected]


def test_the_last_change_lists_orders_once_it_is_two_minutes_old(
    running: Running, put: Put, clock: HeldClock
) -> None:
    """The bound is the time of the change, whenever the order was placed."""
    placed = put({"number": 1})
    since = {"LastUpdatedAfter": "2026-11-24T12:00:00Z"}

    early = listed(running.caller, **since)
    clock.advance(120)
    late = listed(running.caller, **since)

    assert ids(early) == []
    assert ids(late) == placed
    assert late.text("LastUpdatedBefore") == "2026-11-24T12:00:00Z"
    assert late.texts("CreatedBefore") == []


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        SINCE | {"LastUpdatedAfter": "2026-11-01"},
        SINCE | {"LastUpdatedBefore": "2026-11-02"},
        SINCE | {"CreatedBefore": "2026-11-01"},
        SINCE | {"OrderStatus.Status.1": "Unshipped"},
        SINCE | {"OrderStatus.Status.1": "Cancelled"},
        SINCE | {"FulfillmentChannel.Channel.1": "FBA"},
        SINCE | {"PaymentMethod.Method.1": "Cash"},
        SINCE | {"EasyShipShipmentStatus.Status.1": "Sunk"},
        SINCE | {"TFMShipmentStatus.Status.1": "delivered"},
        SINCE | {"MarketplaceId.Id.1": "A1VC38T7YXB5XX"},
        SINCE | {"MaxResultsPerPage": "0"},
        SINCE | {"MaxResultsPerPage": "101"},
        SINCE | {"MaxResultsPerPage": "ten"},
        SINCE | {"BuyerEmail": "a@b.test", "SellerOrderId": "A-1"},
        SINCE | {"BuyerEmail": "a@b.test", "OrderStatus.Status.1": "Shipped"},
        {"LastUpdatedAfter": "2026-11-01", "SellerOrderId": "A-1"},
    ],
)
def test_what_the_rules_exclude_is_refused(
    shared: Running, parameters: dict[str, str]
) -> None:
    """The section spells every such refusal InvalidParameterValue (mws-wire 8.2)."""
    reply = listed(shared.caller, **parameters)

    assert (reply.status, reply.code) == (400, "InvalidParameterValue")
    assert reply.namespace == ORDERS_NAMESPACE


# What each state shows in an Order: its status, what its items still cost, the units
# shipped and those to ship (mws-wire 8.3, 8.4); and what its one item shows (8.5).
STATES = [
    pytest.param(
        {},
        ("Unshipped", "20.00", "0", "4"),
        ("4", "0", "20.00"),
        id="unshipped",
    ),
    pytest.param(
        {"quantity_shipped": 1},
        ("PartiallyShipped", "20.00", "1", "3"),
        ("4", "1", "20.00"),
        id="partly shipped",
    ),
    pytest.param(
        {"quantity_shipped": 4},
        ("Shipped", "20.00", "4", "0"),
        ("4", "4", "20.00"),
        id="shipped",
    ),
    pytest.param(
        {"quantity_cancelled": 1},
        ("Unshipped", "15.00", "0", "3"),
        ("3", "0", "15.00"),
        id="part-cancelled",
    ),
    pytest.param(
        {"quantity_cancelled": 1, "quantity_shipped": 3},
        ("Shipped", "15.00", "3", "0"),
        ("3", "3", "15.00"),
        id="the rest shipped",
    ),
    pytest.param(
        {"quantity_cancelled": 4},
        ("Canceled", "0.00", "0", "0"),
        ("0", "0", "0.00"),
        id="cancelled",
    ),
]


@pytest.mark.parametrize(("units", "order", "item"), STATES)
def test_an_order_looks_as_its_state_in_every_answer(
    caller: Caller,
    put: Put,
    units: dict[str, int],
    order: tuple[str, ...],
    item: tuple[str, ...],
) -> None:
    """ListOrders, GetOrder and ListOrderItems tell the same of it."""
    ordered = {"quantity_ordered": 4, "price": {"Principal": "20.00"}}
    (placed,) = put({"number": 1, "item": ordered | units})

    one = listed(caller, **SINCE)
    got = caller.call("GetOrder", {"AmazonOrderId.Id.1": placed}, path=ORDERS)
    items = caller.call("ListOrderItems", {"AmazonOrderId": placed}, path=ORDERS)

    shown = ("OrderStatus", "Amount", "NumberOfItemsShipped", "NumberOfItemsUnshipped")
    for reply in (one, got):
        assert tuple(map(reply.text, shown)) == order
    of_item = ("QuantityOrdered", "QuantityShipped", "Amount")
    assert tuple(map(items.text, of_item)) == item
