"""Orders of both versions, confirmShipment, Finances and Sellers."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest

from app.intake.order_import import import_orders
from app.store.ledger import history, replay
from app.store.orders import load_orders
from tests.doors.conftest import SELLER
from tests.held import NOON
from tests.running import wait_until
from tests.spapi.api import refused
from tests.spapi.conftest import Shop
from tests.spapi.test_feeds import create, uploaded

US, GERMANY = "ATVPDKIKX0DER", "A1PA6795UKMFR9"
PLAIN, ASKED, PENDING, CORRECTED = (f"026-1234567-000000{n}" for n in range(1, 5))
ITEM = "00000000000001"
V0, NEW = "/orders/v0/orders", "/orders/2026-01-01/orders"


def _order(order_id: str, day: int, **changes: Any) -> dict[str, Any]:
    item = {
        "amazon_order_item_code": ITEM,
        "sku": "S-1",
        "asin": "B000000001",
        "title": "Book",
        "quantity_ordered": 3,
        "price": {"Principal": "30.00", "Shipping": "3.00", "GiftWrap": "6.00"},
    }
    return {
        "amazon_order_id": order_id,
        "marketplace_id": US,
        "purchase_date": f"2026-11-0{day}T10:00:00Z",
        "currency": "USD",
        "buyer": {"name": "Zoë", "email": "zoe@example.test"},
        "items": [item],
    } | changes


ORDERS = [
    _order(PLAIN, 1),
    _order(ASKED, 2, buyer_requested_cancel="Changed mind"),
    _order(PENDING, 3, status="Pending"),
    _order(CORRECTED, 4),
]


@pytest.fixture(scope="module", autouse=True)
def put_in(shop: Shop) -> None:
    """The orders of this module, put in at noon; the clock is ten minutes on."""
    document = BytesIO(json.dumps(ORDERS).encode())
    import_orders(shop.service.database, document, SELLER, source="import 1", now=NOON)
    shop.clock.advance(600)


def _payload(shop: Shop, path: str, **parameters: Any) -> Any:
    answer = shop.api.get(path, **parameters)
    assert answer.status_code == 200, answer.text
    assert list(answer.json()) == ["payload"]
    return answer.json()["payload"]


def test_an_order_is_shown_as_in_mws(shop: Shop) -> None:
    """In the names of the book, wrapped; money is text."""
    order = _payload(shop, f"{V0}/{PLAIN}")

    assert order == {
        "AmazonOrderId": PLAIN,
        "SellerOrderId": PLAIN,
        "PurchaseDate": "2026-11-01T10:00:00Z",
        "LastUpdateDate": "2026-11-24T12:00:00Z",
        "OrderStatus": "Unshipped",
        "FulfillmentChannel": "MFN",
        "SalesChannel": "Amazon.com",
        "OrderTotal": {"CurrencyCode": "USD", "Amount": "39.00"},
        "NumberOfItemsShipped": 0,
        "NumberOfItemsUnshipped": 3,
        "MarketplaceId": US,
        "OrderType": "StandardOrder",
        "BuyerInfo": {"BuyerEmail": "zoe@example.test", "BuyerName": "Zoë"},
    }


def test_items_tell_the_buyers_wish_in_texts(shop: Shop) -> None:
    """Not booleans; gift wrap is the buyer's."""
    items = _payload(shop, f"{V0}/{ASKED}/orderItems")

    assert items["AmazonOrderId"] == ASKED
    (item,) = items["OrderItems"]
    assert item["BuyerRequestedCancel"] == {
        "IsBuyerRequestedCancel": "true",
        "BuyerCancelReason": "Changed mind",
    }
    assert item["ItemPrice"] == {"CurrencyCode": "USD", "Amount": "30.00"}
    assert item["BuyerInfo"]["GiftWrapPrice"]["Amount"] == "6.00"
    (other,) = _payload(shop, f"{V0}/{PLAIN}/orderItems")["OrderItems"]
    assert other["BuyerRequestedCancel"] == {"IsBuyerRequestedCancel": "false"}


