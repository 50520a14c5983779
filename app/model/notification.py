"""What sellers are told without asking: destinations, subscriptions and messages.

Source: mws-wire 9.3 (destinations, subscriptions) and 9.4 (messages).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from xml.sax.saxutils import escape

from app.model.times import to_iso

_NAMES = uuid.UUID("4c6a4e0c-6f0f-4f6a-9d4e-2f9b0f7c3a51")


class Channel(StrEnum):
    """How a message travels."""

    SQS = "SQS"
    WEBHOOK = "WEBHOOK"


class NotificationType(StrEnum):
    """What a message tells of; sellers subscribe to all but the test."""

    FEED_PROCESSING_FINISHED = "FeedProcessingFinished"
    TEST = "TestNotification"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where messages go: `address` is the URL of a queue, or the id of an endpoint."""

    channel: Channel
    address: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """A seller's wish to be told of something in one marketplace."""

    notification_type: NotificationType
    destination: Destination
    is_enabled: bool


@dataclass(frozen=True, slots=True)
class NewNotification:
    """A message that is to be sent.

    `unique_id` is a UUID: the same one means the same message, however often it comes.
    `notification_type` is a name of the section that the message belongs to.
    """

    unique_id: str
    seller_id: str
    notification_type: str
    destination: Destination
    payload: str


def stable_id(*parts: str) -> str:
    """Return a UUID that is always the same for what a message is about."""
    return str(uuid.uuid5(_NAMES, "\n".join(parts)))


def feed_finished(
    seller_id: str,
    marketplace_id: str,
    destination: Destination,
    *,
    feed_submission_id: int,
    feed_type: str,
    status: str,
    now: datetime,
) -> NewNotification:
    """Write the message that a feed has ended; `status` is `_DONE_` or `_CANCELLED_`.

    The message has it without its underscores, as MWS's book did (decision 0013).
    """
    kind = NotificationType.FEED_PROCESSING_FINISHED
    feed = str(feed_submission_id)
    unique_id = stable_id(
        kind, seller_id, feed, marketplace_id, destination.channel, destination.address
    )
    content = (
        "<FeedProcessingFinishedNotification>"
        + _leaf("SellerId", seller_id)
        + _leaf("FeedSubmissionId", feed)
        + _leaf("FeedType", feed_type)
        + _leaf("FeedProcessingStatus", status.strip("_"))
        + "</FeedProcessingFinishedNotification>"
    )
    payload = _message(kind, unique_id, seller_id, marketplace_id, content, now)
    return NewNotification(unique_id, seller_id, kind, destination, payload)


def test_message(
    unique_id: str,
    seller_id: str,
    marketplace_id: str,
    destination: Destination,
    now: datetime,
) -> NewNotification:
    """Write the message that only shows that a destination can be reached."""
    kind = NotificationType.TEST
    content = "<TestNotification/>"
    payload = _message(kind, unique_id, seller_id, marketplace_id, content, now)
    return NewNotification(unique_id, seller_id, kind, destination, payload)


def _message(
    kind: NotificationType,
    unique_id: str,
    seller_id: str,
    marketplace_id: str,
    content: str,
    now: datetime,
) -> str:
    return (
        "<Notification><NotificationMetaData>"
        + _leaf("NotificationType", kind)
        + _leaf("PayloadVersion", "1.0")
        + _leaf("UniqueId", unique_id)
        + _leaf("PublishTime", to_iso(now.replace(microsecond=0)))
        + _leaf("SellerId", seller_id)
        + _leaf("MarketplaceId", marketplace_id)
        + "</NotificationMetaData><NotificationPayload>"
        + content
        + "</NotificationPayload></Notification>"
    )


def _leaf(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"
