"""SubmitFeed: what is taken in, what is refused, and what stays of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text

from tests.doors.caller import FEEDS, FEEDS_NAMESPACE, Caller, Reply, md5
from tests.doors.conftest import Running
from tests.held import HeldClock

EMPTY_MD5 = "1B2M2Y8AsgTpgAmY7PhCfg=="


def rows(running: Running) -> list[dict[str, object]]:
    with running.service.database.read() as connection:
        found = connection.execute(text("SELECT * FROM feed_submission"))
        return [dict(row) for row in found.mappings()]


def assert_refused(reply: Reply, code: str, status: int, running: Running) -> None:
    """The refusal is the feed back end's, and nothing was kept."""
    assert (reply.status, reply.code) == (status, code), reply.message
    assert reply.namespace == FEEDS_NAMESPACE
    assert reply.text("Detail") == ""
    assert reply.text("RequestID") == reply.header("x-mws-request-id")
    assert rows(running) == []
    assert running.documents() == []


def test_a_feed_is_stored_queued_and_answered(running: Running, feed: bytes) -> None:
    """The answer is as recorded; the document is kept byte for byte (mws-wire 4.2)."""
    reply = running.caller.submit(feed)

    assert reply.status == 200
    assert reply.body.decode() == (
        '<?xml version="1.0"?>\n'
        f'<SubmitFeedResponse xmlns="{FEEDS_NAMESPACE}"><SubmitFeedResult>'
        "<FeedSubmissionInfo><FeedSubmissionId>50000000001</FeedSubmissionId>"
        "<FeedType>_POST_ORDER_ACKNOWLEDGEMENT_DATA_</FeedType>"
        "<SubmittedDate>2026-11-24T12:00:00+00:00</SubmittedDate>"
        "<FeedProcessingStatus>_SUBMITTED_</FeedProcessingStatus>"
        "</FeedSubmissionInfo></SubmitFeedResult><ResponseMetadata><RequestId>"
        f"{reply.header('x-mws-request-id')}</RequestId></ResponseMetadata>"
        "</SubmitFeedResponse>"
    )
    assert reply.header("x-amz-request-id") == reply.header("x-mws-request-id")
    assert reply.header("Content-MD5") is None
    assert reply.header("X-Feedgate-Validation") is None
    (row,) = rows(running)
    assert (row["rules"], row["charset"], row["messages"]) == ("standard", None, 1)
    (document,) = running.documents()
    assert document.read_bytes() == feed


def test_the_digest_may_be_a_parameter_and_the_type_a_form(
    running: Running, feed: bytes
) -> None:
    """Peddler sends only ContentMD5Value, phpAmazonMWS a form type (observed)."""
    reply = running.caller.submit(
        feed,
        parameters={"ContentMD5Value": md5(feed)},
        headers={
            "Content-MD5": None,
            "Content-Type": "application/x-www-form-urlencoded; charset=Shift_JIS",
        },
    )

    assert reply.status == 200
    assert rows(running)[0]["charset"] == "Shift_JIS"


def test_a_chunked_feed_is_taken_in(caller: Caller, feed: bytes) -> None:
    """Amazon's own libraries and amazon-mws send chunks (mws-wire 1.2.5)."""

    def pieces() -> Iterator[bytes]:
        yield feed[:100]
        yield feed[100:]

    given = {**caller.parameters("SubmitFeed"), "PurgeAndReplace": "False"}
    given["FeedType"] = "_POST_ORDER_ACKNOWLEDGEMENT_DATA_"
    query = caller.signed("POST", FEEDS, given)

    reply = caller.send(
        "POST", f"{FEEDS}?&{query}", pieces(), {"Content-MD5": md5(feed)}
    )

    assert reply.status == 200


