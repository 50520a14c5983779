"""How much of everything there is: read for monitoring, whichever process asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, select, text
from sqlalchemy import func as sql

from app.model.money import from_minor_units
from app.store.tables import (
    feed_lane,
    feed_submission,
    notification,
    order_item,
    orders,
    outbox,
    worker,
)

# Written out: they must be the conditions of the partial indexes.
_WAITING = text("status = '_SUBMITTED_'")
_UNSENT = text("sent_at IS NULL AND given_up_at IS NULL")


@dataclass(frozen=True, slots=True)
class Queued:
    """What is queued of one feed type; `waiting` leaves out what is in progress."""

    feed_type: str
    waiting: int
    in_progress: int


@dataclass(frozen=True, slots=True)
class Census:
    """What indexes tell at once, however much is stored."""

    queued: tuple[Queued, ...]
    waiting_since: datetime | None
    workers: int
    mails_waiting: int
    mails_waiting_since: datetime | None
    notifications_waiting: int


@dataclass(frozen=True, slots=True)
class Totals:
    """What whole tables have to be read for.

    `refunded` is by currency: refunds and credits on all orders. The others are what
    was given up and not removed yet.
    """

    refunded: dict[str, Decimal]
    feeds_given_up: int
    mails_given_up: int
    notifications_given_up: int


def take_census(connection: Connection) -> Census:
    """Read what changes all the time."""
    lane = feed_lane.c
    lanes = connection.execute(
        select(lane.feed_type, sql.sum(lane.queued), sql.count(lane.owner))
        .group_by(lane.feed_type)
        .order_by(lane.feed_type)
    )
    return Census(
        tuple(Queued(row[0], row[1] - row[2], row[2]) for row in lanes),
        connection.execute(
            select(feed_submission.c.submitted_at)
            .where(_WAITING)
            .order_by(feed_submission.c.feed_submission_id)
            .limit(1)
        ).scalar(),
        _count(connection, worker),
        _count(connection, outbox, _UNSENT),
        connection.execute(
            select(sql.min(outbox.c.created_at)).where(_UNSENT)
        ).scalar(),
        _count(connection, notification, _UNSENT),
    )


def take_totals(connection: Connection) -> Totals:
    """Read what is worth a look a minute."""
    refunded = connection.execute(
        select(orders.c.currency, sql.sum(order_item.c.refunded))
        .join(
            order_item,
            and_(
                order_item.c.seller_id == orders.c.seller_id,
                order_item.c.amazon_order_id == orders.c.amazon_order_id,
            ),
        )
        .where(order_item.c.refunded != 0)
        .group_by(orders.c.currency)
    )
    return Totals(
        {row[0]: from_minor_units(int(row[1]), row[0]) for row in refunded},
        _count(connection, feed_submission, feed_submission.c.given_up.is_(True)),
        _count(connection, outbox, outbox.c.given_up_at.is_not(None)),
        _count(connection, notification, notification.c.given_up_at.is_not(None)),
    )


def _count(
    connection: Connection, table: Any, *where: ColumnElement[bool] | Any
) -> int:
    query = select(sql.count()).select_from(table).where(*where)
    number: int = connection.execute(query).scalar_one()
    return number
