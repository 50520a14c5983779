"""Submissions listed, page by page, and counted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from app.model.feed import FeedStatus
from tests.doors.caller import FEEDS_NAMESPACE, Caller
from tests.doors.conftest import Running
from tests.doors.feed_calls import (
    ACKNOWLEDGEMENT,
    ADJUSTMENT,
    CANCEL,
    COUNT,
    FULFILLMENT,
    LIST,
    NEXT,
    RESULT,
    assert_refused,
    ids,
)
from tests.held import NOON

Queue = Callable[..., str]


def test_an_empty_list_has_only_has_next(caller: Caller) -> None:
    """As recorded (mws-wire 4.3)."""
    reply = caller.call(LIST)

    assert reply.body.decode() == (
        '<?xml version="1.0"?>\n'
        f'<GetFeedSubmissionListResponse xmlns="{FEEDS_NAMESPACE}">'
        "<GetFeedSubmissionListResult><HasNext>false</HasNext>"
        "</GetFeedSubmissionListResult><ResponseMetadata><RequestId>"
        f"{reply.header('x-mws-request-id')}</RequestId></ResponseMetadata>"
        "</GetFeedSubmissionListResponse>"
    )


def test_a_submission_shows_the_dates_it_has(caller: Caller, queue: Queue) -> None:
    """Empty dates break clients; the order is the schema's (mws-wire 4.1)."""
    queue(
        status=FeedStatus.DONE,
        started_at=NOON + timedelta(seconds=1.5),
        completed_at=NOON + timedelta(seconds=2),
    )

    reply = caller.call(LIST)

    assert (
        "<FeedSubmissionInfo><FeedSubmissionId>50000000001</FeedSubmissionId>"
        f"<FeedType>{ACKNOWLEDGEMENT}</FeedType>"
        "<SubmittedDate>2026-11-24T12:00:00+00:00</SubmittedDate>"
        "<FeedProcessingStatus>_DONE_</FeedProcessingStatus>"
        "<StartedProcessingDate>2026-11-24T12:00:01+00:00</StartedProcessingDate>"
        "<CompletedProcessingDate>2026-11-24T12:00:02+00:00</CompletedProcessingDate>"
        "</FeedSubmissionInfo>"
    ) in reply.body.decode()


def test_a_list_can_be_filtered(caller: Caller, queue: Queue) -> None:
    """By type, status and time of submission, all together (mws-wire 4.3)."""
    done = queue(ADJUSTMENT, status=FeedStatus.DONE, days_ago=1)
    waiting = queue(ADJUSTMENT, days_ago=2)
    other = queue(FULFILLMENT, days_ago=3)
    queue(ADJUSTMENT, days_ago=90.001)

    assert ids(caller.call(LIST)) == [other, waiting, done]
    assert ids(caller.call(LIST, {"FeedTypeList.Type.7": ADJUSTMENT})) == [
        waiting,
        done,
    ]
    both = {"FeedTypeList.Type.1": ADJUSTMENT, "FeedTypeList.Type.2": FULFILLMENT}
    status = {"FeedProcessingStatusList.Status.1": "_SUBMITTED_"}
    assert ids(caller.call(LIST, both | status)) == [other, waiting]
    since = {"SubmittedFromDate": "2026-11-22T14:00:00+02:00"}
    assert ids(caller.call(LIST, since)) == [waiting, done]
    until = {"SubmittedToDate": "2026-11-22T12:00:00Z"}
    assert ids(caller.call(LIST, since | until)) == [waiting]
    assert caller.call(COUNT, since | until).text("Count") == "1"
    assert caller.call(COUNT).text("Count") == "3"
    assert caller.call(COUNT, both | status).text("Count") == "2"
    unused = {"FeedTypeList.Type.1": "_POST_PRODUCT_DATA_"}
    assert caller.call(COUNT, unused).text("Count") == "0"


