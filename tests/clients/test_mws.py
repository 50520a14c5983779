"""The published client `mws` (python-amazon-mws 0.8.15), unmodified."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import mws
import pytest
from lxml import etree

from tests.clients.conftest import (
    CANCEL,
    CANCELLED,
    REFUND,
    REFUNDED,
    SHIP,
    SHIPPED,
    Shop,
    wait_for,
)


def client_of(section: Any, shop: Shop, **changes: str) -> Any:
    """Set a section of the client up, as its users do."""
    chosen = {
        "access_key": shop.keys.access_key_id,
        "secret_key": shop.keys.secret,
        "account_id": shop.keys.seller_id,
        "auth_token": shop.keys.auth_token,
        "domain": shop.url,
    }
    return section(**(chosen | changes))


def error_of(raised: pytest.ExceptionInfo[Any]) -> tuple[int, str]:
    """Return the status and the Code of what the client raised."""
    root = etree.fromstring(raised.value.response.content)
    return raised.value.response.status_code, root.findtext(".//{*}Code") or ""


def submit(feeds: Any, document: bytes, feed_type: str) -> str:
    """Submit a feed and wait until it is done; return its id."""
    answer = feeds.submit_feed(document, feed_type)
    info = answer.parsed["FeedSubmissionInfo"]
    assert info["FeedProcessingStatus"] == "_SUBMITTED_"
    feed_id: str = info["FeedSubmissionId"]

    def status() -> str:
        listed = feeds.get_feed_submission_list(feedids=[feed_id])
        found = listed.parsed["FeedSubmissionInfo"]["FeedProcessingStatus"]
        return str(found)

    wait_for(status)
    return feed_id


def summary(feeds: Any, feed_id: str) -> dict[str, str]:
    """Fetch the processing report and return its counts."""
    answer = feeds.get_feed_submission_result(feed_id)
    md5 = base64.b64encode(hashlib.md5(answer.response.content).digest()).decode()
    assert answer.response.headers["Content-MD5"] == md5
    report = answer.parsed["ProcessingReport"]
    assert report["DocumentTransactionID"] == feed_id
    return {name: report["ProcessingSummary"][name] for name in ALL_WELL}


ALL_WELL = {
    "MessagesProcessed": "1",
    "MessagesSuccessful": "1",
    "MessagesWithError": "0",
    "MessagesWithWarning": "0",
}


def test_the_whole_story_of_three_orders(shop: Shop) -> None:
    """Cancel one, refund a part of another, ship a third; read reports and orders."""
    feeds = client_of(mws.Feeds, shop)
    orders = client_of(mws.Orders, shop)

    cancel = submit(feeds, shop.feed(CANCEL), "_POST_ORDER_ACKNOWLEDGEMENT_DATA_")
    refund = submit(feeds, shop.feed(REFUND), "_POST_PAYMENT_ADJUSTMENT_DATA_")
    ship = submit(feeds, shop.feed(SHIP), "_POST_ORDER_FULFILLMENT_DATA_")

    assert [summary(feeds, each) for each in (cancel, refund, ship)] == [ALL_WELL] * 3
    answer = orders.get_order([CANCELLED, REFUNDED, SHIPPED])
    listed = answer.parsed["Orders"]["Order"]
    assert [order["OrderStatus"] for order in listed] == [
        "Canceled",
        "Shipped",
        "Shipped",
    ]
    assert [order["OrderTotal"]["Amount"] for order in listed] == [
        "0.00",
        "20.00",
        "30.00",
    ]
    assert listed[0]["BuyerName"] == "Zoë"
    items = orders.list_order_items(REFUNDED).parsed["OrderItems"]["OrderItem"]
    assert items["QuantityOrdered"] == "2"
    assert items["QuantityShipped"] == "2"
    assert items["ItemPrice"]["Amount"] == "20.00"


def test_the_whole_way_over_https(
    https_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Submit, poll, page, fetch the report, read the order; REQUESTS_CA_BUNDLE set."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(https_shop.authority))
    feeds = client_of(mws.Feeds, https_shop)
    orders = client_of(mws.Orders, https_shop)

    cancel = submit(feeds, https_shop.feed(CANCEL), "_POST_ORDER_ACKNOWLEDGEMENT_DATA_")
    ship = submit(feeds, https_shop.feed(SHIP), "_POST_ORDER_FULFILLMENT_DATA_")
    page = feeds.get_feed_submission_list(max_count=1).parsed
    rest = feeds.get_feed_submission_list(next_token=page["NextToken"]).parsed

    assert [summary(feeds, each) for each in (cancel, ship)] == [ALL_WELL] * 2
    assert page["FeedSubmissionInfo"]["FeedSubmissionId"] == ship
    assert rest["FeedSubmissionInfo"]["FeedSubmissionId"] == cancel
    found = orders.get_order([CANCELLED]).parsed["Orders"]["Order"]
    assert found["OrderStatus"] == "Canceled"


def test_a_report_names_what_was_wrong(shop: Shop) -> None:
    """An unknown order: one Result, with the code and the text for it."""
    feeds = client_of(mws.Feeds, shop)
    document = shop.feed(CANCEL.replace(CANCELLED, "026-0000000-0000000"))

    feed_id = submit(feeds, document, "_POST_ORDER_ACKNOWLEDGEMENT_DATA_")

    assert summary(feeds, feed_id)["MessagesWithError"] == "1"
    report = feeds.get_feed_submission_result(feed_id).parsed["ProcessingReport"]
    assert report["Result"]["ResultMessageCode"] == "718001"


def test_submissions_are_paged_counted_and_cancelled(shop: Shop) -> None:
    """ByNextToken as a POST with everything in the query (client-observations)."""
    feeds = client_of(mws.Feeds, shop)
    shop.service.worker.stop()
    made = [
        feeds.submit_feed(
            shop.feed(SHIP), "_POST_ORDER_FULFILLMENT_DATA_", feed_options
        ).parsed["FeedSubmissionInfo"]["FeedSubmissionId"]
        for feed_options in ({"n": "1"}, {"n": "2"}, {"n": "3"})
    ]

    first = feeds.get_feed_submission_list(max_count=2).parsed
    token = first["NextToken"]
    rest = feeds.get_feed_submission_list(next_token=token).parsed
    count = feeds.get_feed_submission_count(processingstatuses=["_SUBMITTED_"]).parsed
    cancelled = feeds.cancel_feed_submissions(feedids=made[:1]).parsed

    shown = [info["FeedSubmissionId"] for info in first["FeedSubmissionInfo"]]
    assert shown == [made[2], made[1]]
    assert rest["FeedSubmissionInfo"]["FeedSubmissionId"] == made[0]
    assert (first["HasNext"], rest["HasNext"]) == ("true", "false")
    assert count["Count"] == "3"
    info = cancelled["FeedSubmissionInfo"]
    assert info["FeedProcessingStatus"] == "_CANCELLED_"


def test_a_developer_acts_for_the_seller_by_token(shop: Shop) -> None:
    """The developer's key with the seller's MWSAuthToken (design D7)."""
    changes = {
        "access_key": shop.developer.access_key_id,
        "secret_key": shop.developer.secret,
    }

    orders = client_of(mws.Orders, shop, **changes, auth_token=shop.auth_token)
    without = client_of(mws.Orders, shop, **changes, auth_token="")

    found = orders.get_order([SHIPPED]).parsed["Orders"]["Order"]
    assert found["AmazonOrderId"] == SHIPPED
    with pytest.raises(mws.MWSError) as raised:
        without.get_order([SHIPPED])
    assert error_of(raised) == (401, "AccessDenied")


def test_what_is_refused_reaches_the_client_as_its_error(shop: Shop) -> None:
    """Wrong secret, unknown key, unknown id, unknown operation, no report yet."""
    feeds = client_of(mws.Feeds, shop)
    refused = {
        "secret": client_of(mws.Feeds, shop, secret_key="wrong"),
        "key": client_of(mws.Feeds, shop, access_key="AKIANOBODY0000000000"),
    }

    with pytest.raises(mws.MWSError) as secret:
        refused["secret"].get_feed_submission_count()
    with pytest.raises(mws.MWSError) as key:
        refused["key"].get_feed_submission_count()
    with pytest.raises(mws.MWSError) as unknown:
        feeds.get_feed_submission_result("50000099999")
    with pytest.raises(mws.MWSError) as operation:
        client_of(mws.Products, shop).get_service_status()
    with pytest.raises(mws.MWSError) as order:
        client_of(mws.Orders, shop).list_order_items("026-0000000-0000000")

    assert error_of(secret) == (403, "SignatureDoesNotMatch")
    assert error_of(key) == (403, "InvalidAccessKeyId")
    assert error_of(unknown) == (400, "InvalidFeedSubmissionId")
    assert error_of(operation) == (404, "InvalidAddress")
    assert error_of(order) == (400, "InvalidParameterValue")


def test_a_shipment_and_a_refund_are_seen_in_the_finances(shop: Shop) -> None:
    """What feeds posted, by order; pages by token; groups; and the section's status."""
    feeds, finances = client_of(mws.Feeds, shop), client_of(mws.Finances, shop)
    submit(feeds, shop.feed(SHIP), "_POST_ORDER_FULFILLMENT_DATA_")
    submit(feeds, shop.feed(REFUND), "_POST_PAYMENT_ADJUSTMENT_DATA_")

    shipped = finances.list_financial_events(amazon_order_id=SHIPPED).parsed
    first = finances.list_financial_events(amazon_order_id=REFUNDED, max_results=1)
    rest = finances.list_financial_events(next_token=first.parsed["NextToken"])
    groups = finances.list_financial_event_groups(created_after="2026-01-01").parsed

    event = shipped["FinancialEvents"]["ShipmentEventList"]["ShipmentEvent"]
    item = event["ShipmentItemList"]["ShipmentItem"]
    charge = item["ItemChargeList"]["ChargeComponent"]
    assert (item["QuantityShipped"], charge["ChargeType"]) == ("3", "Principal")
    assert charge["ChargeAmount"]["CurrencyAmount"] == "30.00"
    refunds = rest.parsed["FinancialEvents"]["RefundEventList"]["ShipmentEvent"]
    item = refunds["ShipmentItemAdjustmentList"]["ShipmentItem"]
    charge = item["ItemChargeAdjustmentList"]["ChargeComponent"]
    assert charge["ChargeAmount"]["CurrencyAmount"] == "-10.00"
    assert "NextToken" not in rest.parsed
    assert "FinancialEventGroupList" in groups
    assert finances.get_service_status().parsed["Status"] == "GREEN"


