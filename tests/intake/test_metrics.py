"""What /metrics reads from the database, whichever process is asked; on both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import chain
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert, select, update

from app.intake.metrics import Metrics
from app.intake.order_import import import_orders
from app.store import accounts
from app.store.backends import Database, open_database, open_presence
from app.store.queue import Queue, Retries
from app.store.roster import Roster
from app.store.tables import feed_submission, notification, order_item, orders, outbox
from tests.held import HeldClock
from tests.queued import ACKNOWLEDGEMENT, ADJUSTMENT, SELLER

ORDERS = Path(__file__).parents[2] / "app" / "demo_data" / "orders.json"

Values = dict[tuple[str, ...], float]


def read(text: bytes) -> Values:
    """Return the values by name and the values of the labels."""
    families = text_string_to_metric_families(text.decode())
    return {
        (sample.name, *sample.labels.values()): sample.value
        for sample in chain.from_iterable(family.samples for family in families)
    }


@pytest.fixture
def queue(
    database: Database, ids: Callable[[], str], clock: Callable[[], datetime]
) -> Iterator[Queue]:
    """The queue of one worker process."""
    presence = open_presence(database, alone=True)
    queue = Queue(database, Roster(database, presence, ids, clock), Retries())
    queue.roster.enter()
    yield queue
    presence.release()


def test_the_queue_is_told_as_it_stands(
    database: Database, queue: Queue, add_feed: Callable[..., int], clock: HeldClock
) -> None:
    """Depth by feed type and state, and the age of what waits longest."""
    metrics = Metrics(database, clock)
    nothing = read(metrics.text())
    add_feed()
    clock.advance(60)
    add_feed()
    add_feed(feed_type=ADJUSTMENT)
    assert queue.claim(clock()) is not None
    clock.advance(30)

    told = read(metrics.text())

    assert nothing["feedgate_oldest_waiting_feed_seconds",] == 0
    assert told["feedgate_database_up",] == 1
    assert told["feedgate_workers",] == 1
    queued = "feedgate_queued_feeds"
    assert told[queued, ACKNOWLEDGEMENT, "in_progress"] == 1
    assert told[queued, ACKNOWLEDGEMENT, "waiting"] == 1
    assert told[queued, ADJUSTMENT, "waiting"] == 1
    assert told["feedgate_oldest_waiting_feed_seconds",] == 30


def test_refunds_and_dead_letters_are_told_whoever_made_them(
    database: Database, add_feed: Callable[..., int], clock: HeldClock
) -> None:
    """Each process reads them from the database, so one asks any and adds nothing."""
    with database.write() as connection:
        accounts.add_seller(connection, SELLER, "Shop", clock())
    with ORDERS.open("rb") as document:
        import_orders(database, document, SELLER, source="import 1", now=clock())
    feed = add_feed()
    row = {"seller_id": SELLER, "created_at": clock()}
    note = {"notification_type": "T", "channel": "SQS", "address": "a", "payload": ""}
    mail = {"source": "import 1", "recipient": "b@example.com", "run_after": clock()}
    with database.write() as connection:
        # A minor unit of each order's first item, by the side of what the demo has.
        connection.execute(update(order_item).values(refunded=0, paid=50_000))
        connection.execute(
            update(order_item).where(order_item.c.place == 0).values(refunded=1)
        )
        currencies = Counter(connection.scalars(select(orders.c.currency)))
        connection.execute(
            update(feed_submission)
            .where(feed_submission.c.feed_submission_id == feed)
            .values(given_up=True)
        )
        for number, ended in enumerate((None, clock())):
            ends = {"place": number, "kind": "refund", "given_up_at": ended}
            connection.execute(insert(outbox), row | mail | ends)
            ends = {"unique_id": str(number), "given_up_at": ended}
            connection.execute(insert(notification), row | note | ends)
    clock.advance(10)

    told = read(Metrics(database, clock).text())

    refunded = {key[1]: told[key] for key in told if "refunded" in key[0]}
    assert {"USD", "JPY"} <= set(currencies)
    for currency, number in currencies.items():
        unit = 1 if currency == "JPY" else 0.01
        assert refunded[currency] == pytest.approx(unit * number)
    assert told["feedgate_outbox_mails",] == told["feedgate_outbox_notifications",] == 1
    assert told["feedgate_oldest_outbox_mail_seconds",] == 10
    for kind in ("feed", "mail", "notification"):
        assert told["feedgate_dead_letters", kind] == 1


def test_without_its_database_a_process_still_tells_what_it_counted(
    tmp_path: Path, clock: HeldClock
) -> None:
    """Monitoring must show an outage, not end with it."""
    empty = open_database(f"sqlite:///{tmp_path}/never-migrated.db")

    told = read(Metrics(empty, clock).text())
    empty.close()

    assert told["feedgate_database_up",] == 0
    assert "feedgate_lanes_taken_over_total" in {key[0] for key in told}
    assert "feedgate_workers" not in {key[0] for key in told}
