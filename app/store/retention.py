"""Removing what is past its time: submissions and reports, never what they did.

Orders, the ledger, the audit log and the adjustment ids that were seen stay for good.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Column, Connection, Table, delete, select

from app.model.feed import FeedStatus
from app.model.report import ReportStatus
from app.store.backends import Database
from app.store.tables import (
    feed_result,
    feed_submission,
    metadata,
    report,
    report_request,
)

STEP = 50
"""Submissions, or report requests, that are removed in one transaction."""

_RESULTS = 20_000
_PAGE = 500

_feed = feed_submission.c
_request = report_request.c

_ENDED_FEEDS = (FeedStatus.DONE, FeedStatus.CANCELLED)
_ENDED_REQUESTS = (
    ReportStatus.DONE,
    ReportStatus.DONE_NO_DATA,
    ReportStatus.CANCELLED,
)


def remove_feeds(database: Database, before: datetime) -> tuple[int, list[str]]:
    """Remove some feeds that ended before a time, with all that belongs to them.

    Returns how many, and the ids of their documents, which nothing names any more.
    """
    with database.read() as connection:
        ids = _past(connection, _feed.feed_submission_id, _ENDED_FEEDS, before)
    for feed_submission_id in ids:
        while _remove_results(database, feed_submission_id):
            pass
    if not ids:
        return 0, []
    with database.write() as connection:
        rows = connection.execute(
            select(
                _feed.feed_submission_id, _feed.document_id, _feed.report_document_id
            )
            # Again, behind the lock: an operator may have just begun one anew.
            .where(_feed.feed_submission_id.in_(ids), _feed.status.in_(_ENDED_FEEDS))
            .with_for_update()
        ).all()
        _remove(connection, _feed.feed_submission_id, [row[0] for row in rows])
    return len(rows), [each for row in rows for each in row[1:] if each]


def remove_reports(database: Database, before: datetime) -> tuple[int, list[str]]:
    """Remove some report requests that ended before a time, with their reports.

    Returns how many, and the ids of their documents, which nothing names any more.
    """
    with database.read() as connection:
        ids = _past(connection, _request.report_request_id, _ENDED_REQUESTS, before)
    if not ids:
        return 0, []
    with database.write() as connection:
        documents = connection.scalars(
            select(report.c.document_id).where(
                report.c.report_request_id.in_(ids), report.c.document_id.is_not(None)
            )
        ).all()
        _remove(connection, _request.report_request_id, ids)
    return len(ids), list(documents)


def _past(
    connection: Connection, key: Column[int], ended: Any, before: datetime
) -> list[int]:
    """Return the first keys of what ended before a time.

    Keys ascend as time does, so that it is enough to look at the oldest.
    """
    rows = connection.execution_options(yield_per=_PAGE).execute(
        select(key, *(key.table.c[name] for name in _DATES)).order_by(key)
    )

    def past() -> Iterator[int]:
        for number, status, submitted_at, completed_at in rows:
            if submitted_at >= before:
                return
            if status in ended and (completed_at or submitted_at) < before:
                yield number

    with closing(rows):
        return list(islice(past(), STEP))


_DATES = ("status", "submitted_at", "completed_at")


def _remove_results(database: Database, feed_submission_id: int) -> bool:
    """Remove some results of a feed, which may have millions; False if that was all."""
    mine = feed_result.c.feed_submission_id == feed_submission_id
    with database.write() as connection:
        last = connection.execute(
            select(feed_result.c.place)
            .where(mine)
            .order_by(feed_result.c.place, feed_result.c.position)
            .offset(_RESULTS)
            .limit(1)
        ).scalar()
        statement = delete(feed_result).where(mine)
        if last is not None:
            statement = statement.where(feed_result.c.place <= last)
        connection.execute(statement)
    return last is not None


def _remove(connection: Connection, key: Column[int], ids: list[int]) -> None:
    """Remove rows, those first that refer to them in whatever table."""
    for table in reversed(metadata.sorted_tables):
        for each in table.foreign_keys:
            if each.column is key:
                connection.execute(delete(table).where(each.parent.in_(ids)))
    assert isinstance(key.table, Table)
    connection.execute(delete(key.table).where(key.in_(ids)))