def test_buyer_and_address_have_calls_of_their_own(shop: Shop) -> None:
    """A pending order shows neither, nor what it costs."""
    assert _payload(shop, f"{V0}/{PLAIN}/buyerInfo") == {
        "AmazonOrderId": PLAIN,
        "BuyerEmail": "zoe@example.test",
        "BuyerName": "Zoë",
    }
    assert _payload(shop, f"{V0}/{PLAIN}/address") == {
        "AmazonOrderId": PLAIN,
        "ShippingAddress": {"Name": "Zoë"},
    }
    assert _payload(shop, f"{V0}/{PENDING}/address") == {"AmazonOrderId": PENDING}
    assert "OrderTotal" not in _payload(shop, f"{V0}/{PENDING}")
    (item,) = _payload(shop, f"{V0}/{PENDING}/orderItems")["OrderItems"]
    assert "ItemPrice" not in item


@pytest.mark.parametrize(
    "path",
    [
        *(f"{V0}/{{}}{end}" for end in ("", "/orderItems", "/buyerInfo", "/address")),
        f"{NEW}/{{}}",
    ],
)
def test_an_order_of_another_seller_does_not_exist(shop: Shop, path: str) -> None:
    """Not found, never forbidden."""
    refused(shop.other.get(path.format(PLAIN)), 404, "NotFound")
    refused(shop.api.get(path.format("999-9999999-9999999")), 404, "NotFound")
    refused(shop.api.get(path.format("%00")), 404, "NotFound")


def _ids(shop: Shop, **parameters: Any) -> list[str]:
    given = {"MarketplaceIds": US, "CreatedAfter": "2026-11-01", **parameters}
    orders = _payload(shop, V0, **given)["Orders"]
    return [order["AmazonOrderId"] for order in orders]


def test_orders_are_listed_by_every_filter(shop: Shop) -> None:
    """Oldest first; statuses and ids may have commas."""
    everything = [PLAIN, ASKED, PENDING, CORRECTED]
    assert _ids(shop) == everything
    assert _ids(shop, CreatedAfter="2026-11-02") == everything[1:]
    assert _ids(shop, CreatedBefore="2026-11-02") == [PLAIN]
    assert _ids(shop, OrderStatuses="Pending,Shipped") == [PENDING]
    assert _ids(shop, OrderStatuses="InvoiceUnconfirmed") == []
    assert _ids(shop, FulfillmentChannels="AFN") == []
    assert _ids(shop, PaymentMethods="COD") == []
    assert _ids(shop, BuyerEmail="nobody@example.test") == []
    assert _ids(shop, SellerOrderId="A-1") == []
    assert _ids(shop, AmazonOrderIds=f"{PENDING},{PLAIN}") == [PENDING, PLAIN]
    updated = {"CreatedAfter": None, "LastUpdatedAfter": "2026-11-24T12:00:00Z"}
    assert _ids(shop, **updated) == everything
    page = _payload(shop, V0, MarketplaceIds=US, **updated | {"MaxResultsPerPage": 3})
    assert page["LastUpdatedBefore"] == "2026-11-24T12:08:00Z"
    rest = _payload(shop, V0, MarketplaceIds=US, NextToken=page["NextToken"])
    assert [order["AmazonOrderId"] for order in rest["Orders"]] == [CORRECTED]
    assert set(rest) == {"Orders", "LastUpdatedBefore"}


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"MarketplaceIds": None}, "MarketplaceIds is missing"),
        ({"MarketplaceIds": GERMANY}, "does not sell in"),
        ({"CreatedAfter": None}, "exactly one of CreatedAfter and LastUpdatedAfter"),
        ({"LastUpdatedAfter": "2026-11-01"}, "exactly one of"),
        ({"LastUpdatedBefore": "2026-11-01"}, "exactly one of"),
        ({"CreatedBefore": "2026-10-01"}, "lies before"),
        ({"CreatedBefore": "2026-11-24T12:09:00Z"}, "two minutes in the past"),
        ({"OrderStatuses": "Cancelled"}, "OrderStatuses"),
        ({"MaxResultsPerPage": 101}, "MaxResultsPerPage"),
        ({"SellerOrderId": "1", "BuyerEmail": "a@b.c"}, "cannot be combined"),
        ({"NextToken": "x"}, "NextToken"),
    ],
)
def test_a_filter_that_cannot_be_is_named(
    shop: Shop, parameters: dict[str, Any], told: str
) -> None:
    """With what would be right."""
    given = {"MarketplaceIds": US, "CreatedAfter": "2026-11-01", **parameters}

    assert told in refused(shop.api.get(V0, **given), 400, "InvalidInput")


