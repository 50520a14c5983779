"""A seller's feeds of the last 90 days, whichever door they came through.

Source: sp-api-wire 2.5 to 2.9.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.engine import flat_report
from app.feedtypes import registry
from app.intake.accounts import Caller
from app.intake.outages import outages_refused
from app.intake.pages import Pager
from app.intake.submissions import ReportFile
from app.intake.tokens import NextTokens
from app.model.feed import FeedStatus, FeedSubmission, result_feed_document_id
from app.store import listing
from app.store.backends import Database
from app.store.bulk import Connection
from app.store.documents import Documents
from app.store.listing import Wanted

KEPT = timedelta(days=90)
REPORTS_KEPT = timedelta(days=28)
"""How long a feed is listed after it was made, and its report after its end."""

_NUMBER = re.compile("[0-9]{1,18}")
_REPORT_ID = re.compile(r"amzn1\.tortuga\.4\.([0-9a-f-]{36})\.R([0-9]{1,18})")

Standing = tuple[FeedStatus, bool]
"""A status, and whether the feed was given up."""


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """Which feeds are meant; empty points are open.

    `feed_types` are names without outer underscores. Times are aware UTC and bound
    when feeds were made, included.
    """

    feed_types: tuple[str, ...] = ()
    marketplace_ids: tuple[str, ...] = ()
    standings: tuple[Standing, ...] = ()
    created_since: datetime | None = None
    created_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Feeds, newest first, and the token that goes on, if there are more."""

    feeds: tuple[FeedSubmission, ...]
    next_token: str | None = None


class NotInQueue(Exception):
    """A feed cannot be recalled (any more)."""

    def __init__(self, feed: FeedSubmission) -> None:
        """Keep the feed as it is."""
        super().__init__(f"feed {feed.feed_submission_id} does not wait")
        self.feed = feed


class FeedHistory:
    """Tells a seller what became of feeds, and recalls those that wait."""

    def __init__(
        self,
        database: Database,
        documents: Documents,
        tokens: NextTokens,
        clock: Callable[[], datetime],
    ) -> None:
        """Keep the parts; `clock` gives aware UTC times."""
        self._database = database
        self._documents = documents
        self._pager = Pager("getFeeds", tokens, HistoryQuery)
        self._clock = clock

    @outages_refused
    def list(self, caller: Caller, query: HistoryQuery, limit: int) -> HistoryPage:
        """Return the first page of what matches, at most `limit` feeds."""
        return self._page(caller, query, limit, None)

    @outages_refused
    def list_next(self, caller: Caller, next_token: str) -> HistoryPage:
        """Return the page behind a token; raises ServiceError for a wrong one."""
        query, place = self._pager.open(caller, next_token)
        return self._page(caller, query, place.limit, place.before)

    @outages_refused
    def get(self, caller: Caller, feed_id: str) -> FeedSubmission | None:
        """Return one of the seller's feeds."""
        with self._database.read() as connection:
            return self._find(connection, caller, feed_id)

    @outages_refused
    def cancel(self, caller: Caller, feed_id: str) -> FeedSubmission | None:
        """Recall a feed that waits; None if the seller has no such feed.

        Raises NotInQueue, and changes nothing, for one that does not wait.
        """
        with self._database.write() as connection:
            before = self._find(connection, caller, feed_id)
            if before is None:
                return None
            if before.status is FeedStatus.CANCELLED:
                raise NotInQueue(before)
            wanted = Wanted(feed_submission_ids=[before.feed_submission_id])
            (after,) = listing.cancel(
                connection, caller.seller_id, wanted, limit=1, now=self._clock()
            )
            if after.status is not FeedStatus.CANCELLED:
                raise NotInQueue(after)
        return after

    def report_id(self, feed: FeedSubmission) -> str | None:
        """Return the resultFeedDocumentId of a feed, once it has a report."""
        if feed.report_document_id is None:
            return None
        return result_feed_document_id(feed.report_document_id, feed.feed_submission_id)

    @outages_refused
    def open_report(self, seller_id: str, report_id: str) -> ReportFile | None:
        """Open a report by its resultFeedDocumentId, while it is kept."""
        named = _REPORT_ID.fullmatch(report_id)
        if named is None:
            return None
        with self._database.read() as connection:
            wanted = Wanted(feed_submission_ids=[int(named[2])])
            found = listing.find(connection, seller_id, wanted, limit=1)
            report = listing.report(connection, seller_id, int(named[2]))
        if not found or report is None or report.md5 is None:
            return None
        ended = found[0].completed_at
        if report.document_id != named[1] or ended is None:
            return None
        if ended + REPORTS_KEPT <= self._clock():
            return None
        content = self._documents.open(named[1])
        size = content.seek(0, os.SEEK_END)
        content.seek(0)
        feed_type = registry.by_mws(report.feed_type)
        kind = "text/xml; charset=UTF-8"
        if feed_type is not None and feed_type.flat_file is not None:
            kind = flat_report.CONTENT_TYPE.replace(";", "; ")
        return ReportFile(size, report.md5, content, kind)

    def _find(
        self, connection: Connection, caller: Caller, feed_id: str
    ) -> FeedSubmission | None:
        if not _NUMBER.fullmatch(feed_id):
            return None
        wanted = Wanted(
            feed_submission_ids=[int(feed_id)],
            submitted_from=self._clock() - KEPT,
        )
        found = listing.find(connection, caller.seller_id, wanted, limit=1)
        return found[0] if found else None

    def _page(
        self, caller: Caller, query: HistoryQuery, limit: int, before: int | None
    ) -> HistoryPage:
        oldest = self._clock() - KEPT
        query = replace(
            query,
            created_since=max(query.created_since or oldest, oldest),
            created_until=query.created_until or self._clock(),
        )
        wanted = Wanted(
            feed_types=[f"_{name}_" for name in query.feed_types] or None,
            submitted_from=query.created_since,
            submitted_to=query.created_until,
            standings=query.standings or None,
            marketplace_ids=query.marketplace_ids or None,
        )
        with self._database.read() as connection:
            found = listing.find(
                connection, caller.seller_id, wanted, limit=limit + 1, before_id=before
            )
        return HistoryPage(*self._pager.cut(caller, query, limit, found, _id_of))


def _id_of(feed: FeedSubmission) -> int:
    return feed.feed_submission_id
