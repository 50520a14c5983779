"""Notifications: written with a feed's end, sent to real queues, at least once."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.model.notification import (
    Channel,
    Destination,
    NewNotification,
    NotificationType,
    Subscription,
)
from app.notifications import Courier, DeliveryFailed
from app.sqs import SqsSender
from app.store import accounts, listing, notifications, subscriptions
from app.store.backends import Database
from app.store.listing import Wanted
from app.store.notifications import NotificationQueue, Outgoing, sweep_notifications
from app.store.queue import Queue
from app.store.tables import notification
from tests.held import NOON, HeldClock
from tests.queued import FEED, SELLER
from tests.queues import QueueServer, closed_origin, fields_of

US, DE = "ATVPDKIKX0DER", "A1PA6795UKMFR9"
OTHER = "A1OTHER0000001"
FINISHED = NotificationType.FEED_PROCESSING_FINISHED

Subscribe = Callable[..., None]
CourierOf = Callable[..., Courier]


@pytest.fixture(autouse=True)
def sellers(database: Database) -> None:
    """Two sellers to subscribe."""
    with database.write() as connection:
        accounts.add_seller(connection, SELLER, "Books", NOON)
        accounts.add_seller(connection, OTHER, "Toys", NOON)


@pytest.fixture
def url(queues: QueueServer) -> str:
    """The URL of an empty queue of the test's own."""
    return queues.create(f"test-{uuid4().hex}")


@pytest.fixture
def subscribe(database: Database) -> Subscribe:
    """Subscribe a queue to the ends of feeds."""

    def add(
        url: str,
        marketplace_id: str = US,
        seller_id: str = SELLER,
        enabled: bool = True,
    ) -> None:
        to = Destination(Channel.SQS, url)
        with database.write() as connection:
            subscriptions.register(connection, seller_id, marketplace_id, to)
            wish = Subscription(FINISHED, to, enabled)
            subscriptions.subscribe(connection, seller_id, marketplace_id, wish)

    return add


@pytest.fixture
def courier_of(database: Database, queues: QueueServer, clock: HeldClock) -> CourierOf:
    """Make the courier of a worker process; `hosts` are those it may send to."""

    def make(
        queue: Queue, *hosts: str, sender: Callable[[Outgoing], None] | None = None
    ) -> Courier:
        sqs = SqsSender(hosts or (queues.origin,), "", "us-east-1")
        return Courier(
            NotificationQueue(database, queue.roster),
            {Channel.SQS: sender or sqs},
            clock,
            give_up_after=timedelta(hours=72),
        )

    return make


@pytest.fixture
def end(
    queue: Queue, clock: HeldClock, add_feed: Callable[..., int]
) -> Callable[..., int]:
    """Queue a feed and bring it to its end; return its id."""

    def done(**changes: object) -> int:
        feed = add_feed(**changes)
        claim = queue.claim(clock())
        assert claim is not None
        with queue.fenced(claim) as connection:
            queue.finish(connection, claim, clock(), "report", "md5")
        return feed

    return done


def rows(database: Database) -> list[Any]:
    """Return all notifications, oldest first."""
    query = select(notification).order_by(notification.c.notification_id)
    with database.read() as connection:
        return list(connection.execute(query))


def drain(courier: Courier) -> int:
    """Send what is due; return how many steps it took."""
    steps = 0
    while courier.step(lambda: False):
        steps += 1
    return steps


def to_queue(url: str, number: int = 1, seller_id: str = SELLER) -> NewNotification:
    """Write a message that says nothing."""
    to = Destination(Channel.SQS, url)
    return NewNotification(str(uuid4()), seller_id, FINISHED, to, f"<M>{number}</M>")


@pytest.fixture
def add(database: Database, clock: HeldClock) -> Callable[..., None]:
    """Queue messages."""

    def put(*messages: NewNotification) -> None:
        with database.write() as connection:
            notifications.add(connection, messages, clock())

    return put


