"""The queue: claim a lane, keep others off it, let it go, take it over."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from app.counters import TAKEOVERS
from app.model.feed import Counts, FeedStatus
from app.store import lanes
from app.store.backends import Database, announce
from app.store.feed_ends import tell_of_feed
from app.store.roster import Roster, strike

_log = logging.getLogger(__name__)


class LaneLost(Exception):
    """Another worker has taken the lane over: nothing more of it may be committed."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A lane in hand, and the feed at its head.

    `attempts` counts from the last committed batch, this attempt included. A feed that
    is `given_up` is processed once more, to end with a report that says so (design D5).
    It is `hopeless` if even that has used its attempts up, so that its document is not
    read any more, and `doomed` if workers died of it all the same.
    """

    seller_id: str
    feed_type: str
    feed_submission_id: int
    owner: str
    epoch: int
    attempts: int = 1
    given_up: bool = False
    hopeless: bool = False
    doomed: bool = False


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a feed is tried without a batch committed, and the pauses between."""

    attempts: int = 8
    first_pause: timedelta = timedelta(seconds=1)
    longest_pause: timedelta = timedelta(seconds=60)

    def pause_after(self, attempts: int) -> timedelta:
        """Return the pause after so many attempts, doubled with each.

        After the last one there is no next to wait for.
        """
        if attempts >= self.attempts:
            return timedelta(0)
        doubled: timedelta = self.first_pause * 2 ** min(attempts - 1, 30)
        return min(doubled, self.longest_pause)


