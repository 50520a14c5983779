"""Fixtures: a receiver, the desk of endpoints, and the courier that sends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from app.intake.seals import Seals
from app.intake.webhooks import WebhookDesk
from app.model.event import Event, EventType
from app.model.notification import Channel
from app.notifications import Courier
from app.store import accounts, notifications, webhooks
from app.store.backends import Database, open_presence
from app.store.notifications import NotificationQueue
from app.store.presence import Presence
from app.store.roster import Roster
from app.webhooks.sender import WebhookSender
from tests.held import NOON, HeldClock
from tests.queued import SELLER
from tests.webhooks.receiver import Receiver, receiver

LOCAL = ("127.0.0.1/32",)


@pytest.fixture
def clock() -> HeldClock:
    """A clock that stands at this moment: receivers refuse signatures of other days."""
    return HeldClock(datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
def ears() -> Iterator[Receiver]:
    """A receiver over plain http."""
    with receiver() as listening:
        yield listening


@pytest.fixture
def seals() -> Seals:
    """Seals with a key of the test's own."""
    return Seals([Fernet.generate_key().decode()])


@pytest.fixture
def desk(
    database: Database, seals: Seals, clock: HeldClock, ids: Callable[[], str]
) -> WebhookDesk:
    """The desk of endpoints, which may be on this machine; one seller is there."""
    with database.write() as connection:
        accounts.add_seller(connection, SELLER, "Books", NOON)
    return WebhookDesk(database, seals, LOCAL, clock, ids)


@pytest.fixture
def rosters(
    database: Database, clock: HeldClock, ids: Callable[[], str]
) -> Iterator[Callable[[], Roster]]:
    """Make the place of one more worker process on the roster."""
    presences: list[Presence] = []

    def make() -> Roster:
        presence = open_presence(database, alone=True)
        presences.append(presence)
        roster = Roster(database, presence, ids, clock)
        roster.enter()
        return roster

    yield make
    for presence in presences:
        presence.release()


@pytest.fixture
def courier_of(
    database: Database, seals: Seals, clock: HeldClock, rosters: Callable[[], Roster]
) -> Callable[..., Courier]:
    """Make the courier of one more worker process."""

    def make(
        networks: tuple[str, ...] = LOCAL,
        authority: Path | None = None,
        seconds: float = 15,
    ) -> Courier:
        sender = WebhookSender(
            database,
            seals.open,
            [*map(ip_network, networks)],
            authority,
            clock,
            seconds=seconds,
        )
        return Courier(
            NotificationQueue(database, rosters(), [Channel.WEBHOOK]),
            {Channel.WEBHOOK: sender},
            clock,
            give_up_after=timedelta(hours=72),
        )

    return make


@pytest.fixture
def happen(database: Database, clock: HeldClock) -> Callable[..., None]:
    """Let events happen, numbered by their keys."""

    def queue(*keys: str) -> None:
        events = [
            Event(EventType.FEED_DONE, SELLER, key, clock(), {"feed": key})
            for key in keys
        ]
        with database.write() as connection:
            listening = webhooks.endpoints(connection)
            told = webhooks.messages(listening, events)
            notifications.add(connection, told, clock())

    return queue


def drain(courier: Courier) -> int:
    """Send what is due; return how many steps it took."""
    steps = 0
    while courier.step(lambda: False):
        steps += 1
    return steps
