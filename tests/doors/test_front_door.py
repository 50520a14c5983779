"""Who is let in, and how those who are not are told."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import httpx
import pytest

from app.intake.admin_keys import Scope
from tests.doors.caller import (
    FEEDS,
    FEEDS_NAMESPACE,
    GENERIC_NAMESPACE,
    ORDERS,
    ORDERS_NAMESPACE,
    Caller,
    Reply,
    encoded,
)
from tests.doors.conftest import OTHER_SELLER, Running

COUNT = "GetFeedSubmissionCount"


@pytest.fixture
def caller(shared: Running) -> Caller:
    """A caller of the service that tests share."""
    return shared.caller


def assert_refused(
    reply: Reply, status: int, code: str, namespace: str = FEEDS_NAMESPACE
) -> None:
    """The refusal is the front door's own (mws-wire 2.6)."""
    assert (reply.status, reply.code) == (status, code), reply.message
    assert reply.namespace == namespace
    assert reply.text("Type") == "Sender"
    assert reply.texts("Detail") == []
    assert UUID(reply.text("RequestID"))
    assert reply.header("x-mws-request-id") == reply.text("RequestID")
    assert reply.header("x-mws-timestamp") == "2026-11-24T12:00:00.000Z"


def test_a_ping_tells_the_time_to_anybody(caller: Caller) -> None:
    """`GET /` needs no key (mws-wire 1.1)."""
    reply = caller.send("GET", "/")

    assert reply.status == 200
    assert reply.body.decode() == (
        '<?xml version="1.0"?>\n<PingResponse>'
        '<Timestamp timestamp="2026-11-24T12:00:00.000Z"/></PingResponse>'
    )


@pytest.mark.parametrize("path", [FEEDS, f"{FEEDS}/", "/", ""])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_feeds_are_served_on_both_paths_by_get_and_post(
    caller: Caller, path: str, method: str
) -> None:
    """Published clients call either; one calls with no path at all (mws-wire 1.1)."""
    parameters = {"Version": "2009-01-01"}

    reply = caller.call(COUNT, parameters, path=path, method=method)

    assert reply.status == 200
    assert reply.root.tag == f"{{{FEEDS_NAMESPACE}}}{COUNT}Response"
    assert reply.text("Count").isdecimal()


def test_parameters_of_a_post_may_all_be_in_the_query(caller: Caller) -> None:
    """Boto sends them so with an empty text/plain body (client-observations)."""
    given = caller.parameters(COUNT)
    del given["SellerId"]
    query = caller.signed("POST", "/", given | {"Merchant": caller.seller_id})

    reply = caller.send("POST", f"/?&{query}", b"", {"Content-Type": "text/plain"})

    assert reply.status == 200


def test_a_form_is_read_whatever_its_content_type(caller: Caller) -> None:
    """Where the Action is tells what the body is (mws-wire 1.2.1)."""
    text = caller.signed("POST", FEEDS, caller.parameters(COUNT))

    reply = caller.send("POST", FEEDS, text.encode(), {"Content-Type": "text/xml"})

    assert reply.status == 200


def test_parameters_may_be_split_between_query_and_form(caller: Caller) -> None:
    """Tolerated as long as the Action is in the form (mws-wire 1.2.1)."""
    pairs = caller.signed("POST", FEEDS, caller.parameters(COUNT)).split("&")
    in_query = [pair for pair in pairs if pair.startswith("AWSAccessKeyId")]
    in_form = [pair for pair in pairs if pair not in in_query]

    reply = caller.send("POST", f"{FEEDS}?{in_query[0]}", "&".join(in_form).encode())

    assert reply.status == 200


def test_both_signature_methods_are_accepted(caller: Caller) -> None:
    """HmacSHA1 is the older one (mws-wire 2.1)."""
    reply = caller.call(COUNT, {"SignatureMethod": "HmacSHA1"})

    assert reply.status == 200


def test_an_identical_request_is_no_replay(caller: Caller) -> None:
    """Clients retry with the same signature (mws-wire 2.4)."""
    replies = [caller.call(COUNT).status for _ in range(3)]

    assert replies == [200, 200, 200]


