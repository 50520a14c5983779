"""Keep-alive clients that send requests which were made before, and little else."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

_LENGTH = re.compile(rb"^content-length: *(\d+)", re.IGNORECASE | re.MULTILINE)
_CHUNKED = re.compile(rb"^transfer-encoding: *chunked", re.IGNORECASE | re.MULTILINE)
_CLOSE = re.compile(rb"^connection: *close", re.IGNORECASE | re.MULTILINE)
_SECONDS = 30


class Refused(Exception):
    """An answer was not 200; the text is its beginning."""


def request(method: str, url: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """Write a request as it travels."""
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    lines = [f"{method} {target} HTTP/1.1", f"Host: {parts.netloc}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def send_all(url: str, requests: Sequence[bytes], clients: int) -> float:
    """Send requests over so many connections, each waiting for its answers.

    Returns the seconds from the first to the last. Raises Refused.
    """
    parts = urlsplit(url)
    assert parts.hostname
    address = parts.hostname, parts.port or 80
    shares = [requests[client::clients] for client in range(clients)]
    connections = [_Connection(address) for _ in shares]
    with ThreadPoolExecutor(clients) as threads:
        began = time.perf_counter()
        list(threads.map(_Connection.send_all, connections, shares))
        seconds = time.perf_counter() - began
    for connection in connections:
        connection.close()
    return seconds


def answer(url: str, sent: bytes) -> bytes:
    """Send one request and return the body of its answer; raises Refused."""
    parts = urlsplit(url)
    assert parts.hostname
    connection = _Connection((parts.hostname, parts.port or 80))
    try:
        return connection.send(sent)
    finally:
        connection.close()


class _Connection:
    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address
        self._socket = self._open()

    def _open(self) -> socket.socket:
        opened = socket.create_connection(self._address, timeout=_SECONDS)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return opened

    def close(self) -> None:
        self._socket.close()

    def send_all(self, requests: Sequence[bytes]) -> None:
        for each in requests:
            self.send(each)

    def send(self, sent: bytes) -> bytes:
        self._socket.sendall(sent)
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._more()
        head, _, body = received.partition(b"\r\n\r\n")
        if length := _LENGTH.search(head):
            parts, missing = [body], int(length[1]) - len(body)
            while missing > 0:
                parts.append(self._more())
                missing -= len(parts[-1])
            body = b"".join(parts)
        elif _CHUNKED.search(head):
            while not body.endswith(b"0\r\n\r\n"):
                body += self._more()
        if b" 200 " not in head.partition(b"\r\n")[0]:
            raise Refused(f"{head[:60]!r} {body[:400]!r}")
        if _CLOSE.search(head):
            self.close()
            self._socket = self._open()
        return body

    def _more(self) -> bytes:
        piece = self._socket.recv(1 << 18)
        if not piece:
            raise Refused("the server hung up")
        return piece