def test_the_new_version_tells_what_it_is_asked_for(shop: Shop) -> None:
    """Not wrapped, camelCase; items are always there."""
    everything = (
        "BUYER,RECIPIENT,PROCEEDS,EXPENSE,PROMOTION,CANCELLATION,FULFILLMENT,"
        "PACKAGES,TAX,PAYMENT,FULFILLMENT_ORDERS"
    )
    bare = shop.api.get(f"{NEW}/{ASKED}").json()
    full = shop.api.get(f"{NEW}/{ASKED}", includedData=everything).json()

    item = {
        "orderItemId": ITEM,
        "quantityOrdered": 3,
        "product": {"asin": "B000000001", "title": "Book", "sellerSku": "S-1"},
    }
    order = {
        "orderId": ASKED,
        "createdTime": "2026-11-02T10:00:00Z",
        "lastUpdatedTime": "2026-11-24T12:00:00Z",
        "salesChannel": {
            "channelName": "AMAZON",
            "marketplaceId": US,
            "marketplaceName": "Amazon.com",
        },
    }
    money = {"amount": "39.00", "currencyCode": "USD"}
    assert bare == {"order": {**order, "orderItems": [item]}}
    assert full == {
        "order": {
            **order,
            "buyer": {"buyerName": "Zoë", "buyerEmail": "zoe@example.test"},
            "recipient": {"deliveryAddress": {"name": "Zoë"}},
            "proceeds": {"grandTotal": money},
            "fulfillment": {
                "fulfillmentStatus": "UNSHIPPED",
                "fulfilledBy": "MERCHANT",
            },
            "packages": [],
            "orderItems": [
                {
                    **item,
                    "proceeds": {"proceedsTotal": money},
                    "cancellation": {
                        "cancellationRequest": {
                            "requester": "BUYER",
                            "cancelReason": "Changed mind",
                        }
                    },
                    "fulfillment": {"quantityFulfilled": 0, "quantityUnfulfilled": 3},
                }
            ],
        }
    }


def test_orders_are_searched_page_by_page(shop: Shop) -> None:
    """A token comes with the filters that it was made by."""
    given = {"createdAfter": "2026-11-01", "maxResultsPerPage": 3}
    first = shop.api.get(NEW, **given).json()
    token = first["pagination"]["nextToken"]
    second = shop.api.get(NEW, **given, paginationToken=token).json()

    assert [order["orderId"] for order in first["orders"]] == [PLAIN, ASKED, PENDING]
    assert [order["orderId"] for order in second["orders"]] == [CORRECTED]
    assert "pagination" not in second
    assert second["createdBefore"] == "2026-11-24T12:08:00Z"

    def found(**parameters: Any) -> list[str]:
        orders = shop.api.get(NEW, **{**given, **parameters}).json()["orders"]
        return [order["orderId"] for order in orders]

    assert found(fulfillmentStatuses="PENDING") == [PENDING]
    assert found(fulfilledBy="AMAZON") == []
    assert found(marketplaceIds=US, createdAfter="2026-11-04") == [CORRECTED]
    refused(shop.api.get(NEW, paginationToken=token), 400, "InvalidInput")
    refused(shop.api.get(NEW, **given, includedData="ALL"), 400, "InvalidInput")


def _confirm(shop: Shop, order_id: str, quantity: int = 1, **changes: Any) -> Any:
    detail = {
        "packageReferenceId": "1",
        "carrierCode": "ups",
        "shippingMethod": "Ground",
        "trackingNumber": "1Z1",
        "shipDate": "2026-11-20T10:00:00Z",
        "orderItems": [{"orderItemId": ITEM, "quantity": quantity}],
    } | changes
    marketplace_id = detail.pop("marketplaceId", US)
    body = {"marketplaceId": marketplace_id, "packageDetail": detail}
    return shop.api.post(f"{V0}/{order_id}/shipmentConfirmation", body)


