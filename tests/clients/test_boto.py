"""The published client `boto` 2.49 (boto.mws), unmodified."""

from __future__ import annotations

import collections
import collections.abc
import gc
import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from lxml import etree

with warnings.catch_warnings():
    # Written for Python 2; its bundled six finds modules in the old way.
    warnings.simplefilter("ignore")
    import boto
    import boto.mws.exception
    from boto.mws.connection import MWSConnection

    # That finder would make every later failed import of this process a warning.
    sys.meta_path[:] = [each for each in sys.meta_path if hasattr(each, "find_spec")]

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
from tests.queues import QueueServer, fields_of
from tests.waiting import eventually

# The client leaves sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

FULFILLMENT = "_POST_ORDER_FULFILLMENT_DATA_"

ACKNOWLEDGEMENT = "_POST_ORDER_ACKNOWLEDGEMENT_DATA_"
US = "ATVPDKIKX0DER"
FINISHED = "FeedProcessingFinished"

Connect = Callable[..., MWSConnection]


@pytest.fixture
def queue_hosts(queues: QueueServer) -> tuple[str, ...]:
    """The shop may send to the queue server of the tests."""
    return (queues.origin,)


@pytest.fixture
def connect(shop: Shop) -> Iterator[Connect]:
    """Set the client up, as its users do."""
    parts = urlsplit(shop.url)
    made: list[MWSConnection] = []

    def connection(**changes: str) -> MWSConnection:
        chosen = {
            "aws_access_key_id": shop.keys.access_key_id,
            "aws_secret_access_key": shop.keys.secret,
            "Merchant": shop.keys.seller_id,
            "host": parts.hostname,
        }
        made.append(
            MWSConnection(port=parts.port, is_secure=False, **(chosen | changes))
        )
        return made[-1]

    yield connection
    made.clear()
    gc.collect()


def submit(connection: MWSConnection, document: bytes, feed_type: str) -> str:
    """Submit a feed and wait until it is done; return its id."""
    answer = connection.submit_feed(
        FeedType=feed_type,
        FeedContent=document,
        PurgeAndReplace=False,
        content_type="text/xml",
    )
    info = answer.SubmitFeedResult.FeedSubmissionInfo
    assert info.FeedProcessingStatus == "_SUBMITTED_"

    def status() -> str:
        listed = connection.get_feed_submission_list(
            FeedSubmissionIdList=[info.FeedSubmissionId]
        )
        (found,) = listed.GetFeedSubmissionListResult.FeedSubmissionInfo
        return str(found.FeedProcessingStatus)

    wait_for(status)
    return str(info.FeedSubmissionId)


def report(
    connection: MWSConnection, feed_id: str, caplog: pytest.LogCaptureFixture
) -> etree._Element:
    """Return the report that the client logs before it fails.

    On Python 3 it compares the MD5 of every answer that has one as bytes with text
    (boto/boto issue 3544), so no right answer satisfies it.
    """
    caplog.clear()
    with caplog.at_level(logging.DEBUG, "boto"), pytest.raises(AssertionError):
        connection.get_feed_submission_result(FeedSubmissionId=feed_id)
    (body,) = [
        record.msg for record in caplog.records if b"<Amazon" in bytes_of(record)
    ]
    return etree.fromstring(body)


def bytes_of(record: logging.LogRecord) -> bytes:
    return record.msg if isinstance(record.msg, bytes) else b""


