"""Lanes: order, fairness, the fence, attempts, taking over; on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from itertools import chain

import pytest
from sqlalchemy import select, text

from app.counters import REGISTRY
from app.model.feed import Counts, FeedStatus
from app.store import feeds, listing
from app.store.backends import Database
from app.store.feeds import Work
from app.store.listing import Wanted
from app.store.presence import PresenceLost
from app.store.queue import Claim, LaneLost, Queue, Retries
from app.store.tables import feed_lane, worker
from tests.held import HeldClock
from tests.queued import ACKNOWLEDGEMENT, ADJUSTMENT, SELLER


def claimed(queue: Queue, clock: HeldClock) -> Claim:
    claim = queue.claim(clock())
    assert claim is not None
    return claim


def finish(queue: Queue, claim: Claim, clock: HeldClock) -> None:
    with queue.fenced(claim) as connection:
        queue.finish(connection, claim, clock(), "report", "md5")


def work_of(database: Database, feed_submission_id: int) -> Work:
    with database.read() as connection:
        return feeds.load_work(connection, feed_submission_id)


def status_of(database: Database, feed_submission_id: int) -> FeedStatus:
    with database.read() as connection:
        found = listing.report(connection, SELLER, feed_submission_id)
    assert found is not None
    return found.status


def counters(database: Database) -> list[int]:
    with database.read() as connection:
        return list(connection.scalars(select(feed_lane.c.queued)))


def told_takeovers() -> float:
    """Return how many takeovers this process has told Prometheus of."""
    return REGISTRY.get_sample_value("feedgate_lanes_taken_over_total") or 0


# Order and fairness


def test_a_lane_is_worked_off_in_the_order_of_submission_by_one_worker_at_a_time(
    new_queue: Callable[[], Queue], add_feed: Callable[..., int], clock: HeldClock
) -> None:
    """A refund must not overtake the shipment that its seller sent before."""
    first, second = add_feed(), add_feed()
    one, other = new_queue(), new_queue()

    claim = claimed(one, clock)
    meanwhile = other.claim(clock())
    finish(one, claim, clock)
    afterwards = claimed(other, clock)

    assert claim.feed_submission_id == first
    assert meanwhile is None
    assert afterwards.feed_submission_id == second


def test_lanes_of_one_seller_are_worked_on_side_by_side(
    queue: Queue, add_feed: Callable[..., int], clock: HeldClock
) -> None:
    """A lane is a seller and a feed type."""
    add_feed()
    add_feed(feed_type=ADJUSTMENT)

    types = {claimed(queue, clock).feed_type for _ in range(2)}

    assert len(types) == 2


def test_the_lane_served_longest_ago_comes_first(
    queue: Queue, add_feed: Callable[..., int], clock: HeldClock
) -> None:
    """A seller with many feeds delays nobody else's by more than one feed."""
    busy = [add_feed() for _ in range(4)]
    served = []
    for round_ in range(6):
        clock.advance(1)
        if round_ == 1:
            late = add_feed(seller_id="A2SELLER000002")
            later = add_feed(seller_id="A3SELLER000003")
        claim = claimed(queue, clock)
        served.append(claim.feed_submission_id)
        finish(queue, claim, clock)

    assert served[:1] + served[3:] == busy
    assert set(served[1:3]) == {late, later}


def test_an_empty_queue_gives_nothing(
    queue: Queue, add_feed: Callable[..., int], clock: HeldClock
) -> None:
    """Not before the first feed, and not behind the last."""
    before = queue.claim(clock())
    add_feed()
    finish(queue, claimed(queue, clock), clock)
    after = queue.claim(clock())

    assert before is None
    assert after is None


# The fence


def test_what_is_done_behind_the_fence_is_kept_whole_or_not_at_all(
    database: Database, queue: Queue, add_feed: Callable[..., int], clock: HeldClock
) -> None:
    """Effects, progress and counts of a batch are one transaction."""
    feed = add_feed()
    claim = claimed(queue, clock)
    batch = Counts(processed=3, successful=1, with_error=2, with_warning=1)

    with queue.fenced(claim) as connection:
        queue.progressed(connection, claim, 3, batch)
    with suppress(ZeroDivisionError), queue.fenced(claim) as connection:
        queue.progressed(connection, claim, 3, batch)
        raise ZeroDivisionError

    work = work_of(database, feed)
    assert (work.progress, work.successful) == (3, 1)
    assert (work.with_error, work.with_warning) == (2, 1)


