"""Notifications of the Selling Partner API, as its door asks for them.

Destinations are an application's, subscriptions those of an application for a seller.
Source: sp-api-wire 7.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from app.intake.accounts import Caller
from app.intake.outages import outages_refused
from app.model import queue_urls
from app.model.sp_notification import (
    PAYLOAD_VERSIONS,
    OrderChangeType,
    SpDestination,
    SpNotificationType,
    SpSubscription,
    sample,
)
from app.store import event_reader, notifications, sp_subscriptions
from app.store.backends import Database
from app.store.bulk import Connection

MOST_DESTINATIONS = 100
"""How many destinations an application may have."""


class NotificationRefused(ValueError):
    """Something cannot be as asked; the text says why."""


class NotificationConflict(Exception):
    """Something is there already, or still in use; the text says what."""


class NotThere(Exception):
    """There is no such thing of this caller's; the text names it."""


class NotificationDesk:
    """Keeps which queue of which application is told of what."""

    def __init__(
        self,
        database: Database,
        queue_hosts: Collection[str],
        clock: Callable[[], datetime],
        ids: Callable[[], str],
    ) -> None:
        """Keep the parts; `queue_hosts` is where messages may go."""
        self._database = database
        self._queue_hosts = queue_hosts
        self._clock = clock
        self._ids = ids

    @outages_refused
    def create_destination(self, client_id: str, name: str, arn: str) -> SpDestination:
        """Keep a queue; raises NotificationRefused, or NotificationConflict."""
        try:
            url = queue_urls.url_of_arn(arn, self._queue_hosts)
        except ValueError as error:
            raise NotificationRefused(str(error)) from error
        new = SpDestination(self._ids(), client_id, name, arn, url)
        with self._database.write() as connection:
            sp_subscriptions.lock_client(connection, client_id)
            kept = sp_subscriptions.destinations(connection, client_id)
            if any(each.arn == arn for each in kept):
                raise NotificationConflict(f"{arn} is a destination already")
            if len(kept) >= MOST_DESTINATIONS:
                raise NotificationConflict(
                    f"the application has {MOST_DESTINATIONS} destinations, which is "
                    "the most; delete one first"
                )
            sp_subscriptions.add_destination(connection, new)
        return new

    @outages_refused
    def destinations(self, client_id: str) -> tuple[SpDestination, ...]:
        """Return the destinations of an application."""
        with self._database.read() as connection:
            return tuple(sp_subscriptions.destinations(connection, client_id))

    @outages_refused
    def destination(self, client_id: str, destination_id: str) -> SpDestination:
        """Return one destination of an application; raises NotThere."""
        with self._database.read() as connection:
            return _destination(connection, client_id, destination_id)

    @outages_refused
    def delete_destination(self, client_id: str, destination_id: str) -> None:
        """Remove a destination; raises NotThere, or NotificationConflict if in use."""
        with self._database.write() as connection:
            _destination(connection, client_id, destination_id, lock=True)
            for each in sp_subscriptions.of_client(connection, client_id):
                if each.destination_id == destination_id:
                    raise NotificationConflict(
                        f"subscription {each.subscription_id} still uses it; delete "
                        "that first"
                    )
            sp_subscriptions.remove_destination(connection, destination_id)

    @outages_refused
    def subscribe(
        self,
        caller: Caller,
        kind: SpNotificationType,
        payload_version: str | None,
        destination_id: str,
        order_change_types: Sequence[OrderChangeType] = (),
    ) -> SpSubscription:
        """Tell an application of a seller's events from now on.

        Raises NotThere for the destination, NotificationRefused for the version, and
        NotificationConflict if there is a subscription of that type already.
        """
        version = PAYLOAD_VERSIONS[kind]
        if payload_version not in (None, version):
            raise NotificationRefused(
                f'payloadVersion is "{payload_version}", expected {version}'
            )
        with event_reader.changing(self._database) as connection:
            to = _destination(
                connection, caller.access_key_id, destination_id, lock=True
            )
            for each in _subscriptions(connection, caller):
                if each.notification_type is kind:
                    raise NotificationConflict(
                        f"subscription {each.subscription_id} to {kind} exists; "
                        "delete it first"
                    )
            new = SpSubscription(
                self._ids(),
                caller.access_key_id,
                caller.seller_id,
                kind,
                version,
                destination_id,
                tuple(order_change_types),
                to.url,
            )
            sp_subscriptions.subscribe(connection, new)
        return new

    @outages_refused
    def subscription(self, caller: Caller, kind: SpNotificationType) -> SpSubscription:
        """Return the caller's subscription to a type; raises NotThere."""
        with self._database.read() as connection:
            for each in _subscriptions(connection, caller):
                if each.notification_type is kind:
                    return each
        raise NotThere(f"subscription to {kind}")

    @outages_refused
    def by_id(
        self, client_id: str, kind: SpNotificationType, subscription_id: str
    ) -> SpSubscription:
        """Return a subscription of an application, whichever seller's; or NotThere."""
        with self._database.read() as connection:
            return _by_id(connection, client_id, kind, subscription_id)

    @outages_refused
    def delete_by_id(
        self, client_id: str, kind: SpNotificationType, subscription_id: str
    ) -> None:
        """Remove a subscription of an application; raises NotThere."""
        with event_reader.changing(self._database) as connection:
            found = _by_id(connection, client_id, kind, subscription_id)
            sp_subscriptions.unsubscribe(connection, found.subscription_id)

    @outages_refused
    def send_test(self, caller: Caller, kind: SpNotificationType) -> None:
        """Queue a sample to the caller's subscription to a type; raises NotThere."""
        to = self.subscription(caller, kind)
        now = self._clock()
        with self._database.write() as connection:
            notifications.add(connection, [sample(to, self._ids(), now)], now)


def _destination(
    connection: Connection, client_id: str, destination_id: str, *, lock: bool = False
) -> SpDestination:
    kept = sp_subscriptions.destinations(connection, client_id, lock=lock)
    for each in kept:
        if each.destination_id == destination_id:
            return each
    raise NotThere("destination of that id")


def _subscriptions(connection: Connection, caller: Caller) -> list[SpSubscription]:
    return [
        each
        for each in sp_subscriptions.of_client(connection, caller.access_key_id)
        if each.seller_id == caller.seller_id
    ]


def _by_id(
    connection: Connection,
    client_id: str,
    kind: SpNotificationType,
    subscription_id: str,
) -> SpSubscription:
    for each in sp_subscriptions.of_client(connection, client_id):
        if each.subscription_id == subscription_id and each.notification_type is kind:
            return each
    raise NotThere(f"subscription to {kind} of that id")