def test_an_answer_carries_the_time_at_which_it_is_given(
    caller: Caller, feed: bytes, clock: HeldClock
) -> None:
    """Clients set their clocks by Date, and a large feed takes a while (1.4)."""

    def pieces() -> Iterator[bytes]:
        yield feed[:100]
        clock.advance(60)
        yield feed[100:]

    given = {**caller.parameters("SubmitFeed")}
    given["FeedType"] = "_POST_ORDER_ACKNOWLEDGEMENT_DATA_"
    query = caller.signed("POST", FEEDS, given)

    reply = caller.send(
        "POST", f"{FEEDS}?{query}", pieces(), {"Content-MD5": md5(feed)}
    )

    assert reply.header("Date") == "Tue, 24 Nov 2026 12:01:00 GMT"
    assert reply.header("x-mws-timestamp") == "2026-11-24T12:01:00.000Z"


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"FeedType": None}, "InvalidRequest", "FeedType is missing"),
        ({"FeedType": "_POST_X_"}, "InvalidFeedType", "is unknown"),
        ({"FeedType": "_POST_PRODUCT_DATA_"}, "InvalidFeedType", "not served here"),
        ({"PurgeAndReplace": "maybe"}, "InvalidParameterValue", "true or false"),
        ({"MarketplaceIdList.Id.1": "X1"}, "InvalidMarketplace", '"X1"'),
        ({"MarketplaceId": "X2"}, "InvalidMarketplace", '"X2"'),
        ({"MarketplaceIdList.Id.0": "X"}, "InvalidParameterValue", ".1"),
        ({"FeedOptions": "on-invalid-message=drop"}, "InvalidParameterValue", "skip"),
        ({"ContentMD5Value": EMPTY_MD5}, "InvalidParameterValue", "differ"),
        ({"ContentMD5Value": "abc"}, "InvalidParameterValue", "24 characters"),
    ],
)
def test_a_parameter_that_is_wrong_refuses_the_feed(
    running: Running,
    feed: bytes,
    change: dict[str, str | None],
    code: str,
    words: str,
) -> None:
    """A 400 that names the parameter and what would be right (mws-wire 4.7)."""
    reply = running.caller.submit(feed, parameters=change)

    assert_refused(reply, code, 400, running)
    assert words in reply.message


@pytest.mark.parametrize(
    "change",
    [
        {
            "MarketplaceIdList.Id.1": "ATVPDKIKX0DER",
            "MarketplaceId.Id.2": "A1PA6795UKMFR9",
        },
        {"Marketplace": "anything", "NoSuchParameter": "x", "MWSAuthToken": ""},
        {"MarketplaceIdList.Id.1": "", "FeedOptions": "", "PurgeAndReplace": ""},
        {"FeedOptions": "metadata:shippingid=1;metadata:on-invalid-message=skip"},
    ],
)
def test_known_marketplaces_and_unknown_parameters_are_no_trouble(
    caller: Caller, feed: bytes, change: dict[str, str | None]
) -> None:
    """Order feeds take any marketplace; what is not known is ignored (1.2.8, 4.2)."""
    assert caller.submit(feed, parameters=change).status == 200


def test_a_feed_without_a_digest_is_refused(running: Running, feed: bytes) -> None:
    """One of the two is mandatory (mws-wire 3.1)."""
    reply = running.caller.submit(feed, headers={"Content-MD5": None})

    assert_refused(reply, "ContentMD5Missing", 400, running)


def test_a_feed_with_another_digest_is_refused(running: Running, feed: bytes) -> None:
    """The refusal names both digests, and nothing is kept (mws-wire 3.1)."""
    reply = running.caller.submit(feed, headers={"Content-MD5": md5(b"other")})

    assert_refused(reply, "ContentMD5DoesNotMatch", 400, running)
    assert md5(feed) in reply.message
    assert md5(b"other") in reply.message


@pytest.mark.parametrize("chunked", [False, True])
def test_an_empty_body_is_refused(running: Running, chunked: bool) -> None:
    """A client whose stream was read to its end sends nothing (mws-wire 3.1)."""
    body = iter([b""]) if chunked else b""
    given = {**running.caller.parameters("SubmitFeed")}
    given["FeedType"] = "_POST_ORDER_ACKNOWLEDGEMENT_DATA_"
    query = running.caller.signed("POST", FEEDS, given)

    reply = running.caller.send(
        "POST", f"{FEEDS}?{query}", body, {"Content-MD5": EMPTY_MD5}
    )

    assert_refused(reply, "InvalidRequest", 400, running)
    assert "empty" in reply.message


def test_a_feed_over_the_limit_is_refused_at_once_or_while_it_is_read(
    start: Callable[..., Running], feed: bytes
) -> None:
    """With its length announced it is not even read (design D2.1)."""
    running = start(max_feed_bytes=len(feed))

    announced = running.caller.submit(feed + b" ")
    given = {**running.caller.parameters("SubmitFeed")}
    given["FeedType"] = "_POST_ORDER_ACKNOWLEDGEMENT_DATA_"
    query = running.caller.signed("POST", FEEDS, given)
    headers = {"Content-MD5": md5(feed + b" ")}
    chunked = running.caller.send(
        "POST", f"{FEEDS}?{query}", iter([feed, b" "]), headers
    )

    assert_refused(announced, "InvalidParameterValue", 400, running)
    assert_refused(chunked, "InvalidParameterValue", 400, running)
    assert running.caller.submit(feed).status == 200


