"""Endpoints of sellers as the operator makes, changes and watches them."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_network
from urllib.parse import urlsplit

from app.intake.seals import Seals
from app.model.event import EventType
from app.model.webhook_targets import complaint
from app.store import accounts, audit, event_reader, webhooks
from app.store.backends import Database
from app.store.bulk import Connection
from app.store.webhooks import Delivery, Endpoint
from app.webhooks.connection import TargetRefused, allowed_addresses

MOST_ENDPOINTS = 20
"""How many endpoints a seller may have, so that one event has an end."""

_CAUSE = "operator"
_SECRET_BYTES = 32
_PORTS = {"http": 80, "https": 443}


class WebhookError(ValueError):
    """Something cannot be done as asked; the text says why."""


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A signing secret (`whsec_` and base64), shown this once."""

    endpoint: Endpoint
    secret: str


class WebhookDesk:
    """Keeps endpoints and their secrets, and shows what was sent."""

    def __init__(
        self,
        database: Database,
        seals: Seals,
        networks: Collection[str],
        clock: Callable[[], datetime],
        ids: Callable[[], str],
    ) -> None:
        """Keep the parts; `networks` as the setting `webhook_networks`."""
        self._database = database
        self._seals = seals
        self._networks = [ip_network(network) for network in networks]
        self._clock = clock
        self._ids = ids

    def add(
        self, seller_id: str, url: str, events: Sequence[EventType] = tuple(EventType)
    ) -> NewSecret:
        """Make an endpoint and its secret.

        Raises WebhookError for an unknown seller, or a URL that nothing may go to. A
        name that cannot be resolved yet is taken: it is looked at with each attempt.
        """
        self._check(url)
        secret = _new_secret()
        now = self._clock()
        endpoint = Endpoint(
            self._ids(),
            seller_id,
            url,
            tuple(kind for kind in EventType if kind in events),
            self._seals.seal(secret),
            None,
            None,
            now,
            None,
        )
        if not endpoint.events:
            raise WebhookError("an endpoint needs an event to be told of")
        with event_reader.changing(self._database) as connection:
            if accounts.find_seller(connection, seller_id) is None:
                raise WebhookError(f'there is no seller "{seller_id}"')
            if len(webhooks.endpoints(connection, seller_id)) >= MOST_ENDPOINTS:
                raise WebhookError(
                    f"seller {seller_id} has {MOST_ENDPOINTS} endpoints, which is the "
                    "most; remove one first"
                )
            webhooks.add(connection, endpoint)
            _note(connection, endpoint, "CreateWebhook", now)
        return NewSecret(endpoint, secret)

    def list(self, seller_id: str | None = None) -> tuple[Endpoint, ...]:
        """Return the endpoints of a seller, or of all."""
        with self._database.read() as connection:
            return tuple(webhooks.endpoints(connection, seller_id))

    def disable(self, endpoint_id: str) -> None:
        """Send nothing to an endpoint; what is queued waits, new events do not.

        Raises WebhookError if it is unknown.
        """
        self._switch(endpoint_id, "DisableWebhook", self._clock())

    def enable(self, endpoint_id: str) -> None:
        """Send to an endpoint again, what waits first.

        Raises WebhookError if it is unknown.
        """
        self._switch(endpoint_id, "EnableWebhook", None)

    def remove(self, endpoint_id: str) -> None:
        """Remove an endpoint; what waits for it is given up.

        Raises WebhookError if it is unknown.
        """
        now = self._clock()
        with event_reader.changing(self._database) as connection:
            endpoint = _locked(connection, endpoint_id)
            webhooks.remove(connection, endpoint, now)
            _note(connection, endpoint, "RemoveWebhook", now)

    def rotate(self, endpoint_id: str, overlap: timedelta) -> NewSecret:
        """Give an endpoint another secret; the last one signs too for `overlap`.

        A secret from before that one ends now. Raises WebhookError if the endpoint is
        unknown.
        """
        secret = _new_secret()
        now = self._clock()
        with self._database.write() as connection:
            endpoint = _locked(connection, endpoint_id)
            webhooks.change(
                connection,
                endpoint_id,
                sealed_secret=self._seals.seal(secret),
                earlier_secret=endpoint.sealed_secret,
                earlier_until=now + overlap,
            )
            _note(connection, endpoint, "RotateWebhookSecret", now)
        return NewSecret(endpoint, secret)

    def deliveries(self, endpoint_id: str, limit: int) -> tuple[Delivery, ...]:
        """Return what was sent to an endpoint or waits, newest first.

        Raises WebhookError if the endpoint is unknown.
        """
        with self._database.read() as connection:
            endpoint = webhooks.find(connection, endpoint_id)
            if endpoint is None:
                raise _unknown(endpoint_id)
            return tuple(webhooks.deliveries(connection, endpoint, limit))

    def resend(self, unique_id: str) -> None:
        """Queue a message once more, under its own id.

        Raises WebhookError if it is unknown, waits anyhow, or its endpoint is gone.
        """
        with self._database.write() as connection:
            found = webhooks.find_delivery(connection, unique_id)
            if found is None:
                raise WebhookError(f'there is no delivery "{unique_id}"')
            delivery, endpoint_id = found
            if delivery.sent_at is None and delivery.given_up_at is None:
                raise WebhookError(f"delivery {unique_id} is {delivery.status} already")
            if webhooks.find(connection, endpoint_id) is None:
                raise WebhookError(f"the endpoint of delivery {unique_id} was removed")
            webhooks.send_again(connection, unique_id, self._clock())

    def _switch(
        self, endpoint_id: str, kind: str, disabled_at: datetime | None
    ) -> None:
        with event_reader.changing(self._database) as connection:
            endpoint = _locked(connection, endpoint_id)
            if (endpoint.disabled_at is None) == (disabled_at is None):
                return
            webhooks.change(connection, endpoint_id, disabled_at=disabled_at)
            if disabled_at is None:
                webhooks.hurry(connection, endpoint)
            _note(connection, endpoint, kind, self._clock())

    def _check(self, url: str) -> None:
        if wrong := complaint(url):
            raise WebhookError(f"the URL is refused: {wrong}")
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
        try:
            allowed_addresses(parts.scheme, parts.hostname or "", port, self._networks)
        except TargetRefused as error:
            raise WebhookError(f"the URL is refused: {error}") from error
        except OSError:
            return


def _locked(connection: Connection, endpoint_id: str) -> Endpoint:
    endpoint = webhooks.find(connection, endpoint_id, lock=True)
    if endpoint is None:
        raise _unknown(endpoint_id)
    return endpoint


def _unknown(endpoint_id: str) -> WebhookError:
    return WebhookError(f'there is no endpoint "{endpoint_id}"')


def _note(connection: Connection, endpoint: Endpoint, kind: str, now: datetime) -> None:
    # Not the URL: what stands behind its host may be a secret of the receiver.
    content = {
        "endpoint_id": endpoint.endpoint_id,
        "host": urlsplit(endpoint.url).hostname,
    }
    audit.note(connection, endpoint.seller_id, kind, content, cause=_CAUSE, now=now)


def _new_secret() -> str:
    random = secrets.token_bytes(_SECRET_BYTES)
    return f"whsec_{base64.b64encode(random).decode('ascii')}"
