"""Who is told of the end of a feed, in the transaction that ends it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from app.model.feed import FeedStatus
from app.store import notifications, sp_subscriptions, subscriptions, webhooks
from app.store.tables import feed_submission

_feed = feed_submission.c

FINISHED = (
    _feed.feed_submission_id,
    _feed.feed_type,
    _feed.marketplace_ids,
    _feed.given_up,
    _feed.report_document_id,
)
"""The columns of a feed that `tell_of_feeds` needs."""

_ENDED = select(*FINISHED).where(
    _feed.seller_id == bindparam("of_seller"),
    _feed.feed_submission_id == bindparam("number"),
)


def tell_of_feed(
    connection: Connection, seller_id: str, feed_submission_id: int, now: datetime
) -> None:
    """Queue the notifications of a feed, in the transaction that sets it `_DONE_`."""
    values = {"of_seller": seller_id, "number": feed_submission_id}
    feeds = connection.execute(_ENDED, values).all()
    tell_of_feeds(connection, seller_id, feeds, FeedStatus.DONE, now)


def tell_of_feeds(
    connection: Connection,
    seller_id: str,
    feeds: Sequence[Any],
    status: FeedStatus,
    now: datetime,
) -> None:
    """Queue the notifications of feeds (rows of `FINISHED`) that have just ended."""
    if not feeds:
        return
    told = (connection, seller_id, feeds, status, now)
    messages = subscriptions.messages_of_feeds(*told)
    messages += webhooks.messages_of_feeds(*told)
    messages += sp_subscriptions.messages_of_feeds(*told)
    notifications.add(connection, messages, now)