def test_the_end_of_a_feed_reaches_the_queue_as_the_book_has_it(
    database: Database,
    queues: QueueServer,
    queue: Queue,
    url: str,
    subscribe: Subscribe,
    courier_of: CourierOf,
    end: Callable[..., int],
) -> None:
    """Shape and order of mws-wire 9.4; the id in it is the one of the row."""
    subscribe(url)
    feed = end()

    assert drain(courier_of(queue)) == 1

    (row,) = rows(database)
    assert queues.take(url) == [
        "<Notification><NotificationMetaData>"
        "<NotificationType>FeedProcessingFinished</NotificationType>"
        "<PayloadVersion>1.0</PayloadVersion>"
        f"<UniqueId>{row.unique_id}</UniqueId>"
        "<PublishTime>2026-11-24T12:00:00Z</PublishTime>"
        f"<SellerId>{SELLER}</SellerId>"
        f"<MarketplaceId>{US}</MarketplaceId>"
        "</NotificationMetaData><NotificationPayload>"
        "<FeedProcessingFinishedNotification>"
        f"<SellerId>{SELLER}</SellerId>"
        f"<FeedSubmissionId>{feed}</FeedSubmissionId>"
        f"<FeedType>{FEED.feed_type}</FeedType>"
        "<FeedProcessingStatus>DONE</FeedProcessingStatus>"
        "</FeedProcessingFinishedNotification>"
        "</NotificationPayload></Notification>"
    ]
    assert (row.attempts, row.sent_at, row.owner) == (1, NOON, None)


def test_cancelled_feeds_are_told_of_and_the_rest_of_the_lane_is_not(
    database: Database,
    clock: HeldClock,
    add_feed: Callable[..., int],
    subscribe: Subscribe,
    url: str,
) -> None:
    """Recalled is an end too; a feed that goes on waiting has none yet."""
    subscribe(url)
    recalled, _waiting = add_feed(), add_feed()

    with database.write() as connection:
        listing.cancel(connection, SELLER, Wanted([recalled]), limit=10, now=clock())

    (row,) = rows(database)
    fields = fields_of(row.payload)
    assert fields["FeedSubmissionId"] == str(recalled)
    assert fields["FeedProcessingStatus"] == "CANCELLED"


def test_who_is_told_follows_seller_marketplace_and_switch(
    database: Database,
    subscribe: Subscribe,
    end: Callable[..., int],
) -> None:
    """One message per subscribed marketplace among those that SubmitFeed named."""
    subscribe("https://queue.example.test/1/us", US)
    subscribe("https://queue.example.test/1/de", DE)
    subscribe("https://queue.example.test/1/off", DE, enabled=False)
    subscribe("https://queue.example.test/1/other", DE, OTHER)

    german, every = end(marketplace_ids=("A13V1IB3VIYZZH", DE)), end()

    told = [
        (fields["FeedSubmissionId"], row.address[-2:], fields["MarketplaceId"])
        for row in rows(database)
        if (fields := fields_of(row.payload))
    ]
    assert sorted(told) == [
        (str(german), "de", DE),
        (str(every), "de", DE),
        (str(every), "us", US),
    ]
    assert len({row.unique_id for row in rows(database)}) == 3


def test_a_feed_whose_end_is_rolled_back_is_not_told_of(
    database: Database,
    queue: Queue,
    clock: HeldClock,
    add_feed: Callable[..., int],
    subscribe: Subscribe,
    url: str,
) -> None:
    """The row is part of the transaction that sets `_DONE_`, or nothing at all."""
    subscribe(url)
    add_feed()
    claim = queue.claim(clock())
    assert claim is not None

    def break_off() -> None:
        with queue.fenced(claim) as connection:
            queue.finish(connection, claim, clock(), "report", "md5")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()

    assert rows(database) == []


def test_a_queue_out_of_reach_is_tried_again_and_holds_nobody_up(
    database: Database,
    queues: QueueServer,
    queue: Queue,
    clock: HeldClock,
    url: str,
    add: Callable[..., None],
    courier_of: CourierOf,
) -> None:
    """One failure puts off all for that queue; the others go out at once."""
    origin = closed_origin()
    dead = f"{origin}/1/dead"
    add(*(to_queue(dead, number) for number in range(20)), to_queue(url))
    courier = courier_of(queue, queues.origin, origin)

    assert drain(courier) == 2

    assert queues.take(url) == ["<M>1</M>"]
    first, second = rows(database)[:2]
    assert (first.attempts, second.attempts) == (1, 0)
    assert first.run_after == second.run_after == NOON + timedelta(seconds=2)
    assert "Could not connect" in first.last_error
    clock.advance(2)
    assert drain(courier) == 1