def test_a_worker_whose_lane_was_taken_over_commits_nothing_more(
    database: Database,
    new_queue: Callable[[], Queue],
    lose_presence: Callable[[Queue], None],
    add_feed: Callable[..., int],
    clock: HeldClock,
) -> None:
    """It may only have slept: its memory says that the feed is still its own."""
    feed = add_feed()
    sleeper, peer = new_queue(), new_queue()
    stale = claimed(sleeper, clock)
    counted = told_takeovers()

    lose_presence(sleeper)
    taken_over = peer.take_over(clock())
    claim = claimed(peer, clock)

    assert taken_over == 1
    assert told_takeovers() == counted + 1
    assert claim.feed_submission_id == feed
    with pytest.raises(LaneLost), sleeper.fenced(stale) as connection:
        sleeper.progressed(connection, stale, 1, Counts())
    with pytest.raises(LaneLost):
        sleeper.give_back(stale)
    with pytest.raises(LaneLost):
        sleeper.fail(stale, clock())
    assert work_of(database, feed).progress == 0


def test_the_same_worker_claiming_a_lane_anew_is_another_epoch(
    queue: Queue, add_feed: Callable[..., int], clock: HeldClock
) -> None:
    """One thread's old claim must not pass for another thread's new one."""
    add_feed()
    stale = claimed(queue, clock)
    queue.give_back(stale)
    claimed(queue, clock)

    with pytest.raises(LaneLost), queue.fenced(stale):
        pass


# Finishing and giving back


def test_a_finished_feed_is_done_with_its_report_and_dates(
    database: Database, queue: Queue, add_feed: Callable[..., int], clock: HeldClock
) -> None:
    """Who sees _DONE_ can fetch the report."""
    feed = add_feed()
    clock.advance(5)
    started = clock()
    claim = claimed(queue, clock)
    clock.advance(5)

    finish(queue, claim, clock)

    with database.read() as connection:
        [shown] = listing.find(connection, SELLER, Wanted(), limit=10)
        found = listing.report(connection, SELLER, feed)
    assert (shown.started_at, shown.completed_at) == (started, clock())
    assert found == listing.Report(FeedStatus.DONE, "report", "md5", ACKNOWLEDGEMENT)
    assert counters(database) == [0]


def test_a_feed_given_back_keeps_its_place_and_loses_no_attempt(
    database: Database, queue: Queue, add_feed: Callable[..., int], clock: HeldClock
) -> None:
    """A worker that stops gives back what it has in hand."""
    feed = add_feed()
    add_feed()
    started = clock()
    queue.give_back(claimed(queue, clock))
    clock.advance(60)

    status = status_of(database, feed)
    claim = claimed(queue, clock)

    assert status == FeedStatus.SUBMITTED
    assert (claim.feed_submission_id, claim.attempts) == (feed, 1)
    with database.read() as connection:
        shown = listing.find(connection, SELLER, Wanted([feed]), limit=1)
    assert shown[0].started_at == started


def test_a_failed_feed_waits_at_the_head_of_its_lane_and_others_go_on(
    queue: Queue, add_feed: Callable[..., int], clock: HeldClock
) -> None:
    """The order of the lane holds; the pause is the lane's, not the worker's."""
    feed = add_feed()
    add_feed()
    other = add_feed(feed_type=ADJUSTMENT)
    queue.fail(claimed(queue, clock), clock())

    meanwhile = claimed(queue, clock)
    nothing = queue.claim(clock())
    clock.advance(1)
    again = claimed(queue, clock)

    assert meanwhile.feed_submission_id == other
    assert nothing is None
    assert (again.feed_submission_id, again.attempts) == (feed, 2)


# Attempts


def test_pauses_double_from_the_first_to_the_longest() -> None:
    """1 s doubling to 60 s; after the last attempt there is nothing to wait for."""
    retries = Retries(8, timedelta(seconds=1), timedelta(seconds=60))

    pauses = [retries.pause_after(attempts).total_seconds() for attempts in range(1, 9)]

    assert pauses == [1, 2, 4, 8, 16, 32, 60, 0]


def fail_all(queue: Queue, clock: HeldClock, attempts: int) -> Claim:
    for _ in range(attempts):
        claim = claimed(queue, clock)
        queue.fail(claim, clock())
        clock.advance(60)
    return claim


