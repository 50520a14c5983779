"""What the seller of the pairs has: orders, feeds and reports in every state."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

from sqlalchemy import update

from app.intake.order_import import import_orders
from app.store.tables import feed_submission, report
from tests.doors.caller import Caller
from tests.doors.conftest import ACKNOWLEDGEMENT, Running
from tests.held import NOON
from tests.running import wait_until

US = "ATVPDKIKX0DER"
FEED = ACKNOWLEDGEMENT.format(status="Success").encode()
INVALID_FEED = ACKNOWLEDGEMENT.format(status="Maybe").encode()
FLAT_FEED = (
    b"order-id\torder-item-id\tquantity\tship-date\tcarrier-code\tcarrier-name\t"
    b"tracking-number\tship-method\r\n"
    b"026-0000000-0000000\t\t\t2026-11-20\tUPS\t\t1Z1\tGround\r\n"
)
REPORTS, ORDERS, FINANCES = (
    "/Reports/2009-01-01",
    "/Orders/2013-09-01",
    "/Finances/2015-05-01",
)
SUBSCRIPTIONS = "/Subscriptions/2013-07-01"
QUEUE = "https://sqs.eu-west-1.amazonaws.com/123456789012/feeds"


def order(number: int, item: dict[str, Any] | None = None, **values: Any) -> Any:
    first = {
        "amazon_order_item_code": f"0000000000000{number}",
        "sku": "S-1",
        "asin": "B000000001",
        "quantity_ordered": 1,
        "price": {"Principal": "30.00"},
    }
    return {
        "amazon_order_id": f"026-1234567-000000{number}",
        "marketplace_id": US,
        "purchase_date": f"2026-11-0{number}T10:00:00Z",
        "currency": "USD",
        "buyer": {"name": "Ann", "email": "ann@example.test"},
        **values,
        "items": [first | (item or {})],
    }


PROMOTION = {
    "component": "Principal",
    "merchant_promotion_id": "SUMMER",
    "amount": "2.00",
}
RICH = {
    "title": "Mug",
    "quantity_ordered": 4,
    "quantity_cancelled": 1,
    "price": {
        "Principal": "40.00",
        "Shipping": "8.00",
        "GiftWrap": "4.00",
        "Tax": "3.20",
        "ShippingTax": "0.80",
        "GiftWrapTax": "0.40",
    },
    "promotions": [PROMOTION],
}
SHIPPED = {
    "quantity_ordered": 2,
    "quantity_shipped": 2,
    "refunded": {"Principal": "5.00"},
    "promotions": [PROMOTION],
}
PLACED = {
    "order": order(1),
    "second": order(2),
    "shipped": order(3, SHIPPED, merchant_order_id="A-3"),
    "part": order(4, RICH, merchant_order_id="A-4"),
    "cancelled_order": order(5, {"quantity_cancelled": 1}),
    "pending": order(6, status="Pending"),
    "partly": order(7, {"quantity_ordered": 2, "quantity_shipped": 1}),
    "euro": order(
        8, {"quantity_shipped": 1}, marketplace_id="A1PA6795UKMFR9", currency="EUR"
    ),
}


def furnish(running: Running) -> dict[str, str]:
    """Put everything in; return what the pairs' words stand for."""
    words = {name: each["amazon_order_id"] for name, each in PLACED.items()}
    words |= {"seller": running.caller.seller_id, "queue": QUEUE}
    import_orders(
        running.service.database,
        BytesIO(json.dumps(list(PLACED.values())).encode()),
        running.caller.seller_id,
        source="1",
        now=NOON - timedelta(hours=1),
    )
    words |= _finished(running)
    words |= _unfinished(running)
    words |= _tokens(running.caller)
    destination = {
        "MarketplaceId": US,
        "Destination.DeliveryChannel": "SQS",
        "Destination.AttributeList.member.1.Key": "sqsQueueUrl",
        "Destination.AttributeList.member.1.Value": QUEUE,
    }
    _done(running.caller, "RegisterDestination", SUBSCRIPTIONS, destination)
    return words


def _done(caller: Caller, action: str, path: str, given: dict[str, str]) -> Any:
    reply = caller.call(action, given, path=path)
    assert reply.status == 200, reply.body
    return reply


