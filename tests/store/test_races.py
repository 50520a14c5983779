"""The three races of queue-design, each beside the code that it was found in.

All are PostgreSQL's: there a statement that waited for a row lock sees that row as it
is, but everything else as it was when the statement began. The naive statement is run
first, and does lose; then our own, at the same moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, select, text

from app.model.feed import Counts, FeedStatus
from app.store import feeds, lanes
from app.store.backends import Database
from app.store.queue import Claim, Queue
from app.store.tables import feed_lane, feed_submission
from tests.held import HeldClock
from tests.store.conftest import RETRIES
from tests.waiting import eventually

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

_NAIVE_CLAIM = text("""
    WITH lane AS (
        SELECT seller_id, feed_type FROM feed_lane
        WHERE queued > 0 AND owner IS NULL
        ORDER BY served_at LIMIT 1 FOR UPDATE
    )
    UPDATE feed_submission SET status = '_IN_PROGRESS_'
    WHERE feed_submission_id = (
        SELECT min(feed.feed_submission_id)
        FROM feed_submission feed JOIN lane USING (seller_id, feed_type)
        WHERE feed.status = '_SUBMITTED_'
    )
    RETURNING feed_submission_id
""")

_NAIVE_RELEASE = text("""
    UPDATE feed_submission SET status = '_SUBMITTED_'
    WHERE feed_submission_id IN (
        SELECT feed_submission_id FROM feed_lane WHERE owner = :owner
    )
""")

_NAIVE_FLAG = text("""
    UPDATE naive_lane SET ready = EXISTS (
        SELECT 1 FROM feed_submission WHERE status = '_SUBMITTED_'
    )
""")


def test_a_claim_never_takes_a_feed_that_was_finished_while_it_waited(
    database: Database,
    queue: Queue,
    add_feed: Callable[..., int],
    clock: HeldClock,
    meanwhile: Callable[..., Future[object]],
) -> None:
    """Race 1: one statement locks the lane, and reads its head as it was before."""
    first, second = add_feed(), add_feed()

    def naive() -> object:
        with database.write() as connection:
            found = connection.execute(_NAIVE_CLAIM).scalar_one()
            connection.rollback()
        return found

    def ours() -> object:
        with database.write() as connection:
            lane = connection.execute(select(feed_lane)).one()
            lanes.lock(connection, lane)
            return lanes.head(connection, lane).feed_submission_id  # type: ignore[union-attr] # there is one

    with claimed_and_finished(database, queue, clock) as claim:
        assert claim.feed_submission_id == first
        claims = [meanwhile(naive), meanwhile(ours)]

    assert [claim.result() for claim in claims] == [first, second]
    again = queue.claim(clock())
    assert again is not None
    assert again.feed_submission_id == second


@contextmanager
def claimed_and_finished(
    database: Database, queue: Queue, clock: HeldClock
) -> Iterator[Claim]:
    """Do the next feed in one transaction, which ends with the context."""
    worker_id = queue.roster.worker_id or ""
    with database.write() as connection:
        lane = lanes.lock_next(connection, clock(), RETRIES.longest_pause)
        claim = queue._start(connection, lane, worker_id, clock())
        assert claim is not None
        queue.finish(connection, claim, clock(), "report", "md5")
        yield claim


def test_taking_over_never_brings_back_a_feed_that_its_worker_finishes(
    database: Database,
    new_queue: Callable[[], Queue],
    lose_presence: Callable[[Queue], None],
    add_feed: Callable[..., int],
    clock: HeldClock,
    meanwhile: Callable[..., Future[object]],
) -> None:
    """Race 2: the reaper sees it in progress, waits for its row, and resets it."""
    slow, peer = new_queue(), new_queue()
    feed = add_feed()
    claim = slow.claim(clock())
    assert claim is not None

    def naive() -> object:
        with database.write() as connection:
            connection.execute(_NAIVE_RELEASE, {"owner": claim.owner})
            status = status_of(connection, feed)
            connection.rollback()
        return status

    with slow.fenced(claim) as connection:
        slow.finish(connection, claim, clock(), "report", "md5")
        lose_presence(slow)
        naive_release = meanwhile(naive)
        taking_over = meanwhile(peer.take_over, clock())

    assert naive_release.result() == FeedStatus.SUBMITTED
    assert taking_over.result() == 0
    with database.read() as connection:
        assert status_of(connection, feed) == FeedStatus.DONE


def status_of(connection: Connection, feed_submission_id: int) -> str:
    row = select(feed_submission.c.status).where(
        feed_submission.c.feed_submission_id == feed_submission_id
    )
    status: str = connection.execute(row).scalar_one()
    return status


def test_a_feed_accepted_while_another_finishes_is_not_overlooked(
    database: Database,
    queue: Queue,
    add_feed: Callable[..., int],
    clock: HeldClock,
    meanwhile: Callable[..., Future[object]],
) -> None:
    """Race 3: a flag made by EXISTS is made of what was there before the wait."""
    add_feed()
    claim = queue.claim(clock())
    assert claim is not None
    with database.write() as connection:
        connection.execute(text("CREATE TABLE naive_lane AS SELECT false AS ready"))

    def naive() -> None:
        with database.write() as connection:
            connection.execute(_NAIVE_FLAG)

    def ours() -> None:
        with queue.fenced(claim) as connection:
            queue.finish(connection, claim, clock(), "report", "md5")

    with database.write() as connection:
        connection.execute(text("UPDATE naive_lane SET ready = true"))
        second = add_feed(connection=connection)
        finishing = [meanwhile(naive), meanwhile(ours)]
    for done in finishing:
        done.result()

    with database.read() as connection:
        naive_flag = connection.execute(text("SELECT ready FROM naive_lane"))
        assert naive_flag.scalar_one() is False
    found = queue.claim(clock())
    assert found is not None
    assert found.feed_submission_id == second


def test_a_lane_is_not_taken_over_in_the_middle_of_a_batch(
    database: Database,
    new_queue: Callable[[], Queue],
    lose_presence: Callable[[Queue], None],
    add_feed: Callable[..., int],
    clock: HeldClock,
    meanwhile: Callable[..., Future[object]],
) -> None:
    """Its peer would do the same batch while this one is not committed yet."""
    slow, peer = new_queue(), new_queue()
    feed = add_feed()
    claim = slow.claim(clock())
    assert claim is not None

    with slow.fenced(claim) as connection:
        lose_presence(slow)
        taking_over = meanwhile(peer.take_over, clock())
        slow.progressed(connection, claim, 5, Counts())

    assert taking_over.result() == 1
    with database.read() as connection:
        assert status_of(connection, feed) == FeedStatus.SUBMITTED
        assert feeds.load_work(connection, feed).progress == 5


@pytest.fixture
def meanwhile(database: Database) -> Iterator[Callable[..., Future[object]]]:
    """Run a function in a thread, and return once it waits for a lock."""
    with ThreadPoolExecutor() as pool:
        running: list[Future[object]] = []

        def start(
            function: Callable[..., object], *arguments: object
        ) -> Future[object]:
            future = pool.submit(function, *arguments)
            running.append(future)
            wait_for_waiting(database, len(running))
            return future

        yield start


def wait_for_waiting(database: Database, sessions: int) -> None:
    query = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )

    def are_waiting() -> bool:
        with database.read() as connection:
            waiting: int = connection.execute(query).scalar_one()
        return waiting == sessions

    eventually(are_waiting)