@pytest.mark.parametrize(
    ("path", "version", "action", "namespace"),
    [
        ("/Nothing/2009-01-01", "2009-01-01", COUNT, GENERIC_NAMESPACE),
        ("/feeds", "2009-01-01", COUNT, GENERIC_NAMESPACE),
        ("/", "1999-01-01", COUNT, GENERIC_NAMESPACE),
        ("/", None, COUNT, GENERIC_NAMESPACE),
        (FEEDS, None, COUNT, FEEDS_NAMESPACE),
        (FEEDS, "2013-09-01", COUNT, FEEDS_NAMESPACE),
        (FEEDS, "2009-01-01", "GetReport", FEEDS_NAMESPACE),
        (FEEDS, "2009-01-01", "getFeedSubmissionCount", FEEDS_NAMESPACE),
        ("/Reports/2009-01-01", "2009-01-01", "SubmitFeed", FEEDS_NAMESPACE),
        (ORDERS, "2013-09-01", "listOrders", ORDERS_NAMESPACE),
        ("/Orders/2011-01-01", "2011-01-01", "GetOrder", GENERIC_NAMESPACE),
        (
            "/Sellers/2011-07-01",
            "2011-07-01",
            "GetAuthToken",
            "https://mws.amazonservices.com/Sellers/2011-07-01",
        ),
    ],
)
def test_what_is_not_served_is_an_invalid_address(
    caller: Caller, path: str, version: str | None, action: str, namespace: str
) -> None:
    """Never a false success; the namespace is the section's if there is one (1.1)."""
    reply = caller.call(action, {"Version": version}, path=path)

    assert_refused(reply, 404, "InvalidAddress", namespace)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_an_invalid_address(caller: Caller, method: str) -> None:
    """The protocol has GET and POST."""
    reply = caller.send(method, f"{FEEDS}?Action={COUNT}")

    assert_refused(reply, 404, "InvalidAddress")


def test_a_head_request_gets_headers_only(caller: Caller) -> None:
    """Whatever watches the port with HEAD gets an answer without a body."""
    reply = caller.send("HEAD", "/")

    assert (reply.status, reply.body) == (404, b"")


@pytest.mark.parametrize(
    "name",
    [
        "AWSAccessKeyId",
        "SellerId",
        "Signature",
        "SignatureMethod",
        "SignatureVersion",
        "Timestamp",
        "Action",
    ],
)
@pytest.mark.parametrize("empty", [False, True])
def test_a_common_parameter_that_is_missing_is_named(
    caller: Caller, name: str, empty: bool
) -> None:
    """Empty is as good as missing."""
    pairs = caller.signed("POST", FEEDS, caller.parameters(COUNT)).split("&")
    kept = [pair for pair in pairs if not pair.startswith(f"{name}=")]
    text = "&".join([*kept, *([f"{name}="] if empty else [])])

    reply = caller.send("POST", FEEDS, text.encode())

    assert_refused(reply, 400, "MissingParameter")
    assert name in reply.message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"SignatureMethod": "HmacSHA512"}, "HmacSHA256 or HmacSHA1"),
        ({"SignatureVersion": "1"}, "expected 2"),
        ({"Timestamp": "yesterday"}, "2026-11-24T12:00:00Z"),
        ({"Expires": "2026-11-24T12:05:00Z"}, "not both"),
        ({"Merchant": "A1OTHER"}, "different sellers"),
    ],
)
def test_a_common_parameter_with_a_wrong_value_is_refused(
    caller: Caller, change: dict[str, str], words: str
) -> None:
    """The sentence says what would be right (mws-wire 2.7)."""
    reply = caller.call(COUNT, change)

    assert_refused(reply, 400, "InvalidParameterValue")
    assert words in reply.message


def test_expires_may_stand_for_the_timestamp(caller: Caller) -> None:
    """No published client does so, but the protocol has it (mws-wire 2.5)."""
    change = {"Timestamp": None, "Expires": "2026-11-24T12:05:00Z"}

    assert caller.call(COUNT, change).status == 200