class Queue:
    """The lanes as the workers of one process see them."""

    def __init__(self, database: Database, roster: Roster, retries: Retries) -> None:
        """Claim in the name of whoever `roster` says this process is."""
        self.bell = database.bell
        self.roster = roster
        self._database = database
        self._retries = retries

    def claim(self, now: datetime) -> Claim | None:
        """Take the lane served longest ago and start the feed at its head.

        Returns None if no lane has work, or this process is not on the roster.
        """
        owner = self.roster.worker_id
        if owner is None or not self._may_have_work(now):
            return None
        try:
            with self._database.write() as connection:
                lane = lanes.lock_next(connection, now, self._retries.longest_pause)
                return self._start(connection, lane, owner, now) if lane else None
        except IntegrityError:
            # The foreign key of `owner`: a peer has struck us off the roster.
            self.roster.drop_out()
            return None

    def _may_have_work(self, now: datetime) -> bool:
        """Look before SQLite is locked for writing: idle workers disturb nobody."""
        if self._database.dialect_name != "sqlite":
            return True
        with self._database.read() as connection:
            return lanes.is_any_ready(connection, now, self._retries.longest_pause)

    def _start(
        self, connection: Connection, lane: Any, owner: str, now: datetime
    ) -> Claim | None:
        head = lanes.head(connection, lane)
        if head is None:
            _log.error("%s: no feed waits, though one was counted", lane)
            lanes.recount(connection, lane)
            return None
        used_up = head.attempts >= self._retries.attempts
        claim = Claim(
            lane.seller_id,
            lane.feed_type,
            head.feed_submission_id,
            owner,
            lane.epoch + 1,
            # Giving up has attempts of its own: it may fail, or be killed, as well.
            attempts=1 if used_up and not head.given_up else head.attempts + 1,
            given_up=head.given_up or used_up,
            hopeless=head.given_up and used_up,
            doomed=head.given_up and head.attempts >= 2 * self._retries.attempts,
        )
        lanes.change(
            connection,
            lane,
            owner=owner,
            epoch=claim.epoch,
            feed_submission_id=claim.feed_submission_id,
            ready_at=None,
            served_at=now,
        )
        lanes.start_feed(
            connection,
            claim.feed_submission_id,
            now,
            attempts=claim.attempts,
            given_up=claim.given_up,
        )
        return claim

    @contextmanager
    def fenced(self, claim: Claim) -> Iterator[Connection]:
        """One transaction in which the lane stays in hand.

        Raises LaneLost if it is not, before anything else is done.
        """
        with self._database.write() as connection:
            if not lanes.lock_owned(connection, claim, claim.owner, claim.epoch):
                raise LaneLost(
                    f"feed {claim.feed_submission_id}: its lane has another owner"
                )
            yield connection

    def progressed(
        self, connection: Connection, claim: Claim, messages: int, counts: Counts
    ) -> None:
        """Add a batch to what a feed has done, inside `fenced`; attempts start over."""
        lanes.change_feed(
            connection,
            claim.feed_submission_id,
            more={
                "progress": messages,
                "successful": counts.successful,
                "with_error": counts.with_error,
                "with_warning": counts.with_warning,
            },
            # The attempt in hand is the first since this batch.
            attempts=1,
        )

    def finish(
        self,
        connection: Connection,
        claim: Claim,
        now: datetime,
        report_document_id: str | None,
        report_md5: str | None,
    ) -> None:
        """End a feed and let its lane go, inside `fenced`; its report is on the disk.

        `report_md5` is base64. Both are None for a feed that nothing could be said of.
        """
        lanes.change_feed(
            connection,
            claim.feed_submission_id,
            status=FeedStatus.DONE,
            completed_at=now,
            report_document_id=report_document_id,
            report_md5=report_md5,
        )
        lanes.let_go(connection, claim, more={"queued": -1}, served_at=now)
        tell_of_feed(connection, claim.seller_id, claim.feed_submission_id, now)

    def end_without_report(self, claim: Claim, now: datetime) -> None:
        """End a `hopeless` feed, so that its lane moves on."""
        with self.fenced(claim) as connection:
            self.finish(connection, claim, now, None, None)

    def give_back(self, claim: Claim) -> None:
        """Let a lane go whose feed is not done, as if it had not been tried.

        The feed keeps its place. Raises LaneLost if the lane is not in hand.
        """
        with self.fenced(claim) as connection:
            lanes.change_feed(
                connection,
                claim.feed_submission_id,
                status=FeedStatus.SUBMITTED,
                more={"attempts": -1},
            )
            lanes.let_go(connection, claim)
            announce(connection)

    def fail(self, claim: Claim, now: datetime) -> None:
        """Let a lane go after a failed attempt, until its pause is over.

        The feed keeps its place. Raises LaneLost if the lane is not in hand.
        """
        with self.fenced(claim) as connection:
            attempts = lanes.change_feed(
                connection, claim.feed_submission_id, status=FeedStatus.SUBMITTED
            )
            pause = self._retries.pause_after(attempts)
            lanes.let_go(connection, claim, ready_at=now + pause)

    def take_over(self, now: datetime) -> int:
        """Release the lanes of workers that are gone; return how many.

        Raises PresenceLost if this process itself is not on the roster.
        """
        return sum(self._release(worker_id, now) for worker_id in self.roster.gone())

    def _release(self, worker_id: str, now: datetime) -> int:
        try:
            with self._database.write() as connection:
                owned = lanes.lock_all_owned(connection, worker_id)
                for lane in owned:
                    attempts = lanes.change_feed(
                        connection,
                        lane.feed_submission_id,
                        status=FeedStatus.SUBMITTED,
                    )
                    ready_at = self._ready_after_death(attempts, now)
                    lanes.let_go(connection, lane, ready_at=ready_at)
                strike(connection, worker_id)
                announce(connection)
        except IntegrityError:
            # It lost its presence, lives on, and has just claimed: next time.
            return 0
        TAKEOVERS.inc(len(owned))
        _log.warning("worker %s is gone: %d lanes taken over", worker_id, len(owned))
        return len(owned)

    def _ready_after_death(self, attempts: int, now: datetime) -> datetime | None:
        """Go on at once, unless the feed may be what kills its workers."""
        if attempts <= 1:
            return None
        return now + self._retries.pause_after(attempts)
