"""What receivers may do to an attempt, and what becomes of a name."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import Any

import pytest

from app.intake.webhooks import WebhookDesk
from app.model.event import EventType
from app.notifications import Courier
from tests.queued import SELLER
from tests.webhooks.conftest import drain
from tests.webhooks.receiver import Receiver

DONE = (EventType.FEED_DONE,)

CourierOf = Callable[..., Courier]
Happen = Callable[..., None]


@contextmanager
def dripping(start: bytes, drop: bytes) -> Iterator[str]:
    """Answer whoever connects with `start`, and then with drops without an end."""
    ended = Event()

    def serve(listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                caller, _ = listening.accept()
                with caller, suppress(OSError):
                    caller.recv(65536)
                    caller.sendall(start)
                    while not ended.wait(0.02):
                        caller.sendall(drop)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=serve, args=(listening,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            ended.set()
            listening.shutdown(socket.SHUT_RDWR)
    thread.join()


def test_an_answer_that_drips_ends_with_the_time_of_the_attempt(
    desk: WebhookDesk, courier_of: CourierOf, happen: Happen
) -> None:
    """Headers that never end hold the courier up no longer than silence would."""
    with dripping(b"HTTP/1.1 200 OK\r\n", b"X-More: 1\r\n") as url:
        endpoint_id = desk.add(SELLER, url, DONE).endpoint.endpoint_id
        happen("1")
        drain(courier_of(seconds=0.5))

    (delivery,) = desk.deliveries(endpoint_id, 1)
    assert (delivery.status, delivery.last_error) == ("waiting", "no answer in 0.5 s")


def test_a_body_without_an_end_is_not_read(
    desk: WebhookDesk, courier_of: CourierOf, happen: Happen
) -> None:
    """The status counts; of the rest some kilobytes are read, in the time there is."""
    start = b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n"
    with dripping(start, b"x" * 4096) as url:
        endpoint_id = desk.add(SELLER, url, DONE).endpoint.endpoint_id
        happen("1")
        drain(courier_of())

    assert desk.deliveries(endpoint_id, 1)[0].status == "sent"


@pytest.mark.parametrize(
    "answer", [b"", b"SSH-2.0-OpenSSH_9\r\n", b"HTTP/1.1 200 OK\r\nX: \x00\r\n\r\n"]
)
def test_what_is_no_answer_is_a_failed_attempt(
    desk: WebhookDesk, courier_of: CourierOf, happen: Happen, answer: bytes
) -> None:
    """Another protocol, or nothing at all: told in the log of the delivery."""
    with dripping(answer, answer or b"\r\n") as url:
        endpoint_id = desk.add(SELLER, url, DONE).endpoint.endpoint_id
        happen("1")
        drain(courier_of(seconds=0.5))

    (delivery,) = desk.deliveries(endpoint_id, 1)
    assert delivery.status == "waiting"
    assert "Error" in str(delivery.last_error) or "no answer" in str(
        delivery.last_error
    )


def _resolved_as(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Let shop.example stand for one address after another; return who asked."""
    asked: list[str] = []
    left = iter(addresses)
    resolve = socket.getaddrinfo

    def resolver(host: Any, *rest: Any, **options: Any) -> Any:
        if host != "shop.example":
            return resolve(host, *rest, **options)
        asked.append(host)
        return resolve(next(left), *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    return asked


def test_the_address_that_was_looked_at_is_the_one_that_is_called(
    desk: WebhookDesk,
    ears: Receiver,
    courier_of: CourierOf,
    happen: Happen,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name is resolved once an attempt; what it stands for later plays no part."""
    asked = _resolved_as(monkeypatch, "93.184.216.34", "127.0.0.1")
    port = ears.origin.rpartition(":")[2]
    url = f"https://shop.example:{port}/hooks"
    endpoint_id = desk.add(SELLER, url, DONE).endpoint.endpoint_id
    happen("1")
    assert len(asked) == 1

    # It was public when it was made; now it is this machine, which may not be called.
    drain(courier_of(networks=()))
    (delivery,) = desk.deliveries(endpoint_id, 1)
    assert "127.0.0.1 is not a public address" in str(delivery.last_error)
    assert len(asked) == 2
    assert ears.received == []


def test_a_name_is_asked_for_once_an_attempt_and_kept_in_the_request(
    desk: WebhookDesk,
    ears: Receiver,
    courier_of: CourierOf,
    happen: Happen,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The Host header has the name; the connection goes to the address looked at."""
    asked = _resolved_as(monkeypatch, "127.0.0.1", "127.0.0.1", "10.0.0.1")
    port = ears.origin.rpartition(":")[2]
    desk.add(SELLER, f"http://shop.example:{port}/hooks", DONE)
    happen("1")

    drain(courier_of())

    (got,) = ears.received
    assert got.headers["host"] == f"shop.example:{port}"
    assert len(asked) == 2
