"""Feed submissions, as any door may ask for them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from app.engine import flat_report
from app.engine.threads import ParserThreads
from app.errors import ErrorCode, ServiceError
from app.feedtypes import registry
from app.intake.accounts import Accounts, Caller
from app.intake.feed_requests import FeedRequest, check_feed_types
from app.intake.outages import outages_refused
from app.intake.pages import Pager
from app.intake.submitting import Accepted, Alongside, Submitter
from app.intake.tokens import NextTokens
from app.model.feed import FeedStatus, FeedSubmission
from app.settings import Settings
from app.store import listing
from app.store.backends import Database
from app.store.bulk import Connection
from app.store.documents import Documents
from app.store.listing import Wanted

_PIECE_BYTES = 262_144


@dataclass(frozen=True, slots=True)
class FeedQuery:
    """Which submissions are meant; empty points are open.

    `ids` are as they were sent; with ids the other points are not looked at
    (mws-wire 4.3). Times are aware UTC and bound the time of submission, included.
    """

    ids: tuple[str, ...] = ()
    feed_types: tuple[str, ...] = ()
    statuses: tuple[FeedStatus, ...] = ()
    submitted_from: datetime | None = None
    submitted_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Submissions, newest first, and the token that goes on, if there are more."""

    submissions: tuple[FeedSubmission, ...]
    next_token: str | None = None


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A processing report, opened: its size in bytes and its MD5 in base64."""

    size: int
    md5: str
    content: BinaryIO
    # Without a space, as recorded (mws-wire 4.6).
    content_type: str = "text/xml;charset=UTF-8"

    def pieces(self) -> Iterator[bytes]:
        """Yield the report piece by piece and close it."""
        with self.content as content:
            while piece := content.read(_PIECE_BYTES):
                yield piece

    def body(self) -> Iterator[bytes] | tuple[bytes, ...]:
        """Return the pieces; a short report is read at once.

        Handing each piece from thread to thread costs more than reading it.
        """
        return tuple(self.pieces()) if self.size <= _PIECE_BYTES else self.pieces()


class Intake:
    """Takes feeds in and tells what became of them, to the seller they belong to."""

    def __init__(
        self,
        database: Database,
        documents: Documents,
        accounts: Accounts,
        tokens: NextTokens,
        threads: ParserThreads,
        settings: Settings,
        clock: Callable[[], datetime],
    ) -> None:
        """Keep the parts; `threads` are where documents are validated.

        `submitter` is what takes feeds in, also for doors with steps of their own.
        """
        self._database = database
        self._documents = documents
        self._pager = Pager("GetFeedSubmissionList", tokens, FeedQuery)
        self._clock = clock
        self.submitter = Submitter(
            database, documents, accounts, threads, settings, clock
        )

    def begin(
        self, caller: Caller, request: FeedRequest
    ) -> Callable[[Iterable[bytes]], Accepted]:
        """Check a feed without its document; see Submitter.begin."""
        return self.submitter.begin(caller, request)

    def submit(
        self,
        caller: Caller,
        request: FeedRequest,
        pieces: Iterable[bytes],
        alongside: Alongside | None = None,
    ) -> Accepted:
        """Take a feed in at once: the submission, and what the gate found in it.

        `alongside` is written in the transaction that queues the feed.
        """
        return self.submitter.begin(caller, request, alongside)(pieces)

    @outages_refused
    def list(self, caller: Caller, query: FeedQuery, limit: int) -> Page:
        """Return the first page of what matches, at most `limit` submissions."""
        return self._page(caller, query, limit, None)

    @outages_refused
    def list_next(self, caller: Caller, next_token: str) -> Page:
        """Return the page behind a token; raises ServiceError for a wrong one."""
        query, place = self._pager.open(caller, next_token)
        return self._page(caller, query, place.limit, place.before)

    @outages_refused
    def count(self, caller: Caller, query: FeedQuery) -> int:
        """Return how many submissions match."""
        wanted = _wanted(query)
        with self._database.glance() as reader:
            return listing.count(reader, caller.seller_id, wanted)

    @outages_refused
    def cancel(
        self, caller: Caller, query: FeedQuery, limit: int
    ) -> tuple[FeedSubmission, ...]:
        """Recall what is not begun; return what matches, at most `limit`, as it is now.

        Raises ServiceError (InvalidFeedSubmissionId), and cancels nothing, if an id is
        not one of the seller's.
        """
        wanted = _wanted(query)
        with self._database.write() as connection:
            self._check_ids(connection, caller, query)
            cancelled = listing.cancel(
                connection,
                caller.seller_id,
                wanted,
                limit=limit,
                now=self._clock(),
            )
        return tuple(cancelled)

    @outages_refused
    def result(self, caller: Caller, feed_submission_id: str) -> ReportFile:
        """Open the processing report of a finished feed.

        Raises ServiceError as long as there is none. Source: mws-wire 4.6.
        """
        number = _number(feed_submission_id)
        with self._database.glance() as reader:
            report = listing.report(reader, caller.seller_id, number)
        if report is None:
            raise _unknown([str(number)])
        if report.status is FeedStatus.CANCELLED:
            raise _no_result(ErrorCode.FEED_CANCELED, number, "was cancelled")
        if report.status is not FeedStatus.DONE:
            why = f"is {report.status}, its report is not ready"
            raise _no_result(ErrorCode.RESULT_NOT_READY, number, why)
        if report.document_id is None or report.md5 is None:
            why = "has no report any more, its time of retention is over"
            raise _no_result(ErrorCode.RESULT_NO_LONGER_AVAILABLE, number, why)
        content = self._documents.open(report.document_id)
        size = content.seek(0, os.SEEK_END)
        content.seek(0)
        feed_type = registry.by_mws(report.feed_type)
        if feed_type is None or feed_type.flat_file is None:
            return ReportFile(size, report.md5, content)
        return ReportFile(size, report.md5, content, flat_report.CONTENT_TYPE)

    def _page(
        self, caller: Caller, query: FeedQuery, limit: int, before: int | None
    ) -> Page:
        wanted = _wanted(query)
        with self._database.glance() as reader:
            found = listing.find(
                reader, caller.seller_id, wanted, limit=limit + 1, before_id=before
            )
        return Page(*self._pager.cut(caller, query, limit, found, _id_of))

    def _check_ids(
        self, connection: Connection, caller: Caller, query: FeedQuery
    ) -> None:
        if not query.ids:
            return
        asked = {_number(text) for text in query.ids}
        wanted = Wanted(feed_submission_ids=asked)
        found = listing.find(connection, caller.seller_id, wanted, limit=len(asked))
        absent = asked - {each.feed_submission_id for each in found}
        if absent:
            raise _unknown([str(number) for number in sorted(absent)])


def _wanted(query: FeedQuery) -> Wanted:
    if query.ids:
        return Wanted(feed_submission_ids={_number(text) for text in query.ids})
    check_feed_types(query.feed_types)
    return Wanted(
        None,
        query.feed_types or None,
        query.statuses or None,
        query.submitted_from,
        query.submitted_to,
    )


def _id_of(submission: FeedSubmission) -> int:
    return submission.feed_submission_id


def _number(text: str) -> int:
    if re.fullmatch("[0-9]{1,40}", text):
        return int(text)
    raise ServiceError(
        ErrorCode.INVALID_REQUEST,
        f'FeedSubmissionId "{text[:60]}" is not a number; use one that SubmitFeed '
        "answered.",
    )


def _unknown(ids: list[str]) -> ServiceError:
    return ServiceError(
        ErrorCode.INVALID_FEED_SUBMISSION_ID,
        f"This seller has no feed submission {', '.join(ids[:5])}.",
    )


def _no_result(code: ErrorCode, number: int, why: str) -> ServiceError:
    return ServiceError(code, f"Feed submission {number} {why}.")
