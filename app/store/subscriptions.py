"""Destinations and subscriptions of sellers, as MWS has them.

Whoever changes a subscription locks its destination first and looks in a later
statement, so that none is left without a destination.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy import func as sql
from sqlalchemy.dialects import postgresql, sqlite

from app.model.feed import FeedStatus
from app.model.notification import (
    Channel,
    Destination,
    NewNotification,
    NotificationType,
    Subscription,
    feed_finished,
)
from app.store.tables import destination, subscription

_destination = destination.c
_subscription = subscription.c


def register(
    connection: Connection, seller_id: str, marketplace_id: str, to: Destination
) -> None:
    """Keep a destination; one that is there already stays as it is."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    row = _key(seller_id, marketplace_id, to)
    statement = dialect.insert(destination).values(row).on_conflict_do_nothing()
    connection.execute(statement)


def deregister(
    connection: Connection, seller_id: str, marketplace_id: str, to: Destination
) -> None:
    """Remove a destination that nothing is subscribed to."""
    connection.execute(
        delete(destination).where(*_is(destination.c, seller_id, marketplace_id, to))
    )


def lock_destination(
    connection: Connection, seller_id: str, marketplace_id: str, to: Destination
) -> bool:
    """Lock a destination; False if the seller has not registered it."""
    query = select(_destination.address).where(
        *_is(destination.c, seller_id, marketplace_id, to)
    )
    return connection.execute(query.with_for_update()).first() is not None


def count_destinations(connection: Connection, seller_id: str) -> int:
    """Return how many destinations a seller has, in all marketplaces."""
    query = select(sql.count()).select_from(destination)
    found = connection.execute(query.where(_destination.seller_id == seller_id))
    number: int = found.scalar_one()
    return number


def destinations(
    connection: Connection, seller_id: str, marketplace_id: str
) -> list[Destination]:
    """Return the destinations of a seller in a marketplace, by address."""
    query = (
        select(_destination.channel, _destination.address)
        .where(
            _destination.seller_id == seller_id,
            _destination.marketplace_id == marketplace_id,
        )
        .order_by(_destination.channel, _destination.address)
    )
    return [_read_destination(row) for row in connection.execute(query)]


def subscriptions(
    connection: Connection,
    seller_id: str,
    marketplace_id: str,
    to: Destination | None = None,
) -> list[Subscription]:
    """Return the subscriptions of a seller in a marketplace, or to one destination."""
    query = select(
        _subscription.notification_type,
        _subscription.channel,
        _subscription.address,
        _subscription.is_enabled,
    ).where(
        _subscription.seller_id == seller_id,
        _subscription.marketplace_id == marketplace_id,
    )
    if to is not None:
        query = query.where(*_is(_subscription, seller_id, marketplace_id, to))
    query = query.order_by(
        _subscription.notification_type, _subscription.channel, _subscription.address
    )
    return [
        Subscription(
            NotificationType(row.notification_type),
            _read_destination(row),
            row.is_enabled,
        )
        for row in connection.execute(query)
    ]


def subscribe(
    connection: Connection, seller_id: str, marketplace_id: str, wish: Subscription
) -> None:
    """Keep a new subscription to a locked destination."""
    row = {
        **_key(seller_id, marketplace_id, wish.destination),
        "notification_type": wish.notification_type,
        "is_enabled": wish.is_enabled,
    }
    connection.execute(insert(subscription), row)


def change(
    connection: Connection, seller_id: str, marketplace_id: str, wish: Subscription
) -> bool:
    """Switch a subscription on or off; False if there is none."""
    changed = connection.execute(
        update(subscription)
        .where(
            *_is(_subscription, seller_id, marketplace_id, wish.destination),
            _subscription.notification_type == wish.notification_type,
        )
        .values(is_enabled=wish.is_enabled)
    )
    return changed.rowcount == 1


def unsubscribe(
    connection: Connection,
    seller_id: str,
    marketplace_id: str,
    notification_type: NotificationType,
    to: Destination,
) -> bool:
    """Remove a subscription; False if there is none."""
    removed = connection.execute(
        delete(subscription).where(
            *_is(_subscription, seller_id, marketplace_id, to),
            _subscription.notification_type == notification_type,
        )
    )
    return removed.rowcount == 1


def messages_of_feeds(
    connection: Connection,
    seller_id: str,
    feeds: Sequence[Any],
    status: FeedStatus,
    now: datetime,
) -> list[NewNotification]:
    """Write what subscribers are to be told of feeds (rows of `feed_ends.FINISHED`)."""
    return [
        feed_finished(
            seller_id,
            wish.marketplace_id,
            _read_destination(wish),
            feed_submission_id=feed.feed_submission_id,
            feed_type=feed.feed_type,
            status=status,
            now=now,
        )
        # Most sellers have none, and pay one look for it.
        for wish in _wishes(connection, seller_id)
        for feed in feeds
        # A feed that named no marketplace is for all of them.
        if not feed.marketplace_ids
        or wish.marketplace_id in feed.marketplace_ids.split(",")
    ]


def _wishes(connection: Connection, seller_id: str) -> Sequence[Any]:
    query = select(subscription).where(
        _subscription.seller_id == seller_id,
        _subscription.is_enabled.is_(True),
        _subscription.notification_type == NotificationType.FEED_PROCESSING_FINISHED,
    )
    return connection.execute(query).all()


def _key(seller_id: str, marketplace_id: str, to: Destination) -> dict[str, str]:
    return {
        "seller_id": seller_id,
        "marketplace_id": marketplace_id,
        "channel": to.channel,
        "address": to.address,
    }


def _is(
    columns: Any, seller_id: str, marketplace_id: str, to: Destination
) -> list[ColumnElement[bool]]:
    key = _key(seller_id, marketplace_id, to)
    return [columns[name] == value for name, value in key.items()]


def _read_destination(row: Any) -> Destination:
    return Destination(Channel(row.channel), row.address)