def test_the_whole_story_of_three_orders(
    shop: Shop, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """Cancel one, refund a part of another, ship a third; read reports and orders."""
    connection = connect()

    done = [
        submit(connection, shop.feed(CANCEL), ACKNOWLEDGEMENT),
        submit(connection, shop.feed(REFUND), "_POST_PAYMENT_ADJUSTMENT_DATA_"),
        submit(connection, shop.feed(SHIP), FULFILLMENT),
    ]

    for feed_id in done:
        root = report(connection, feed_id, caplog)
        assert root.findtext(".//DocumentTransactionID") == feed_id
        assert root.findtext(".//MessagesSuccessful") == "1"
        assert root.findtext(".//MessagesWithWarning") == "0"
    ids = [CANCELLED, REFUNDED, SHIPPED]
    orders = connection.get_order(AmazonOrderId=ids).GetOrderResult.Orders.Order
    assert [str(order.OrderStatus) for order in orders] == [
        "Canceled",
        "Shipped",
        "Shipped",
    ]
    assert [str(order.OrderTotal) for order in orders] == [
        "0.00",
        "20.00",
        "30.00",
    ]
    assert str(orders[0].BuyerName) == "Zoë"
    listed = connection.list_order_items(AmazonOrderId=REFUNDED)
    (item,) = listed.ListOrderItemsResult.OrderItems.OrderItem
    assert (str(item.QuantityOrdered), str(item.ItemPrice)) == ("2", "20.00")


def test_paging_drops_the_auth_token_and_still_goes_on(
    shop: Shop, connect: Connect
) -> None:
    """Its `iter_call` sends NextToken without MWSAuthToken (client-observations)."""
    shop.service.worker.stop()
    developer = connect(
        aws_access_key_id=shop.developer.access_key_id,
        aws_secret_access_key=shop.developer.secret,
    )
    made = [
        developer.submit_feed(
            FeedType=FULFILLMENT,
            FeedContent=shop.feed(SHIP) + b"\n" * number,
            content_type="text/xml",
            MWSAuthToken=shop.auth_token,
        ).SubmitFeedResult.FeedSubmissionInfo.FeedSubmissionId
        for number in range(3)
    ]

    pages = developer.iter_call(
        "GetFeedSubmissionList", MaxCount="2", MWSAuthToken=shop.auth_token
    )
    found = [info for page in pages for info in page._result.FeedSubmissionInfo]

    assert [str(info.FeedSubmissionId) for info in found] == [
        str(feed_id) for feed_id in reversed(made)
    ]


def test_feeds_are_counted_and_cancelled(shop: Shop, connect: Connect) -> None:
    """With everything in the query of a POST and an empty text/plain body."""
    shop.service.worker.stop()
    connection = connect()
    connection.submit_feed(
        FeedType=FULFILLMENT, FeedContent=shop.feed(SHIP), content_type="text/xml"
    )

    count = connection.get_feed_submission_count(FeedTypeList=[FULFILLMENT])
    cancelled = connection.cancel_feed_submissions(FeedTypeList=[FULFILLMENT])

    assert count.GetFeedSubmissionCountResult.Count == "1"
    assert cancelled.CancelFeedSubmissionsResult.Count == "1"
    (info,) = cancelled.CancelFeedSubmissionsResult.FeedSubmissionInfo
    assert info.FeedProcessingStatus == "_CANCELLED_"


def test_what_is_refused_reaches_the_client_as_its_error(
    shop: Shop, connect: Connect
) -> None:
    """Wrong secret, unknown key, unknown ids, and what is not served."""
    connection = connect()
    errors = boto.mws.exception

    with pytest.raises(errors.ResponseError) as secret:
        connect(aws_secret_access_key="wrong").get_feed_submission_count()
    with pytest.raises(errors.ResponseError) as key:
        connect(aws_access_key_id="AKIANOBODY0000000000").get_feed_submission_count()
    with pytest.raises(errors.ResponseError) as unknown:
        connection.get_feed_submission_result(FeedSubmissionId="50000099999")
    with pytest.raises(errors.InvalidAddress):
        connection.get_products_service_status()
    with pytest.raises(errors.InvalidParameterValue) as order:
        connection.list_order_items(AmazonOrderId="026-0000000-0000000")

    assert (secret.value.status, secret.value.error_code) == (
        403,
        "SignatureDoesNotMatch",
    )
    assert (key.value.status, key.value.error_code) == (403, "InvalidAccessKeyId")
    assert (unknown.value.status, unknown.value.error_code) == (
        400,
        "InvalidFeedSubmissionId",
    )
    assert "026-0000000-0000000" in order.value.message
    assert unknown.value.request_id


def test_the_section_says_that_it_is_up(shop: Shop, connect: Connect) -> None:
    """What monitoring asks."""
    status = connect().get_orders_service_status()

    assert status.GetServiceStatusResult.Status == "GREEN"


def test_orders_are_fetched_by_report_and_acknowledged(
    shop: Shop, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """Ask, poll, fetch, acknowledge: on `/`, as it calls Reports (mws-wire 9.5)."""
    connection = connect()
    asked = connection.request_report(
        ReportType="_GET_ORDERS_DATA_", StartDate="2026-01-01T00:00:00Z"
    )
    request_id = asked.RequestReportResult.ReportRequestInfo.ReportRequestId

    def info() -> Any:
        listed = connection.get_report_request_list(ReportRequestIdList=[request_id])
        (found,) = listed.GetReportRequestListResult.ReportRequestInfo
        return found

    wait_for(lambda: str(info().ReportProcessingStatus))
    report_id = str(info().GeneratedReportId)
    caplog.clear()
    with caplog.at_level(logging.DEBUG, "boto"), pytest.raises(AssertionError):
        connection.get_report(ReportId=report_id)
    (body,) = [
        record.msg for record in caplog.records if b"<Amazon" in bytes_of(record)
    ]
    acknowledged = connection.update_report_acknowledgements(
        ReportIdList=[report_id], Acknowledged=True
    )
    left = connection.get_report_count(Acknowledged=False)

    ids = [each.text for each in etree.fromstring(body).iter("AmazonOrderID")]
    assert ids == [CANCELLED, REFUNDED, SHIPPED]
    (shown,) = acknowledged.UpdateReportAcknowledgementsResult.ReportInfo
    assert (shown.ReportId, shown.Acknowledged) == (report_id, "true")
    assert left.GetReportCountResult.Count == "0"


def test_the_end_of_a_feed_reaches_the_queue(
    shop: Shop,
    connect: Connect,
    queues: QueueServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Register, try, subscribe, submit, be told, and leave again."""
    # The client looks for names that Python dropped with 3.10.
    for name in ("Mapping", "Iterable"):
        abstract = getattr(collections.abc, name)
        monkeypatch.setattr(collections, name, abstract, raising=False)
    connection = connect()
    url = queues.create(f"boto-{uuid4().hex}")
    attributes = [{"Key": "sqsQueueUrl", "Value": url}]
    destination = {"DeliveryChannel": "SQS", "AttributeList": attributes}
    wish = {
        "NotificationType": FINISHED,
        "IsEnabled": True,
        "Destination": destination,
    }
    received: list[dict[str, str]] = []

    def told(number: int) -> Any:
        def come() -> bool:
            received.extend(map(fields_of, queues.take(url)))
            return len(received) >= number

        eventually(come)
        return received[-1]

    connection.register_destination(MarketplaceId=US, Destination=destination)
    connection.send_test_notification_to_destination(
        MarketplaceId=US, Destination=destination
    )
    assert told(1)["NotificationType"] == "TestNotification"

    connection.create_subscription(MarketplaceId=US, Subscription=wish)
    feed_id = submit(connection, shop.feed(CANCEL), ACKNOWLEDGEMENT)
    message = told(2)
    assert (message["NotificationType"], message["SellerId"]) == (
        FINISHED,
        shop.keys.seller_id,
    )
    assert (message["FeedSubmissionId"], message["FeedProcessingStatus"]) == (
        feed_id,
        "DONE",
    )

    shown = connection.get_subscription(
        MarketplaceId=US, NotificationType=FINISHED, Destination=destination
    ).GetSubscriptionResult.Subscription
    listed = connection.list_subscriptions(
        MarketplaceId=US
    ).ListSubscriptionsResult.SubscriptionList
    assert (shown.NotificationType, shown.IsEnabled) == (FINISHED, "true")
    assert shown.Destination.DeliveryChannel == "SQS"
    assert [each.NotificationType for each in listed] == [FINISHED]
    with pytest.raises(boto.mws.exception.ResponseError) as subscribed:
        connection.deregister_destination(MarketplaceId=US, Destination=destination)
    assert subscribed.value.error_code == "InvalidInputFatalException"

    connection.update_subscription(
        MarketplaceId=US, Subscription=wish | {"IsEnabled": False}
    )
    connection.delete_subscription(
        MarketplaceId=US, NotificationType=FINISHED, Destination=destination
    )
    connection.deregister_destination(MarketplaceId=US, Destination=destination)
    left = connection.list_registered_destinations(MarketplaceId=US)
    assert list(left.ListRegisteredDestinationsResult.DestinationList) == []
    status = connection.get_subscriptions_service_status()
    assert status.GetServiceStatusResult.Status == "GREEN"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.skipif(
    sys.version_info >= (3, 12),
    reason="boto 2.49 wraps sockets in a way that Python 3.12 took away",
)
def test_the_whole_way_over_https(
    https_shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    """Submit, poll, page, fetch the report, read the order, the authority trusted."""
    parts = urlsplit(https_shop.url)
    boto.config.add_section("Boto")
    boto.config.setbool("Boto", "https_validate_certificates", True)
    boto.config.set("Boto", "ca_certificates_file", str(https_shop.authority))
    try:
        connection = MWSConnection(
            https_shop.keys.access_key_id,
            https_shop.keys.secret,
            Merchant=https_shop.keys.seller_id,
            host="localhost",
            port=parts.port,
        )
        cancel = submit(
            connection, https_shop.feed(CANCEL), "_POST_ORDER_ACKNOWLEDGEMENT_DATA_"
        )
        ship = submit(connection, https_shop.feed(SHIP), FULFILLMENT)
        first = connection.get_feed_submission_list(MaxCount=1)
        token = first.GetFeedSubmissionListResult.NextToken
        rest = connection.get_feed_submission_list_by_next_token(NextToken=token)
        root = report(connection, ship, caplog)
        order = connection.get_order(AmazonOrderId=[CANCELLED])
    finally:
        boto.config.remove_section("Boto")

    (last,) = rest.GetFeedSubmissionListByNextTokenResult.FeedSubmissionInfo
    assert last.FeedSubmissionId == cancel
    assert root.findtext(".//MessagesSuccessful") == "1"
    (found,) = order.GetOrderResult.Orders.Order
    assert found.OrderStatus == "Canceled"
    del connection
    gc.collect()