def test_orders_are_listed_page_by_page(shop: Shop) -> None:
    """How an integration that has no feed of its own yet finds its orders."""
    orders = client_of(mws.Orders, shop)

    first = orders.list_orders(
        marketplaceids=["ATVPDKIKX0DER"], created_after="2025-12-31", max_results="2"
    ).parsed
    rest = orders.list_orders(next_token=first["NextToken"]).parsed

    shown = [order["AmazonOrderId"] for order in first["Orders"]["Order"]]
    assert shown == [CANCELLED, REFUNDED]
    assert rest["Orders"]["Order"]["AmazonOrderId"] == SHIPPED
    assert "NextToken" not in rest


def test_a_seller_sees_where_they_sell(shop: Shop) -> None:
    """The first call of many integrations, to learn their marketplaces."""
    answer = client_of(mws.Sellers, shop).list_marketplace_participations().parsed

    found = answer["ListParticipations"]["Participation"]
    found = found if isinstance(found, list) else [found]
    assert "ATVPDKIKX0DER" in [each["MarketplaceId"] for each in found]
    assert {each["SellerId"] for each in found} == {shop.keys.seller_id}


def test_the_section_says_that_it_is_up(shop: Shop) -> None:
    """What monitoring asks."""
    status = client_of(mws.Orders, shop).get_service_status().parsed

    assert status["Status"] == "GREEN"


def test_orders_are_fetched_by_report(shop: Shop) -> None:
    """Ask, poll, fetch: how an ERP takes orders over (mws-wire 9.5)."""
    reports = client_of(mws.Reports, shop)
    asked = reports.request_report("_GET_ORDERS_DATA_", start_date="2026-01-01")
    request_id = asked.parsed["ReportRequestInfo"]["ReportRequestId"]

    def info() -> Any:
        listed = reports.get_report_request_list(requestids=[request_id])
        return listed.parsed["ReportRequestInfo"]

    wait_for(lambda: str(info()["ReportProcessingStatus"]))
    report_id = str(info()["GeneratedReportId"])
    fetched = reports.get_report(report_id)

    md5 = base64.b64encode(hashlib.md5(fetched.response.content).digest()).decode()
    assert fetched.response.headers["Content-MD5"] == md5
    root = etree.fromstring(fetched.response.content)
    ids = [each.text for each in root.iter("AmazonOrderID")]
    assert ids == [CANCELLED, REFUNDED, SHIPPED]
    listed = reports.get_report_list(requestids=[request_id])
    assert listed.parsed["ReportInfo"]["ReportId"] == report_id
    assert reports.get_report_count().parsed["Count"] == "1"