def _finished(running: Running) -> dict[str, str]:
    """Let a worker finish feeds and reports; some are then swept away."""
    caller, worker = running.caller, running.service.worker
    # Other bytes than the pairs send, or theirs would be these feeds sent again.
    flat_type = "_POST_FLAT_FILE_FULFILLMENT_DATA_"
    flat_feed = FLAT_FEED.replace(b"1Z1", b"1Z2")
    feeds = {
        "done": caller.submit(FEED + b"\n" * 3).text("FeedSubmissionId"),
        "swept": caller.submit(FEED + b"\n\n").text("FeedSubmissionId"),
        "flat": caller.submit(flat_feed, flat_type).text("FeedSubmissionId"),
    }
    foreign = running.other.submit(
        FEED.replace(b"A1SELLER000001", b"A1OTHER0000001")
    ).text("FeedSubmissionId")
    asked = {
        "request": _ask(caller, "_GET_ORDERS_DATA_"),
        "swept_request": _ask(caller, "_GET_ORDERS_DATA_", EndDate="2026-11-20"),
        "flat_request": _ask(caller, "_GET_FLAT_FILE_ORDERS_DATA_"),
        "converged_request": _ask(
            caller, "_GET_CONVERGED_FLAT_FILE_ORDER_REPORT_DATA_"
        ),
        "nodata": _ask(caller, "_GET_ORDERS_DATA_", EndDate="2026-11-01T01:00:00Z"),
    }

    def statuses(action: str, name: str, ids: Any, element: str, path: str) -> set[str]:
        given = {f"{name}.Id.{place}": each for place, each in enumerate(ids, 1)}
        return set(caller.call(action, given, path=path).texts(element))

    ended: list[Callable[[], bool]] = [
        lambda: (
            statuses(
                "GetFeedSubmissionList",
                "FeedSubmissionIdList",
                feeds.values(),
                "FeedProcessingStatus",
                "/Feeds/2009-01-01",
            )
            == {"_DONE_"}
        ),
        lambda: (
            statuses(
                "GetReportRequestList",
                "ReportRequestIdList",
                asked.values(),
                "ReportProcessingStatus",
                REPORTS,
            )
            == {"_DONE_", "_DONE_NO_DATA_"}
        ),
    ]
    worker.start()
    try:
        for each in ended:
            wait_until(each)
    finally:
        worker.stop()
    words = feeds | asked | {"foreign": foreign}
    for name in ("request", "swept_request", "flat_request", "converged_request"):
        shown = caller.call(
            "GetReportRequestList",
            {"ReportRequestIdList.Id.1": asked[name]},
            path=REPORTS,
        )
        words[name.replace("request", "report")] = shown.text("GeneratedReportId")
    with running.service.database.write() as connection:
        mine = feed_submission.c.feed_submission_id == int(words["swept"])
        gone = {"report_document_id": None, "report_md5": None}
        connection.execute(update(feed_submission).where(mine).values(gone))
        its = report.c.report_id == int(words["swept_report"])
        connection.execute(update(report).where(its).values(document_id=None))
    return words


def _ask(caller: Caller, report_type: str, **given: str) -> str:
    dates = {"ReportType": report_type, "StartDate": "2026-11-01"} | given
    reply = _done(caller, "RequestReport", REPORTS, dates)
    return str(reply.text("ReportRequestId"))


def _unfinished(running: Running) -> dict[str, str]:
    """Leave some of each cancelled, and some waiting; no worker runs any more."""
    caller = running.caller
    cancelled = caller.submit(FEED + b"\n").text("FeedSubmissionId")
    given = {"FeedSubmissionIdList.Id.1": cancelled}
    _done(caller, "CancelFeedSubmissions", "/Feeds/2009-01-01", given)
    cancelled_request = _ask(caller, "_GET_ORDERS_DATA_")
    given = {"ReportRequestIdList.Id.1": cancelled_request}
    _done(caller, "CancelReportRequests", REPORTS, given)
    return {
        "cancelled": cancelled,
        "waiting": caller.submit(FEED + b" ").text("FeedSubmissionId"),
        "cancelled_request": cancelled_request,
        "unready": _ask(caller, "_GET_ORDERS_DATA_"),
    }


def _tokens(caller: Caller) -> dict[str, str]:
    since, one = "2026-10-01T00:00:00Z", {"MaxCount": "1"}
    page = {"MaxResultsPerPage": "1"}
    lists: dict[str, tuple[str, str, dict[str, str]]] = {
        "feeds_token": ("GetFeedSubmissionList", "/Feeds/2009-01-01", one),
        "requests_token": ("GetReportRequestList", REPORTS, one),
        "reports_token": ("GetReportList", REPORTS, one),
        "orders_token": (
            "ListOrders",
            ORDERS,
            page | {"CreatedAfter": since, "MarketplaceId.Id.1": US},
        ),
        "updates_token": (
            "ListOrders",
            ORDERS,
            page | {"LastUpdatedAfter": since, "MarketplaceId.Id.1": US},
        ),
        "events_token": (
            "ListFinancialEvents",
            FINANCES,
            page | {"PostedAfter": since},
        ),
        "groups_token": (
            "ListFinancialEventGroups",
            FINANCES,
            page | {"FinancialEventGroupStartedAfter": since},
        ),
    }
    return {
        word: _done(caller, action, path, given).text("NextToken")
        for word, (action, path, given) in lists.items()
    }
