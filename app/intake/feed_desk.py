"""Feeds as the desk shows them: listed, explained, side by side with their document."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import BinaryIO

from app.engine.excerpts import (
    Line,
    Span,
    broken_lines,
    excerpts,
    spans_of_messages,
    spans_of_records,
)
from app.engine.pieces import Limits
from app.engine.report import spelled
from app.engine.threads import ParserThreads
from app.feedtypes import registry
from app.intake.accounts import Caller
from app.intake.feed_requests import FeedRequest
from app.intake.outages import outages_refused
from app.intake.submissions import Intake
from app.model.feed import FeedStatus, Problem
from app.store import feed_pages
from app.store.backends import Database
from app.store.documents import DocumentDamaged, Documents
from app.store.feed_pages import FeedRow as FeedRow
from app.store.feed_pages import Standing
from app.store.listing import Wanted as FeedSearch

PAGE = 25
PROBLEMS = 25
"""How many feeds, and how many problems of one, a page shows."""

_BEGINNING = 20
_PIECE_BYTES = 262_144

__all__ = [
    "Excerpts",
    "FeedDesk",
    "FeedRow",
    "FeedSearch",
    "FoundFeeds",
    "Passage",
    "Told",
    "Why",
    "WhyNot",
]


class Why(StrEnum):
    """Why a feed is not done yet."""

    IN_PROGRESS = "in-progress"
    RETRY = "retry"
    NO_WORKER = "no-worker"
    BEHIND = "behind"
    OTHERS_FIRST = "others-first"
    NEXT = "next"


@dataclass(frozen=True, slots=True)
class WhyNot:
    """The reason that holds a feed back most, and the figures of it."""

    why: Why
    standing: Standing

    @property
    def position(self) -> int:
        """Its place among the seller's feeds of its type, from 1."""
        return self.standing.before + 1


@dataclass(frozen=True, slots=True)
class FoundFeeds:
    """One page of feeds, newest first, and whether there are others beside it."""

    feeds: tuple[FeedRow, ...]
    has_newer: bool = False
    has_older: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """One problem of a feed's report; `number` and `text` are as the report has them.

    `span` is where it stands in the document, None where that is not known.
    """

    problem: Problem
    number: int
    text: str
    span: Span | None


@dataclass(frozen=True, slots=True)
class Passage:
    """Lines of a document that follow each other.

    One that `is_broken` is a message which the document has within a line too long to
    be shown: its lines are not the document's, and all have the number of that line.
    """

    lines: tuple[Line, ...]
    is_broken: bool = False


@dataclass(frozen=True, slots=True)
class Excerpts:
    """Problems and the parts of the document that they stand in, side by side.

    `total` counts all problems of the feed. `is_missing` says that the document cannot
    be shown: it is gone, or not as it was stored.
    """

    told: tuple[Told, ...]
    total: int
    passages: tuple[Passage, ...]
    is_missing: bool = False