def test_submit_feed_by_get_is_refused(running: Running) -> None:
    """GET is not supported there (mws-wire 1.2)."""
    reply = running.caller.call("SubmitFeed", method="GET")

    assert_refused(reply, "InvalidRequest", 400, running)


def test_an_invalid_feed_is_accepted_and_said_to_be_invalid(
    running: Running, invalid_feed: bytes
) -> None:
    """Clients wait for the report; the header tells at once (design D2.4)."""
    reply = running.caller.submit(invalid_feed)

    assert reply.status == 200
    value = reply.header("X-Feedgate-Validation")
    assert value is not None
    assert value.startswith('invalid; errors=1; first="line 12: ')
    assert "Maybe" in value
    (row,) = rows(running)
    assert (row["invalid_errors"], row["skip_invalid"]) == (1, 0)


@pytest.mark.parametrize(
    "document",
    [b"not xml at all", b"<A", b"<!DOCTYPE a><AmazonEnvelope/>", b"\xff\xfe"],
)
def test_anything_at_all_is_accepted_and_said_to_be_invalid(
    caller: Caller, document: bytes
) -> None:
    """The body was never validated by MWS's answer (mws-wire 4.2)."""
    reply = caller.submit(document)

    assert reply.status == 200
    value = reply.header("X-Feedgate-Validation")
    assert value is not None
    assert value.startswith("invalid; errors=1; ")


def test_the_setting_refuse_refuses_an_invalid_feed_at_once(
    start: Callable[..., Running], feed: bytes, invalid_feed: bytes
) -> None:
    """InputDataError is the code that clients know for it (design D2.4)."""
    running = start(invalid_feeds="refuse")

    reply = running.caller.submit(invalid_feed)

    assert_refused(reply, "InputDataError", 400, running)
    assert "1 error" in reply.message
    assert "ine 12" in reply.message
    assert running.caller.submit(feed).status == 200


@pytest.mark.parametrize(
    "options", ["on-invalid-message=skip", "metadata:on-invalid-message=skip"]
)
def test_skipping_invalid_messages_can_be_asked_for_by_feed(
    start: Callable[..., Running], invalid_feed: bytes, options: str
) -> None:
    """Both spellings; even where invalid feeds are refused (design D3)."""
    running = start(invalid_feeds="refuse", rules="strict")

    reply = running.caller.submit(invalid_feed, parameters={"FeedOptions": options})

    assert reply.status == 200
    (row,) = rows(running)
    assert (row["skip_invalid"], row["rules"]) == (1, "strict")


def test_the_setting_skip_can_be_taken_back_by_feed(
    start: Callable[..., Running], invalid_feed: bytes
) -> None:
    """What a feed says of itself goes before the setting."""
    running = start(invalid_messages="skip")

    running.caller.submit(invalid_feed)
    running.caller.submit(
        invalid_feed, parameters={"FeedOptions": "on-invalid-message=reject"}
    )

    assert [row["skip_invalid"] for row in rows(running)] == [1, 0]


def test_the_same_signed_request_again_is_the_same_submission(
    running: Running, feed: bytes
) -> None:
    """Amazon's C# and PHP libraries resend what they lost the answer of (D2.5)."""
    first, second = running.caller.submit(feed), running.caller.submit(feed)

    assert second.text("FeedSubmissionId") == first.text("FeedSubmissionId")
    assert len(rows(running)) == 1
    assert len(running.documents()) == 1


def test_the_same_feed_newly_signed_is_a_new_submission(
    running: Running, feed: bytes
) -> None:
    """As on MWS; so is another document under the same signature."""
    first = running.caller.submit(feed)
    other = running.caller.submit(feed + b"\n")
    signed = running.caller.submit(feed, parameters={"Marketplace": "new signature"})

    ids = {reply.text("FeedSubmissionId") for reply in (first, other, signed)}
    assert len(ids) == 3


def test_the_guard_against_resending_can_be_switched_off(
    start: Callable[..., Running], feed: bytes
) -> None:
    """Then every request counts (design D2.5)."""
    running = start(resubmit_guard="off")

    running.caller.submit(feed)
    running.caller.submit(feed)

    assert len(rows(running)) == 2


def test_a_developer_submits_for_a_seller_with_a_token(
    running: Running, feed: bytes
) -> None:
    """The feed belongs to the seller, its cause is the developer's key (D7)."""
    token = running.service.accounts.authorise_developer(
        running.caller.seller_id, running.other.seller_id
    )
    for_seller = {"SellerId": running.caller.seller_id, "MWSAuthToken": token}

    reply = running.other.submit(feed, parameters=for_seller)

    assert reply.status == 200
    (row,) = rows(running)
    assert row["seller_id"] == running.caller.seller_id
    assert row["access_key_id"] == running.other.access_key_id
