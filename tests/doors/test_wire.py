"""What is on the wire, byte by byte, and connections that are cut or slow."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text

from tests.doors.caller import FEEDS, ORDERS, Caller, md5
from tests.doors.conftest import Running
from tests.waiting import eventually

Settings = Callable[..., Running]


@contextmanager
def connected(caller: Caller) -> Iterator[socket.socket]:
    parts = urlsplit(caller.url)
    assert parts.hostname is not None
    with closing(socket.create_connection((parts.hostname, parts.port), 30)) as wire:
        yield wire


def received(wire: socket.socket) -> bytes:
    """Read until the server closes."""
    content = b""
    while piece := wire.recv(65536):
        content += piece
    return content


def one_answer(wire: socket.socket) -> tuple[bytes, bytes]:
    """Read one answer with a Content-Length: its head and its body."""
    content = b""
    while b"\r\n\r\n" not in content:
        piece = wire.recv(65536)
        assert piece, content
        content += piece
    head, _, body = content.partition(b"\r\n\r\n")
    length = re.search(rb"Content-Length: (\d+)", head)
    assert length is not None, head
    while len(body) < int(length[1]):
        body += wire.recv(65536)
    return head, body


def request(caller: Caller, target: str, *headers: str, method: str = "POST") -> bytes:
    host = urlsplit(caller.url).netloc
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", *headers, "", ""]
    return "\r\n".join(lines).encode()


def submission(caller: Caller, feed: bytes, *headers: str) -> bytes:
    """Return the head of a SubmitFeed, everything but its body."""
    given = caller.parameters("SubmitFeed")
    given["FeedType"] = "_POST_ORDER_ACKNOWLEDGEMENT_DATA_"
    target = f"{FEEDS}?{caller.signed('POST', FEEDS, given)}"
    return request(caller, target, f"Content-MD5:{md5(feed)}", *headers)


def count(running: Running) -> int:
    with running.service.database.read() as connection:
        query = text("SELECT count(*) FROM feed_submission")
        number: int = connection.execute(query).scalar_one()
        return number


def test_an_answer_is_spelt_as_the_old_service_spelt_it(caller: Caller) -> None:
    """Reason phrase, colon and space, and names with their case (mws-wire 11)."""
    query = caller.signed("GET", ORDERS, caller.parameters("X", "2013-09-01"))

    with connected(caller) as wire:
        wire.sendall(request(caller, f"{ORDERS}?{query}", method="GET"))
        head, body = one_answer(wire)

    lines = head.decode("ascii").split("\r\n")
    assert lines[0] == "HTTP/1.1 404 Not Found"
    assert [line.partition(": ")[0] for line in lines[1:]] == [
        "Server",
        "Date",
        "Content-Type",
        "Content-Length",
        "x-mws-request-id",
        "x-mws-timestamp",
        "x-mws-response-context",
    ]
    assert lines[2:4] == [
        "Date: Tue, 24 Nov 2026 12:00:00 GMT",
        "Content-Type: text/xml",
    ]
    assert body.startswith(b'<?xml version="1.0"?>\n<ErrorResponse xmlns="')


def test_a_submission_is_answered_with_amazons_headers(
    caller: Caller, invalid_feed: bytes
) -> None:
    """Amazon's own libraries read them without looking whether they are there."""
    with connected(caller) as wire:
        length = f"Content-Length: {len(invalid_feed)}"
        wire.sendall(submission(caller, invalid_feed, length) + invalid_feed)
        head, body = one_answer(wire)

    names = re.findall(rb"\r\n([^:]+): ", head)
    assert names[-3:] == [
        b"x-amz-request-id",
        b"x-mws-response-context",
        b"X-Feedgate-Validation",
    ]
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert body.count(b"\n") == 1


def test_a_connection_serves_many_requests(caller: Caller) -> None:
    """Keep-alive, refused requests with an unread body included."""
    query = caller.signed("POST", FEEDS, caller.parameters("GetFeedSubmissionCount"))
    head = request(caller, f"{FEEDS}?{query}", "Content-Length: 5")

    with connected(caller) as wire:
        for _ in range(3):
            wire.sendall(head + b"hello")
            answer, _ = one_answer(wire)
            assert answer.startswith(b"HTTP/1.1 200 OK")


