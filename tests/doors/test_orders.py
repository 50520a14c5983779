"""Orders 2013-09-01: what a seller sees of an order after its feeds."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from lxml import etree

from app.intake.order_import import import_orders
from tests.doors.caller import ORDERS, ORDERS_NAMESPACE, Caller, Reply
from tests.doors.conftest import OTHER_SELLER, SELLER, Running
from tests.held import HeldClock

FIRST = "026-1234567-1234567"
SECOND = "026-1234567-7654321"

Put = Callable[..., None]


def item(number: int, ordered: int, **values: Any) -> dict[str, Any]:
    """Return an order item of our JSON; prices are those of the whole line."""
    code = f"{number:014d}"
    return {"amazon_order_item_code": code, "quantity_ordered": ordered, **values}


def order(*items: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {
        "amazon_order_id": FIRST,
        "marketplace_id": "ATVPDKIKX0DER",
        "purchase_date": "2026-11-01T10:00:00.5Z",
        "currency": "USD",
        **values,
        "items": list(items),
    }


@pytest.fixture
def put(running: Running, clock: HeldClock) -> Put:
    """Put orders in for a seller."""

    def put_in(*orders: dict[str, Any], seller_id: str = SELLER) -> None:
        import_orders(
            running.service.database,
            BytesIO(json.dumps(orders).encode()),
            seller_id,
            source=f"import {seller_id}",
            now=clock(),
        )

    return put_in


def get(caller: Caller, *amazon_order_ids: str) -> Reply:
    named = {
        f"AmazonOrderId.Id.{n}": each for n, each in enumerate(amazon_order_ids, 1)
    }
    return caller.call("GetOrder", named, path=ORDERS)


def items_of(caller: Caller, amazon_order_id: str = FIRST) -> Reply:
    return caller.call(
        "ListOrderItems", {"AmazonOrderId": amazon_order_id}, path=ORDERS
    )


def inner(reply: Reply, name: str) -> str:
    """Return what stands in the one element of that name, without the namespace."""
    (found,) = reply.root.iter(f"{{*}}{name}")
    text = etree.tostring(found, encoding="unicode").replace(
        f' xmlns="{ORDERS_NAMESPACE}"', ""
    )
    return text.removeprefix(f"<{name}>").removesuffix(f"</{name}>")


def amounts(reply: Reply, name: str) -> list[str]:
    """Return the amounts of all elements of that name."""
    return [money[1].text or "" for money in reply.root.iter(f"{{*}}{name}")]


def test_an_order_has_its_elements_in_the_order_of_the_schema(
    caller: Caller, put: Put
) -> None:
    """Some clients read children in sequence (mws-wire 8.4)."""
    put(
        order(
            item(1, 3, quantity_shipped=1, price={"Principal": "30.00", "Tax": "1.50"}),
            merchant_order_id="A-1",
            buyer={"name": "Zoë & Co", "email": "zoe@example.test"},
        )
    )

    reply = get(caller, FIRST)

    assert reply.status == 200
    assert reply.namespace == ORDERS_NAMESPACE
    assert "Zo&#235; &amp; Co" in reply.body.decode("ascii")
    assert inner(reply, "Order") == (
        f"<AmazonOrderId>{FIRST}</AmazonOrderId>"
        "<SellerOrderId>A-1</SellerOrderId>"
        "<PurchaseDate>2026-11-01T10:00:00Z</PurchaseDate>"
        "<LastUpdateDate>2026-11-24T12:00:00Z</LastUpdateDate>"
        "<OrderStatus>PartiallyShipped</OrderStatus>"
        "<FulfillmentChannel>MFN</FulfillmentChannel>"
        "<SalesChannel>Amazon.com</SalesChannel>"
        "<OrderTotal><CurrencyCode>USD</CurrencyCode><Amount>31.50</Amount></OrderTotal>"
        "<NumberOfItemsShipped>1</NumberOfItemsShipped>"
        "<NumberOfItemsUnshipped>2</NumberOfItemsUnshipped>"
        "<MarketplaceId>ATVPDKIKX0DER</MarketplaceId>"
        "<BuyerEmail>zoe@example.test</BuyerEmail>"
        "<BuyerName>Zoë &amp; Co</BuyerName>"
        "<OrderType>StandardOrder</OrderType>"
    )
    assert reply.header("x-amz-request-id") is None
    assert reply.header("x-mws-quota-max") is None


def test_an_item_has_its_elements_in_the_order_of_the_schema(
    caller: Caller, put: Put
) -> None:
    """Every price there is, and in it nothing but currency and amount (8.5)."""
    prices = {
        "Principal": "20.00",
        "Shipping": "4.00",
        "GiftWrap": "2.00",
        "Tax": "1.00",
        "ShippingTax": "0.40",
        "GiftWrapTax": "0.20",
        "CODFee": "3.00",
    }
    promotions = [
        {"component": "Shipping", "amount": "1.00", "merchant_promotion_id": "FREE"},
        {"component": "Principal", "amount": "2.50", "promotion_claim_code": "SPRING"},
        {"component": "Principal", "amount": "0.50"},
    ]
    put(
        order(
            item(
                1,
                2,
                sku="S-1",
                asin="B000000001",
                title="A <book>",
                price=prices,
                promotions=promotions,
            )
        )
    )

    reply = items_of(caller)

    def money(name: str, amount: str) -> str:
        text = f"<CurrencyCode>USD</CurrencyCode><Amount>{amount}</Amount>"
        return f"<{name}>{text}</{name}>"

    assert inner(reply, "AmazonOrderId") == FIRST
    assert inner(reply, "OrderItem") == (
        "<ASIN>B000000001</ASIN><OrderItemId>00000000000001</OrderItemId>"
        "<SellerSKU>S-1</SellerSKU><Title>A &lt;book&gt;</Title>"
        "<QuantityOrdered>2</QuantityOrdered><QuantityShipped>0</QuantityShipped>"
        + money("ItemPrice", "20.00")
        + money("ShippingPrice", "4.00")
        + money("GiftWrapPrice", "2.00")
        + money("ItemTax", "1.00")
        + money("ShippingTax", "0.40")
        + money("GiftWrapTax", "0.20")
        + money("ShippingDiscount", "1.00")
        + money("PromotionDiscount", "3.00")
        + "<PromotionIds><PromotionId>FREE</PromotionId></PromotionIds>"
        + money("CODFee", "3.00")
    )
    assert amounts(get(caller, FIRST), "OrderTotal") == ["26.60"]


def test_cancelled_units_are_taken_off_quantities_and_prices(
    caller: Caller, put: Put
) -> None:
    """Thirds of 10.00 are 3.33, and the last unit has the rest (design D4)."""
    promotions = [{"component": "Principal", "amount": "1.00"}]
    put(
        order(
            item(1, 3, price={"Principal": "10.00"}, quantity_cancelled=1),
            item(2, 3, price={"Principal": "10.00"}, quantity_cancelled=2),
            item(3, 3, price={"Principal": "10.00"}, quantity_cancelled=3),
            item(
                4,
                3,
                price={"Principal": "10.00", "Tax": "0.50"},
                promotions=promotions,
                quantity_cancelled=1,
            ),
        )
    )

    reply = items_of(caller)

    assert reply.texts("QuantityOrdered") == ["2", "1", "0", "2"]
    assert amounts(reply, "ItemPrice") == ["6.67", "3.34", "0.00", "6.67"]
    assert amounts(reply, "ItemTax") == ["0.34"]
    assert amounts(reply, "PromotionDiscount") == ["0.67"]
    shown = get(caller, FIRST)
    assert amounts(shown, "OrderTotal") == ["16.35"]
    assert shown.text("NumberOfItemsUnshipped") == "5"


def test_currencies_without_a_minor_unit_have_no_decimals(
    caller: Caller, put: Put
) -> None:
    """1000 yen for 3 units: 333 each, and one cancelled (design D4)."""
    jpy = {"currency": "JPY", "marketplace_id": "A1VC38T7YXB528"}
    put(order(item(1, 3, price={"Principal": "1000"}, quantity_cancelled=1), **jpy))

    reply = items_of(caller)

    assert amounts(reply, "ItemPrice") == ["667"]
    assert get(caller, FIRST).text("SalesChannel") == "Amazon.co.jp"


def test_refunds_change_neither_quantities_nor_prices(caller: Caller, put: Put) -> None:
    """They are seen in Finances, not here (design D4)."""
    shipped = {"quantity_shipped": 2, "refunded": {"Principal": "5.00"}}
    put(order(item(1, 2, price={"Principal": "20.00"}, **shipped)))

    assert amounts(items_of(caller), "ItemPrice") == ["20.00"]
    assert amounts(get(caller, FIRST), "OrderTotal") == ["20.00"]


def test_a_cancelled_order_costs_nothing(caller: Caller, put: Put) -> None:
    """The buyer ends at 0, fees that are no unit's included (design D4)."""
    prices = {"Principal": "20.00", "CODFee": "3.00"}
    put(order(item(1, 2, price=prices, quantity_cancelled=2)))

    reply = get(caller, FIRST)

    assert reply.text("OrderStatus") == "Canceled"
    assert amounts(reply, "OrderTotal") == ["0.00"]
    assert reply.text("NumberOfItemsUnshipped") == "0"