class FeedDesk:
    """Answers what the pages of a seller ask; of others' feeds it knows nothing."""

    def __init__(
        self,
        database: Database,
        documents: Documents,
        intake: Intake,
        threads: ParserThreads,
        limits: Limits,
        clock: Callable[[], datetime],
    ) -> None:
        """Read from the database and the documents; `threads` are where XML is read."""
        self._database = database
        self._documents = documents
        self._intake = intake
        self._threads = threads
        self._limits = limits
        self._clock = clock

    @outages_refused
    def search(
        self,
        seller_id: str,
        search: FeedSearch,
        *,
        older_than: int | None = None,
        newer_than: int | None = None,
    ) -> FoundFeeds:
        """Return a page of the seller's feeds: the newest, or those beside an id."""
        with self._database.read() as connection:
            found = feed_pages.page(
                connection,
                seller_id,
                search,
                limit=PAGE + 1,
                older_than=older_than,
                newer_than=newer_than,
            )
        more, back = len(found) > PAGE, newer_than is not None
        shown = tuple(found[-PAGE:] if back else found[:PAGE])
        return FoundFeeds(
            shown,
            has_newer=more if back else older_than is not None,
            has_older=back or more,
        )

    @outages_refused
    def uploads(self, seller_id: str, limit: int) -> list[FeedRow]:
        """Return the latest files that the seller's people sent."""
        with self._database.read() as connection:
            return feed_pages.page(
                connection, seller_id, FeedSearch(), limit=limit, uploaded=True
            )

    @outages_refused
    def find(self, seller_id: str, feed_submission_id: int) -> FeedRow | None:
        """Return a feed of the seller, or None."""
        with self._database.read() as connection:
            return feed_pages.one(connection, seller_id, feed_submission_id)

    @outages_refused
    def why_not(self, feed: FeedRow) -> WhyNot | None:
        """Say why a feed is not done yet; None if it is, or was recalled."""
        if feed.is_ended:
            return None
        now = self._clock()
        with self._database.read() as connection:
            standing = feed_pages.standing(connection, feed, now)
        return WhyNot(_why(feed, standing, now), standing)

    @outages_refused
    def excerpts(
        self, feed: FeedRow, *, offset: int = 0, place: int | None = None
    ) -> Excerpts:
        """Return some of a feed's problems, and what they are about.

        With `place`, that of a message or record from 1, it is what is shown. Where
        there is nothing to look for, it is the beginning of the document.
        """
        problems: list[tuple[int, Problem]] = []
        total = 0
        if feed.status is FeedStatus.DONE:
            with self._database.read() as connection:
                total = feed_pages.count_results(connection, feed.feed_submission_id)
                problems = feed_pages.results(
                    connection, feed.feed_submission_id, offset=offset, limit=PROBLEMS
                )
        keys = [place] if place else [_key(feed, *each) for each in problems]
        try:
            with self._documents.open(feed.document_id) as document:
                spans = self._spans(document, feed, keys)
                told = tuple(_told(feed, *each, spans) for each in problems)
                shown = [spans.get(place)] if place else [each.span for each in told]
                passages = _passages(document, feed, [each for each in shown if each])
        except DocumentDamaged:
            told = tuple(_told(feed, *each, {}) for each in problems)
            return Excerpts(told, total, (), is_missing=True)
        return Excerpts(told, total, passages)

    @outages_refused
    def document(self, feed: FeedRow) -> Iterator[bytes] | None:
        """Return the document as it was sent, piece by piece; None if it is gone."""
        opened = self._open(feed)
        return None if opened is None else _pieces(opened)

    @outages_refused
    def resend(self, caller: Caller, feed: FeedRow, token: str) -> int | None:
        """Submit the document of a feed once more; None if it is gone.

        `token` names the form: the same form again is the same submission. Raises
        ServiceError as SubmitFeed does.
        """
        opened = self._open(feed)
        if opened is None:
            return None
        request = FeedRequest(
            feed_type=feed.feed_type,
            signature=f"resend {feed.feed_submission_id} {token}",
            charset=feed.charset,
            marketplace_ids=feed.marketplace_ids,
            skip_invalid=feed.skip_invalid,
            has_digest=False,
        )
        with opened as document:
            submission, _ = self._intake.submit(caller, request, _pieces(document))
        return submission.feed_submission_id

    def _open(self, feed: FeedRow) -> BinaryIO | None:
        try:
            return self._documents.open(feed.document_id)
        except DocumentDamaged:
            return None

    def _spans(
        self, document: BinaryIO, feed: FeedRow, keys: Collection[int]
    ) -> dict[int, Span]:
        """Find messages by their places, records of a flat file by their numbers."""
        if feed.refused or not any(keys):
            return {}
        find = spans_of_records if _is_flat(feed) else spans_of_messages
        return self._threads.run(find, document, keys, self._limits, feed.charset)


def _why(feed: FeedRow, standing: Standing, now: datetime) -> Why:
    if feed.status is FeedStatus.IN_PROGRESS:
        return Why.IN_PROGRESS
    if not standing.workers:
        return Why.NO_WORKER
    if standing.before:
        return Why.BEHIND
    if standing.ready_at is not None and standing.ready_at > now:
        return Why.RETRY
    return Why.OTHERS_FIRST if standing.lanes_before else Why.NEXT


def _is_flat(feed: FeedRow) -> bool:
    feed_type = registry.by_mws(feed.feed_type)
    return feed_type is not None and feed_type.flat_file is not None


def _key(feed: FeedRow, place: int, problem: Problem) -> int:
    """Return by what the message of a problem is found; 0 for the whole feed's.

    A record is found by its number, since several may be one message.
    """
    return int(problem.message_id) if _is_flat(feed) else place


def _told(feed: FeedRow, place: int, problem: Problem, spans: dict[int, Span]) -> Told:
    number, text = spelled(problem, feed.rules)
    span = spans.get(_key(feed, place, problem))
    elsewhere = span is None or (span.text is None and span.first != problem.line)
    if problem.line and elsewhere:
        span = Span(problem.line, problem.line)
    return Told(problem, number, text, span)


def _passages(
    document: BinaryIO, feed: FeedRow, spans: Collection[Span]
) -> tuple[Passage, ...]:
    flat = _is_flat(feed)
    if not spans:
        beginning = [Span(number, number) for number in range(1, _BEGINNING)]
        found = excerpts(document, beginning, feed.charset, flat=flat)
        return tuple(
            Passage(tuple(line._replace(marked=False) for line in each))
            for each in found
        )
    whole = [span for span in spans if span.text is None]
    found = excerpts(document, whole, feed.charset, flat=flat)
    broken = dict.fromkeys(span for span in spans if span.text is not None)
    return (
        *(Passage(tuple(lines)) for lines in found),
        *(Passage(broken_lines(span), is_broken=True) for span in broken),
    )


def _pieces(opened: BinaryIO) -> Iterator[bytes]:
    with opened as document:
        while piece := document.read(_PIECE_BYTES):
            yield piece