def test_a_path_may_be_missing(caller: Caller) -> None:
    """Amazon's Java library asks for `?Action=...` (mws-wire 1.1)."""
    query = caller.signed("POST", "", caller.parameters("GetFeedSubmissionCount"))

    with connected(caller) as wire:
        wire.sendall(request(caller, f"?{query}", "Content-Length: 0"))
        head, _ = one_answer(wire)

    assert head.startswith(b"HTTP/1.1 200 OK")


def test_a_client_that_waits_for_100_continue_gets_it(
    caller: Caller, feed: bytes
) -> None:
    """The curl library does so with larger bodies (mws-wire 1.2.6)."""
    length = f"Content-Length: {len(feed)}"

    with connected(caller) as wire:
        wire.sendall(submission(caller, feed, length, "Expect: 100-continue"))
        interim = wire.recv(65536)
        wire.sendall(feed)
        head, _ = one_answer(wire)

    assert interim.startswith(b"HTTP/1.1 100 Continue\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")


def test_a_refused_client_is_not_asked_for_its_body(
    start: Settings, feed: bytes
) -> None:
    """With Expect: 100-continue a feed over the limit is never sent (D2.1)."""
    caller = start(max_feed_bytes=10).caller
    length = f"Content-Length: {len(feed)}"

    with connected(caller) as wire:
        wire.sendall(submission(caller, feed, length, "Expect: 100-continue"))
        head, body = one_answer(wire)

    assert head.startswith(b"HTTP/1.1 400 Bad Request")
    assert b"<Code>InvalidParameterValue</Code>" in body


@pytest.mark.parametrize(
    "headers", [["Content-Length: 5000"], ["Transfer-Encoding: chunked"]]
)
def test_a_client_that_closes_its_side_too_early_learns_why(
    running: Running, feed: bytes, headers: list[str]
) -> None:
    """InputStreamDisconnected, and nothing is kept (mws-wire 2.7)."""
    half = feed[:200]
    sent = half if "5000" in headers[0] else b"c8\r\n" + half + b"\r\n"

    with connected(running.caller) as wire:
        wire.sendall(submission(running.caller, feed, *headers) + sent)
        wire.shutdown(socket.SHUT_WR)
        answer = received(wire)

    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"<Code>InputStreamDisconnected</Code>" in answer
    assert b"<Detail/>" in answer
    assert count(running) == 0
    assert running.documents() == []


def test_a_client_that_is_gone_leaves_nothing_behind(
    running: Running, feed: bytes
) -> None:
    """A reset in the middle of a feed; the gate is free again afterwards."""
    for _ in range(4):
        with connected(running.caller) as wire:
            length = f"Content-Length: {len(feed) + 1}"
            wire.sendall(submission(running.caller, feed, length) + feed)
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    # Two gates: two of the four still in them would keep this one out.
    assert running.caller.submit(feed).status == 200
    assert count(running) == 1
    eventually(lambda: len(running.documents()) == 1)


def test_a_form_that_is_cut_off_is_refused(caller: Caller) -> None:
    """By the front door: no operation is known yet (mws-wire 2.6)."""
    with connected(caller) as wire:
        wire.sendall(request(caller, FEEDS, "Content-Length: 50") + b"Action=")
        wire.shutdown(socket.SHUT_WR)
        answer = received(wire)

    assert b"<Code>InputStreamDisconnected</Code>" in answer
    assert b"<Detail/>" not in answer


def test_a_client_that_closes_its_side_after_its_request_is_answered(
    caller: Caller,
) -> None:
    """Simple clients close what they have done writing to."""
    with connected(caller) as wire:
        wire.sendall(request(caller, "/", method="GET"))
        wire.shutdown(socket.SHUT_WR)
        answer = received(wire)

    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert answer.endswith(b"</PingResponse>")


