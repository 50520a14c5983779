"""python-amazon-sp-api 2.1.35 as it is published, told where to call."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from functools import partial
from io import BytesIO
from typing import Any, NamedTuple

import pytest
from sp_api.api import Feeds, Finances, Orders, Sellers
from sp_api.auth import AccessTokenClient
from sp_api.auth.exceptions import AuthorizationError
from sp_api.base.exceptions import SellingApiException

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

# The client leaves its connections open.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

XML = "text/xml; charset=UTF-8"
FEED_TYPES = (
    ("POST_ORDER_ACKNOWLEDGEMENT_DATA", CANCEL),
    ("POST_PAYMENT_ADJUSTMENT_DATA", REFUND),
    ("POST_ORDER_FULFILLMENT_DATA", SHIP),
)


class Here(NamedTuple):
    """What stands for a marketplace, with this service as its endpoint."""

    endpoint: str
    marketplace_id: str = "ATVPDKIKX0DER"
    region: str = "us-east-1"


@pytest.fixture
def calling(shop: Shop) -> Iterator[dict[str, Any]]:
    """What the client is made with, for the shop."""
    client = shop.service.lwa.create_client("python", shop.keys.seller_id)

    class HereToken(AccessTokenClient):  # type: ignore[misc] # it has no types
        scheme = "http://"
        host = shop.url.removeprefix("http://")

    yield {
        "marketplace": Here(shop.url),
        "auth_token_client_class": HereToken,
        "credentials": {
            "refresh_token": client.refresh_token,
            "lwa_app_id": client.client_id,
            "lwa_client_secret": client.client_secret,
        },
    }
    # Here, where its warnings are expected, and not in the middle of another test.
    gc.collect()


def test_the_client_tells_the_whole_story(shop: Shop, calling: dict[str, Any]) -> None:
    """Feeds with a document each, their reports, pages, and what became of orders."""
    feeds = Feeds(**calling)
    ids = []
    for feed_type, message in FEED_TYPES:
        document, feed = feeds.submit_feed(
            feed_type, BytesIO(shop.feed(message)), content_type=XML
        )
        assert document.payload["feedDocumentId"]
        feed_id = feed.payload["feedId"]
        wait_for(partial(_status, feeds, feed_id), "DONE")
        result = feeds.get_feed(feed_id).payload["resultFeedDocumentId"]
        report = feeds.get_feed_document(result)
        assert f"<DocumentTransactionID>{feed_id}<" in report
        assert "<MessagesSuccessful>1<" in report
        ids.append(feed_id)

    first = feeds.get_feeds(feedTypes=[name for name, _ in FEED_TYPES], pageSize=2)
    last = feeds.get_feeds(nextToken=first.next_token)

    assert [feed["feedId"] for feed in first.payload["feeds"]] == ids[:0:-1]
    assert [feed["feedId"] for feed in last.payload["feeds"]] == ids[:1]
    assert last.next_token is None
    _check_orders(calling)


def _status(feeds: Any, feed_id: str) -> str:
    status: str = feeds.get_feed(feed_id).payload["processingStatus"]
    return status


def _check_orders(calling: dict[str, Any]) -> None:
    orders = Orders(**calling)
    shown = {
        order_id: orders.get_order(order_id).payload["OrderStatus"]
        for order_id in (CANCELLED, REFUNDED, SHIPPED)
    }
    assert shown == {CANCELLED: "Canceled", REFUNDED: "Shipped", SHIPPED: "Shipped"}
    listed = orders.get_orders(
        CreatedAfter="2026-01-01T00:00:00Z", OrderStatuses=["Canceled", "Pending"]
    )
    assert [order["AmazonOrderId"] for order in listed.payload["Orders"]] == [CANCELLED]
    (item,) = orders.get_order_items(REFUNDED).payload["OrderItems"]
    assert item["QuantityOrdered"] == 2
    events = Finances(**calling).get_financial_events_for_order(SHIPPED).payload
    assert len(events["FinancialEvents"]["ShipmentEventList"]) == 1
    (here,) = Sellers(**calling).get_marketplace_participation().payload
    assert here["marketplace"]["countryCode"] == "US"


def test_the_client_sees_what_is_refused(shop: Shop, calling: dict[str, Any]) -> None:
    """Unknown ids, a feed that is not cancellable, a wrong secret, a lost upload."""
    feeds = Feeds(**calling)

    with pytest.raises(SellingApiException) as unknown:
        feeds.get_feed("50000099999")
    assert unknown.value.code == 404
    assert unknown.value.error[0]["code"] == "NotFound"

    _, feed = feeds.submit_feed(
        FEED_TYPES[0][0], BytesIO(b"<NoFeed/>"), content_type=XML
    )
    wait_for(lambda: _status(feeds, feed.payload["feedId"]), "DONE")
    with pytest.raises(SellingApiException) as late:
        feeds.cancel_feed(feed.payload["feedId"])
    assert late.value.code == 400

    document = feeds.create_feed_document(file=None, content_type=XML)
    with pytest.raises(SellingApiException) as empty:
        feeds.create_feed(FEED_TYPES[0][0], document.payload["feedDocumentId"])
    assert "not uploaded" in json.dumps(empty.value.error)

    credentials = calling["credentials"] | {"lwa_client_secret": "wrong"}
    # The client keeps tokens by the refresh token alone: another one is needed.
    other = shop.service.lwa.authorise_client(
        credentials["lwa_app_id"], shop.keys.seller_id
    )
    credentials["refresh_token"] = other.refresh_token
    with pytest.raises(AuthorizationError) as stranger:
        Feeds(**calling | {"credentials": credentials}).get_feed("50000000001")
    assert stranger.value.error_code == "invalid_client"