def test_a_stale_request_is_expired(caller: Caller) -> None:
    """The message names the timestamp (mws-wire 2.5)."""
    reply = caller.call(COUNT, {"Timestamp": "2026-11-24T11:44:59Z"})

    assert_refused(reply, 400, "RequestExpired")
    assert "2026-11-24T11:44:59Z" in reply.message


def test_an_unknown_key_is_told_before_the_signature(caller: Caller) -> None:
    """As recorded (mws-wire 2.7)."""
    stranger = replace(caller, access_key_id="AKIANOBODY0000000000")

    reply = stranger.call(COUNT)

    assert_refused(reply, 403, "InvalidAccessKeyId")
    assert "AKIANOBODY0000000000" in reply.message


def test_a_revoked_key_is_unknown_at_once(running: Running) -> None:
    """Nothing remembers it (design D7)."""
    running.service.accounts.revoke(running.caller.access_key_id)

    reply = running.caller.call(COUNT)

    assert_refused(reply, 403, "InvalidAccessKeyId")


def test_a_wrong_secret_does_not_match(caller: Caller) -> None:
    """403, and the sentence names what to look at (mws-wire 2.7)."""
    reply = replace(caller, secret="wrong").call(COUNT)

    assert_refused(reply, 403, "SignatureDoesNotMatch")
    assert "secret" in reply.message


def test_a_public_host_name_may_be_what_was_signed(
    start: Callable[..., Running],
) -> None:
    """Behind a port mapping the Host that arrives is another (observations 1)."""
    running = start(public_hosts="mws.amazonservices.com")
    signer = replace(running.caller, url="https://mws.amazonservices.com")
    text = signer.signed("GET", FEEDS, signer.parameters(COUNT))

    reply = running.caller.send("GET", f"{FEEDS}?{text}")

    assert reply.status == 200


def test_a_key_may_not_act_for_a_seller_who_gave_no_token(caller: Caller) -> None:
    """The same for a seller who is not there: nothing is given away (design D7)."""
    replies = [
        caller.call(COUNT, {"SellerId": seller_id})
        for seller_id in (OTHER_SELLER, "A1NOBODY000000")
    ]

    for reply in replies:
        assert_refused(reply, 401, "AccessDenied")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Action=A&x=%zz", "%25"),
        ("Action=A&x=%ff", "UTF-8"),
        ("Action=A&x=1&x=2", "twice"),
        ("Action=A&x=%00", "NUL"),
        ("Action=A&x=a=b", "%3D"),
    ],
)
@pytest.mark.parametrize("in_query", [False, True])
def test_what_cannot_be_read_is_refused(
    caller: Caller, text: str, words: str, in_query: bool
) -> None:
    """Bad escapes and bytes are a client's mistake, not a fault of ours."""
    if in_query:
        reply = caller.send("GET", f"{FEEDS}?{text}")
    else:
        reply = caller.send("POST", FEEDS, text.encode())

    assert_refused(reply, 400, "InvalidParameterValue")
    assert words in reply.message


def test_a_feed_posted_without_its_query_is_told_what_is_missing(
    caller: Caller, feed: bytes
) -> None:
    """A common slip: the body alone, its XML no form at all."""
    reply = caller.send("POST", FEEDS, feed, {"Content-Type": "text/xml"})

    assert_refused(reply, 400, "MissingParameter")
    assert "Action" in reply.message


def test_too_long_a_request_line_is_refused(caller: Caller) -> None:
    """The limit of the old service (mws-wire 1.1)."""
    text = caller.signed("GET", FEEDS, caller.parameters(COUNT))
    # The line is "GET <target> HTTP/1.1"; empty pairs fill it up.
    target = f"{FEEDS}?{text}".ljust(8190 - len("GET  HTTP/1.1"), "&")

    fitting = caller.send("GET", target)
    longer = caller.send("GET", f"{target}&")

    assert fitting.status == 200
    assert_refused(longer, 400, "InvalidParameterValue")
    assert "8191 bytes" in longer.message