@pytest.mark.parametrize("status", ["Pending", "PendingAvailability"])
def test_a_pending_order_shows_neither_buyer_nor_prices(
    caller: Caller, put: Put, status: str
) -> None:
    """Its payment is not authorised yet (mws-wire 8.4, 8.5)."""
    promotions = [{"component": "Principal", "amount": "1.00"}]
    buyer = {"name": "Zoe", "email": "zoe@example.test"}
    line = item(1, 1, price={"Principal": "9.00"}, promotions=promotions)
    put(order(line, status=status, buyer=buyer))

    shown, items = get(caller, FIRST), items_of(caller)

    assert shown.text("OrderStatus") == status
    for name in ("BuyerEmail", "BuyerName", "OrderTotal"):
        assert shown.texts(name) == []
    assert items.text("QuantityOrdered") == "1"
    assert items.texts("CurrencyCode") == []


def test_orders_come_in_the_order_asked_for_and_others_are_left_out(
    caller: Caller, put: Put
) -> None:
    """Unknown, foreign and misspelt ids alike: nothing tells them apart (D7)."""
    foreign = "026-9999999-9999999"
    line = item(1, 1, price={"Principal": "9.00"})
    put(order(line), order(line, amazon_order_id=SECOND))
    put(order(line, amazon_order_id=foreign), seller_id=OTHER_SELLER)

    reply = get(caller, SECOND, foreign, "026-0000000-0000000", "'; --", FIRST)

    assert reply.texts("AmazonOrderId") == [SECOND, FIRST]
    assert inner(get(caller, foreign), "GetOrderResult") == "<Orders/>"


