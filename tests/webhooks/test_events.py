"""Events of orders and feeds: each is queued once, whoever reads and whoever dies."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from app.engine.batch import Batch, apply
from app.engine.writing import write_orders
from app.events import EventJob
from app.intake.order_import import import_orders
from app.intake.webhooks import WebhookDesk
from app.model.effects import (
    CancelItem,
    ChargeOrder,
    Effect,
    PostRefund,
    RecordShipment,
)
from app.model.event import EventType
from app.store import accounts, feed_ends
from app.store.backends import Database
from app.store.effect_stream import newest
from app.store.event_reader import EventReader
from app.store.orders import load_orders
from app.store.roster import Roster, strike
from app.store.tables import event_reader, notification
from tests.held import NOON, HeldClock
from tests.queued import FEED, SELLER
from tests.waiting import eventually

OTHER = "A1OTHER0000001"
A, B = "00000000000001", "00000000000002"
URL = "https://127.0.0.1/hooks"

Reader = Callable[..., EventJob]
Do = Callable[..., None]


def order_id(number: int) -> str:
    return f"026-1234567-{number:07d}"


@pytest.fixture
def job_of(
    database: Database, rosters: Callable[[], Roster], clock: HeldClock
) -> Reader:
    """Make the job of one more worker process."""

    def make(most: int = 200) -> EventJob:
        return EventJob(database, EventReader(database, rosters()), clock, most=most)

    return make


@pytest.fixture
def do(database: Database) -> Do:
    """Put an order of two lines in, if it is not there, and let effects happen."""

    def write(
        number: int, *effects: Effect, seller_id: str = SELLER, source: str = "feed 7"
    ) -> None:
        order = {
            "amazon_order_id": order_id(number),
            "marketplace_id": "ATVPDKIKX0DER",
            "purchase_date": "2026-11-01T00:00:00Z",
            "currency": "USD",
            "items": [
                {
                    "amazon_order_item_code": code,
                    "quantity_ordered": 2,
                    "price": {"Principal": "20.00"},
                }
                for code in (A, B)
            ],
        }
        document = io.BytesIO(json.dumps([order]).encode())
        source_of_order = f"import {seller_id} {number}"
        import_orders(database, document, seller_id, source=source_of_order, now=NOON)
        with database.write() as connection:
            book = load_orders(connection, seller_id, [order_id(number)], lock=True)
            batch = Batch(before=book, after=dict(book))
            apply(batch, book[order_id(number)], effects, number, str(number))
            write_orders(
                connection,
                seller_id,
                batch,
                source=source,
                cause="key",
                now=NOON,
                mails=(),
            )

    return write


def told(database: Database) -> list[Any]:
    """Return what was queued, in order, as its JSON."""
    query = select(notification.c.payload).order_by(notification.c.notification_id)
    with database.read() as connection:
        return [json.loads(payload) for payload in connection.scalars(query)]


def ids(database: Database) -> list[str]:
    query = select(notification.c.unique_id).order_by(notification.c.notification_id)
    with database.read() as connection:
        return list(connection.scalars(query))


def _has_queued(database: Database, number: int) -> bool:
    return len(ids(database)) >= number


def read_on(job: EventJob) -> int:
    """Step until there is nothing more; return how many steps had something."""
    steps = 0
    while job.step(lambda: False):
        steps += 1
    return steps


def test_what_happens_to_an_order_is_told_as_it_was_then(
    database: Database, desk: WebhookDesk, job_of: Reader, do: Do
) -> None:
    """One event a message, with the status that the message left; in pages of two."""
    desk.add(SELLER, URL)
    do(1, CancelItem(A, 1, "NoInventory"), CancelItem(B, 2), source="feed 1")
    shipment = RecordShipment(((A, 1),), NOON, "UPS", tracking_number="1Z")
    do(1, shipment, ChargeOrder(Decimal("40.00")), source="feed 2")
    refund = PostRefund(1, A, "CustomerReturn", (("Principal", Decimal("5.00")),))
    do(1, refund, source="feed 3")

    assert read_on(job_of(most=2)) > 2

    cancelled, shipped, refunded = told(database)
    common = {
        "seller_id": SELLER,
        "marketplace_id": "ATVPDKIKX0DER",
        "amazon_order_id": order_id(1),
        "merchant_order_id": None,
        "message_id": "1",
    }
    assert cancelled == {
        "type": "order.cancelled",
        "timestamp": "2026-11-24T12:00:00Z",
        "data": common
        | {
            "order_status": "Unshipped",
            "feed_submission_id": "1",
            "items": [
                {"amazon_order_item_code": A, "quantity": 1, "reason": "NoInventory"},
                {"amazon_order_item_code": B, "quantity": 2, "reason": None},
            ],
        },
    }
    assert shipped["type"] == "order.shipped"
    assert shipped["data"] == common | {
        "order_status": "Shipped",
        "feed_submission_id": "2",
        "items": [{"amazon_order_item_code": A, "quantity": 1}],
        "fulfillment_date": "2026-11-24T12:00:00Z",
        "carrier_code": "UPS",
        "carrier_name": None,
        "shipping_method": None,
        "tracking_number": "1Z",
    }
    assert refunded["type"] == "refund.posted"
    assert refunded["data"] == common | {
        "order_status": "Shipped",
        "feed_submission_id": "3",
        "currency": "USD",
        "amount": "5.00",
        "is_credit": False,
        "items": [
            {
                "amazon_order_item_code": A,
                "reason": "CustomerReturn",
                "amount": "5.00",
                "components": {"Principal": "5.00"},
            }
        ],
    }


def test_only_those_are_told_who_asked_and_of_their_own(
    database: Database, desk: WebhookDesk, job_of: Reader, do: Do
) -> None:
    """By seller and event type; a disabled endpoint hears of nothing."""
    with database.write() as connection:
        accounts.add_seller(connection, OTHER, "Toys", NOON)
    wanted = desk.add(OTHER, URL, (EventType.ORDER_CANCELLED,)).endpoint
    desk.add(OTHER, URL, (EventType.REFUND_POSTED,))
    desk.disable(desk.add(SELLER, URL).endpoint.endpoint_id)
    for seller_id in (SELLER, OTHER):
        do(1, CancelItem(A, 1), seller_id=seller_id, source=f"feed {seller_id}")

    read_on(job_of())

    (event,) = told(database)
    assert event["data"]["seller_id"] == OTHER
    assert len(desk.deliveries(wanted.endpoint_id, 10)) == 1


def test_nothing_is_read_while_nobody_listens(
    database: Database, desk: WebhookDesk, job_of: Reader, do: Do
) -> None:
    """The first listener begins at the end; with the last one reading ends."""
    job = job_of()
    do(1, CancelItem(A, 1), source="feed 1")
    desk.add(SELLER, URL, (EventType.FEED_DONE,))
    assert read_on(job) == 0
    with database.read() as connection:
        assert newest(connection).link > 0
        (row,) = connection.execute(select(event_reader)).all()
    assert (row.is_reading, row.link) == (False, 0)

    first = desk.add(SELLER, URL, (EventType.ORDER_CANCELLED,)).endpoint.endpoint_id
    do(2, CancelItem(A, 1), source="feed 2")
    read_on(job)
    desk.remove(first)
    do(3, CancelItem(A, 1), source="feed 3")
    read_on(job)
    desk.add(SELLER, URL, (EventType.ORDER_CANCELLED,))
    do(4, CancelItem(A, 1), source="feed 4")
    read_on(job)

    numbers = [each["data"]["amazon_order_id"] for each in told(database)]
    assert numbers == [order_id(2), order_id(4)]


def test_one_worker_reads_until_it_is_gone(
    database: Database,
    desk: WebhookDesk,
    do: Do,
    rosters: Callable[[], Roster],
    clock: HeldClock,
) -> None:
    """A second one waits, takes over, and the first cannot queue what it had read."""
    desk.add(SELLER, URL)
    do(1, CancelItem(A, 1))
    first, second = rosters(), rosters()
    slow, other = EventReader(database, first), EventReader(database, second)
    before = slow.claim()
    assert before is not None
    assert other.claim() is None

    with database.write() as connection:
        assert first.worker_id is not None
        strike(connection, first.worker_id)
    assert other.claim() == before

    job = EventJob(database, other, clock)
    read_on(job)
    assert len(ids(database)) == 1
    assert not slow.move(before, before._replace(link=99), [], NOON)
    assert len(ids(database)) == 1


def test_workers_that_race_queue_each_once(
    database: Database, desk: WebhookDesk, do: Do, job_of: Reader
) -> None:
    """Two threads of two workers, while effects still come."""
    desk.add(SELLER, URL, (EventType.ORDER_CANCELLED,))
    jobs = [job_of(most=3), job_of(most=3)]
    for number in range(1, 11):
        do(number, CancelItem(A, 1), source=f"feed {number}")

    def go_on() -> None:
        for number in range(11, 21):
            do(number, CancelItem(A, 1), source=f"feed {number}")

    with ThreadPoolExecutor(3) as pool:
        more = pool.submit(go_on)
        readers = [pool.submit(read_on, job) for job in jobs]
        more.result()
        for reader in readers:
            reader.result()
    for job in jobs:
        read_on(job)

    numbers = [each["data"]["amazon_order_id"] for each in told(database)]
    assert sorted(numbers) == [order_id(number) for number in range(1, 21)]


CHILD = """
import sys
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from app.events import EventJob
from app.store.backends import open_database, open_presence
from app.store.event_reader import EventReader
from app.store.queue import Queue, Retries
from app.store.roster import Roster, strike

