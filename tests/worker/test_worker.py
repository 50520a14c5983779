"""The worker in one process: waking, stopping, failing, outages; on both databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from threading import Event, Thread, current_thread

import pytest
from sqlalchemy import select, text, update

from app.model.feed import FeedStatus, Verdict
from app.store import feeds, listing
from app.store.backends import Database
from app.store.documents import DocumentsUnreachable
from app.store.feeds import Work
from app.store.queue import Claim, Queue
from app.store.tables import feed_submission
from app.store.tables import worker as worker_table
from app.worker import Worker
from tests.queued import ACKNOWLEDGEMENT, ADJUSTMENT, SELLER
from tests.waiting import eventually
from tests.worker.tally import Tally, now

Start = Callable[..., Worker]
Stopping = Callable[[], bool]


def work_of(database: Database, feed_submission_id: int) -> Work:
    with database.read() as connection:
        return feeds.load_work(connection, feed_submission_id)


def report_of(database: Database, feed_submission_id: int) -> listing.Report:
    with database.read() as connection:
        found = listing.report(connection, SELLER, feed_submission_id)
    assert found is not None
    return found


def test_a_feed_wakes_an_idle_worker_that_does_not_poll(
    database: Database,
    queue: Queue,
    start: Start,
    add_feed: Callable[..., int],
    all_end: Callable[[], None],
) -> None:
    """In one process by the bell, on PostgreSQL by NOTIFY as well."""
    start(Tally(database, queue).process, poll_seconds=600)
    eventually(lambda: queue.roster.worker_id)

    feeds_added = [add_feed() for _ in range(3)]
    all_end()

    for feed in feeds_added:
        assert report_of(database, feed).status is FeedStatus.DONE


def test_threads_work_on_lanes_side_by_side(
    start: Start, queue: Queue, database: Database, add_feed: Callable[..., int]
) -> None:
    """Two feeds that wait for each other can only end together."""
    add_feed()
    add_feed(feed_type=ADJUSTMENT)
    begun: dict[str, Event] = {}
    met = Event()

    def process(claim: Claim, stopping: Stopping) -> bool:
        begun[claim.feed_type] = Event()
        eventually(lambda: len(begun) == 2)
        met.set()
        return Tally(database, queue).process(claim, stopping)

    start(process, threads=2, poll_seconds=600)

    assert met.wait(30)


def test_stopping_finishes_the_batch_in_hand_and_gives_the_lane_back(
    database: Database,
    queue: Queue,
    start: Start,
    add_feed: Callable[..., int],
    all_end: Callable[[], None],
    places: Callable[[int], list[int]],
) -> None:
    """Ctrl-C ends cleanly, and the next start goes on behind the last batch."""
    feed = add_feed(Verdict(messages=12))
    in_hand = Event()

    def process(claim: Claim, stopping: Stopping) -> bool:
        def stopping_after_the_second_batch() -> bool:
            if places(feed)[-1] == 10:
                in_hand.set()
                eventually(stopping)
            return stopping()

        return Tally(database, queue).process(claim, stopping_after_the_second_batch)

    first = start(process)
    assert in_hand.wait(30)
    first.stop()
    stopped = work_of(database, feed), report_of(database, feed).status
    with database.read() as connection:
        roster = connection.execute(select(worker_table)).all()
    start(Tally(database, queue).process)
    all_end()

    assert (stopped[0].progress, stopped[0].attempts) == (10, 0)
    assert stopped[1] is FeedStatus.SUBMITTED
    assert roster == []
    assert places(feed) == [*range(1, 13)]


def test_a_feed_that_always_fails_is_given_up_and_its_lane_moves_on(
    database: Database,
    queue: Queue,
    start: Start,
    add_feed: Callable[..., int],
    all_end: Callable[[], None],
) -> None:
    """After the last attempt it is processed once more, marked as given up (D5)."""
    bad, good = add_feed(), add_feed()
    attempts: list[tuple[int, bool]] = []

    def process(claim: Claim, stopping: Stopping) -> bool:
        if claim.feed_submission_id == bad:
            attempts.append((claim.attempts, claim.given_up))
            if not claim.given_up:
                raise ZeroDivisionError("a bug in the engine")
        return Tally(database, queue).process(claim, stopping)

    start(process)
    all_end()

    assert attempts == [(1, False), (2, False), (3, False), (1, True)]
    assert work_of(database, bad).given_up
    assert report_of(database, bad).document_id == "report"
    assert not work_of(database, good).given_up


def test_a_feed_that_cannot_even_be_given_up_ends_without_a_report(
    database: Database,
    queue: Queue,
    start: Start,
    add_feed: Callable[..., int],
    all_end: Callable[[], None],
) -> None:
    """Its lane must move on, whatever happens to it."""
    bad, good = add_feed(), add_feed()
    attempts = Counter[bool]()

    def process(claim: Claim, stopping: Stopping) -> bool:
        if claim.feed_submission_id == bad:
            attempts[claim.given_up] += 1
            raise ZeroDivisionError("a bug in the engine")
        return Tally(database, queue).process(claim, stopping)

    start(process)
    all_end()

    # The last one is the hopeless attempt, for which no document need be read.
    assert attempts == {False: 3, True: 3 + 1}
    assert report_of(database, bad) == listing.Report(
        FeedStatus.DONE, None, None, ACKNOWLEDGEMENT
    )
    assert report_of(database, good).document_id == "report"


def test_a_feed_that_workers_still_die_of_when_it_is_hopeless_is_not_touched_again(
    database: Database,
    queue: Queue,
    start: Start,
    add_feed: Callable[..., int],
    all_end: Callable[[], None],
) -> None:
    """Deaths raise nothing that could be caught, so they are counted before."""
    bad, good = add_feed(), add_feed()
    deaths = update(feed_submission).where(feed_submission.c.feed_submission_id == bad)
    with database.write() as connection:
        connection.execute(deaths.values(attempts=6, given_up=True))
    processed: list[int] = []

    def process(claim: Claim, stopping: Stopping) -> bool:
        processed.append(claim.feed_submission_id)
        return Tally(database, queue).process(claim, stopping)

    start(process)
    all_end()

    assert processed == [good]
    assert report_of(database, bad) == listing.Report(
        FeedStatus.DONE, None, None, ACKNOWLEDGEMENT
    )


def test_what_is_out_of_reach_costs_no_attempt(
    database: Database,
    queue: Queue,
    start: Start,
    add_feed: Callable[..., int],
    all_end: Callable[[], None],
) -> None:
    """The document store may be gone for longer than all pauses together."""
    feed = add_feed()
    attempts: list[int] = []

    def process(claim: Claim, stopping: Stopping) -> bool:
        attempts.append(claim.attempts)
        if len(attempts) <= 4:
            raise DocumentsUnreachable("documents is not there")
        return Tally(database, queue).process(claim, stopping)

    start(process)
    all_end()

    assert attempts == [1, 1, 1, 1, 1]
    assert not work_of(database, feed).given_up


def test_threads_are_replaced_after_so_many_feeds(
    database: Database,
    queue: Queue,
    start: Start,
    add_feed: Callable[..., int],
    all_end: Callable[[], None],
) -> None:
    """A parser's names are freed only when its thread ends (xml-pipeline 4)."""
    threads: list[Thread] = []

    def process(claim: Claim, stopping: Stopping) -> bool:
        threads.append(current_thread())
        return Tally(database, queue).process(claim, stopping)

    for _ in range(6):
        add_feed()
    start(process, feeds_per_thread=2)
    all_end()

    assert len(threads) == 6
    changed = [before != after for before, after in pairwise(threads)]
    assert changed == [False, True, False, True, False]


