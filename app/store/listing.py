"""A seller's feed submissions as the seller sees them: listed, counted, recalled.

Everything is found by seller, so that no door can forget it (design D7).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    or_,
    select,
    update,
)
from sqlalchemy import func as sql

from app.model.feed import FeedStatus, FeedSubmission
from app.store import lanes
from app.store.feed_ends import FINISHED, tell_of_feeds
from app.store.glances import Reader, fetch
from app.store.tables import feed_submission

_feed = feed_submission.c
_LARGEST_ID = 2**63 - 1

SHOWN = (
    _feed.feed_submission_id,
    _feed.seller_id,
    _feed.feed_type,
    _feed.status,
    _feed.submitted_at,
    _feed.started_at,
    _feed.completed_at,
    _feed.marketplace_ids,
    _feed.given_up,
    _feed.report_document_id,
)
"""The columns that `read_submission` reads, in the order of FeedSubmission."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of a seller's submissions are meant; None leaves a point open.

    Times bound `submitted_at`, both included; `submitted_before` is not. `standings`
    pairs statuses with whether the feed was given up. A feed without marketplaces is
    for all of them.
    """

    feed_submission_ids: Collection[int] | None = None
    feed_types: Collection[str] | None = None
    statuses: Collection[FeedStatus] | None = None
    submitted_from: datetime | None = None
    submitted_to: datetime | None = None
    submitted_before: datetime | None = None
    standings: Collection[tuple[FeedStatus, bool]] | None = None
    marketplace_ids: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """Where a submission stands, and its report once there is one (MD5 in base64)."""

    status: FeedStatus
    document_id: str | None
    md5: str | None
    feed_type: str


def find(
    reader: Reader,
    seller_id: str,
    wanted: Wanted,
    *,
    limit: int,
    before_id: int | None = None,
) -> list[FeedSubmission]:
    """Return at most `limit` submissions, newest first; `before_id` goes on there."""
    values = _compared(seller_id, wanted)
    if before_id is not None:
        values["before_id"] = before_id
    query = _found(tuple(values))
    if further := _further(wanted):
        query = query.where(*further)
    found = fetch(reader, query, {**values, "most": limit})
    return [read_submission(row) for row in found]


def count(reader: Reader, seller_id: str, wanted: Wanted) -> int:
    """Return how many submissions are meant."""
    values = _compared(seller_id, wanted)
    query = _counted(tuple(values))
    if further := _further(wanted):
        query = query.where(*further)
    ((number,),) = fetch(reader, query, values)
    return int(number)


def cancel(
    connection: Connection,
    seller_id: str,
    wanted: Wanted,
    *,
    limit: int,
    now: datetime,
) -> list[FeedSubmission]:
    """Recall the feeds that wait, and return those meant, newest first, as they are.

    A feed of which a batch was applied is not recalled, even while it waits for its
    next attempt, nor one that was given up (design D5).
    """
    lanes.lock_all_of_seller(connection, seller_id)
    recalled = connection.execute(
        update(feed_submission)
        .where(
            *matching(seller_id, wanted),
            _feed.status == FeedStatus.SUBMITTED,
            _feed.progress == 0,
            _feed.given_up.is_(False),
        )
        # MWS shows a cancelled feed without any date but SubmittedDate (mws-wire 4.5).
        .values(status=FeedStatus.CANCELLED, started_at=None)
        .returning(*FINISHED)
    ).all()
    for feed_type, feeds in Counter(row.feed_type for row in recalled).items():
        lanes.count_out(connection, seller_id, feed_type, feeds)
    tell_of_feeds(connection, seller_id, recalled, FeedStatus.CANCELLED, now)
    return find(connection, seller_id, wanted, limit=limit)


def report(reader: Reader, seller_id: str, feed_submission_id: int) -> Report | None:
    """Return the report of a submission; None if the seller has no such submission."""
    values = _compared(seller_id, Wanted(feed_submission_ids=[feed_submission_id]))
    rows = fetch(reader, _reported(tuple(values)), values)
    if not rows:
        return None
    status, document_id, md5, feed_type = rows[0]
    return Report(FeedStatus(status), document_id, md5, feed_type)


def document(
    connection: Connection, seller_id: str, feed_submission_id: int
) -> str | None:
    """Return the id of a submission's own document, if the seller has it."""
    wanted = Wanted(feed_submission_ids=[feed_submission_id])
    query = select(_feed.document_id).where(*matching(seller_id, wanted))
    document_id: str | None = connection.execute(query).scalar_one_or_none()
    return document_id