def test_a_message_waits_for_its_queue_to_appear(
    database: Database,
    queues: QueueServer,
    queue: Queue,
    clock: HeldClock,
    add: Callable[..., None],
    courier_of: CourierOf,
) -> None:
    """The queue server's own refusal is a failed attempt, too; the body stays."""
    name = f"late-{uuid4().hex}"
    add(to_queue(queues.url_of(name)))
    courier = courier_of(queue)
    assert drain(courier) == 1
    assert "NonExistentQueue" in rows(database)[0].last_error

    late = queues.create(name)
    assert drain(courier) == 0
    clock.advance(2)
    assert drain(courier) == 1

    assert queues.take(late) == ["<M>1</M>"]
    (row,) = rows(database)
    assert (row.attempts, row.last_error, row.sent_at) == (2, None, clock())


def test_the_pauses_grow_to_an_hour_until_it_is_given_up(
    database: Database,
    queue: Queue,
    clock: HeldClock,
    add: Callable[..., None],
    courier_of: CourierOf,
) -> None:
    """After the time of the setting it stays in the log, with what kept it."""

    def refuse(outgoing: Outgoing) -> None:
        raise DeliveryFailed("the queue is full")

    add(to_queue("https://queue.example.test/1/full"))
    courier = courier_of(queue, sender=refuse)
    pauses = []

    while drain(courier):
        (row,) = rows(database)
        if row.run_after is not None:
            pauses.append((row.run_after - clock.now).total_seconds())
            clock.now = row.run_after

    assert pauses[:12] == [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600]
    assert set(pauses[12:]) == {3600}
    (row,) = rows(database)
    assert timedelta(hours=72) <= row.given_up_at - NOON < timedelta(hours=73)
    assert (row.sent_at, row.last_error) == (None, "the queue is full")


def test_what_is_as_old_is_given_up_at_once_and_the_younger_waits(
    database: Database,
    queue: Queue,
    clock: HeldClock,
    add: Callable[..., None],
    courier_of: CourierOf,
) -> None:
    """A thousand messages for a queue that is no more must not cost as many attempts.

    Those of another seller for the same queue are judged by themselves.
    """

    def refuse(outgoing: Outgoing) -> None:
        raise DeliveryFailed("the queue is full")

    full = "https://queue.example.test/1/full"
    add(*(to_queue(full, number) for number in range(3)), to_queue(full, 3, OTHER))
    clock.advance(72 * 3600)
    add(to_queue(full, 4))

    assert drain(courier_of(queue, sender=refuse)) == 2

    states = [(row.given_up_at, row.run_after, row.attempts) for row in rows(database)]
    later = clock.now + timedelta(seconds=2)
    assert states == [
        (clock.now, None, 1),
        (clock.now, None, 0),
        (clock.now, None, 0),
        (clock.now, None, 1),
        (None, later, 0),
    ]


def test_what_was_sent_while_the_database_is_away_is_not_sent_again(
    database: Database, queue: Queue, add: Callable[..., None], courier_of: CourierOf
) -> None:
    """The process remembers it, and notes it before it sends anything else."""
    add(to_queue("https://queue.example.test/1/q"))
    sent: list[str] = []

    def send(outgoing: Outgoing) -> None:
        sent.append(outgoing.payload)
        with database.write() as connection:
            connection.execute(text("ALTER TABLE notification RENAME TO away"))

    courier = courier_of(queue, sender=send)
    with pytest.raises(DBAPIError):
        courier.step(lambda: False)
    with database.write() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO notification"))

    assert courier.step(lambda: False) is False

    (row,) = rows(database)
    assert (sent, row.sent_at, row.attempts) == (["<M>1</M>"], NOON, 1)


def test_many_workers_send_each_message_once(
    database: Database,
    new_queue: Callable[[], Queue],
    add: Callable[..., None],
    courier_of: CourierOf,
) -> None:
    """Whoever claims a row has it alone."""
    add(*(to_queue("https://queue.example.test/1/q", number) for number in range(30)))
    sent: list[str] = []

    def send(outgoing: Outgoing) -> None:
        sent.append(outgoing.payload)

    couriers = [courier_of(new_queue(), sender=send) for _ in range(3)]

    with ThreadPoolExecutor(3) as pool:
        steps = list(pool.map(drain, couriers))

    assert sorted(sent) == sorted(f"<M>{number}</M>" for number in range(30))
    assert sum(steps) == 30
    assert all(row.sent_at for row in rows(database))