def test_a_feed_is_given_up_after_its_last_attempt_and_then_its_lane_moves_on(
    database: Database, queue: Queue, add_feed: Callable[..., int], clock: HeldClock
) -> None:
    """It is marked before anything is done about it, and processed once more to end."""
    feed, second = add_feed(), add_feed()
    last = fail_all(queue, clock, 3)

    given_up = claimed(queue, clock)

    assert (last.attempts, last.given_up) == (3, False)
    assert (given_up.feed_submission_id, given_up.given_up) == (feed, True)
    assert work_of(database, feed).given_up
    finish(queue, given_up, clock)
    assert claimed(queue, clock).feed_submission_id == second


def test_giving_up_that_fails_each_time_ends_without_a_report(
    database: Database, queue: Queue, add_feed: Callable[..., int], clock: HeldClock
) -> None:
    """A document that kills its reader must not hold up its lane for ever."""
    feed, second = add_feed(), add_feed()
    fail_all(queue, clock, 3)
    trying = fail_all(queue, clock, 3)

    hopeless = claimed(queue, clock)
    queue.end_without_report(hopeless, clock())

    assert (trying.given_up, trying.hopeless) == (True, False)
    assert hopeless.hopeless
    with database.read() as connection:
        found = listing.report(connection, SELLER, feed)
    assert found == listing.Report(FeedStatus.DONE, None, None, ACKNOWLEDGEMENT)
    assert claimed(queue, clock).feed_submission_id == second


def test_a_committed_batch_starts_the_attempts_over(
    queue: Queue, add_feed: Callable[..., int], clock: HeldClock
) -> None:
    """A feed is given up for want of progress, not for being long."""
    add_feed()
    claims = []
    for _ in range(6):
        claim = claimed(queue, clock)
        claims.append(claim)
        with queue.fenced(claim) as connection:
            queue.progressed(connection, claim, 1, Counts())
        queue.fail(claim, clock())
        clock.advance(60)

    assert [claim.attempts for claim in claims] == [1, 2, 2, 2, 2, 2]
    assert not any(claim.given_up for claim in claims)


# Taking over


def die(
    queues: Iterable[Queue], lose_presence: Callable[[Queue], None], clock: HeldClock
) -> list[Claim]:
    claims = []
    for queue in queues:
        claims.append(claimed(queue, clock))
        lose_presence(queue)
    return claims


def test_the_feed_of_a_dead_worker_starts_elsewhere_without_a_pause(
    new_queue: Callable[[], Queue],
    lose_presence: Callable[[Queue], None],
    add_feed: Callable[..., int],
    clock: HeldClock,
) -> None:
    """A machine that goes down is no fault of the feed."""
    feed = add_feed()
    peer = new_queue()
    die([new_queue()], lose_presence, clock)

    taken_over = peer.take_over(clock())

    assert taken_over == 1
    claim = claimed(peer, clock)
    assert (claim.feed_submission_id, claim.attempts) == (feed, 2)


def test_a_feed_that_kills_its_workers_is_paused_and_given_up(
    new_queue: Callable[[], Queue],
    lose_presence: Callable[[Queue], None],
    add_feed: Callable[..., int],
    clock: HeldClock,
) -> None:
    """Nobody is left to report a failure, so the claim itself counts."""
    add_feed()
    peer = new_queue()
    die([new_queue()], lose_presence, clock)
    peer.take_over(clock())
    die([new_queue()], lose_presence, clock)
    peer.take_over(clock())

    paused = peer.claim(clock())
    clock.advance(2)
    [third] = die([new_queue()], lose_presence, clock)
    peer.take_over(clock())
    last = claimed(peer, clock)

    assert paused is None
    assert (third.attempts, third.given_up) == (3, False)
    assert last.given_up


def test_deaths_lead_from_given_up_to_hopeless_to_doomed(
    new_queue: Callable[[], Queue],
    lose_presence: Callable[[Queue], None],
    add_feed: Callable[..., int],
    clock: HeldClock,
) -> None:
    """Each stage does less with the feed, until nothing is left that could kill."""
    add_feed()
    peer = new_queue()
    stages = []
    for _ in range(10):
        [claim] = die([new_queue()], lose_presence, clock)
        stages.append((claim.given_up, claim.hopeless, claim.doomed))
        peer.take_over(clock())
        clock.advance(60)

    assert stages == (
        [(False, False, False)] * 3
        + [(True, False, False)] * 3
        + [(True, True, False)] * 3
        + [(True, True, True)]
    )


