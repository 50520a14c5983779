"""Quotas at the door: headers, the two refusals, and who is counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from app.doors.call import OPERATIONS
from app.intake.accounts import Caller as CallerKey
from app.intake.quotas import Quota, Quotas
from app.store.backends import open_database
from app.store.quotas import Buckets
from tests.doors.caller import FEEDS, FEEDS_NAMESPACE, ORDERS, ORDERS_NAMESPACE, Reply
from tests.doors.conftest import SELLER, Running
from tests.fidelity.pairs import Published, published
from tests.held import HeldClock

COUNT = "GetFeedSubmissionCount"
QUOTA_HEADERS = ("x-mws-quota-max", "x-mws-quota-remaining", "x-mws-quota-resetsOn")

# Operations that take from one bucket (mws-wire 7.3).
SHARED = ("ListOrders", "ListOrderItems", "ListMarketplaceParticipations")
# MWS's page has none: it could never be called (docs/decisions/0014).
UNPUBLISHED = "Reports/2009-01-01/GetReportScheduleListByNextToken"

PUBLISHED = {each.address: each for each in published()}
SERVED = {each.address: each for each in OPERATIONS.values()}
ROWS = [pytest.param(row, id=key) for key, row in PUBLISHED.items() if row.burst]


def test_the_published_table_has_every_operation() -> None:
    """tests/fidelity/pairs/operations.txt, written by hand from mws-wire 7.3, 9.5."""
    served = {operation.address for operation in OPERATIONS.values()}

    assert set(PUBLISHED) == served
    assert [key for key, row in PUBLISHED.items() if not row.burst] == [UNPUBLISHED]


@pytest.mark.parametrize("row", ROWS)
def test_an_operation_grants_what_was_published(row: Published) -> None:
    """The code has the numbers a second time, so that a slip of the pen is seen."""
    name = row.action.removesuffix("ByNextToken")
    assert row.burst is not None
    assert row.restore_seconds is not None

    assert SERVED[row.address].quota == Quota(
        row.burst,
        row.restore_seconds,
        row.per_hour,
        shared=name if name in SHARED else None,
    )


@pytest.fixture
def quotas(sqlite_url: str, clock: HeldClock) -> Iterator[Quotas]:
    """The quotas as published, in buckets on disk."""
    database = open_database(sqlite_url)
    made = Quotas(Buckets(database), "mws", clock)
    yield made
    made.close()
    database.close()


PROBE = CallerKey("AKIAEXAMPLE0KEY00001", SELLER)


def taken(quotas: Quotas, address: str, quota: Quota) -> str:
    """Take one request; return the code of its refusal, or nothing."""
    found = quotas.take(PROBE, address, quota).refusal
    return found.code.value.mws if found else ""


@pytest.mark.parametrize("row", ROWS)
def test_every_row_of_the_table_is_replayed_to_the_second(
    quotas: Quotas, clock: HeldClock, row: Published
) -> None:
    """The operation's own quota in the buckets, the numbers from the table."""
    quota = SERVED[row.address].quota
    assert quota is not None
    assert row.burst is not None
    assert row.restore_seconds is not None
    step = min(1.0, row.restore_seconds / 2)

    burst = [taken(quotas, row.address, quota) for _ in range(row.burst + 1)]
    around = []
    for _ in range(4):
        clock.advance(row.restore_seconds - step)
        early = taken(quotas, row.address, quota)
        clock.advance(step)
        around.append((early, taken(quotas, row.address, quota)))

    assert burst == [""] * row.burst + ["RequestThrottled"]
    assert around == [("RequestThrottled", "")] * 4


HOURLY = {
    (row.burst, row.restore_seconds, row.per_hour): row
    for row in PUBLISHED.values()
    if row.per_hour
}


@pytest.mark.parametrize("row", HOURLY.values(), ids=lambda each: each.address)
def test_every_hourly_quota_of_the_table_is_replayed(
    quotas: Quotas, clock: HeldClock, row: Published
) -> None:
    """As fast as tokens come back, until the hour's are used; then in the next hour."""
    quota = SERVED[row.address].quota
    assert quota is not None
    assert row.restore_seconds is not None
    standing = quotas.take(PROBE, "none", Quota(1, 1, per_hour=1)).standing
    assert standing is not None
    clock.now = begun = standing.resets_at

    granted, refusal = 0, ""
    while refusal != "QuotaExceeded":
        if refusal == "RequestThrottled":
            clock.advance(row.restore_seconds)
        refusal = taken(quotas, row.address, quota)
        granted += not refusal
    clock.now = begun + timedelta(seconds=3599)
    last = taken(quotas, row.address, quota)
    clock.advance(1)

    assert granted == row.per_hour
    assert last == "QuotaExceeded"
    assert taken(quotas, row.address, quota) == ""


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
