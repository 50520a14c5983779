"""Signature Version 2: the recipes of published clients, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import hmac
import string
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.doors.query import Query
from app.doors.signature import (
    Signed,
    canonical,
    check_time,
    is_signed_with,
    sign,
    string_to_sign,
)
from app.errors import ErrorCode, ServiceError

SECRET = "SecretKey/For+Example=0123456789abcdefABCDEF"
HOST = "mws.example.test"
PATH = "/Feeds/2009-01-01"
PARAMETERS = {
    "AWSAccessKeyId": "AKIAEXAMPLE0KEY00001",
    "Action": "GetFeedSubmissionList",
    "FeedSubmissionIdList.Id.1": "50000012345",
    "FeedTypeList.Type.1": "_POST_ORDER_ACKNOWLEDGEMENT_DATA_",
    "MWSAuthToken": "amzn.mws.00000000-1111-2222-3333-444444444444",
    "SellerId": "A1TESTSELLER00",
    "SignatureMethod": "HmacSHA256",
    "SignatureVersion": "2",
    "SubmittedFromDate": "2024-02-29T00:00:00+01:00",
    "Timestamp": "2024-03-01T12:00:00.000Z",
    "Version": "2009-01-01",
    "X-Probe": "a b*~/(é)!'",
}
NOW = datetime(2024, 3, 1, 12, tzinfo=UTC)
WINDOW = timedelta(minutes=15)


def query_of(parameters: dict[str, str]) -> Query:
    text = "&".join(
        f"{quote(name, safe='')}={quote(value, safe='')}"
        for name, value in parameters.items()
    )
    return Query.read(text.encode())


@pytest.mark.parametrize(
    ("method", "host", "path", "algorithm", "signature"),
    [
        (
            "POST",
            HOST,
            PATH,
            "HmacSHA256",
            "rfF/sOdzUyd7Ul3+vJBWX78yxwxQDXlWH2LIPyQh1FA=",
        ),
        (
            "POST",
            f"{HOST}:8443",
            PATH,
            "HmacSHA256",
            "VRFdhxNcsFOaJ08TYOI61pHWUIwQjb6yT4MCOWJ4884=",
        ),
        (
            "POST",
            HOST,
            "/",
            "HmacSHA256",
            "DYtySP1o1UONew3+eYxyAJOIAlR6avo8iWRdwFu8L7k=",
        ),
        (
            "GET",
            HOST,
            PATH,
            "HmacSHA256",
            "14NyevzpE0xQXpUXOLa4TIRDElUZzF9J9/riwf5pgXE=",
        ),
        ("POST", HOST, PATH, "HmacSHA1", "XzswhzPPT78u9wcowxqvIsO5GOU="),
    ],
)
def test_the_worked_example_gets_the_signatures_of_the_fact_sheet(
    method: str, host: str, path: str, algorithm: str, signature: str
) -> None:
    """mws-wire 2.3 was computed with two published clients' own recipes."""
    query = query_of(PARAMETERS | {"SignatureMethod": algorithm})

    signed = sign(
        SECRET, string_to_sign(method, host, path, canonical(query)), algorithm
    )

    assert signed == signature


def test_a_client_that_signs_what_it_sends_is_understood() -> None:
    """The ScaleLeap client leaves * bare and escapes ~ (mws-wire 2.3)."""
    sent = "&".join(
        f"{name}={quote_plus(value, safe='*').replace('~', '%7E').replace('+', '%20')}"
        for name, value in PARAMETERS.items()
    )
    signed = Signed("POST", HOST, PATH, Query.read(sent.encode()))

    accepted = is_signed_with(
        SECRET, signed, "vTckDmvpGK65FONW6Ydonedc2aHwiDmwR0JTeZaqUbo=", "HmacSHA256"
    )

    assert accepted


@pytest.mark.parametrize(
    ("sent_host", "signed_host"),
    [
        ("localhost:8000", "localhost:8000"),
        ("localhost:8000", "localhost"),
        ("localhost:8000", "http://localhost:8000"),
        ("LocalHost", "localhost"),
        ("LocalHost", "LocalHost"),
        ("[::1]:8000", "[::1]:8000"),
        ("[::1]:8000", "[::1]"),
        ("10.0.0.7:8000", "mws.amazonservices.com"),
    ],
)
def test_every_host_that_a_published_client_signs_is_accepted(
    sent_host: str, signed_host: str
) -> None:
    """Clients drop the port, keep it, or sign the scheme too (client-observations)."""
    query = query_of(PARAMETERS)
    text = string_to_sign("POST", signed_host, PATH, canonical(query))

    accepted = is_signed_with(
        SECRET,
        Signed("POST", sent_host, PATH, query),
        sign(SECRET, text, "HmacSHA256"),
        "HmacSHA256",
        ["MWS.amazonservices.com"],
    )

    assert accepted


@pytest.mark.parametrize(
    ("sent_path", "signed_path"),
    [
        ("/Feeds/2009-01-01/", "/Feeds/2009-01-01"),
        ("/Feeds/2009-01-01", "/feeds/2009-01-01"),
        ("/Feeds/2009-01-01/", "/feeds/2009-01-01"),
        ("/Feeds/2009-01-01", "/"),
        ("", "/"),
    ],
)
def test_every_path_that_a_published_client_signs_is_accepted(
    sent_path: str, signed_path: str
) -> None:
    """Amazon's own libraries sign another path than they call (mws-wire 1.1, 2.4)."""
    query = query_of(PARAMETERS)
    text = string_to_sign("POST", HOST, signed_path, canonical(query))

    accepted = is_signed_with(
        SECRET,
        Signed("POST", HOST, sent_path, query),
        sign(SECRET, text, "HmacSHA256"),
        "HmacSHA256",
    )

    assert accepted