def test_a_shipment_is_confirmed_at_once(shop: Shop) -> None:
    """204 and nothing else; the ledger tells who did it, and rebuilds the order."""
    answer = _confirm(shop, PLAIN)

    assert (answer.status_code, answer.content) == (204, b"")
    assert _payload(shop, f"{V0}/{PLAIN}")["OrderStatus"] == "PartiallyShipped"
    # The same again, by a client that lost the answer, ships nothing anew.
    assert _confirm(shop, PLAIN, trackingNumber="1Z2").status_code == 204
    assert _payload(shop, f"{V0}/{PLAIN}")["NumberOfItemsUnshipped"] == 2
    told = refused(_confirm(shop, PLAIN, 2), 400, "InvalidInput")
    assert "with other items" in told
    second = _confirm(
        shop,
        PLAIN,
        2,
        packageReferenceId="2",
        carrierCode="Donkey",
        shippingMethod=None,
    )
    assert second.status_code == 204, second.text
    order = shop.api.get(f"{NEW}/{PLAIN}", includedData="PACKAGES").json()["order"]
    assert order["packages"] == [
        {
            "packageReferenceId": "1",
            "shipTime": "2026-11-20T10:00:00Z",
            "carrier": "UPS",
            "shippingService": "Ground",
            "trackingNumber": "1Z2",
            "packageItems": [{"orderItemId": ITEM, "quantity": 1}],
        },
        {
            "packageReferenceId": "2",
            "shipTime": "2026-11-20T10:00:00Z",
            "carrier": "Donkey",
            "trackingNumber": "1Z1",
            "packageItems": [{"orderItemId": ITEM, "quantity": 2}],
        },
    ]
    with shop.service.database.read() as connection:
        kept = load_orders(connection, SELLER, [PLAIN], history=True)
        assert kept == replay(connection, SELLER, [PLAIN])
        last = history(connection, SELLER, PLAIN)[-1]
        mails = connection.exec_driver_sql(
            "SELECT count(*) FROM outbox WHERE kind = 'dispatch'"
        ).scalar_one()
    assert last.cause == shop.client.client_id
    assert last.source.startswith("shipment ")
    assert mails == 2


@pytest.mark.parametrize(
    ("order_id", "changes", "told"),
    [
        (CORRECTED, {"quantity": 4}, "3 units of order item"),
        (CORRECTED, {"quantity": 0}, "quantity"),
        (CORRECTED, {"shipDate": "2026-10-01T00:00:00Z"}, "2026-11-04T10:00:00Z"),
        (CORRECTED, {"shipDate": "2027-01-01T00:00:00Z"}, "2026-11-24T12:10:00Z"),
        (CORRECTED, {"carrierCode": "Other"}, "carrierName is missing"),
        (CORRECTED, {"packageReferenceId": "0"}, "packageReferenceId"),
        (CORRECTED, {"marketplaceId": GERMANY}, f"the order is of {US}"),
        (CORRECTED, {"trackingNumber": "a\0"}, "trackingNumber"),
        (
            CORRECTED,
            {"orderItems": [{"orderItemId": "9", "quantity": 1}]},
            "has no item 9",
        ),
        (PENDING, {}, "Pending"),
    ],
)
def test_a_shipment_that_cannot_be_is_refused(
    shop: Shop, order_id: str, changes: dict[str, Any], told: str
) -> None:
    """In the words of the report that a feed would get; nothing is changed."""
    before = _payload(shop, f"{V0}/{order_id}")

    answer = _confirm(shop, order_id, **changes)

    assert told in refused(answer, 400, "InvalidInput")
    assert _payload(shop, f"{V0}/{order_id}") == before


def test_a_shipment_of_an_order_that_is_not_there_is_not_found(shop: Shop) -> None:
    """Nor of another seller's."""
    refused(_confirm(shop, "999-9999999-9999999"), 404, "NotFound")
    body = {
        "marketplaceId": US,
        "packageDetail": {
            "packageReferenceId": "1",
            "carrierCode": "UPS",
            "trackingNumber": "1",
            "shipDate": "2026-11-20T10:00:00Z",
            "orderItems": [{"orderItemId": ITEM, "quantity": 1}],
        },
    }
    path = f"{V0}/{CORRECTED}/shipmentConfirmation"
    refused(shop.other.post(path, body), 404, "NotFound")


