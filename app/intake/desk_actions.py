"""What the buttons of the desk do: submit a feed, once, and tell what became of it."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from enum import StrEnum

from app.intake.desk_feeds import DeskFeed
from app.intake.desk_users import SignedIn
from app.intake.feed_requests import FeedRequest
from app.intake.outages import outages_refused
from app.intake.submissions import Intake
from app.model.feed import FeedStatus, FeedSubmission, Problem
from app.store import desk_notes, listing, outcomes
from app.store.backends import Database
from app.store.bulk import Connection
from app.store.desk_notes import DeskNote, TokenUsed

_MOST_PROBLEMS = 50


class Action(StrEnum):
    """The buttons."""

    CANCEL = "cancel"
    REFUND = "refund"
    SHIP = "ship"


class OrderMoved(Exception):
    """The order is no longer as the form was made for: look again, then submit."""


@dataclass(frozen=True, slots=True)
class Press:
    """A button that was pressed: for which order, in which state of it, and why."""

    amazon_order_id: str
    form_token: str
    action: Action
    reason: str | None = None
    memo: str | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a submission of the desk stands; `problems` are those of its report."""

    submission: FeedSubmission
    note: DeskNote
    problems: tuple[Problem, ...]

    @property
    def is_ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.submission.status in (FeedStatus.DONE, FeedStatus.CANCELLED)

    @property
    def succeeded(self) -> bool:
        """Whether the order was changed as asked."""
        done = self.submission.status is FeedStatus.DONE
        return done and not any(problem.is_error for problem in self.problems)


class DeskActions:
    """Submits for a seller, and follows what was submitted."""

    def __init__(self, database: Database, intake: Intake) -> None:
        """Submit through the intake, as every door does."""
        self._database = database
        self._intake = intake

    @outages_refused
    def submit(self, user: SignedIn, press: Press, feed: DeskFeed) -> int:
        """Queue the feed of a form, once; return its FeedSubmissionId.

        The same form again, by a second click or from another tab, gives the first
        one's id. Raises OrderMoved if the order has changed since the form was made,
        and ServiceError as SubmitFeed does.
        """
        earlier = self._earlier(user, press)
        if earlier is not None:
            return earlier.feed_submission_id
        with self._database.read() as connection:
            state = desk_notes.state_of(
                connection, user.seller_id, press.amazon_order_id
            )
        if state != press.form_token:
            raise OrderMoved

        def alongside(connection: Connection, submission: FeedSubmission) -> None:
            note = DeskNote(
                submission.feed_submission_id,
                user.seller_id,
                press.amazon_order_id,
                press.form_token,
                press.action,
                user.login,
                press.reason,
                press.memo,
            )
            desk_notes.add(connection, note)

        try:
            submission, _ = self._intake.submit(
                user.caller, _request(press, feed), [feed.document], alongside
            )
        except TokenUsed:
            earlier = self._earlier(user, press)
            assert earlier is not None
            return earlier.feed_submission_id
        return submission.feed_submission_id

    @outages_refused
    def progress(self, seller_id: str, feed_submission_id: int) -> Progress | None:
        """Return where a submission of the seller's desk stands; None for any other."""
        wanted = listing.Wanted(feed_submission_ids=[feed_submission_id])
        with self._database.read() as connection:
            note = desk_notes.by_submission(connection, seller_id, feed_submission_id)
            found = listing.find(connection, seller_id, wanted, limit=1)
            if note is None or not found:
                return None
            problems = []
            if found[0].status is FeedStatus.DONE:
                for problem in outcomes.read_results(connection, feed_submission_id):
                    problems.append(problem)
                    if len(problems) == _MOST_PROBLEMS:
                        break
        return Progress(found[0], note, tuple(problems))

    def _earlier(self, user: SignedIn, press: Press) -> DeskNote | None:
        with self._database.read() as connection:
            return desk_notes.by_token(
                connection, user.seller_id, press.amazon_order_id, press.form_token
            )


def _request(press: Press, feed: DeskFeed) -> FeedRequest:
    md5 = hashlib.md5(feed.document, usedforsecurity=False).digest()
    return FeedRequest(
        feed_type=feed.feed_type,
        signature=f"{press.amazon_order_id} {press.form_token}",
        content_md5=base64.b64encode(md5).decode(),
    )