def read_submission(row: Any) -> FeedSubmission:
    """Make a submission of a row of the columns `SHOWN`."""
    number, seller_id, feed_type, status, submitted, started, completed = row[:7]
    listed, given_up, report_id = row[7:]
    return FeedSubmission(
        number,
        seller_id,
        feed_type,
        FeedStatus(status),
        submitted,
        started,
        completed,
        tuple(listed.split(",")) if listed else (),
        given_up,
        report_id,
    )


def matching(seller_id: str, wanted: Wanted) -> list[ColumnElement[bool]]:
    """Return the conditions that a seller's submissions must meet."""
    compared = _compared(seller_id, wanted)
    conditions = [_COMPARISONS[name](value) for name, value in compared.items()]
    return [*conditions, *_further(wanted)]


# The plain comparisons, each with the name of its value. No name is that of a column.
_COMPARISONS: dict[str, Callable[[Any], ColumnElement[bool]]] = {
    "of_seller": lambda value: _feed.seller_id == value,
    "ids": lambda value: _feed.feed_submission_id.in_(value),
    "feed_types": lambda value: _feed.feed_type.in_(value),
    "statuses": lambda value: _feed.status.in_(value),
    "submitted_from": lambda value: _feed.submitted_at >= value,
    "submitted_to": lambda value: _feed.submitted_at <= value,
    "submitted_before": lambda value: _feed.submitted_at < value,
    "before_id": lambda value: _feed.feed_submission_id < value,
}
_LISTS = ("ids", "feed_types", "statuses")


def _compared(seller_id: str, wanted: Wanted) -> dict[str, Any]:
    """Return the values to compare with, by the names in `_COMPARISONS`."""
    ids = wanted.feed_submission_ids
    values = {
        "of_seller": seller_id,
        "ids": None if ids is None else [each for each in ids if each <= _LARGEST_ID],
        "feed_types": wanted.feed_types,
        "statuses": wanted.statuses,
        "submitted_from": wanted.submitted_from,
        "submitted_to": wanted.submitted_to,
        "submitted_before": wanted.submitted_before,
    }
    return {name: value for name, value in values.items() if value is not None}


def _bound(names: Iterable[str]) -> list[ColumnElement[bool]]:
    return [
        _COMPARISONS[name](bindparam(name, expanding=name in _LISTS)) for name in names
    ]


# Statements that calls ask for are made once for each set of names: making one takes
# longer than running it.


@cache
def _found(names: tuple[str, ...]) -> Select[Any]:
    newest_first = _feed.feed_submission_id.desc()
    query = select(*SHOWN).where(*_bound(names)).order_by(newest_first)
    return query.limit(bindparam("most"))


@cache
def _counted(names: tuple[str, ...]) -> Select[Any]:
    return select(sql.count()).select_from(feed_submission).where(*_bound(names))


@cache
def _reported(names: tuple[str, ...]) -> Select[Any]:
    return select(
        _feed.status, _feed.report_document_id, _feed.report_md5, _feed.feed_type
    ).where(*_bound(names))


def _further(wanted: Wanted) -> list[ColumnElement[bool]]:
    """Return the conditions that are more than one comparison."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.standings is not None:
        stands = [
            and_(_feed.status == status, _feed.given_up.is_(given_up))
            for status, given_up in wanted.standings
        ]
        conditions.append(or_(*stands))
    if wanted.marketplace_ids is not None:
        listed = "," + _feed.marketplace_ids + ","
        named = [
            listed.contains(f",{each},", autoescape=True)
            for each in wanted.marketplace_ids
        ]
        conditions.append(or_(_feed.marketplace_ids == "", *named))
    return conditions
