"""The processing report, and why there is none."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from app.model.feed import FeedStatus
from tests.doors.caller import Caller, md5
from tests.doors.conftest import Running
from tests.doors.feed_calls import RESULT, assert_refused

Queue = Callable[..., str]


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