def test_too_long_a_form_is_refused(start: Callable[..., Running]) -> None:
    """Only feeds may be large."""
    running = start(max_form_bytes=2000)
    text = running.caller.signed("POST", FEEDS, running.caller.parameters(COUNT))

    fitting = running.caller.send("POST", FEEDS, text.ljust(2000, "&").encode())
    longer = running.caller.send("POST", FEEDS, text.ljust(2001, "&").encode())

    assert fitting.status == 200
    assert_refused(longer, 400, "InvalidParameterValue")
    assert "2000 bytes" in longer.message


def test_too_long_a_head_is_refused(start: Callable[..., Running]) -> None:
    """Headers are read before anything is known of the caller."""
    running = start(max_header_bytes=2000)

    fitting = running.caller.send("GET", "/", headers={"X-Long": "x" * 1500})
    longer = running.caller.send("GET", "/", headers={"X-Long": "x" * 2000})
    endless = running.caller.send("GET", "/", headers={"X-Long": "x" * 60_000})

    assert fitting.status == 200
    assert (longer.status, longer.code) == (400, "InvalidRequest")
    assert "more than 2000" in longer.message
    assert (endless.status, endless.code) == (400, "InvalidRequest")


def test_every_door_bounds_the_head_in_its_own_words(
    start: Callable[..., Running],
) -> None:
    """What the server itself refuses before it is whole, no door has seen."""
    running = start(max_header_bytes=2000, max_request_line_bytes=8000)
    running.service.admin_keys.create("any", [Scope.ORDERS_READ])
    long = {"X-Long": "x" * 2000}

    for path, kind in (
        ("/desk/sign-in", "text/html"),
        ("/feeds/2021-06-30/feeds", "application/json"),
        ("/admin/v1/sellers", "application/problem+json"),
    ):
        fitting = httpx.get(running.url + path, headers={"X-Long": "x" * 1500})
        assert "2000" not in fitting.text
        for refused, most in (
            (httpx.get(running.url + path, headers=long), 2000),
            (httpx.get(f"{running.url}{path}?x={'x' * 8000}"), 8000),
        ):
            assert refused.status_code == 400, path
            assert refused.headers["content-type"].startswith(kind)
            assert f"more than {most}" in refused.text


def test_neither_secrets_nor_tokens_are_logged(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    """A log is read by more people than a secret is meant for."""
    token = running.service.accounts.authorise_developer(
        running.caller.seller_id, running.other.seller_id
    )
    for_seller = {"SellerId": running.caller.seller_id, "MWSAuthToken": token}

    with caplog.at_level(logging.DEBUG):
        running.other.call(COUNT, for_seller)
        running.other.call(COUNT, for_seller, method="GET")
        replace(running.other, secret="planted\nsecret").call(COUNT, for_seller)

    assert running.caller.seller_id in caplog.text
    assert COUNT in caplog.text
    for secret in (token, running.other.secret, "planted"):
        assert secret not in caplog.text
    assert not re.search("Signature=", caplog.text)


def test_a_secret_sent_as_the_key_is_neither_logged_nor_shown(
    caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever mixes the two up is told so without repeating it."""
    with caplog.at_level(logging.DEBUG):
        reply = replace(caller, access_key_id=caller.secret).call(COUNT)

    assert_refused(reply, 403, "InvalidAccessKeyId")
    assert caller.secret not in caplog.text
    assert caller.secret not in reply.message


def test_log_lines_cannot_be_forged(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    """What callers send stands escaped in the log."""
    text = encoded({"Action": COUNT, "Version": "2009-01-01", "SellerId": "a\nFORGED"})

    with caplog.at_level(logging.INFO):
        running.caller.send("GET", f"/a%0aFORGED?{text}")
        running.caller.send("POST", FEEDS, f"{text}&AWSAccessKeyId=%0aFORGED".encode())

    assert caplog.records
    assert not any(line.startswith("FORGED") for line in caplog.text.splitlines())
