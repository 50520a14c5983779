"""Quotas at the door: headers, the two refusals, and who is counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from app.doors.call import OPERATIONS, Operation
from app.intake.quotas import Quota
from tests.doors.caller import FEEDS, FEEDS_NAMESPACE, ORDERS, ORDERS_NAMESPACE, Reply
from tests.doors.conftest import Running
from tests.held import HeldClock

COUNT = "GetFeedSubmissionCount"
QUOTA_HEADERS = ("x-mws-quota-max", "x-mws-quota-remaining", "x-mws-quota-resetsOn")

_LISTS = Quota(10, 45, per_hour=80)
_PAGES = Quota(30, 2, per_hour=1800)
_DOCUMENTS = Quota(15, 60, per_hour=60)
_ORDER_LISTS = Quota(6, 60, shared="ListOrders")
_ITEMS = Quota(30, 2, shared="ListOrderItems")
_PARTICIPATIONS = Quota(15, 60, shared="ListMarketplaceParticipations")

# Source: mws-wire 7.3 and 9.5.
PUBLISHED = {
    "Feeds/2009-01-01/SubmitFeed": Quota(15, 120, per_hour=30),
    "Feeds/2009-01-01/GetFeedSubmissionList": _LISTS,
    "Feeds/2009-01-01/GetFeedSubmissionListByNextToken": _PAGES,
    "Feeds/2009-01-01/GetFeedSubmissionCount": _LISTS,
    "Feeds/2009-01-01/CancelFeedSubmissions": _LISTS,
    "Feeds/2009-01-01/GetFeedSubmissionResult": _DOCUMENTS,
    "Reports/2009-01-01/RequestReport": _DOCUMENTS,
    "Reports/2009-01-01/GetReport": _DOCUMENTS,
    "Reports/2009-01-01/GetReportList": Quota(10, 60, per_hour=60),
    "Reports/2009-01-01/GetReportRequestList": _LISTS,
    "Reports/2009-01-01/GetReportRequestCount": _LISTS,
    "Reports/2009-01-01/GetReportCount": _LISTS,
    "Reports/2009-01-01/CancelReportRequests": _LISTS,
    "Reports/2009-01-01/UpdateReportAcknowledgements": _LISTS,
    "Reports/2009-01-01/GetReportListByNextToken": _PAGES,
    "Reports/2009-01-01/GetReportRequestListByNextToken": _PAGES,
    "Orders/2013-09-01/ListOrders": _ORDER_LISTS,
    "Orders/2013-09-01/ListOrdersByNextToken": _ORDER_LISTS,
    "Orders/2013-09-01/GetOrder": Quota(6, 60),
    "Orders/2013-09-01/ListOrderItems": _ITEMS,
    "Orders/2013-09-01/ListOrderItemsByNextToken": _ITEMS,
    "Sellers/2011-07-01/ListMarketplaceParticipations": _PARTICIPATIONS,
    "Sellers/2011-07-01/ListMarketplaceParticipationsByNextToken": _PARTICIPATIONS,
    "Finances/2015-05-01/ListFinancialEventGroups": _PAGES,
    "Finances/2015-05-01/ListFinancialEventGroupsByNextToken": _PAGES,
    "Finances/2015-05-01/ListFinancialEvents": _PAGES,
    "Finances/2015-05-01/ListFinancialEventsByNextToken": _PAGES,
}
_SUBSCRIPTIONS = Quota(25, 0.5, per_hour=7200)


def published(address: str) -> Quota | None:
    """Look an operation up; some rows stand for a whole group."""
    if address.endswith("/GetServiceStatus"):
        return Quota(2, 300)
    if address.startswith("Subscriptions/"):
        return _SUBSCRIPTIONS
    return PUBLISHED.get(address)


@pytest.mark.parametrize("listed", OPERATIONS.values(), ids=lambda each: each.address)
def test_an_operation_grants_what_was_published(listed: Operation) -> None:
    """The table is written here a second time, so that a slip of the pen is seen."""
    assert listed.quota is not None
    assert listed.quota == (published(listed.address) or listed.quota)


def headers_of(reply: Reply) -> list[str | None]:
    return [reply.header(name) for name in QUOTA_HEADERS]


def test_feeds_tell_the_hourly_quota_in_headers(
    start: Callable[..., Running], clock: HeldClock
) -> None:
    """In this very spelling, numbers as floats and the time in ISO (mws-wire 7.2)."""
    running = start(quotas="mws")

    replies = [running.caller.call(COUNT) for _ in range(2)]

    assert [reply.status for reply in replies] == [200, 200]
    most, remaining, resets_on = headers_of(replies[0])
    assert (most, remaining) == ("80.0", "79.0")
    assert headers_of(replies[1]) == ["80.0", "78.0", resets_on]
    assert resets_on is not None
    assert resets_on.endswith(":00.000Z")
    assert "2026-11-24T12:00" < resets_on <= "2026-11-24T13:00:00.000Z"


def test_all_operations_of_a_caller_reset_at_the_same_minute(
    start: Callable[..., Running],
) -> None:
    """As recorded: one minute for all operations of one caller (mws-wire 7.1)."""
    caller = start(quotas="mws").caller

    replies = [caller.call(COUNT), caller.call("GetFeedSubmissionList")]

    resets = {reply.header("x-mws-quota-resetsOn") for reply in replies}
    assert len(resets) == 1
    assert None not in resets


def test_errors_of_an_operation_tell_the_quota_and_strangers_learn_nothing(
    start: Callable[..., Running],
) -> None:
    """The headers are on 400, and absent on 403 (mws-wire 7.2)."""
    caller = start(quotas="mws").caller

    refused = caller.call(COUNT, {"SubmittedFromDate": "yesterday"})
    forged = replace(caller, secret="another").call(COUNT)
    afterwards = caller.call(COUNT)

    assert (refused.status, headers_of(refused)[:2]) == (400, ["80.0", "79.0"])
    assert (forged.status, headers_of(forged)) == (403, [None, None, None])
    assert headers_of(afterwards)[:2] == ["80.0", "78.0"]


def test_orders_tell_no_quota(start: Callable[..., Running]) -> None:
    """Absent on Orders, which many users took for a fault (mws-wire 11, 20)."""
    caller = start(quotas="mws").caller

    reply = caller.call("GetServiceStatus", path=ORDERS)

    assert (reply.status, headers_of(reply)) == (200, [None, None, None])


def test_a_burst_is_throttled_in_the_namespace_of_the_section(
    start: Callable[..., Running], clock: HeldClock
) -> None:
    """Type is there and empty, and there is no Detail (mws-wire 2.6)."""
    caller = start(quotas="mws").caller
    for _ in range(2):
        assert caller.call("GetServiceStatus", path=ORDERS).status == 200
    clock.advance(1)

    reply = caller.call("GetServiceStatus", path=ORDERS)

    assert (reply.status, reply.code) == (503, "RequestThrottled")
    assert reply.namespace == ORDERS_NAMESPACE
    assert reply.texts("Type") == [""]
    assert reply.texts("Detail") == []
    assert reply.text("RequestID") == reply.header("x-mws-request-id")
    assert reply.message == (
        "Request is throttled: Orders/2013-09-01/GetServiceStatus takes 2 requests at "
        "once and one more every 300 seconds; send the next in 299 seconds."
    )


def test_a_used_up_hour_is_refused_until_the_time_that_the_headers_tell(
    start: Callable[..., Running], clock: HeldClock
) -> None:
    """QuotaExceeded names the quota as a float, and the operation (mws-wire 7.1)."""
    started = start(quotas="mws", signature_window_seconds=7_200)
    caller = started.caller
    first = caller.call("GetFeedSubmissionResult", {"FeedSubmissionId": "1"})
    resets_on = first.header("x-mws-quota-resetsOn")
    # The hour of the held clock may end at any minute: go to its beginning.
    clock.now = clock.now.fromisoformat(str(resets_on).replace("Z", "+00:00"))
    for number in range(60):
        if number >= 15:
            clock.advance(60)
        reply = caller.call("GetFeedSubmissionResult", {"FeedSubmissionId": "1"})
        assert reply.code == "InvalidFeedSubmissionId"
        assert reply.header("x-mws-quota-remaining") == f"{59 - number}.0"

    clock.advance(60)
    refused = caller.call("GetFeedSubmissionResult", {"FeedSubmissionId": "1"})

    assert (refused.status, refused.code) == (503, "QuotaExceeded")
    assert refused.namespace == FEEDS_NAMESPACE
    assert refused.texts("Type") == [""]
    assert refused.texts("Detail") == []
    assert "60.0 requests per 1 hour" in refused.message
    assert "Feeds/2009-01-01/GetFeedSubmissionResult" in refused.message
    assert headers_of(refused)[:2] == ["60.0", "0.0"]


def test_each_key_has_a_quota_of_its_own(start: Callable[..., Running]) -> None:
    """The bucket belongs to seller and developer together (mws-wire 7.1)."""
    running = start(quotas="mws")
    for _ in range(10):
        running.caller.call(COUNT)
    rotated = running.service.accounts.rotate(running.caller.seller_id)
    other_key = replace(
        running.caller, access_key_id=rotated.access_key_id, secret=rotated.secret
    )

    replies = [caller.call(COUNT) for caller in (running.caller, other_key)]

    assert [reply.status for reply in replies] == [503, 200]
    assert running.other.call(COUNT).status == 200


def test_without_quotas_nothing_is_counted(start: Callable[..., Running]) -> None:
    """The default: who hosts the service for themselves has nobody to be kept from."""
    running = start()

    replies = [running.caller.call(COUNT, path=FEEDS) for _ in range(11)]

    assert {reply.status for reply in replies} == {200}
    assert headers_of(replies[-1]) == [None, None, None]
    assert not list(running.folder.parent.parent.glob("*.quota.db"))