def test_the_service_says_that_it_is_up(caller: Caller) -> None:
    """GREEN is the one status that every client knows (mws-wire 8.7)."""
    reply = caller.call("GetServiceStatus", path=ORDERS, method="GET")

    assert inner(reply, "GetServiceStatusResult") == (
        "<Status>GREEN</Status><Timestamp>2026-11-24T12:00:00.000Z</Timestamp>"
    )


def test_orders_are_served_on_the_root_by_their_version(caller: Caller) -> None:
    """A client that knows no path still names the Version (mws-wire 12, 6)."""
    version = {"Version": "2013-09-01"}

    reply = caller.call("GetServiceStatus", version, path="/")

    assert (reply.status, reply.namespace) == (200, ORDERS_NAMESPACE)


@pytest.mark.parametrize(
    ("action", "change", "code", "words"),
    [
        ("GetOrder", {}, "InvalidParameterValue", "AmazonOrderId.Id.1 is missing"),
        (
            "GetOrder",
            {f"AmazonOrderId.Id.{n}": f"{n}" for n in range(1, 52)},
            "InvalidParameterValue",
            "at most 50",
        ),
        ("ListOrderItems", {}, "InvalidParameterValue", "AmazonOrderId is missing"),
        (
            "ListOrderItems",
            {"AmazonOrderId": "026-0000000-0000000"},
            "InvalidParameterValue",
            "not an order of this seller",
        ),
        ("ListOrderItemsByNextToken", {}, "InvalidParameterValue", "NextToken"),
        (
            "ListOrderItemsByNextToken",
            {"NextToken": "abc"},
            "NextTokenCorrupted",
            "all items",
        ),
    ],
)
def test_a_wrong_question_is_refused_as_the_section_did(
    caller: Caller, action: str, change: dict[str, str], code: str, words: str
) -> None:
    """RequestId, no Detail, and the section's namespace (mws-wire 2.6, 2.7)."""
    reply = caller.call(action, change, path=ORDERS)

    assert (reply.status, reply.code) == (400, code)
    assert words in reply.message
    assert reply.namespace == ORDERS_NAMESPACE
    assert UUID(reply.text("RequestId"))
    assert reply.texts("Detail") == []
