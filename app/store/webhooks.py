"""Endpoints of sellers, and the log of what was sent to them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, insert, select, update

from app.model.event import Event, EventType
from app.model.feed import FeedStatus
from app.model.notification import Channel, NewNotification
from app.store.tables import notification, webhook_endpoint

_endpoint = webhook_endpoint.c
_row = notification.c


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a seller is told of events.

    Secrets are sealed; `earlier_secret` still signs until `earlier_until`.
    """

    endpoint_id: str
    seller_id: str
    url: str
    events: tuple[EventType, ...]
    sealed_secret: str
    earlier_secret: str | None
    earlier_until: datetime | None
    created_at: datetime
    disabled_at: datetime | None

    def live_secrets(self, now: datetime) -> list[str]:
        """Return the sealed secrets that sign, the newest first."""
        secrets = [self.sealed_secret]
        if self.earlier_secret and self.earlier_until and now < self.earlier_until:
            secrets.append(self.earlier_secret)
        return secrets


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message to an endpoint, and what became of it."""

    unique_id: str
    notification_type: str
    created_at: datetime
    attempts: int
    run_after: datetime | None
    owner: str | None
    sent_at: datetime | None
    given_up_at: datetime | None
    last_error: str | None

    @property
    def status(self) -> str:
        """The state in a word."""
        if self.sent_at is not None:
            return "sent"
        if self.given_up_at is not None:
            return "given up"
        return "waiting" if self.owner is None else "in hand"


def add(connection: Connection, endpoint: Endpoint) -> None:
    """Keep a new endpoint."""
    values = asdict(endpoint) | {"events": ",".join(endpoint.events)}
    connection.execute(insert(webhook_endpoint).values(values))


def find(
    connection: Connection, endpoint_id: str, *, lock: bool = False
) -> Endpoint | None:
    """Return an endpoint, whosever it is."""
    query = select(webhook_endpoint).where(_endpoint.endpoint_id == endpoint_id)
    row = connection.execute(query.with_for_update() if lock else query).first()
    return None if row is None else _read(row)


def endpoints(connection: Connection, seller_id: str | None = None) -> list[Endpoint]:
    """Return the endpoints of a seller, or of all, oldest first."""
    query = select(webhook_endpoint)
    if seller_id is not None:
        query = query.where(_endpoint.seller_id == seller_id)
    query = query.order_by(_endpoint.created_at, _endpoint.endpoint_id)
    return [_read(row) for row in connection.execute(query)]


def change(connection: Connection, endpoint_id: str, **values: Any) -> None:
    """Set columns of an endpoint."""
    connection.execute(
        update(webhook_endpoint)
        .where(_endpoint.endpoint_id == endpoint_id)
        .values(**values)
    )


def remove(connection: Connection, endpoint: Endpoint, now: datetime) -> None:
    """Remove an endpoint; what waits for it is given up."""
    connection.execute(
        delete(webhook_endpoint).where(_endpoint.endpoint_id == endpoint.endpoint_id)
    )
    connection.execute(
        update(notification)
        .where(*_waiting(endpoint))
        .values(given_up_at=now, last_error="the endpoint was removed")
    )


def hurry(connection: Connection, endpoint: Endpoint) -> None:
    """Let what waits for an endpoint be tried at once."""
    waiting = update(notification).where(*_waiting(endpoint))
    connection.execute(waiting.values(run_after=None))


def deliveries(
    connection: Connection, endpoint: Endpoint, limit: int
) -> list[Delivery]:
    """Return the messages to an endpoint, newest first."""
    query = (
        _deliveries()
        .where(
            _row.seller_id == endpoint.seller_id,
            _row.channel == Channel.WEBHOOK,
            _row.address == endpoint.endpoint_id,
        )
        .order_by(_row.notification_id.desc())
        .limit(limit)
    )
    return [Delivery(**row._asdict()) for row in connection.execute(query)]


def find_delivery(
    connection: Connection, unique_id: str
) -> tuple[Delivery, str] | None:
    """Return a message to an endpoint, locked, and the endpoint's id."""
    query = _deliveries().where(
        _row.unique_id == unique_id, _row.channel == Channel.WEBHOOK
    )
    row = connection.execute(query.add_columns(_row.address).with_for_update()).first()
    if row is None:
        return None
    values = row._asdict()
    address: str = values.pop("address")
    return Delivery(**values), address


def send_again(connection: Connection, unique_id: str, now: datetime) -> None:
    """Queue a message that has ended once more, under its id, as if made now."""
    connection.execute(
        update(notification)
        .where(_row.unique_id == unique_id)
        .values(
            created_at=now,
            attempts=0,
            run_after=None,
            sent_at=None,
            given_up_at=None,
            last_error=None,
        )
    )


def messages(
    listening: Collection[Endpoint], events: Iterable[Event]
) -> list[NewNotification]:
    """Write the messages that tell endpoints of events."""
    return [
        event.to(endpoint.endpoint_id)
        for event in events
        for endpoint in listening
        if endpoint.seller_id == event.seller_id
        and endpoint.disabled_at is None
        and event.event_type in endpoint.events
    ]


def messages_of_feeds(
    connection: Connection,
    seller_id: str,
    feeds: Sequence[Any],
    status: FeedStatus,
    now: datetime,
) -> list[NewNotification]:
    """Write what endpoints are to be told of feeds (rows of `feed_ends.FINISHED`)."""
    listening = endpoints(connection, seller_id)
    return messages(
        listening,
        [
            Event(
                EventType.FEED_DONE,
                seller_id,
                str(feed.feed_submission_id),
                now,
                {
                    "seller_id": seller_id,
                    "feed_submission_id": str(feed.feed_submission_id),
                    "feed_type": feed.feed_type,
                    "feed_processing_status": status,
                    "given_up": feed.given_up,
                    "marketplace_ids": [*filter(None, feed.marketplace_ids.split(","))],
                },
            )
            for feed in feeds
            if listening
        ],
    )


def _deliveries() -> Select[Any]:
    return select(*(_row[name] for name in Delivery.__dataclass_fields__))


def _waiting(endpoint: Endpoint) -> list[Any]:
    return [
        _row.sent_at.is_(None),
        _row.given_up_at.is_(None),
        _row.owner.is_(None),
        _row.seller_id == endpoint.seller_id,
        _row.channel == Channel.WEBHOOK,
        _row.address == endpoint.endpoint_id,
    ]


def _read(row: Any) -> Endpoint:
    values = row._asdict()
    values["events"] = tuple(map(EventType, row.events.split(",")))
    return Endpoint(**values)