def test_ids_override_every_other_filter(caller: Caller, queue: Queue) -> None:
    """MaxCount and wrong values too; unknown ids are absent (mws-wire 4.3, 11.17)."""
    old = queue(days_ago=200)
    new = [queue() for _ in range(11)]
    asked = {f"FeedSubmissionIdList.Id.{n}": each for n, each in enumerate(new, 1)}
    asked |= {"FeedSubmissionIdList.Id.99": old, "FeedSubmissionIdList.Id.20": "7"}
    asked |= {"FeedSubmissionIdList.Id.21": "9" * 40}
    ignored = {"MaxCount": "1", "FeedTypeList.Type.1": "_X_", "SubmittedToDate": "?"}

    reply = caller.call(LIST, asked | ignored)

    assert ids(reply) == [*reversed(new), old]
    assert reply.text("HasNext") == "false"


def test_lists_are_paged_by_tokens(caller: Caller, queue: Queue) -> None:
    """Ten a page by default; what is submitted meanwhile does not shift pages."""
    made = [queue() for _ in range(12)]
    queue(ADJUSTMENT)
    wanted = {"FeedTypeList.Type.1": ACKNOWLEDGEMENT}

    first = caller.call(LIST, wanted)
    queue()
    second = caller.call(NEXT, {"NextToken": first.text("NextToken")}, method="GET")

    assert ids(first) + ids(second) == made[::-1]
    assert len(ids(first)) == 10
    assert (first.text("HasNext"), second.text("HasNext")) == ("true", "false")
    assert second.texts("NextToken") == []
    assert second.root.tag == f"{{{FEEDS_NAMESPACE}}}{NEXT}Response"


def test_the_page_size_is_kept_by_the_token(caller: Caller, queue: Queue) -> None:
    """Filters and page size live in the token (mws-wire 4.4)."""
    made = [queue(status=FeedStatus.DONE) for _ in range(5)]
    queue()
    given = {"MaxCount": "2", "FeedProcessingStatusList.Status.1": "_DONE_"}

    pages = [caller.call(LIST, given)]
    while pages[-1].text("HasNext") == "true":
        token = {"NextToken": pages[-1].text("NextToken")}
        pages.append(caller.call(NEXT, token))

    assert [len(ids(page)) for page in pages] == [2, 2, 1]
    assert [each for page in pages for each in ids(page)] == made[::-1]


def test_a_page_that_is_just_full_is_the_last(caller: Caller, queue: Queue) -> None:
    """Nobody is sent for an empty page."""
    queue()
    queue()

    reply = caller.call(LIST, {"MaxCount": "2"})

    assert (len(ids(reply)), reply.text("HasNext")) == (2, "false")


def test_a_list_goes_on_without_the_auth_token(running: Running, queue: Queue) -> None:
    """Boto drops MWSAuthToken there (client-observations); the NextToken vouches."""
    queue()
    queue()
    accounts = running.service.accounts
    token = accounts.authorise_developer(
        running.caller.seller_id, running.other.seller_id
    )
    seller = {"SellerId": running.caller.seller_id}
    page = running.other.call(LIST, seller | {"MWSAuthToken": token, "MaxCount": "1"})
    going_on = seller | {"NextToken": page.text("NextToken")}

    followed = running.other.call(NEXT, going_on)
    elsewhere = running.other.call(NEXT, {"NextToken": page.text("NextToken")})
    by_owner = running.caller.call(NEXT, {"NextToken": page.text("NextToken")})
    garbage = running.other.call(NEXT, seller | {"NextToken": "gAAAAAB"})
    accounts.revoke_authorisation(token)
    revoked = running.other.call(NEXT, going_on)

    assert len(ids(followed)) == 1
    assert_refused(elsewhere, "NextTokenCorrupted")
    assert_refused(by_owner, "NextTokenCorrupted")
    assert (garbage.status, garbage.code) == (401, "AccessDenied")
    assert (revoked.status, revoked.code) == (401, "AccessDenied")