def test_a_worker_struck_off_the_roster_enters_anew_and_doubles_nothing(
    database: Database,
    queue: Queue,
    start: Start,
    add_feed: Callable[..., int],
    all_end: Callable[[], None],
    places: Callable[[int], list[int]],
) -> None:
    """A peer may have thought it dead, in the middle of a feed."""
    feed = add_feed(Verdict(messages=20))
    owners: list[str] = []

    def process(claim: Claim, stopping: Stopping) -> bool:
        owners.append(claim.owner)

        def struck_off_meanwhile() -> bool:
            if len(owners) == 1:
                queue._release(claim.owner, now())
            return stopping()

        return Tally(database, queue).process(claim, struck_off_meanwhile)

    start(process)
    all_end()

    assert len(owners) == len(set(owners)) == 2
    assert places(feed) == [*range(1, 21)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_full_disk_is_waited_for(
    database: Database,
    queue: Queue,
    start: Start,
    add_feed: Callable[..., int],
    all_end: Callable[[], None],
    places: Callable[[int], list[int]],
) -> None:
    """The batch that found no room is done again, whole, and costs no attempt."""
    feed = add_feed(Verdict(messages=5_000))
    full = Event()

    def process(claim: Claim, stopping: Stopping) -> bool:
        try:
            return Tally(database, queue, batch=500).process(claim, stopping)
        except Exception:
            full.set()
            raise

    with database.read() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
    limit_pages(database, pages + 20)
    start(process)
    assert full.wait(30)
    stuck = work_of(database, feed)
    limit_pages(database, 1_000_000)
    all_end()

    assert 0 < stuck.progress < 5_000
    assert not work_of(database, feed).given_up
    assert places(feed) == [*range(1, 5_001)]


def limit_pages(database: Database, pages: int) -> None:
    """Set how large the file may get; SQLite keeps it by connection, and one writes."""
    with database.engine.connect() as connection:
        connection.execute(text(f"PRAGMA max_page_count = {pages}"))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_database_that_ends_its_sessions_in_mid_batch_is_waited_for(
    database: Database,
    queue: Queue,
    start: Start,
    add_feed: Callable[..., int],
    all_end: Callable[[], None],
    places: Callable[[int], list[int]],
) -> None:
    """A restart ends the batch's session and the one that holds presence."""
    feed = add_feed(Verdict(messages=50))
    attempts: list[int] = []

    def process(claim: Claim, stopping: Stopping) -> bool:
        attempts.append(claim.attempts)

        def sessions_end() -> bool:
            if len(attempts) <= 5:
                with queue.fenced(claim) as connection:
                    connection.execute(text("INSERT INTO tally VALUES (-1, 0, 0, 0)"))
                    connection.execute(text(END_LISTENING))
                    connection.execute(text(END_THIS))
            return stopping()

        return Tally(database, queue).process(claim, sessions_end)

    start(process)
    all_end()

    assert not work_of(database, feed).given_up
    assert places(feed) == [*range(1, 51)]
    assert places(0) == []


END_LISTENING = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND query LIKE 'LISTEN%'
"""
END_THIS = "SELECT pg_terminate_backend(pg_backend_pid())"
