"""Whatever a client sends, it is answered, and never with a fault of ours."""

from __future__ import annotations

import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.doors.caller import FEEDS, ORDERS, Caller, Reply
from tests.doors.conftest import Running

OPERATIONS = {
    "SubmitFeed": FEEDS,
    "GetFeedSubmissionList": FEEDS,
    "GetFeedSubmissionListByNextToken": FEEDS,
    "GetFeedSubmissionCount": FEEDS,
    "CancelFeedSubmissions": FEEDS,
    "GetFeedSubmissionResult": FEEDS,
    "GetOrder": ORDERS,
    "ListOrderItems": ORDERS,
    "ListOrderItemsByNextToken": ORDERS,
    "GetServiceStatus": ORDERS,
}
NAMES = (
    "AmazonOrderId",
    "AmazonOrderId.Id.1",
    "AmazonOrderId.Id.50",
    "ContentMD5Value",
    "Expires",
    "FeedOptions",
    "FeedProcessingStatusList.Status.1",
    "FeedSubmissionId",
    "FeedSubmissionIdList.Id.1",
    "FeedSubmissionIdList.Id.999999999",
    "FeedType",
    "FeedTypeList.Type.1",
    "FeedTypeList.Type.-1",
    "MWSAuthToken",
    "MarketplaceIdList.Id.1",
    "MaxCount",
    "Merchant",
    "NextToken",
    "PurgeAndReplace",
    "SubmittedFromDate",
    "SubmittedToDate",
)
COMMON = ("AWSAccessKeyId", "SellerId", "SignatureMethod", "Timestamp", "Version")
VALUES = st.one_of(
    st.text(max_size=20),
    st.text("0123456789", max_size=40),
    st.datetimes().map(lambda moment: moment.isoformat()),
    st.sampled_from(
        [
            "",
            " ",
            "0",
            "-1",
            "9" * 5000,
            "x" * 7000,
            "9223372036854775808",
            "50000000001",
            "true",
            "_POST_ORDER_ACKNOWLEDGEMENT_DATA_",
            "_SUBMITTED_",
            "9999-12-31T23:59:59-23:59",
            "0001-01-01",
            "' OR 1=1; --",
            "\ud7ff\ufffe\x01",
            "gAAAAABmYYYY",
        ]
    ),
)
FUZZ = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def caller(shared: Running) -> Caller:
    """A caller of the service that tests share."""
    return shared.caller


def assert_answered(reply: Reply) -> None:
    """It is XML with a request id, and no fault of ours."""
    assert reply.status < 500, reply.body
    assert reply.header("x-mws-request-id")
    assert reply.body.startswith(b'<?xml version="1.0"?>\n')
    if reply.status != 200:
        assert reply.code[0] in string.ascii_uppercase
        assert reply.message.endswith((".", "?"))


@FUZZ
@given(
    st.sampled_from(sorted(OPERATIONS)),
    st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4),
    st.booleans(),
)
def test_any_value_of_any_parameter_is_answered(
    caller: Caller, action: str, change: dict[str, str], by_get: bool
) -> None:
    """Signed rightly, so that it reaches the operation."""
    encodable = {
        name: value.encode(errors="replace").decode() for name, value in change.items()
    }

    reply = caller.call(
        action, encodable, path=OPERATIONS[action], method="GET" if by_get else "POST"
    )

    assert_answered(reply)


@FUZZ
@given(
    st.dictionaries(st.sampled_from(COMMON), st.one_of(st.none(), VALUES), max_size=2)
)
def test_any_value_of_a_common_parameter_is_answered(
    caller: Caller, change: dict[str, str | None]
) -> None:
    """What the front door itself reads."""
    encodable = {
        name: value and value.encode(errors="replace").decode()
        for name, value in change.items()
    }

    assert_answered(caller.call("GetFeedSubmissionCount", encodable))


@FUZZ
@given(st.binary(max_size=300), st.sampled_from(["/", FEEDS, "/%00", "/%"]))
def test_any_bytes_in_a_form_are_answered(
    caller: Caller, form: bytes, path: str
) -> None:
    """Not even an Action need be there."""
    assert_answered(caller.send("POST", path, form))
    assert_answered(caller.send("POST", path, b"Action=SubmitFeed&" + form))


@FUZZ
@given(st.text(string.printable.replace(" ", "")[:94], max_size=200))
def test_any_query_is_answered(caller: Caller, query: str) -> None:
    """Printable, since nothing else is a request line."""
    assert_answered(caller.send("GET", f"{FEEDS}?Action=GetOrder&{query}"))


@FUZZ
@given(
    st.dictionaries(
        st.sampled_from(
            ["Content-MD5", "Content-Type", "User-Agent", "Expect", "X-Forwarded-For"]
        ),
        st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=80).map(
            str.strip
        ),
    ),
    st.binary(max_size=200),
)
def test_any_header_and_any_document_are_answered(
    caller: Caller, headers: dict[str, str], document: bytes
) -> None:
    """Latin-1 in headers, and feeds that are no XML at all."""
    assert_answered(caller.submit(document, headers=headers))
