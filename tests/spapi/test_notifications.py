"""Notifications v1: destinations, subscriptions, and what arrives in real queues."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import update

from app.intake.lwa import NOTIFICATIONS, Lwa
from app.intake.order_import import import_orders
from app.intake.sp_notifications import NotificationConflict, NotificationDesk
from app.model.sp_notification import SpNotificationType
from app.store import sp_subscriptions
from app.store.backends import open_database
from app.store.tables import lwa_refresh_token
from tests.doors.conftest import ACKNOWLEDGEMENT, SELLER
from tests.held import NOON, held_ids
from tests.queues import QueueServer
from tests.running import wait_until
from tests.spapi.api import Api, refused
from tests.spapi.conftest import Shop
from tests.spapi.test_feeds import created

BASE = "/notifications/v1"
FINISHED, CHANGE = "FEED_PROCESSING_FINISHED", "ORDER_CHANGE"
ITEM = "00000000000001"


@pytest.fixture(scope="module")
def settings(queues: QueueServer) -> dict[str, object]:
    """Messages may go to the queue server of the tests."""
    return {"queue_hosts": queues.origin}


@pytest.fixture
def app(shop: Shop) -> Iterator[Api]:
    """The application without a seller, as grantless operations are called."""
    with Api(shop.url, shop.client) as api:
        granted = api.grant(
            grant_type="client_credentials", refresh_token=None, scope=NOTIFICATIONS
        )
        api.token = granted.json()["access_token"]
        yield api
        for kind in (FINISHED, CHANGE):
            found = shop.api.get(f"{BASE}/subscriptions/{kind}")
            if found.status_code == 200:
                named = found.json()["payload"]["subscriptionId"]
                path = f"{BASE}/subscriptions/{kind}/{named}"
                assert api.call("DELETE", path).status_code == 200
        for each in api.get(f"{BASE}/destinations").json()["payload"]:
            path = f"{BASE}/destinations/{each['destinationId']}"
            assert api.call("DELETE", path).status_code == 200


def arn_of(name: str) -> str:
    return f"arn:aws:sqs:us-east-1:123456789012:{name}"


def destined(app: Api, name: str = "feeds") -> str:
    """Make a destination and return its id."""
    body = {"name": name, "resourceSpecification": {"sqs": {"arn": arn_of(name)}}}
    answer = app.post(f"{BASE}/destinations", body)
    assert answer.status_code == 200, answer.text
    made: str = answer.json()["payload"]["destinationId"]
    return made


def subscribed(
    api: Api, destination_id: str, kind: str = FINISHED, **more: Any
) -> dict[str, Any]:
    """Make a subscription and return it."""
    body = {"destinationId": destination_id, **more}
    answer = api.post(f"{BASE}/subscriptions/{kind}", body)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()["payload"]
    return made


def test_destinations_and_subscriptions_are_kept(shop: Shop, app: Api) -> None:
    """The whole story, wrapped in `payload`, every success a 200."""
    destination_id = destined(app)
    shown = {
        "name": "feeds",
        "destinationId": destination_id,
        "resource": {"sqs": {"arn": arn_of("feeds")}},
    }
    one = f"{BASE}/destinations/{destination_id}"
    assert app.get(one).json() == {"payload": shown}
    assert app.get(f"{BASE}/destinations").json() == {"payload": [shown]}

    wish = {
        "payloadVersion": "1.0",
        "processingDirective": {
            "eventFilter": {
                "eventFilterType": CHANGE,
                "orderChangeTypes": ["OrderStatusChange"],
            }
        },
    }
    made = subscribed(shop.api, destination_id, CHANGE, **wish)
    assert made == {
        "subscriptionId": made["subscriptionId"],
        "destinationId": destination_id,
        **wish,
    }
    by_id = f"{BASE}/subscriptions/{CHANGE}/{made['subscriptionId']}"
    for answer in (shop.api.get(f"{BASE}/subscriptions/{CHANGE}"), app.get(by_id)):
        assert answer.json() == {"payload": made}
    listed = shop.api.get(f"{BASE}/subscriptions", notificationTypes=CHANGE)
    assert listed.json() == {"payload": {"subscriptions": [made]}}

    again = {"destinationId": destination_id}
    text = refused(
        shop.api.post(f"{BASE}/subscriptions/{CHANGE}", again), 409, "Conflict"
    )
    assert "exists; delete it first" in text
    text = refused(app.call("DELETE", one), 409, "Conflict")
    assert "still uses it" in text
    assert app.call("DELETE", by_id).json() == {"payload": {}}
    refused(app.get(by_id), 404, "NotFound")
    assert app.call("DELETE", one).json() == {"payload": {}}
    refused(app.get(one), 404, "NotFound")


def test_what_cannot_be_is_refused(shop: Shop, app: Api) -> None:
    """Which value was wrong, and what would be right."""

    def destination(**resource: Any) -> str:
        body = {"name": "x", "resourceSpecification": resource}
        return refused(app.post(f"{BASE}/destinations", body), 400, "InvalidInput")

    assert "standard queue" in destination(sqs={"arn": "arn:aws:sns:us-east-1:1:x"})
    assert "standard queue" in destination(sqs={"arn": arn_of("x.fifo")})
    bridge = {"region": "us-east-1", "accountId": "123456789012"}
    assert "eventBridge is not served" in destination(eventBridge=bridge)
    assert "arn is missing" in destination(sqs={})

    destination_id = destined(app)
    body = {"name": "y", "resourceSpecification": {"sqs": {"arn": arn_of("feeds")}}}
    refused(app.post(f"{BASE}/destinations", body), 409, "Conflict")

    def subscription(kind: str, **body: Any) -> str:
        given = {"destinationId": destination_id, **body}
        answer = shop.api.post(f"{BASE}/subscriptions/{kind}", given)
        return refused(answer, 400, "InvalidInput")

    assert "ORDER_CHANGE" in subscription("ANY_OFFER_CHANGED")
    assert "expected 2020-09-04" in subscription(FINISHED, payloadVersion="9")
    chosen = {"eventFilter": {"orderChangeTypes": ["OrderStatusChange"]}}
    assert "is for ORDER_CHANGE" in subscription(FINISHED, processingDirective=chosen)
    cel = {"filterExpression": "true"}
    assert "not served here" in subscription(CHANGE, processingDirective=cel)
    path = f"{BASE}/subscriptions/{FINISHED}"
    refused(shop.api.post(path, {"destinationId": "nothing"}), 404, "NotFound")
    refused(shop.api.post(f"{path}/testNotification", {}), 404, "NotFound")
    refused(shop.api.get(path), 404, "NotFound")
    assert "pageSize" in refused(
        shop.api.get(f"{BASE}/subscriptions", notificationTypes=CHANGE, pageSize=5),
        400,
        "InvalidInput",
    )


def test_applications_stay_apart(shop: Shop, app: Api) -> None:
    """Neither another's destinations nor another's subscriptions are seen or used."""
    destination_id = destined(app)
    made = subscribed(shop.api, destination_id)
    with Api(shop.url, shop.other.client) as other:
        granted = other.grant(
            grant_type="client_credentials", refresh_token=None, scope=NOTIFICATIONS
        )
        other.token = granted.json()["access_token"]
        for path in (
            f"{BASE}/destinations/{destination_id}",
            f"{BASE}/subscriptions/{FINISHED}/{made['subscriptionId']}",
        ):
            refused(other.get(path), 404, "NotFound")
            refused(other.call("DELETE", path), 404, "NotFound")
        assert other.get(f"{BASE}/destinations").json() == {"payload": []}
    body = {"destinationId": destination_id}
    refused(shop.other.post(f"{BASE}/subscriptions/{FINISHED}", body), 404, "NotFound")
    # A seller's token is none of an application, and the other way round.
    refused(shop.api.get(f"{BASE}/destinations"), 403, "Unauthorized")
    refused(app.get(f"{BASE}/subscriptions/{FINISHED}"), 403, "Unauthorized")


def arrived(queues: QueueServer, url: str, number: int) -> list[Any]:
    """Wait for so many messages in a queue, and return them."""
    bodies: list[Any] = []

    def enough() -> bool:
        bodies.extend(map(json.loads, queues.take(url)))
        return len(bodies) >= number

    wait_until(enough)
    assert len(bodies) == number
    return bodies


def test_messages_arrive_as_published(
    shop: Shop, app: Api, queues: QueueServer
) -> None:
    """A feed's end, an order put in and cancelled, and a sample of each."""
    url = queues.create(f"sp-{uuid4().hex}")
    destination_id = destined(app, url.rpartition("/")[2])
    finished = subscribed(shop.api, destination_id)["subscriptionId"]
    change = subscribed(shop.api, destination_id, CHANGE)["subscriptionId"]
    order = "026-7654321-0000001"
    feed_id = created(shop.api)
    shop.service.worker.start()
    try:
        (message,) = arrived(queues, url, 1)
        assert message == {
            "notificationVersion": "2020-09-04",
            "notificationType": FINISHED,
            "payloadVersion": "2020-09-04",
            "eventTime": "2026-11-24T12:00:00Z",
            "payload": {
                "feedProcessingFinishedNotification": {
                    "sellerId": SELLER,
                    "accountId": SELLER,
                    "feedId": feed_id,
                    "feedType": "POST_ORDER_ACKNOWLEDGEMENT_DATA",
                    "processingStatus": "DONE",
                    "resultFeedDocumentId": shop.api.get(
                        f"/feeds/2021-06-30/feeds/{feed_id}"
                    ).json()["resultFeedDocumentId"],
                }
            },
            "notificationMetadata": {
                "applicationId": shop.client.client_id,
                "subscriptionId": finished,
                "publishTime": "2026-11-24T12:00:00Z",
                "notificationId": message["notificationMetadata"]["notificationId"],
            },
        }

        put_in(shop, order)
        messages = arrived(queues, url, 2)
        told = {
            each["Payload"]["OrderChangeNotification"]["OrderChangeType"]: each
            for each in messages
        }
        asked = told["BuyerRequestedChange"]["Payload"]["OrderChangeNotification"]
        assert asked["OrderChangeTrigger"]["ChangeReason"] == "Buyer Requested Cancel"
        new = told["OrderStatusChange"]
        assert new == {
            "NotificationVersion": "1.0",
            "NotificationType": CHANGE,
            "PayloadVersion": "1.0",
            "EventTime": "2026-11-24T12:00:00Z",
            "Payload": {
                "OrderChangeNotification": {
                    "NotificationLevel": "OrderLevel",
                    "SellerId": SELLER,
                    "AmazonOrderId": order,
                    "OrderChangeType": "OrderStatusChange",
                    "OrderChangeTrigger": {
                        "TimeOfOrderChange": "2026-11-24T12:00:00Z",
                        "ChangeReason": "Order Status Change",
                    },
                    "Summary": {
                        "MarketplaceId": "ATVPDKIKX0DER",
                        "OrderStatus": "Unshipped",
                        "PurchaseDate": "2026-11-01T10:00:00Z",
                        "DestinationPostalCode": None,
                        "FulfillmentType": "MFN",
                        "OrderType": "StandardOrder",
                        "NumberOfItemsShipped": 0,
                        "NumberOfItemsUnshipped": 2,
                        "OrderPrograms": [],
                        "ShippingPrograms": [],
                        "OrderItems": [
                            {
                                "OrderItemId": ITEM,
                                "SellerSKU": "S-1",
                                "SupplySourceId": None,
                                "Quantity": 2,
                                "QuantityShipped": 0,
                                "OrderItemStatus": "Unshipped",
                                "IsBuyerRequestedCancel": True,
                            }
                        ],
                    },
                }
            },
            "NotificationMetadata": {
                "ApplicationId": shop.client.client_id,
                "SubscriptionId": change,
                "PublishTime": "2026-11-24T12:00:00Z",
                "NotificationId": new["NotificationMetadata"]["NotificationId"],
            },
        }

        content = ACKNOWLEDGEMENT.format(status="Failure").encode()
        content = content.replace(b"026-1234567-1234567", order.encode())
        shop.mws.submit(content)
        kinds = {}
        for each in arrived(queues, url, 2):
            kinds[each.get("NotificationType") or each["notificationType"]] = each
        cancelled = kinds[CHANGE]["Payload"]["OrderChangeNotification"]
        assert cancelled["Summary"]["OrderStatus"] == "Canceled"
        assert cancelled["Summary"]["OrderItems"][0]["Quantity"] == 0

        for kind in (FINISHED, CHANGE):
            path = f"{BASE}/subscriptions/{kind}/testNotification"
            answer = shop.api.post(path, {})
            assert (answer.status_code, answer.json()) == (200, {"payload": {}})
        samples = arrived(queues, url, 2)
        assert {FINISHED, CHANGE} == {
            each.get("NotificationType") or each["notificationType"] for each in samples
        }
    finally:
        shop.service.worker.stop()