def test_what_a_dead_worker_had_in_hand_is_sent_by_another(
    database: Database,
    clock: HeldClock,
    new_queue: Callable[[], Queue],
    lose_presence: Callable[[Queue], None],
    add: Callable[..., None],
    courier_of: CourierOf,
) -> None:
    """Under the same id; and the dead one, should it live on, notes nothing more."""
    mine, peer = new_queue(), new_queue()
    add(to_queue("https://queue.example.test/1/q"))
    pending = NotificationQueue(database, peer.roster)
    held = pending.claim(clock())
    assert held is not None
    sent: list[str] = []
    courier = courier_of(mine, sender=lambda outgoing: sent.append(outgoing.unique_id))
    assert drain(courier) == 0

    lose_presence(peer)
    mine.take_over(clock())
    assert drain(courier) == 1

    assert sent == [held.unique_id]
    assert pending.sent(held, clock()) is False


def test_a_claim_whose_answer_got_lost_is_claimed_again(
    database: Database, queue: Queue, clock: HeldClock, add: Callable[..., None]
) -> None:
    """Nothing may stay in the hand of a worker that does not know of it."""
    add(to_queue("https://queue.example.test/1/q"))
    pending = NotificationQueue(database, queue.roster)
    lost = pending.claim(clock())

    found = pending.claim(clock())

    assert lost is not None
    assert found is not None
    assert (found.unique_id, found.attempts) == (lost.unique_id, 2)


def test_a_host_withdrawn_by_the_operator_gets_nothing_more(
    database: Database,
    queue: Queue,
    queues: QueueServer,
    url: str,
    add: Callable[..., None],
    courier_of: CourierOf,
) -> None:
    """The list is looked at when a message is sent, not only at registration."""
    add(to_queue(url))

    drain(courier_of(queue, "https://sqs.*.amazonaws.com"))

    assert queues.take(url) == []
    assert "is not among the places" in rows(database)[0].last_error


def test_an_endpoint_of_the_operator_stands_in_for_the_host_of_the_url(
    queue: Queue,
    queues: QueueServer,
    url: str,
    add: Callable[..., None],
    courier_of: CourierOf,
) -> None:
    """The queue server may have another name inside than its URLs say."""
    outer = "https://queue.example.test"
    add(to_queue(url.replace(queues.origin, outer)))
    sender = SqsSender((outer,), queues.origin, "us-east-1")

    drain(courier_of(queue, sender=sender))

    assert queues.take(url) == ["<M>1</M>"]


def test_a_service_without_boto3_says_what_to_install(
    database: Database,
    queue: Queue,
    url: str,
    add: Callable[..., None],
    courier_of: CourierOf,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is an extra; the messages wait until it is there."""
    monkeypatch.setitem(sys.modules, "botocore.exceptions", None)
    add(to_queue(url))

    drain(courier_of(queue))

    (row,) = rows(database)
    assert row.last_error == "SQS needs feedgate[sqs] installed"
    assert row.given_up_at is None


@pytest.fixture
def ended(database: Database, add: Callable[..., None]) -> None:
    """Three messages: one sent long ago, one sent today, one waiting."""
    add(*(to_queue("https://queue.example.test/1/q", number) for number in range(3)))
    ids = [row.notification_id for row in rows(database)]
    with database.write() as connection:
        for number, days in ((ids[0], 40), (ids[1], 0)):
            connection.execute(
                notification.update()
                .where(notification.c.notification_id == number)
                .values(sent_at=NOON - timedelta(days=days))
            )


@pytest.mark.usefixtures("ended")
def test_the_log_forgets_what_ended_long_ago(database: Database) -> None:
    """And nothing that still waits."""
    swept = sweep_notifications(database, NOON - timedelta(days=30))

    assert swept == 1
    assert [row.payload for row in rows(database)] == ["<M>1</M>", "<M>2</M>"]