def test_a_body_that_falls_silent_is_refused(start: Settings, feed: bytes) -> None:
    """A client that hangs must not keep a gate for ever."""
    running = start(body_idle_seconds=0.2, gates=1)

    with connected(running.caller) as wire:
        length = f"Content-Length: {len(feed)}"
        wire.sendall(submission(running.caller, feed, length) + feed[:100])
        head, body = one_answer(wire)

    assert head.startswith(b"HTTP/1.1 400 Bad Request")
    assert b"<Code>InputStreamDisconnected</Code>" in body
    assert running.caller.submit(feed).status == 200
    assert len(running.documents()) == 1


def test_a_body_that_drips_is_refused(start: Settings, feed: bytes) -> None:
    """Never silent for long, it would hold a gate for ever."""
    running = start(max_feed_seconds=0.3, gates=1)

    with connected(running.caller) as wire:
        length = f"Content-Length: {len(feed)}"
        wire.sendall(submission(running.caller, feed, length) + feed[:100])
        _, body = one_answer(wire)

    assert b"<Code>InputStreamDisconnected</Code>" in body
    assert b"had not arrived after 0.3 seconds" in body
    assert running.documents() == []


def test_a_long_body_that_comes_too_slowly_is_refused(start: Settings) -> None:
    """What comes after its first piece is looked at as well."""
    running = start(max_feed_seconds=0.3)
    long = bytes(3_000_000)

    with connected(running.caller) as wire:
        length = f"Content-Length: {len(long)}"
        wire.sendall(submission(running.caller, long, length) + long[:1_500_000])
        time.sleep(0.6)
        wire.sendall(long[1_500_000:])
        _, body = one_answer(wire)

    assert b"had not arrived after 0.3 seconds" in body
    assert running.documents() == []


def test_a_feed_that_finds_no_gate_is_told_to_come_back(
    start: Settings, feed: bytes
) -> None:
    """ServiceUnavailable before its body is read; other calls go on (D2.6)."""
    running = start(gates=1, gate_wait_seconds=0.1)
    length = f"Content-Length: {len(feed)}"

    with connected(running.caller) as first:
        first.sendall(submission(running.caller, feed, length, "Expect: 100-continue"))
        assert first.recv(65536).startswith(b"HTTP/1.1 100 Continue")
        with connected(running.caller) as second:
            waiting = submission(running.caller, feed, length, "Expect: 100-continue")
            second.sendall(waiting)
            head, body = one_answer(second)
        listed = running.caller.call("GetFeedSubmissionCount")
        first.sendall(feed)
        accepted, _ = one_answer(first)

    assert head.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert b"<Type>Receiver</Type><Code>ServiceUnavailable</Code>" in body
    assert listed.status == 200
    assert accepted.startswith(b"HTTP/1.1 200 OK")
    assert running.caller.submit(feed, parameters={"Marketplace": "x"}).status == 200


@pytest.mark.parametrize(
    "sent",
    [
        b"this is no HTTP at all\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 100_000,
        b"GET /?" + b"x" * 100_000,
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_is_no_http_is_refused_in_xml(caller: Caller, sent: bytes) -> None:
    """Bounded, closed, and with everything that an answer has."""
    with connected(caller) as wire:
        wire.sendall(sent)
        if b"\n" not in sent[-1:] and len(sent) < 100:
            wire.sendall(b"\r\n\r\n")
        answer = received(wire)

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\nServer: Server\r\n")
    assert b"x-mws-request-id: " in head
    assert b"<Code>InvalidRequest</Code>" in body


def test_broken_chunks_in_a_feed_are_refused_and_nothing_is_kept(
    running: Running, feed: bytes
) -> None:
    """The body cannot be read any further."""
    with connected(running.caller) as wire:
        head = submission(running.caller, feed, "Transfer-Encoding: chunked")
        wire.sendall(head + b"5\r\nhello\r\nnonsense\r\n")
        answer = received(wire)

    assert answer.startswith(b"HTTP/1.1 400 Bad Request")
    assert running.caller.submit(feed).status == 200
    eventually(lambda: len(running.documents()) == 1)
