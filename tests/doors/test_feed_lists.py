"""Submissions listed, counted and cancelled, and the processing report."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from app.model.feed import FeedStatus, Rules, Verdict
from app.store import feeds
from app.store.feeds import NewFeed
from app.store.tables import feed_submission
from tests.doors.caller import FEEDS_NAMESPACE, Caller, Reply, md5
from tests.doors.conftest import Running
from tests.held import NOON

ACKNOWLEDGEMENT = "_POST_ORDER_ACKNOWLEDGEMENT_DATA_"
ADJUSTMENT = "_POST_PAYMENT_ADJUSTMENT_DATA_"
FULFILLMENT = "_POST_ORDER_FULFILLMENT_DATA_"
LIST = "GetFeedSubmissionList"
NEXT = "GetFeedSubmissionListByNextToken"
COUNT = "GetFeedSubmissionCount"
CANCEL = "CancelFeedSubmissions"
RESULT = "GetFeedSubmissionResult"

Queue = Callable[..., str]


@pytest.fixture
def queue(running: Running) -> Queue:
    """Queue a feed of the first seller; return its id."""

    def add(
        feed_type: str = ACKNOWLEDGEMENT, *, days_ago: float = 0, **values: object
    ) -> str:
        feed = NewFeed(
            seller_id=running.caller.seller_id,
            feed_type=feed_type,
            rules=Rules.STANDARD,
            skip_invalid=False,
            document_id=f"{feed_type}{days_ago}",
            sha256="0" * 64,
            size=1,
            access_key_id=running.caller.access_key_id,
        )
        with running.service.database.write() as connection:
            accepted = feeds.accept(
                connection,
                feed,
                Verdict(messages=1),
                now=NOON - timedelta(days=days_ago),
                window=timedelta(minutes=15),
            )
            if values:
                connection.execute(
                    update(feed_submission)
                    .where(
                        feed_submission.c.feed_submission_id
                        == accepted.feed_submission_id
                    )
                    .values(values)
                )
        return str(accepted.feed_submission_id)

    return add


def ids(reply: Reply) -> list[str]:
    assert reply.status == 200, reply.body
    return reply.texts("FeedSubmissionId")


def assert_refused(
    reply: Reply, code: str, *, status: int = 400, feed_back_end: bool = False
) -> None:
    """Lists spell errors as the newer back ends did, results as the old one (2.6)."""
    assert (reply.status, reply.code) == (status, code), reply.message
    assert reply.namespace == FEEDS_NAMESPACE
    assert reply.texts("Detail") == ([""] if feed_back_end else [])
    spelling = "RequestID" if feed_back_end else "RequestId"
    assert UUID(reply.text(spelling))


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


REPORT = b'<?xml version="1.0" encoding="UTF-8"?>\n' + b"<A>\xc3\xa9</A>" * 60_000


def test_a_report_is_sent_as_it_is(running: Running, queue: Queue) -> None:
    """No wrapper; MD5, both request ids and the recorded type (mws-wire 4.6)."""
    with running.service.documents.new() as writer:
        writer.write(REPORT)
        document_id = writer.commit()
    done = queue(
        status=FeedStatus.DONE, report_document_id=document_id, report_md5=md5(REPORT)
    )

    reply = running.caller.call(RESULT, {"FeedSubmissionId": done})

    assert reply.status == 200
    assert hashlib.sha256(reply.body).digest() == hashlib.sha256(REPORT).digest()
    assert reply.header("Content-MD5") == md5(REPORT)
    assert reply.header("Content-Length") == str(len(REPORT))
    assert reply.header("Content-Type") == "text/xml;charset=UTF-8"
    assert reply.header("x-amz-request-id") == reply.header("x-mws-request-id")


@pytest.mark.parametrize(
    ("values", "code", "status"),
    [
        ({}, "FeedProcessingResultNotReady", 404),
        ({"status": FeedStatus.IN_PROGRESS}, "FeedProcessingResultNotReady", 404),
        ({"status": FeedStatus.CANCELLED}, "FeedCanceled", 400),
        ({"status": FeedStatus.DONE}, "FeedProcessingResultNoLongerAvailable", 404),
    ],
)
def test_a_report_that_is_not_there_is_refused_with_the_reason(
    caller: Caller, queue: Queue, values: dict[str, object], code: str, status: int
) -> None:
    """Each state has its code, and the message names the id (mws-wire 4.6)."""
    feed = queue(**values)

    reply = caller.call(RESULT, {"FeedSubmissionId": feed})

    assert_refused(reply, code, status=status, feed_back_end=True)
    assert feed in reply.message
    assert reply.header("Content-MD5") is None


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (None, "InvalidRequest"),
        ("abc", "InvalidRequest"),
        ("-5", "InvalidRequest"),
        ("50000000001 ", "InvalidRequest"),
        ("9" * 5000, "InvalidRequest"),
        ("7", "InvalidFeedSubmissionId"),
        ("9" * 40, "InvalidFeedSubmissionId"),
    ],
)
def test_a_wrong_id_of_a_report_is_refused(
    caller: Caller, given: str | None, code: str
) -> None:
    """No number at all is another refusal than an unknown one (mws-wire 4.6)."""
    reply = caller.call(RESULT, {"FeedSubmissionId": given})

    assert_refused(reply, code, feed_back_end=True)


def test_a_damaged_store_is_a_fault_of_ours_and_says_no_more(
    running: Running, queue: Queue, caplog: pytest.LogCaptureFixture
) -> None:
    """The answer has the request id, the log the rest (house-style, Errors)."""
    lost = queue(
        status=FeedStatus.DONE, report_document_id="00lost", report_md5=md5(b"")
    )

    reply = running.caller.call(RESULT, {"FeedSubmissionId": lost})

    assert (reply.status, reply.code) == (500, "InternalError")
    assert reply.text("Type") == "Receiver"
    assert "00lost" not in reply.body.decode()
    assert reply.text("RequestID") in caplog.text
    assert "00lost is missing" in caplog.text


def test_a_wrong_secret_sees_nothing(caller: Caller, queue: Queue) -> None:
    """No operation looks before the signature is right."""
    feed = queue()

    reply = replace(caller, secret="x").call(RESULT, {"FeedSubmissionId": feed})

    assert (reply.status, reply.code) == (403, "SignatureDoesNotMatch")
