"""A seller's feeds with their counts and timings, and where a feed stands in its lane.

Everything is found by seller, so that no page can forget it (design D7).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Exists, Select, and_, exists, or_, select
from sqlalchemy import func as sql

from app.model.feed import FeedStatus, Problem, Rules
from app.store.listing import Wanted, matching
from app.store.outcomes import read_result
from app.store.tables import (
    desk_submission,
    feed_lane,
    feed_result,
    feed_submission,
    worker,
)

_feed = feed_submission.c
_lane = feed_lane.c
_UNFINISHED = (FeedStatus.SUBMITTED, FeedStatus.IN_PROGRESS)


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One feed as the pages show it.

    Counts are messages, records of a flat file; `progress` are those done so far.
    `size` is the document's in bytes. `access_key_id` is "desk <login>" for what was
    sent from the desk, and `has_note` says that a button of an order sent it.
    """

    feed_submission_id: int
    seller_id: str
    feed_type: str
    status: FeedStatus
    rules: Rules
    skip_invalid: bool
    submitted_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    access_key_id: str
    document_id: str
    sha256: str
    size: int
    charset: str | None
    marketplace_ids: tuple[str, ...]
    messages: int
    progress: int
    successful: int
    with_error: int
    with_warning: int
    refused: bool
    given_up: bool
    attempts: int
    has_report: bool
    has_note: bool

    @property
    def is_ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in (FeedStatus.DONE, FeedStatus.CANCELLED)

    @property
    def can_be_recalled(self) -> bool:
        """Whether it waits, and nothing of it was applied."""
        waits = self.status is FeedStatus.SUBMITTED
        return waits and not self.progress and not self.given_up


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an unfinished feed stands.

    `before` counts the feeds of its lane (the seller's of that FeedType) that come
    first, and `first` is the next of them. `ready_at` is when the lane is tried again
    after a failed attempt. `lanes_before` counts other lanes whose turn comes first,
    `lanes_busy` those being worked on, `workers` the worker processes.
    """

    before: int
    first: int | None
    ready_at: datetime | None
    lanes_before: int
    lanes_busy: int
    workers: int


def page(
    connection: Connection,
    seller_id: str,
    wanted: Wanted,
    *,
    limit: int,
    older_than: int | None = None,
    newer_than: int | None = None,
    uploaded: bool = False,
) -> list[FeedRow]:
    """Return at most `limit` feeds, newest first: the newest, or those beside an id.

    With `uploaded` only those that people sent as a file.
    """
    query = _rows().where(*matching(seller_id, wanted))
    number = _feed.feed_submission_id
    if uploaded:
        query = query.where(_feed.access_key_id.like("desk %"), ~_has_note())
    if newer_than is not None:
        query = query.where(number > newer_than).order_by(number)
        found = connection.execute(query.limit(limit)).all()[::-1]
    else:
        if older_than is not None:
            query = query.where(number < older_than)
        found = list(connection.execute(query.order_by(number.desc()).limit(limit)))
    return [_read(row._asdict()) for row in found]


def one(
    connection: Connection, seller_id: str, feed_submission_id: int
) -> FeedRow | None:
    """Return a feed of the seller, or None."""
    wanted = Wanted(feed_submission_ids=[feed_submission_id])
    found = page(connection, seller_id, wanted, limit=1)
    return found[0] if found else None


def results(
    connection: Connection, feed_submission_id: int, *, offset: int, limit: int
) -> list[tuple[int, Problem]]:
    """Return some of a feed's problems, each with its message's place, in its order.

    The place counts messages from 1; 0 is the feed as a whole.
    """
    table = feed_result.c
    query = (
        select(feed_result)
        .where(table.feed_submission_id == feed_submission_id)
        .order_by(table.place, table.position)
        .offset(offset)
        .limit(limit)
    )
    return [(row.place, read_result(row)) for row in connection.execute(query)]


def count_results(connection: Connection, feed_submission_id: int) -> int:
    """Return how many problems a feed has."""
    query = select(sql.count()).select_from(feed_result)
    query = query.where(feed_result.c.feed_submission_id == feed_submission_id)
    return int(connection.execute(query).scalar_one())


def standing(connection: Connection, feed: FeedRow, now: datetime) -> Standing:
    """Say where an unfinished feed stands; nothing is locked, so it is a glance."""
    before = _first_ones(feed)
    count = connection.execute(before.with_only_columns(sql.count())).scalar_one()
    first = connection.execute(
        before.with_only_columns(sql.min(_feed.feed_submission_id))
    ).scalar()
    mine = select(_lane.served_at, _lane.ready_at).where(
        _lane.seller_id == feed.seller_id, _lane.feed_type == feed.feed_type
    )
    lane = connection.execute(mine).first()
    waiting = select(sql.count()).where(_lane.queued > 0, _lane.owner.is_(None))
    ready = waiting.where(or_(_lane.ready_at.is_(None), _lane.ready_at <= now))
    busy = select(sql.count()).where(_lane.owner.is_not(None))
    workers = select(sql.count()).select_from(worker)
    served_at = lane.served_at if lane else now
    return Standing(
        int(count),
        first,
        lane.ready_at if lane else None,
        int(connection.execute(ready.where(_lane.served_at < served_at)).scalar_one()),
        int(connection.execute(busy).scalar_one()),
        int(connection.execute(workers).scalar_one()),
    )


def _first_ones(feed: FeedRow) -> Select[tuple[int]]:
    return select(_feed.feed_submission_id).where(
        _feed.seller_id == feed.seller_id,
        _feed.feed_type == feed.feed_type,
        _feed.feed_submission_id < feed.feed_submission_id,
        _feed.status.in_(_UNFINISHED),
    )


def _has_note() -> Exists:
    return exists().where(
        desk_submission.c.feed_submission_id == _feed.feed_submission_id
    )


def _rows() -> Select[tuple[object, ...]]:
    derived = ("has_report", "has_note")
    columns = [
        _feed[name] for name in FeedRow.__dataclass_fields__ if name not in derived
    ]
    return select(
        *columns,
        and_(
            _feed.report_document_id.is_not(None), _feed.report_md5.is_not(None)
        ).label("has_report"),
        _has_note().label("has_note"),
    )


def _read(values: dict[str, object]) -> FeedRow:
    named = str(values["marketplace_ids"])
    converted: dict[str, object] = {
        "status": FeedStatus(str(values["status"])),
        "rules": Rules(str(values["rules"])),
        "has_report": bool(values["has_report"]),
        "has_note": bool(values["has_note"]),
        "marketplace_ids": tuple(filter(None, named.split(","))),
    }
    return FeedRow(**values | converted)  # type: ignore[arg-type] # columns by name
