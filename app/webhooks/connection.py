"""Connections to addresses that were looked at, and that end when their time is up."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Collection, Iterable
from typing import Any

import httpcore

from app.model.webhook_targets import Network, refusal


class TargetRefused(Exception):
    """Nothing may be sent there; the text says why."""


def allowed_addresses(
    scheme: str, host: str, port: int, networks: Collection[Network]
) -> list[str]:
    """Resolve a host and return its addresses.

    Raises TargetRefused if nothing may be sent to one of them, OSError if the name is
    not found. An odd spelling such as 0x7f.1 is whatever the resolver takes it for.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise TargetRefused("its host is no name that can be looked up") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        if reason := refusal(address, scheme, networks):
            raise TargetRefused(reason)
    return addresses


class GuardedNetwork(httpcore.NetworkBackend):
    """Connects to the very address that was looked at, within `seconds` from now."""

    def __init__(
        self, scheme: str, networks: Collection[Network], seconds: float
    ) -> None:
        """Take the scheme of the URL, and the networks that are allowed beside."""
        self._scheme = scheme
        self._networks = networks
        self._deadline = time.monotonic() + seconds
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Resolve, look, and connect to the first address that answers."""
        try:
            addresses = allowed_addresses(self._scheme, host, port, self._networks)
        except OSError as error:
            raise httpcore.ConnectError(f"the host cannot be resolved: {error}") from (
                error
            )
        failure: Exception = httpcore.ConnectError("the host has no address")
        for address in addresses:
            try:
                stream = self._inner.connect_tcp(
                    address,
                    port,
                    _left(self._deadline, timeout),
                    local_address,
                    socket_options,
                )
                return _Timed(stream, self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


class _Timed(httpcore.NetworkStream):
    """A stream that fails once its deadline is over, however slowly bytes come."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: float) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(self._deadline, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(self._deadline, timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(self._deadline, timeout)
        secured = self._inner.start_tls(ssl_context, server_hostname, left)
        return _Timed(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _left(deadline: float, timeout: float | None) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the time for one attempt is over")
    return left if timeout is None else min(left, timeout)
