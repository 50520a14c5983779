"""What sellers see of their submissions, and recall; on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from app.model.feed import Counts, FeedStatus
from app.store import listing
from app.store.backends import Database
from app.store.listing import Wanted
from app.store.queue import Queue
from tests.held import NOON, HeldClock
from tests.queued import ACKNOWLEDGEMENT, ADJUSTMENT, SELLER

OTHER = "A2SELLER000002"


@pytest.fixture
def fed(queue: Queue, add_feed: Callable[..., int], clock: HeldClock) -> dict[str, int]:
    """Four submissions, a minute apart: one done, three that wait, one a stranger's."""
    fed = {"done": add_feed()}
    claim = queue.claim(clock())
    assert claim is not None
    with queue.fenced(claim) as connection:
        queue.finish(connection, claim, clock(), "report", "md5")
    clock.advance(60)
    fed["adjustment"] = add_feed(feed_type=ADJUSTMENT)
    clock.advance(60)
    fed["waiting"] = add_feed()
    clock.advance(60)
    fed["foreign"] = add_feed(seller_id=OTHER)
    return fed


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(), ["waiting", "adjustment", "done"]),
        (Wanted(feed_types=[ACKNOWLEDGEMENT]), ["waiting", "done"]),
        (Wanted(statuses=[FeedStatus.DONE]), ["done"]),
        (
            Wanted(submitted_from=NOON + timedelta(seconds=60)),
            ["waiting", "adjustment"],
        ),
        (Wanted(submitted_to=NOON + timedelta(seconds=60)), ["adjustment", "done"]),
        (Wanted(feed_types=[], statuses=[FeedStatus.DONE]), []),
        (Wanted(feed_submission_ids=[50_000_000_001, 50_000_000_004]), ["done"]),
        (Wanted(feed_submission_ids=[10**30]), []),
    ],
)
def test_submissions_are_found_newest_first_and_counted_alike(
    database: Database, fed: dict[str, int], wanted: Wanted, found: list[str]
) -> None:
    """A foreign id is not found, like one that never was (D7).

    A glance reads the same values, of the same types, as a transaction.
    """
    with database.read() as connection:
        shown = listing.find(connection, SELLER, wanted, limit=10)
        number = listing.count(connection, SELLER, wanted)
    with database.glance() as reader:
        glanced = listing.find(reader, SELLER, wanted, limit=10)
        counted = listing.count(reader, SELLER, wanted)

    assert repr((glanced, counted)) == repr((shown, number))
    assert [submission.feed_submission_id for submission in shown] == [
        fed[name] for name in found
    ]
    assert number == len(found)


def test_pages_go_on_where_the_last_one_ended(
    database: Database, fed: dict[str, int]
) -> None:
    """By id, so that feeds submitted meanwhile shift nothing."""
    with database.read() as connection:
        first = listing.find(connection, SELLER, Wanted(), limit=2)
        last_id = first[-1].feed_submission_id
        rest = listing.find(connection, SELLER, Wanted(), limit=2, before_id=last_id)

    ids = [submission.feed_submission_id for submission in first + rest]
    assert ids == [fed["waiting"], fed["adjustment"], fed["done"]]


def test_a_report_is_shown_to_its_seller_only(
    database: Database, fed: dict[str, int]
) -> None:
    """To everybody else the submission does not exist (D7)."""
    with database.read() as connection:
        own = listing.report(connection, SELLER, fed["done"])
        waiting = listing.report(connection, SELLER, fed["waiting"])
        foreign = listing.report(connection, SELLER, fed["foreign"])
        impossible = listing.report(connection, SELLER, 10**30)
    with database.glance() as reader:
        glanced = listing.report(reader, SELLER, fed["done"])

    assert own == listing.Report(FeedStatus.DONE, "report", "md5", ACKNOWLEDGEMENT)
    assert glanced == own
    assert waiting == listing.Report(FeedStatus.SUBMITTED, None, None, ACKNOWLEDGEMENT)
    assert foreign is None
    assert impossible is None


def cancel(database: Database, wanted: Wanted) -> dict[int, FeedStatus]:
    with database.write() as connection:
        shown = listing.cancel(connection, SELLER, wanted, limit=100, now=NOON)
    return {submission.feed_submission_id: submission.status for submission in shown}


def test_cancelling_recalls_what_waits_and_shows_the_rest_as_it_is(
    database: Database, fed: dict[str, int]
) -> None:
    """As the recorded answers of MWS did (mws-wire 4.5)."""
    shown = cancel(database, Wanted())

    assert shown == {
        fed["waiting"]: FeedStatus.CANCELLED,
        fed["adjustment"]: FeedStatus.CANCELLED,
        fed["done"]: FeedStatus.DONE,
    }


def test_a_cancelled_feed_is_never_started(
    database: Database, queue: Queue, fed: dict[str, int], clock: HeldClock
) -> None:
    """Only the stranger's feed is left to be claimed."""
    cancel(database, Wanted())

    claim, nothing = queue.claim(clock()), queue.claim(clock())

    assert claim is not None
    assert claim.feed_submission_id == fed["foreign"]
    assert nothing is None


def test_only_the_feeds_that_are_named_are_recalled(
    database: Database, fed: dict[str, int]
) -> None:
    """And a stranger's is not recalled by naming it."""
    named = Wanted(feed_submission_ids=[fed["waiting"], fed["foreign"]])

    assert cancel(database, named) == {fed["waiting"]: FeedStatus.CANCELLED}
    with database.read() as connection:
        foreign = listing.report(connection, OTHER, fed["foreign"])
        adjustment = listing.report(connection, SELLER, fed["adjustment"])
    waits = partial(listing.Report, FeedStatus.SUBMITTED, None, None)
    assert (foreign, adjustment) == (waits(ACKNOWLEDGEMENT), waits(ADJUSTMENT))


def test_a_feed_in_progress_is_not_recalled(
    database: Database, queue: Queue, add_feed: Callable[..., int], clock: HeldClock
) -> None:
    """No row changed means that it is already running."""
    feed = add_feed()
    queue.claim(clock())

    assert cancel(database, Wanted()) == {feed: FeedStatus.IN_PROGRESS}


def test_a_feed_of_which_a_batch_was_applied_is_not_recalled_while_it_waits(
    database: Database, queue: Queue, add_feed: Callable[..., int], clock: HeldClock
) -> None:
    """Clients resubmit what is cancelled, and would apply that batch twice (D5)."""
    feed = add_feed()
    claim = queue.claim(clock())
    assert claim is not None
    with queue.fenced(claim) as connection:
        queue.progressed(connection, claim, 1, Counts())
    queue.fail(claim, clock())

    assert cancel(database, Wanted()) == {feed: FeedStatus.SUBMITTED}


def test_a_feed_that_failed_before_its_first_batch_can_be_recalled(
    database: Database, queue: Queue, add_feed: Callable[..., int], clock: HeldClock
) -> None:
    """It shows no date but SubmittedDate then, as on MWS (mws-wire 4.5)."""
    feed = add_feed()
    claim = queue.claim(clock())
    assert claim is not None
    queue.fail(claim, clock())

    status = cancel(database, Wanted())
    with database.read() as connection:
        [shown] = listing.find(connection, SELLER, Wanted(), limit=1)

    assert status == {feed: FeedStatus.CANCELLED}
    assert (shown.started_at, shown.completed_at) == (None, None)
