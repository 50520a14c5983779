"""Sends events to the endpoints of sellers, signed by the Standard Webhooks scheme."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

import httpcore
from standardwebhooks import Webhook

from app.model.webhook_targets import Network, complaint
from app.notifications import DeliveryFailed
from app.store import webhooks
from app.store.backends import Database
from app.store.notifications import Outgoing
from app.store.webhooks import Endpoint
from app.webhooks.connection import GuardedNetwork, TargetRefused

_Headers = list[tuple[bytes | str, bytes | str]]

_CONNECT_SECONDS = 5
_MOST_READ = 16_384


class WebhookSender:
    """Sends messages to endpoints; used by one thread."""

    def __init__(
        self,
        database: Database,
        unseal: Callable[[str], str],
        networks: Collection[Network],
        authority: Path | None,
        clock: Callable[[], datetime],
        *,
        seconds: float = 15,
    ) -> None:
        """Keep where endpoints are known from, and what their secrets open with.

        `networks` and `authority` as the settings `webhook_...`; an attempt takes
        `seconds` at most.
        """
        self._database = database
        self._unseal = unseal
        self._networks = networks
        self._authority = authority
        self._clock = clock
        self._seconds = seconds

    def __call__(self, outgoing: Outgoing) -> None:
        """Send one message; raises DeliveryFailed unless the receiver says 2xx."""
        with self._database.read() as connection:
            endpoint = webhooks.find(connection, outgoing.address)
        if endpoint is None:
            raise DeliveryFailed("the endpoint was removed")
        if endpoint.disabled_at is not None:
            raise DeliveryFailed("the endpoint is disabled")
        if wrong := complaint(endpoint.url):
            raise DeliveryFailed(f"the endpoint's URL is refused: {wrong}")
        headers = self._sign(endpoint, outgoing)
        status = self._post(endpoint.url, headers, outgoing.payload.encode())
        if 300 <= status < 400:
            raise DeliveryFailed(f"HTTP {status}: redirects are not followed")
        if not 200 <= status < 300:
            raise DeliveryFailed(f"HTTP {status}")

    def _sign(self, endpoint: Endpoint, outgoing: Outgoing) -> _Headers:
        now = self._clock().astimezone(UTC)
        signatures = [
            Webhook(self._unseal(sealed)).sign(
                outgoing.unique_id, now, outgoing.payload
            )
            for sealed in endpoint.live_secrets(now)
        ]
        return [
            ("content-type", "application/json"),
            ("user-agent", "Feedgate"),
            ("webhook-id", outgoing.unique_id),
            ("webhook-timestamp", str(int(now.timestamp()))),
            ("webhook-signature", " ".join(signatures)),
        ]

    def _post(self, url: str, headers: _Headers, body: bytes) -> int:
        """Post to a URL and return the status; redirects are answers like others."""
        network = GuardedNetwork(urlsplit(url).scheme, self._networks, self._seconds)
        with httpcore.ConnectionPool(
            ssl_context=self._tls, network_backend=network
        ) as pool:
            try:
                with pool.stream(
                    "POST",
                    url,
                    headers=headers,
                    content=body,
                    extensions={"timeout": {"connect": _CONNECT_SECONDS}},
                ) as response:
                    self._read_a_little(response)
                    return response.status
            except TargetRefused as error:
                raise DeliveryFailed(f"the target is refused: {error}") from error
            except httpcore.TimeoutException as error:
                raise DeliveryFailed(f"no answer in {self._seconds:g} s") from error
            except (httpcore.NetworkError, httpcore.ProtocolError) as error:
                raise DeliveryFailed(f"{type(error).__name__}: {error}") from error

    @staticmethod
    def _read_a_little(response: httpcore.Response) -> None:
        """Let the receiver finish a short answer; the status is all that counts."""
        read = 0
        with suppress(
            httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError
        ):
            for chunk in response.iter_stream():
                read += len(chunk)
                if read > _MOST_READ:
                    return

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._authority)