def test_an_unknown_host_is_not_accepted() -> None:
    """A request that was signed for another service must not work here."""
    query = query_of(PARAMETERS)
    text = string_to_sign("POST", "mws.amazonservices.com", PATH, canonical(query))

    accepted = is_signed_with(
        SECRET,
        Signed("POST", HOST, PATH, query),
        sign(SECRET, text, "HmacSHA256"),
        "HmacSHA256",
    )

    assert not accepted


NAMES = st.text(string.ascii_letters + string.digits + ".-_ é", min_size=1, max_size=9)
VALUES = st.text(
    st.characters(codec="utf-8", exclude_characters="\0"), min_size=0, max_size=12
)


@given(st.dictionaries(NAMES, VALUES, min_size=1, max_size=6), st.randoms())
def test_whatever_a_client_signs_by_the_book_is_accepted(
    parameters: dict[str, str], random: object
) -> None:
    """Any parameters, in any order on the wire, as the book has them encoded."""
    assume("Signature" not in parameters)
    pairs = sorted((name.encode(), value) for name, value in parameters.items())
    line = "&".join(f"{quote(n, safe='~')}={quote(v, safe='~')}" for n, v in pairs)
    text = f"POST\n{HOST}\n/\n{line}"
    digest = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).digest()
    signature = base64.b64encode(digest).decode()
    shuffled = list(parameters.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined] # hypothesis's own Random
    query = query_of(dict(shuffled) | {"Signature": signature})

    accepted = is_signed_with(
        SECRET, Signed("POST", HOST, "/", query), signature, "HmacSHA256"
    )

    assert accepted


def changed(data: st.DataObject, text: bytes) -> bytes:
    """Change one byte to any other."""
    place = data.draw(st.integers(0, len(text) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != text[place]))
    return text[:place] + bytes([byte]) + text[place + 1 :]


@given(st.data(), st.sampled_from(["method", "host", "query", "signature"]))
def test_a_request_with_one_byte_changed_is_never_accepted(
    data: st.DataObject, part: str
) -> None:
    """Whatever byte of method, host, parameters or signature changes, it is refused.

    The path is left out: clients that sign `/` leave it open, and the door serves a
    section on two paths only.
    """
    query = query_of(PARAMETERS)
    wire = b"&".join(b"=".join(pair) for pair in query.raw)
    text = string_to_sign("POST", HOST, PATH, canonical(query))
    sent = {"method": b"POST", "host": HOST.encode(), "query": wire}
    sent["signature"] = sign(SECRET, text, "HmacSHA256").encode()

    tampered = sent | {part: changed(data, sent[part])}
    # A host in other capitals is the same host.
    assume(part != "host" or tampered["host"].lower() != sent["host"])
    try:
        read = Query.read(tampered["query"])
    except ServiceError:
        return
    # %2b for %2B is the same parameter.
    assume(part != "query" or read.pairs != query.pairs)
    method, host = tampered["method"].decode("latin-1"), tampered["host"]
    accepted = is_signed_with(
        SECRET,
        Signed(method, host.decode("latin-1"), PATH, read),
        tampered["signature"].decode("latin-1"),
        "HmacSHA256",
    )

    assert not accepted


@pytest.mark.parametrize(
    "form",
    [
        "2024-03-01T12:00:00.000Z",
        "2024-03-01T12:00:00Z",
        "2024-03-01T12:00:00",
        "2024-03-01T12:00:00+0000",
        "2024-03-01T13:00:00+01:00",
        "2024-03-01T05:00:00-07",
        "2024-03-01T12:00:00.1234567Z",
        "2024-03-01T12:00:00,5Z",
        "20240301T120000Z",
        "2024-03-01T11:45:00Z",
        "2024-03-01T12:15:00Z",
    ],
)
def test_a_timestamp_in_any_form_that_clients_send_is_accepted(form: str) -> None:
    """Each form of mws-wire 2.5, and both ends of the window."""
    check_time(form, None, NOW, WINDOW)


@pytest.mark.parametrize(
    ("timestamp", "expires", "code", "words"),
    [
        ("2024-03-01T11:44:59Z", None, ErrorCode.REQUEST_EXPIRED, "within 15 minutes"),
        ("2024-03-01T12:15:01Z", None, ErrorCode.REQUEST_EXPIRED, "within 15 minutes"),
        (None, "2024-03-01T11:59:59Z", ErrorCode.REQUEST_EXPIRED, "ahead"),
        (None, "2024-03-01T12:15:01Z", ErrorCode.REQUEST_EXPIRED, "ahead"),
        ("yesterday", None, ErrorCode.INVALID_PARAMETER, '"yesterday"'),
        (None, None, ErrorCode.MISSING_PARAMETER, "Timestamp is missing"),
        (
            "2024-03-01T12:00:00Z",
            "2024-03-01T12:00:00Z",
            ErrorCode.INVALID_PARAMETER,
            "not both",
        ),
        ("0001-01-01T00:00:00+23:00", None, ErrorCode.INVALID_PARAMETER, "0001"),
    ],
)
def test_a_time_outside_the_window_or_unreadable_is_refused(
    timestamp: str | None, expires: str | None, code: ErrorCode, words: str
) -> None:
    """The window is 15 minutes either side of our clock (mws-wire 2.5)."""
    with pytest.raises(ServiceError) as refused:
        check_time(timestamp, expires, NOW, WINDOW)

    assert refused.value.code is code
    assert words in refused.value.message


@pytest.mark.parametrize("expires", ["2024-03-01T12:00:00Z", "2024-03-01T12:15:00Z"])
def test_expires_holds_until_it_has_passed(expires: str) -> None:
    """Expires may stand for Timestamp, no further ahead than the window."""
    check_time(None, expires, NOW, WINDOW)
