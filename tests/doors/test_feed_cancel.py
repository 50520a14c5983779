"""Submissions cancelled."""

from __future__ import annotations

from collections.abc import Callable

from app.model.feed import FeedStatus
from tests.doors.caller import Caller
from tests.doors.feed_calls import (
    ACKNOWLEDGEMENT,
    ADJUSTMENT,
    CANCEL,
    COUNT,
    LIST,
    assert_refused,
    ids,
)
from tests.held import NOON

Queue = Callable[..., str]


def test_cancelling_lists_what_matches_and_cancels_what_waits(
    caller: Caller, queue: Queue
) -> None:
    """Count is the number listed, cancelled or not: recorded so (mws-wire 4.5)."""
    done = queue(status=FeedStatus.DONE, completed_at=NOON)
    running_ = queue(status=FeedStatus.IN_PROGRESS, started_at=NOON)
    waiting = queue(days_ago=179)
    too_old = queue(days_ago=181)
    other = queue(ADJUSTMENT)

    reply = caller.call(CANCEL, {"FeedTypeList.Type.1": ACKNOWLEDGEMENT})

    assert reply.text("Count") == "3"
    assert ids(reply) == [waiting, running_, done]
    assert reply.texts("FeedProcessingStatus") == [
        "_CANCELLED_",
        "_IN_PROGRESS_",
        "_DONE_",
    ]
    left = caller.call(
        LIST,
        {"FeedSubmissionIdList.Id.1": too_old, "FeedSubmissionIdList.Id.2": other},
    )
    assert left.texts("FeedProcessingStatus") == ["_SUBMITTED_", "_SUBMITTED_"]


def test_cancelling_by_id_cancels_those_and_no_others(
    caller: Caller, queue: Queue
) -> None:
    """Ids that stand twice count once; a done feed is listed as it is."""
    first, second, third = queue(), queue(), queue(status=FeedStatus.DONE)
    named = {f"FeedSubmissionIdList.Id.{n}": first for n in (1, 2)}

    reply = caller.call(CANCEL, named | {"FeedSubmissionIdList.Id.3": third})

    assert reply.text("Count") == "2"
    assert reply.texts("FeedProcessingStatus") == ["_DONE_", "_CANCELLED_"]
    left = caller.call(LIST, {"FeedSubmissionIdList.Id.1": second})
    assert left.text("FeedProcessingStatus") == "_SUBMITTED_"


def test_an_unknown_id_cancels_nothing_at_all(caller: Caller, queue: Queue) -> None:
    """The whole call fails, as CancelReportRequests did (mws-wire 4.5)."""
    waiting = queue()
    named = {"FeedSubmissionIdList.Id.1": waiting, "FeedSubmissionIdList.Id.2": "7"}

    reply = caller.call(CANCEL, named)

    assert_refused(reply, "InvalidFeedSubmissionId")
    assert caller.call(LIST).text("FeedProcessingStatus") == "_SUBMITTED_"


def test_more_than_a_hundred_are_cancelled_though_only_a_hundred_are_listed(
    caller: Caller, queue: Queue
) -> None:
    """Without ids everything that matches is meant (mws-wire 4.5)."""
    for _ in range(101):
        queue()

    reply = caller.call(CANCEL)

    assert (reply.text("Count"), len(ids(reply))) == ("100", 100)
    waiting = {"FeedProcessingStatusList.Status.1": "_SUBMITTED_"}
    assert caller.call(COUNT, waiting).text("Count") == "0"