def test_what_a_shipment_charged_is_a_financial_event(shop: Shop) -> None:
    """Amounts are numbers here; an order without charge has no events."""
    # Confirmed once more, or for the first time if this test runs alone.
    assert _confirm(shop, PLAIN).status_code == 204
    assert _confirm(shop, ASKED, 3).status_code == 204
    shop.clock.advance(180)
    path = "/finances/v0"

    of_order = _payload(shop, f"{path}/orders/{ASKED}/financialEvents")
    of_time = _payload(
        shop, f"{path}/financialEvents", PostedAfter="2026-11-24", MaxResultsPerPage=1
    )

    assert set(of_order) == {"FinancialEvents"}
    (event,) = of_order["FinancialEvents"]["ShipmentEventList"]
    (item,) = event["ShipmentItemList"]
    assert of_order["FinancialEvents"]["RefundEventList"] == []
    assert {
        charge["ChargeType"]: charge["ChargeAmount"]
        for charge in item["ItemChargeList"]
    }["Principal"] == {"CurrencyCode": "USD", "CurrencyAmount": 30.0}
    assert set(event) == {
        *("AmazonOrderId", "SellerOrderId", "MarketplaceName", "PostedDate"),
        "ShipmentItemList",
    }
    (first,) = of_time["FinancialEvents"]["ShipmentEventList"]
    assert first["AmazonOrderId"] == PLAIN
    rest = _payload(
        shop,
        f"{path}/financialEvents",
        PostedAfter="2026-11-24",
        NextToken=of_time["NextToken"],
    )
    assert len(rest["FinancialEvents"]["ShipmentEventList"]) == 1
    empty = _payload(shop, f"{path}/orders/{CORRECTED}/financialEvents")
    assert empty["FinancialEvents"]["ShipmentEventList"] == []
    for parameters, told in (
        ({}, "PostedAfter is missing"),
        ({"PostedAfter": "2027-01-01"}, "two minutes in the past"),
        ({"PostedAfter": "2026-11-20", "PostedBefore": "2026-11-19"}, "not later"),
        ({"PostedAfter": "x"}, 'PostedAfter is "x"'),
        ({"PostedAfter": "2026-11-20", "NextToken": "x"}, "NextToken"),
    ):
        answer = shop.api.get(f"{path}/financialEvents", **parameters)
        assert told in refused(answer, 400, "InvalidInput")
    answer = shop.api.get(f"{path}/orders/1/financialEvents")
    assert "joined by hyphens" in refused(answer, 400, "InvalidInput")


def test_a_seller_sees_the_marketplaces_in_one_list(shop: Shop) -> None:
    """Marketplace and participation side by side."""
    assert _payload(shop, "/sellers/v1/marketplaceParticipations") == [
        {
            "marketplace": {
                "id": US,
                "name": "Amazon.com",
                "countryCode": "US",
                "defaultCurrencyCode": "USD",
                "defaultLanguageCode": "en_US",
                "domainName": "www.amazon.com",
            },
            "participation": {"isParticipating": True, "hasSuspendedListings": False},
        }
    ]


CANCEL = f"""<?xml version="1.0" encoding="UTF-8"?>
<AmazonEnvelope>
  <Header><DocumentVersion>1.01</DocumentVersion><MerchantIdentifier/></Header>
  <MessageType>OrderAcknowledgement</MessageType>
  <Message><MessageID>1</MessageID><OrderAcknowledgement>
    <AmazonOrderID>{CORRECTED}</AmazonOrderID><StatusCode>Failure</StatusCode>
    <Item><AmazonOrderItemCode>{ITEM}</AmazonOrderItemCode>
      <CancelReason>NoInventory</CancelReason></Item>
  </OrderAcknowledgement></Message>
</AmazonEnvelope>
"""


def test_what_a_feed_cancelled_is_seen_in_both_versions(shop: Shop) -> None:
    """The line has no units left, and the new version tells who cancelled it."""
    document_id = uploaded(shop.api, CANCEL.encode())
    assert create(shop.api, document_id).status_code == 202
    shop.service.worker.start()
    try:
        path = f"{V0}/{CORRECTED}"
        wait_until(lambda: _payload(shop, path)["OrderStatus"] == "Canceled")
    finally:
        shop.service.worker.stop()

    (item,) = _payload(shop, f"{path}/orderItems")["OrderItems"]
    new = shop.api.get(
        f"{NEW}/{CORRECTED}", includedData=["CANCELLATION", "FULFILLMENT"]
    ).json()["order"]

    assert item["QuantityOrdered"] == 0
    assert new["fulfillment"]["fulfillmentStatus"] == "CANCELLED"
    (line,) = new["orderItems"]
    assert line["quantityOrdered"] == 0
    assert line["cancellation"] == {
        "cancellationExecution": {
            "cancelledBy": "MERCHANT",
            "cancelReason": "NoInventory",
        }
    }
