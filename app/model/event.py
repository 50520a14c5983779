"""Events that webhooks carry: their types, and the message of each.

The shape is that of the Standard Webhooks specification: `type`, `timestamp`, `data`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.model.notification import Channel, Destination, NewNotification, stable_id
from app.model.times import to_iso


class EventType(StrEnum):
    """What an endpoint may be told of."""

    FEED_DONE = "feed.done"
    ORDER_CANCELLED = "order.cancelled"
    ORDER_SHIPPED = "order.shipped"
    REFUND_POSTED = "refund.posted"


ORDER_EVENTS = (
    EventType.ORDER_CANCELLED,
    EventType.ORDER_SHIPPED,
    EventType.REFUND_POSTED,
)
"""Those that come from the ledger of effects."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a seller's feed or order.

    `key` is the same for the same event, however often it is looked at; `data` is
    written as JSON.
    """

    event_type: EventType
    seller_id: str
    key: str
    happened_at: datetime
    data: Mapping[str, object]

    def to(self, endpoint_id: str) -> NewNotification:
        """Write the message of the event for one endpoint."""
        content = {
            "type": self.event_type,
            "timestamp": to_iso(self.happened_at),
            "data": self.data,
        }
        return NewNotification(
            stable_id(self.event_type, self.seller_id, self.key, endpoint_id),
            self.seller_id,
            self.event_type,
            Destination(Channel.WEBHOOK, endpoint_id),
            json.dumps(content, ensure_ascii=False, separators=(",", ":")),
        )
