"""Feeds taken in with their verdict, and read for the engine; on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from app.errors import ResultCode, Severity
from app.model.feed import FeedStatus, FeedSubmission, Problem, Rules, Verdict
from app.store import feeds, listing
from app.store.backends import Database
from app.store.feeds import NewFeed
from app.store.listing import Wanted
from app.store.outcomes import read_results
from app.store.queue import Queue
from tests.held import HeldClock
from tests.queued import ACKNOWLEDGEMENT, FEED, SELLER

WINDOW = timedelta(minutes=15)


def accept(
    database: Database,
    clock: HeldClock,
    feed: NewFeed = FEED,
    verdict: Verdict | None = None,
) -> FeedSubmission:
    with database.write() as connection:
        accepted, _ = feeds.accept(
            connection, feed, verdict or Verdict(), now=clock(), window=WINDOW
        )
    return accepted


def test_a_feed_taken_in_is_submitted_and_has_the_next_id(
    database: Database, clock: HeldClock
) -> None:
    """Ids have 11 digits from the first on, the same on both databases (D6)."""
    first, second = accept(database, clock), accept(database, clock)

    assert first == FeedSubmission(
        50_000_000_001, SELLER, ACKNOWLEDGEMENT, FeedStatus.SUBMITTED, clock()
    )
    assert second.feed_submission_id == 50_000_000_002


def test_the_engine_reads_what_was_taken_in(
    database: Database, clock: HeldClock
) -> None:
    """The profile and the options of the day of submission rule the whole feed (D2)."""
    feed = replace(FEED, rules=Rules.STRICT, skip_invalid=True, charset="iso-8859-1")
    accepted = accept(database, clock, feed, Verdict(messages=7))

    with database.read() as connection:
        work = feeds.load_work(connection, accepted.feed_submission_id)

    assert work == feeds.Work(
        feed_submission_id=accepted.feed_submission_id,
        seller_id=SELLER,
        feed_type=ACKNOWLEDGEMENT,
        rules=Rules.STRICT,
        skip_invalid=True,
        document_id=FEED.document_id,
        sha256="0" * 64,
        charset="iso-8859-1",
        access_key_id="AKIAEXAMPLE",
        submitted_at=clock(),
        attempts=0,
        given_up=False,
        progress=0,
        successful=0,
        with_error=0,
        with_warning=0,
        messages=7,
        refused=False,
        invalid_errors=0,
        envelope_valid=True,
    )
    assert work.rules is Rules.STRICT


BAD_MESSAGE = Problem(
    ResultCode.SCHEMA_INVALID, "bad", "7", path="/AmazonEnvelope/Message[3]/MessageID"
)
BAD_ENVELOPE = Problem(ResultCode.SCHEMA_INVALID, "odd", path="/AmazonEnvelope/Bogus")


@pytest.mark.parametrize(
    ("verdict", "skip_invalid", "rejected"),
    [
        (Verdict(messages=3), False, False),
        (Verdict(refusal=Problem(ResultCode.NOT_WELL_FORMED, "no XML")), True, True),
        (Verdict(messages=3, errors=(BAD_MESSAGE,)), False, True),
        (Verdict(messages=3, errors=(BAD_MESSAGE,)), True, False),
        (
            Verdict(messages=3, errors=(BAD_ENVELOPE,), envelope_valid=False),
            True,
            True,
        ),
    ],
)
def test_the_verdict_says_whether_anything_may_be_applied(
    database: Database,
    clock: HeldClock,
    verdict: Verdict,
    skip_invalid: bool,
    rejected: bool,
) -> None:
    """Skipping bad messages needs a valid envelope around them (D3)."""
    feed = replace(FEED, skip_invalid=skip_invalid)
    accepted = accept(database, clock, feed, verdict)

    with database.read() as connection:
        work = feeds.load_work(connection, accepted.feed_submission_id)

    assert work.rejected is rejected


def test_what_the_gate_found_is_kept_for_the_report(
    database: Database, clock: HeldClock
) -> None:
    """Ascending by MessageID, the count of those left out before everything (D3)."""
    second = replace(BAD_MESSAGE, text="worse")
    earlier = replace(
        BAD_MESSAGE, message_id="10", path="/AmazonEnvelope/Message[1]/X", line=4
    )
    warning = Problem(
        ResultCode.WRONG_MERCHANT, "whose?", severity=Severity.WARNING, line=2
    )
    verdict = Verdict(
        messages=3,
        errors=(earlier, BAD_ENVELOPE, BAD_MESSAGE, second),
        suppressed=12,
        warnings=(warning,),
        envelope_valid=False,
    )
    accepted = accept(database, clock, FEED, verdict)

    with database.read() as connection:
        results = list(read_results(connection, accepted.feed_submission_id))

    too_many = Problem(
        ResultCode.TOO_MANY_ERRORS, ResultCode.TOO_MANY_ERRORS.text(count=12)
    )
    assert results == [too_many, BAD_ENVELOPE, warning, BAD_MESSAGE, second, earlier]


# The same request again


def test_the_same_signed_request_gives_the_first_submission_and_queues_nothing(
    database: Database, queue: Queue, clock: HeldClock
) -> None:
    """A client that lost the answer sends it again, byte for byte (D2.5)."""
    signed = replace(FEED, request_digest="a" * 64)
    first = accept(database, clock, signed)
    clock.advance(899)

    again = accept(database, clock, replace(signed, document_id="second copy"))
    first_claim = queue.claim(clock())
    assert first_claim is not None
    with queue.fenced(first_claim) as connection:
        queue.finish(connection, first_claim, clock(), "report", "md5")

    assert again == first
    assert queue.claim(clock()) is None
    with database.read() as connection:
        assert listing.count(connection, SELLER, Wanted()) == 1


@pytest.mark.parametrize(
    "changes",
    [{"request_digest": "b" * 64}, {"request_digest": None}, {"seller_id": "A2"}],
)
def test_another_request_is_another_submission(
    database: Database, clock: HeldClock, changes: dict[str, str | None]
) -> None:
    """The same document, newly signed, is meant; so is another seller's."""
    signed = replace(FEED, request_digest="a" * 64)
    first = accept(database, clock, signed)

    second = accept(database, clock, replace(signed, **changes))  # type: ignore[arg-type] # by name

    assert second.feed_submission_id != first.feed_submission_id