@pytest.mark.parametrize(
    ("action", "change", "code", "words"),
    [
        (LIST, {"MaxCount": "0"}, "ValidationError", "from 1 to 100"),
        (LIST, {"MaxCount": "101"}, "ValidationError", "from 1 to 100"),
        (LIST, {"MaxCount": "ten"}, "ValidationError", '"ten"'),
        (LIST, {"MaxCount": "-1"}, "ValidationError", '"-1"'),
        (LIST, {"MaxCount": "9" * 5000}, "ValidationError", "..."),
        (LIST, {"MaxCount": "٣"}, "ValidationError", "٣"),
        (LIST, {"SubmittedFromDate": "soon"}, "MalformedInput", '"soon"'),
        (LIST, {"SubmittedToDate": "2026-02-30"}, "MalformedInput", "2026-11-24T12"),
        (
            LIST,
            {"SubmittedFromDate": "2026-11-02", "SubmittedToDate": "2026-11-01"},
            "InvalidParameterValue",
            "swap",
        ),
        (LIST, {"FeedTypeList.Type.1": "_X_"}, "InvalidFeedType", '"_X_"'),
        (
            LIST,
            {"FeedProcessingStatusList.Status.1": "DONE"},
            "InvalidParameterValue",
            "_DONE_",
        ),
        (LIST, {"FeedSubmissionIdList.Id.1": "x"}, "InvalidRequest", '"x"'),
        (LIST, {"FeedSubmissionIdList.Id.x": "1"}, "InvalidParameterValue", "Id.1"),
        (LIST, {"FeedSubmissionIdList.Id": "1"}, "InvalidParameterValue", "Id.1"),
        (CANCEL, {"FeedSubmissionIdList.Id": "1"}, "InvalidParameterValue", "Id.1"),
        (CANCEL, {"FeedSubmissionIdList.Id.1": ""}, "InvalidParameterValue", '""'),
        (CANCEL, {"FeedTypeList.Type.1": ""}, "InvalidParameterValue", '""'),
        (NEXT, {}, "ValidationError", "NextToken is missing"),
        (NEXT, {"NextToken": "none"}, "NextTokenCorrupted", "first call"),
        (COUNT, {"SubmittedFromDate": "soon"}, "MalformedInput", '"soon"'),
        (COUNT, {"FeedTypeList.Type.1": "_X_"}, "InvalidFeedType", '"_X_"'),
        (CANCEL, {"SubmittedFromDate": "soon"}, "MalformedInput", '"soon"'),
        (CANCEL, {"FeedTypeList.Type.1": "_X_"}, "InvalidFeedType", '"_X_"'),
        (
            CANCEL,
            {"FeedSubmissionIdList.Id.1": "7"},
            "InvalidFeedSubmissionId",
            "no feed submission 7",
        ),
    ],
)
def test_a_wrong_parameter_is_refused(
    caller: Caller, action: str, change: dict[str, str], code: str, words: str
) -> None:
    """Always 400, with the value and what would be right (mws-wire 2.7, 4.7)."""
    reply = caller.call(action, change)

    assert_refused(reply, code)
    assert words in reply.message


@pytest.mark.parametrize("action", [LIST, CANCEL])
def test_at_most_a_hundred_ids_are_taken(caller: Caller, action: str) -> None:
    """The limit of mws-wire 4.3."""
    asked = {f"FeedSubmissionIdList.Id.{n}": str(n) for n in range(1, 102)}

    reply = caller.call(action, asked)

    assert_refused(reply, "InvalidParameterValue")
    assert "at most 100" in reply.message


def test_nothing_of_another_seller_is_seen_or_cancelled(
    running: Running, queue: Queue
) -> None:
    """A foreign id is not found, never forbidden (design D7)."""
    foreign = queue()
    other = running.other

    listed = other.call(LIST, {"FeedSubmissionIdList.Id.1": foreign})
    cancelled = other.call(CANCEL, {"FeedSubmissionIdList.Id.1": foreign})
    result = other.call(RESULT, {"FeedSubmissionId": foreign})

    assert ids(listed) == []
    assert ids(other.call(CANCEL)) == []
    assert other.call(COUNT).text("Count") == "0"
    assert_refused(cancelled, "InvalidFeedSubmissionId")
    assert_refused(result, "InvalidFeedSubmissionId", feed_back_end=True)
    assert running.caller.call(LIST).text("FeedProcessingStatus") == "_SUBMITTED_"
