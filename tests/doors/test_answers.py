"""XML answers and headers, before they are on the wire."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from app.doors import answers
from app.doors.sections import (
    FEED_BACK_END,
    FEED_LISTS,
    FEEDS,
    ORDERS,
    ORDERS_BACK_END,
    Producer,
    front_door,
)
from app.doors.validation_header import validation_header
from app.errors import ErrorCode, ResultCode, ServiceError
from app.model.feed import Problem, Verdict

NOW = datetime(2026, 11, 24, 12, 0, 0, 7000, tzinfo=UTC)
ID = "11111111-2222-3333-4444-555555555555"


def text_of(answer: answers.Answer) -> str:
    assert isinstance(answer.body, tuple)
    return b"".join(answer.body).decode("ascii")


@pytest.mark.parametrize(
    ("producer", "expected"),
    [
        (
            front_door(None),
            '<ErrorResponse xmlns="https://mws.amazonservices.com/"><Error>'
            "<Type>Sender</Type><Code>InvalidAddress</Code><Message>No.</Message>"
            f"</Error><RequestID>{ID}</RequestID></ErrorResponse>",
        ),
        (
            front_door(FEEDS),
            '<ErrorResponse xmlns="http://mws.amazonaws.com/doc/2009-01-01/"><Error>'
            "<Type>Sender</Type><Code>InvalidAddress</Code><Message>No.</Message>"
            f"</Error><RequestID>{ID}</RequestID></ErrorResponse>",
        ),
        (
            FEED_BACK_END,
            '<ErrorResponse xmlns="http://mws.amazonaws.com/doc/2009-01-01/"><Error>'
            "<Type>Sender</Type><Code>InvalidAddress</Code><Message>No.</Message>"
            f"<Detail/></Error><RequestID>{ID}</RequestID></ErrorResponse>",
        ),
        (
            FEED_LISTS,
            '<ErrorResponse xmlns="http://mws.amazonaws.com/doc/2009-01-01/"><Error>'
            "<Type>Sender</Type><Code>InvalidAddress</Code><Message>No.</Message>"
            f"</Error><RequestId>{ID}</RequestId></ErrorResponse>",
        ),
        (
            front_door(ORDERS),
            '<ErrorResponse xmlns="https://mws.amazonservices.com/Orders/2013-09-01">'
            "<Error><Type>Sender</Type><Code>InvalidAddress</Code>"
            f"<Message>No.</Message></Error><RequestID>{ID}</RequestID></ErrorResponse>",
        ),
        (
            ORDERS_BACK_END,
            '<ErrorResponse xmlns="https://mws.amazonservices.com/Orders/2013-09-01">'
            "<Error><Type>Sender</Type><Code>InvalidAddress</Code>"
            f"<Message>No.</Message></Error><RequestId>{ID}</RequestId></ErrorResponse>",
        ),
    ],
)
def test_each_producer_spells_errors_its_own_way(
    producer: Producer, expected: str
) -> None:
    """Detail, RequestID or RequestId, and the namespace differ (mws-wire 2.6)."""
    error = ServiceError(ErrorCode.INVALID_ADDRESS, "No.")

    answer = answers.refusal(error, producer, ID)

    assert text_of(answer) == f'<?xml version="1.0"?>\n{expected}'
    assert (answer.status, answer.content_type) == (404, "text/xml")


def test_a_fault_of_ours_is_laid_at_the_receivers_door() -> None:
    """Retrying clients look at Type and at the status (mws-wire 2.7)."""
    answer = answers.failure(FEED_LISTS, ID)

    assert "<Type>Receiver</Type><Code>InternalError</Code>" in text_of(answer)
    assert answer.status == 500


def is_xml_character(character: str) -> bool:
    code = ord(character)
    return (
        code in (0x9, 0xA, 0xD)
        or 0x20 <= code <= 0xD7FF
        or 0xE000 <= code <= 0xFFFD
        or code >= 0x10000
    )


@given(st.text(max_size=60))
def test_any_text_survives_as_ascii_xml(text: str) -> None:
    """Some clients decode answers as ISO-8859-1, and XML knows not every character."""
    document = answers.leaf("Message", text).encode("ascii")

    expected = "".join(c if is_xml_character(c) else "\ufffd" for c in text)
    assert (etree.fromstring(document).text or "") == expected


def names(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in headers}


def test_headers_have_the_names_and_values_that_clients_look_for() -> None:
    """PHP clients look header names up with their case (mws-wire 1.4, 11)."""
    answer = answers.xml_answer("<A/>", headers=(("X-More", "1"),))

    headers = names(answers.head(answer, FEED_LISTS, ID, NOW))

    assert headers.pop("x-mws-response-context").endswith("==")
    assert headers == {
        "Server": "Server",
        "Date": "Tue, 24 Nov 2026 12:00:00 GMT",
        "Content-Type": "text/xml",
        "Content-Length": "26",
        "x-mws-request-id": ID,
        "x-mws-timestamp": "2026-11-24T12:00:00.007Z",
        "X-More": "1",
    }


def test_the_feed_back_end_sends_two_contexts_and_amazons_request_id() -> None:
    """Amazon's own libraries read x-amz-request-id unguarded (mws-wire 11, 1-3)."""
    answer = answers.xml_answer("<A/>")

    headers = names(answers.head(answer, FEED_BACK_END, ID, NOW))

    assert headers["x-amz-request-id"] == ID
    assert len(set(headers["x-mws-response-context"].split(", "))) == 2


def problem(text: str, line: int | None) -> Problem:
    return Problem(ResultCode.SCHEMA_INVALID, text, line=line)


def test_a_valid_document_gets_no_validation_header() -> None:
    """The header is for invalid documents only (design D2.4)."""
    assert validation_header(Verdict(messages=3)) == ()


def test_the_validation_header_counts_the_errors_and_quotes_the_first() -> None:
    """What an integrator sees at once, without waiting for the report."""
    first = problem('Line 12, /A/B: found "<ä&b>"\n, expected 14 digits.', 12)
    verdict = Verdict(errors=(first, problem("Line 13, x", 13)), suppressed=5)

    header = validation_header(verdict)

    assert header == (
        (
            "X-Feedgate-Validation",
            "invalid; errors=7; first=\"line 12: /A/B: found '(?+b)'?, expected 14 "
            'digits."',
        ),
    )


@given(st.text(max_size=400), st.one_of(st.none(), st.integers(1, 10**9)))
def test_the_validation_header_is_always_short_printable_ascii(
    text: str, line: int | None
) -> None:
    """Clients put header values into XML unescaped (mws-wire 11, 2)."""
    ((_, value),) = validation_header(Verdict(refusal=problem(text, line)))

    assert len(value) <= 200
    assert all(" " <= character <= "~" for character in value)
    assert not set(value) & set("&<")
    assert value.count('"') == 2