def test_the_same_request_after_its_window_is_another_submission(
    database: Database, clock: HeldClock
) -> None:
    """By then its signature has expired, so that it cannot be a retry."""
    signed = replace(FEED, request_digest="a" * 64)
    first = accept(database, clock, signed)
    clock.advance(901)

    second = accept(database, clock, signed)

    assert second.feed_submission_id != first.feed_submission_id


def test_the_same_request_sent_at_once_is_queued_once(
    database: Database, clock: HeldClock
) -> None:
    """The lane row is locked before anyone looks."""
    signed = replace(FEED, request_digest="a" * 64)

    with ThreadPoolExecutor(8) as pool:
        accepted = list(
            pool.map(lambda number: accept(database, clock, signed), range(8))
        )

    assert len({submission.feed_submission_id for submission in accepted}) == 1


def test_documents_in_use_are_listed_in_the_order_of_their_bytes(
    database: Database, queue: Queue, clock: HeldClock
) -> None:
    """The sweep walks the files in that order, whatever the database's language."""
    for document_id in ("b-2", "B1", "b1", "a"):
        accept(database, clock, replace(FEED, document_id=document_id))
    claim = queue.claim(clock())
    assert claim is not None
    with queue.fenced(claim) as connection:
        queue.finish(connection, claim, clock(), "Report", "md5")

    with database.read() as connection:
        in_use = list(feeds.document_ids(connection))

    assert in_use == sorted(["b-2", "B1", "b1", "a", "Report"])
