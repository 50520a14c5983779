"""Retention: submissions, documents and reports go when their time is over."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from app.store.backends import Database
from app.store.documents import Documents
from app.store.retention import remove_feeds, remove_reports

_log = logging.getLogger(__name__)

_PAUSE = timedelta(hours=1)


class RetentionJob:
    """Removes what ended before so many days, some at a time.

    MWS listed feeds for 90 days. Every worker process may do it: what another one has
    removed already is no error.
    """

    def __init__(
        self,
        database: Database,
        documents: Documents,
        clock: Callable[[], datetime],
        days: int,
    ) -> None:
        """Keep for `days`; 0 keeps everything."""
        self._database = database
        self._documents = documents
        self._clock = clock
        self._days = days
        self._rests_until: datetime | None = None

    def step(self, stopping: Callable[[], bool]) -> bool:
        """Remove some; False if there is nothing to remove, for an hour."""
        now = self._clock()
        if not self._days or self._rests(now):
            return False
        before = now - timedelta(days=self._days)
        if self._remove("feeds", *remove_feeds(self._database, before)):
            return True
        if self._remove("reports", *remove_reports(self._database, before)):
            return True
        self._rests_until = now + _PAUSE
        return False

    def _rests(self, now: datetime) -> bool:
        until = self._rests_until
        # A clock that was set back must not make the rest longer.
        return until is not None and until - _PAUSE <= now < until

    def _remove(self, what: str, number: int, document_ids: list[str]) -> int:
        """Remove documents behind the commit; a crash leaves orphans to the sweep."""
        for document_id in document_ids:
            self._documents.delete(document_id)
        if number:
            _log.info("retention: %d %s are removed", number, what)
        return number