def test_an_application_that_lost_its_seller_is_told_no_more(
    shop: Shop, app: Api
) -> None:
    """Whoever revokes the refresh token ends what is told with it."""
    subscribed(shop.api, destined(app))
    token = lwa_refresh_token.c
    of_client = update(lwa_refresh_token).where(
        token.client_id == shop.client.client_id
    )
    try:
        with shop.service.database.write() as connection:
            connection.execute(of_client.values(revoked_at=NOON))
            listening = sp_subscriptions.listening(
                connection, SpNotificationType.FEED_PROCESSING_FINISHED
            )
        assert listening == []
    finally:
        with shop.service.database.write() as connection:
            connection.execute(of_client.values(revoked_at=None))


def put_in(shop: Shop, order_id: str) -> None:
    """Put in an order that its buyer wants cancelled."""
    order = {
        "amazon_order_id": order_id,
        "marketplace_id": "ATVPDKIKX0DER",
        "purchase_date": "2026-11-01T10:00:00Z",
        "currency": "USD",
        "buyer_requested_cancel": "Changed mind",
        "items": [
            {
                "amazon_order_item_code": ITEM,
                "sku": "S-1",
                "quantity_ordered": 2,
                "price": {"Principal": "20.00"},
            }
        ],
    }
    document = BytesIO(json.dumps([order]).encode())
    source = f"import {order_id}"
    import_orders(shop.service.database, document, SELLER, source=source, now=NOON)


def test_the_same_destination_made_at_once_is_made_once(postgresql_url: str) -> None:
    """Of callers that race one has it, and the others are told so."""
    database = open_database(postgresql_url)
    ids = held_ids()
    desk = NotificationDesk(
        database, ["https://sqs.*.amazonaws.com"], lambda: NOON, ids
    )
    client = Lwa(database, lambda: NOON).create_client("ERP")

    def make(_: int) -> str:
        try:
            desk.create_destination(client.client_id, "feeds", arn_of("feeds"))
        except NotificationConflict:
            return "conflict"
        return "made"

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(make, range(8)))

    assert answers == ["conflict"] * 7 + ["made"]
    (kept,) = desk.destinations(client.client_id)
    assert kept.url == "https://sqs.us-east-1.amazonaws.com/123456789012/feeds"
    database.close()
