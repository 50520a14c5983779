"""Destinations and subscriptions, as any door may ask for them.

Source: mws-wire 9.3; what it leaves open is in docs/decisions/0013.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from app.errors import ErrorCode, ServiceError
from app.intake.accounts import Accounts, Caller
from app.intake.feed_requests import check_marketplaces
from app.intake.outages import outages_refused
from app.model import queue_urls
from app.model.notification import (
    Channel,
    Destination,
    NotificationType,
    Subscription,
    test_message,
)
from app.store import notifications, subscriptions
from app.store.backends import Database
from app.store.bulk import Connection

MOST_DESTINATIONS = 100
"""How many destinations a seller may have, so that one feed has an end."""

_KNOWN_TYPES = (
    "AnyOfferChanged",
    "FBAOutboundShipmentStatus",
    "FeePromotion",
    "FulfillmentOrderStatus",
    "ReportProcessingFinished",
)


class SubscriptionDesk:
    """Keeps where sellers want to be told of what."""

    def __init__(
        self,
        database: Database,
        accounts: Accounts,
        queue_hosts: Collection[str],
        clock: Callable[[], datetime],
        ids: Callable[[], str],
    ) -> None:
        """Keep the parts; `queue_hosts` is where messages may go."""
        self._database = database
        self._accounts = accounts
        self._queue_hosts = queue_hosts
        self._clock = clock
        self._ids = ids

    @outages_refused
    def register(self, caller: Caller, marketplace_id: str, to: Destination) -> None:
        """Keep a destination; one that is registered already stays.

        Raises ServiceError for a queue that messages may not go to.
        """
        self._check_marketplace(caller, marketplace_id)
        if wrong := queue_urls.complaint(to.address, self._queue_hosts):
            raise refused(
                f'sqsQueueUrl "{queue_urls.shown(to.address)}" is refused: {wrong}.'
            )
        seller_id = caller.seller_id
        with self._database.write() as connection:
            subscriptions.register(connection, seller_id, marketplace_id, to)
            if subscriptions.count_destinations(connection, seller_id) > (
                MOST_DESTINATIONS
            ):
                raise refused(
                    f"The seller has {MOST_DESTINATIONS} destinations, which is the "
                    "most; deregister one first."
                )

    @outages_refused
    def deregister(self, caller: Caller, marketplace_id: str, to: Destination) -> None:
        """Remove a destination; raises ServiceError while something subscribes to it.

        Source: mws-wire 9.3 (subscriptions go before their destination).
        """
        self._check_marketplace(caller, marketplace_id)
        with self._database.write() as connection:
            self._lock(connection, caller, marketplace_id, to)
            if subscriptions.subscriptions(
                connection, caller.seller_id, marketplace_id, to
            ):
                raise refused(
                    f"Destination {queue_urls.shown(to.address)} still has a "
                    "subscription; call DeleteSubscription first."
                )
            subscriptions.deregister(connection, caller.seller_id, marketplace_id, to)

    @outages_refused
    def destinations(
        self, caller: Caller, marketplace_id: str
    ) -> tuple[Destination, ...]:
        """Return the destinations of a marketplace."""
        self._check_marketplace(caller, marketplace_id)
        with self._database.read() as connection:
            return tuple(
                subscriptions.destinations(connection, caller.seller_id, marketplace_id)
            )

    @outages_refused
    def send_test(self, caller: Caller, marketplace_id: str, to: Destination) -> None:
        """Queue a test message to a registered destination."""
        self._check_marketplace(caller, marketplace_id)
        now = self._clock()
        with self._database.write() as connection:
            self._lock(connection, caller, marketplace_id, to)
            message = test_message(
                self._ids(), caller.seller_id, marketplace_id, to, now
            )
            notifications.add(connection, [message], now)

    @outages_refused
    def create(self, caller: Caller, marketplace_id: str, wish: Subscription) -> None:
        """Keep a subscription to a registered destination.

        The same one again is no fault: a client may have lost the answer. Raises
        ServiceError if it is there, switched the other way.
        """
        self._check_marketplace(caller, marketplace_id)
        seller_id, to = caller.seller_id, wish.destination
        with self._database.write() as connection:
            self._lock(connection, caller, marketplace_id, to)
            for kept in subscriptions.subscriptions(
                connection, seller_id, marketplace_id, to
            ):
                if kept == wish:
                    return
                if kept.notification_type is wish.notification_type:
                    raise refused(
                        f"The subscription to {wish.notification_type} exists, with "
                        f"IsEnabled {'true' if kept.is_enabled else 'false'}; change "
                        "it with UpdateSubscription."
                    )
            subscriptions.subscribe(connection, seller_id, marketplace_id, wish)

    @outages_refused
    def update(self, caller: Caller, marketplace_id: str, wish: Subscription) -> None:
        """Switch a subscription on or off; raises ServiceError if there is none."""
        self._check_marketplace(caller, marketplace_id)
        with self._database.write() as connection:
            if not subscriptions.change(
                connection, caller.seller_id, marketplace_id, wish
            ):
                raise _no_subscription(wish.notification_type, wish.destination)

    @outages_refused
    def delete(
        self,
        caller: Caller,
        marketplace_id: str,
        notification_type: NotificationType,
        to: Destination,
    ) -> None:
        """Remove a subscription; raises ServiceError if there is none."""
        self._check_marketplace(caller, marketplace_id)
        with self._database.write() as connection:
            if not subscriptions.unsubscribe(
                connection, caller.seller_id, marketplace_id, notification_type, to
            ):
                raise _no_subscription(notification_type, to)

    @outages_refused
    def get(
        self,
        caller: Caller,
        marketplace_id: str,
        notification_type: NotificationType,
        to: Destination,
    ) -> Subscription:
        """Return a subscription; raises ServiceError if there is none."""
        for kept in self.subscriptions(caller, marketplace_id, to):
            if kept.notification_type is notification_type:
                return kept
        raise _no_subscription(notification_type, to)

    @outages_refused
    def subscriptions(
        self, caller: Caller, marketplace_id: str, to: Destination | None = None
    ) -> tuple[Subscription, ...]:
        """Return the subscriptions of a marketplace, or of one destination in it."""
        self._check_marketplace(caller, marketplace_id)
        with self._database.read() as connection:
            return tuple(
                subscriptions.subscriptions(
                    connection, caller.seller_id, marketplace_id, to
                )
            )

    def _check_marketplace(self, caller: Caller, marketplace_id: str) -> None:
        own = self._accounts.sells_in(caller.seller_id)
        check_marketplaces([marketplace_id], own)

    def _lock(
        self,
        connection: Connection,
        caller: Caller,
        marketplace_id: str,
        to: Destination,
    ) -> None:
        if not subscriptions.lock_destination(
            connection, caller.seller_id, marketplace_id, to
        ):
            raise refused(
                f"Destination {queue_urls.shown(to.address)} is not registered for "
                f"marketplace {marketplace_id}; call RegisterDestination first."
            )


def channel_of(name: str) -> Channel:
    """Return the channel of that DeliveryChannel; raises ServiceError."""
    if name == Channel.SQS:
        return Channel.SQS
    raise refused(f'DeliveryChannel is "{name[:60]}", expected {Channel.SQS}.')


def notification_type_of(name: str) -> NotificationType:
    """Return what may be subscribed to under that name; raises ServiceError."""
    kind = NotificationType.FEED_PROCESSING_FINISHED
    if name == kind:
        return kind
    reason = "is not served here" if name in _KNOWN_TYPES else "is unknown"
    raise refused(f'NotificationType "{name[:60]}" {reason}; use {kind}.')


def refused(message: str) -> ServiceError:
    """Return the section's refusal of something that was asked (mws-wire 9.3)."""
    return ServiceError(ErrorCode.INVALID_INPUT_FATAL, message)


def _no_subscription(kind: NotificationType, to: Destination) -> ServiceError:
    return refused(
        f"There is no subscription to {kind} at {queue_urls.shown(to.address)}."
    )
