"""Destinations and subscriptions of applications of the Selling Partner API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select

from app.model.feed import FeedStatus
from app.model.notification import NewNotification
from app.model.sp_notification import (
    OrderChangeType,
    SpDestination,
    SpNotificationType,
    SpSubscription,
    feed_processing_finished,
)
from app.store.tables import (
    lwa_client,
    lwa_refresh_token,
    sp_destination,
    sp_subscription,
)

_destination = sp_destination.c
_subscription = sp_subscription.c

_SUBSCRIPTIONS = (
    select(sp_subscription, _destination.url)
    .join(sp_destination)
    .order_by(_subscription.subscription_id)
)

# Each feed that ends asks for it, and to make it takes longer than to run it.
_LISTENING = _SUBSCRIPTIONS.where(
    _subscription.notification_type == bindparam("of_kind"),
    select(lwa_refresh_token.c.token_sha256)
    .join(lwa_client, lwa_client.c.client_id == lwa_refresh_token.c.client_id)
    .where(
        lwa_refresh_token.c.client_id == _subscription.client_id,
        lwa_refresh_token.c.seller_id == _subscription.seller_id,
        lwa_refresh_token.c.revoked_at.is_(None),
        lwa_client.c.revoked_at.is_(None),
    )
    .exists(),
)
_LISTENING_TO = _LISTENING.where(_subscription.seller_id == bindparam("of_seller"))


def lock_client(connection: Connection, client_id: str) -> None:
    """Let one caller at a time change the destinations of an application."""
    query = select(lwa_client.c.client_id).where(lwa_client.c.client_id == client_id)
    connection.execute(query.with_for_update())


def add_destination(connection: Connection, new: SpDestination) -> None:
    """Keep a new destination."""
    connection.execute(insert(sp_destination).values(asdict(new)))


def destinations(
    connection: Connection, client_id: str, *, lock: bool = False
) -> list[SpDestination]:
    """Return the destinations of an application; `lock` keeps them as they are."""
    query = (
        select(sp_destination)
        .where(_destination.client_id == client_id)
        .order_by(_destination.destination_id)
    )
    rows = connection.execute(query.with_for_update() if lock else query)
    return [SpDestination(**row._asdict()) for row in rows]


def remove_destination(connection: Connection, destination_id: str) -> None:
    """Remove a destination that nothing is subscribed to."""
    connection.execute(
        delete(sp_destination).where(_destination.destination_id == destination_id)
    )


def subscribe(connection: Connection, new: SpSubscription) -> None:
    """Keep a new subscription to a locked destination."""
    values = asdict(new)
    del values["url"]
    values["order_change_types"] = ",".join(new.order_change_types)
    connection.execute(insert(sp_subscription).values(values))


def unsubscribe(connection: Connection, subscription_id: str) -> None:
    """Remove a subscription."""
    connection.execute(
        delete(sp_subscription).where(_subscription.subscription_id == subscription_id)
    )


def of_client(connection: Connection, client_id: str) -> list[SpSubscription]:
    """Return all subscriptions of an application."""
    query = _SUBSCRIPTIONS.where(_subscription.client_id == client_id)
    return [_read(row) for row in connection.execute(query)]


def listening(
    connection: Connection,
    notification_type: SpNotificationType,
    seller_id: str | None = None,
) -> list[SpSubscription]:
    """Return subscriptions of a type, of one seller or all, that are in force.

    Those of an application that may not act for the seller (any more) are not.
    """
    values: dict[str, Any] = {"of_kind": notification_type, "of_seller": seller_id}
    query = _LISTENING if seller_id is None else _LISTENING_TO
    return [_read(row) for row in connection.execute(query, values)]


def messages_of_feeds(
    connection: Connection,
    seller_id: str,
    feeds: Sequence[Any],
    status: FeedStatus,
    now: datetime,
) -> list[NewNotification]:
    """Write what applications hear of feeds (rows of `feed_ends.FINISHED`)."""
    kind = SpNotificationType.FEED_PROCESSING_FINISHED
    return [
        feed_processing_finished(
            each,
            feed_submission_id=feed.feed_submission_id,
            feed_type=feed.feed_type,
            status=status,
            given_up=feed.given_up,
            report_document_id=feed.report_document_id,
            now=now,
        )
        for each in listening(connection, kind, seller_id)
        for feed in feeds
    ]


def _read(row: Any) -> SpSubscription:
    values = row._asdict()
    values["notification_type"] = SpNotificationType(row.notification_type)
    values["order_change_types"] = tuple(
        map(OrderChangeType, filter(None, row.order_change_types.split(",")))
    )
    return SpSubscription(**values)