def test_only_the_lanes_of_workers_that_are_gone_are_taken_over(
    database: Database,
    new_queue: Callable[[], Queue],
    lose_presence: Callable[[Queue], None],
    add_feed: Callable[..., int],
    clock: HeldClock,
) -> None:
    """And the dead are struck off the roster, so that nobody looks for them again."""
    kept = add_feed(seller_id="A2SELLER000002")
    living, dead = new_queue(), new_queue()
    claim = claimed(living, clock)
    lost = add_feed()
    die([dead], lose_presence, clock)

    taken_over = living.take_over(clock())

    assert taken_over == 1
    assert claim.feed_submission_id == kept
    assert claimed(living, clock).feed_submission_id == lost
    with database.read() as connection:
        roster = list(connection.scalars(select(worker.c.worker_id)))
    assert roster == [living.roster.worker_id]


def test_a_worker_that_was_struck_off_claims_nothing_until_it_enters_anew(
    new_queue: Callable[[], Queue],
    lose_presence: Callable[[Queue], None],
    add_feed: Callable[..., int],
    clock: HeldClock,
) -> None:
    """Peers look for nobody who is not on the roster: its lanes would be lost."""
    sleeper, peer = new_queue(), new_queue()
    lose_presence(sleeper)
    peer.take_over(clock())
    before = sleeper.roster.worker_id
    feed = add_feed()

    refused = sleeper.claim(clock())
    off = sleeper.roster.worker_id
    sleeper.roster.enter()
    claim = claimed(sleeper, clock)

    assert refused is None
    assert off is None
    assert claim.feed_submission_id == feed
    assert claim.owner not in (None, before)


def test_a_worker_learns_that_it_was_struck_off_when_it_looks_for_others(
    new_queue: Callable[[], Queue],
    lose_presence: Callable[[Queue], None],
    clock: HeldClock,
) -> None:
    """An idle worker would not learn it from a claim."""
    sleeper, peer = new_queue(), new_queue()
    lose_presence(sleeper)
    peer.take_over(clock())

    with pytest.raises(PresenceLost):
        sleeper.take_over(clock())

    assert sleeper.roster.worker_id is None


def test_a_worker_that_leaves_is_off_the_roster(
    database: Database, queue: Queue
) -> None:
    """An orderly end leaves nothing to take over."""
    queue.roster.leave()

    with database.read() as connection:
        assert connection.execute(select(worker)).all() == []


# Many at once


def test_claims_and_recalls_at_once_give_each_feed_one_end(
    database: Database,
    new_queue: Callable[[], Queue],
    add_feed: Callable[..., int],
    clock: HeldClock,
) -> None:
    """A feed is either recalled or processed once, in order, and the counter agrees."""
    fed = [add_feed() for _ in range(40)]
    queues = [new_queue() for _ in range(3)]

    def work(queue: Queue) -> list[int]:
        done: list[int] = []
        while counters(database) != [0]:
            claim = queue.claim(clock())
            if claim is not None:
                done.append(claim.feed_submission_id)
                finish(queue, claim, clock)
        return done

    def recall() -> list[int]:
        recalled = []
        for feed in fed[::-2]:
            with database.write() as connection:
                wanted = Wanted([feed])
                [shown] = listing.cancel(
                    connection, SELLER, wanted, limit=1, now=clock()
                )
            if shown.status is FeedStatus.CANCELLED:
                recalled.append(feed)
        return recalled

    with ThreadPoolExecutor() as pool:
        recalling = pool.submit(recall)
        working = [pool.submit(work, queue) for queue in queues]
        recalled = recalling.result()
        worked = [future.result() for future in working]

    assert sorted([*recalled, *chain(*worked)]) == fed
    assert all(done == sorted(done) for done in worked)
    assert counters(database) == [0]


def test_workers_are_told_of_a_feed_once_it_is_committed(
    database: Database, add_feed: Callable[..., int]
) -> None:
    """A bell that rang before would wake a worker that finds nothing."""
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(database.bell.wait)
        with database.write() as connection:
            add_feed(connection=connection)
            woken_before = waiting.done()
        woken = waiting.exception(timeout=10) is None

    assert not woken_before
    assert woken


def test_a_feed_that_was_rolled_back_leaves_nothing(
    database: Database, add_feed: Callable[..., int]
) -> None:
    """SubmitFeed answers 503 and keeps nothing half-done."""
    with suppress(ZeroDivisionError), database.write() as connection:
        add_feed(connection=connection)
        raise ZeroDivisionError

    with database.read() as connection:
        for table in ("feed_lane", "feed_submission"):
            assert connection.execute(text(f"SELECT * FROM {table}")).all() == []