database = open_database(sys.argv[1])
now = lambda: datetime.now(UTC)
presence = open_presence(database, alone=False)
roster = Roster(database, presence, lambda: str(uuid4()), now)
roster.enter()
Queue(database, roster, Retries(3, timedelta(0), timedelta(0))).take_over(now())
job = EventJob(database, EventReader(database, roster), now, most=2)
while job.step(lambda: False) or sys.argv[2:] == ["for ever"]:
    pass
"""


def test_a_worker_that_is_killed_loses_nothing_and_doubles_nothing(
    database_url: str, database: Database, desk: WebhookDesk, do: Do, job_of: Reader
) -> None:
    """Killed at one moment after another; the ids are those of an undisturbed run."""
    desk.add(SELLER, URL, (EventType.ORDER_CANCELLED,))
    with database.read() as connection:
        start = connection.execute(select(event_reader)).one()
    for number in range(1, 41):
        do(number, CancelItem(A, 1), source=f"feed {number}")

    for wanted in (3, 12):
        command = [sys.executable, "-c", CHILD, database_url, "for ever"]
        child = subprocess.Popen(command)
        eventually(partial(_has_queued, database, wanted))
        child.send_signal(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
    subprocess.run([sys.executable, "-c", CHILD, database_url], check=True)
    after_kills = ids(database)

    with database.write() as connection:
        connection.execute(delete(notification))
        begun = {name: getattr(start, name) for name in ("link", "place", "position")}
        connection.execute(update(event_reader).values(owner=None, **begun))
    read_on(job_of())
    assert after_kills == ids(database)
    assert len({*after_kills}) == 40


def test_the_end_of_a_feed_is_told_with_its_transaction(
    database: Database,
    desk: WebhookDesk,
    add_feed: Callable[..., int],
    clock: HeldClock,
) -> None:
    """feed.done needs no reader; a rolled back end is none."""
    desk.add(SELLER, URL, (EventType.FEED_DONE,))
    feed = add_feed(marketplace_ids=("ATVPDKIKX0DER",))

    def end() -> None:
        with database.write() as connection:
            feed_ends.tell_of_feed(connection, SELLER, feed, clock())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        end()
    assert told(database) == []
    with database.write() as connection:
        feed_ends.tell_of_feed(connection, SELLER, feed, clock())

    (event,) = told(database)
    assert event["type"] == "feed.done"
    assert event["data"] == {
        "seller_id": SELLER,
        "feed_submission_id": str(feed),
        "feed_type": FEED.feed_type,
        "feed_processing_status": "_DONE_",
        "given_up": False,
        "marketplace_ids": ["ATVPDKIKX0DER"],
    }
