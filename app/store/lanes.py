"""Statements on lanes and on the feeds in them, each to be part of a transaction.

One rule covers every race: a transaction locks the lane row first and reads the feed
in a later statement (queue-design, "Races found while designing"). What is called
`lock_...` or `count_in` here locks; everything else goes after it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any, Protocol

from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    Select,
    and_,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy import func as sql
from sqlalchemy.dialects import postgresql, sqlite

from app.model.feed import FeedStatus
from app.store.tables import Moment, feed_lane, feed_submission

_lane = feed_lane.c
_feed = feed_submission.c

# Written out: a bound value cannot be matched with the condition of a partial index.
_CLAIMABLE = text("queued > 0 AND owner IS NULL")
_WAITING = text("status = '_SUBMITTED_'")


class InLane(Protocol):
    """Anything that says which lane it belongs to; a row of `feed_lane` does."""

    @property
    def seller_id(self) -> str:
        """The seller of the lane."""

    @property
    def feed_type(self) -> str:
        """The feed type of the lane, as MWS names it."""


def is_any_ready(
    connection: Connection, now: datetime, longest_pause: timedelta
) -> bool:
    """Whether a lane could be claimed, without locking it."""
    return connection.execute(_ready(now, longest_pause)).first() is not None


def lock_next(
    connection: Connection, now: datetime, longest_pause: timedelta
) -> Any | None:
    """Lock the lane that was served longest ago of those ready and not locked.

    A lane that is to wait for longer than the longest pause is ready: its time comes
    from a clock that was set back since.
    """
    query = _ready(now, longest_pause).with_for_update(skip_locked=True)
    return connection.execute(query).first()


def _ready(now: datetime, longest_pause: timedelta) -> Select[Any]:
    is_ready = or_(
        _lane.ready_at.is_(None),
        _lane.ready_at <= now,
        _lane.ready_at > now + longest_pause,
    )
    return (
        select(feed_lane).where(_CLAIMABLE, is_ready).order_by(_lane.served_at).limit(1)
    )


def lock(connection: Connection, lane: InLane) -> None:
    """Lock a lane, whoever owns it."""
    connection.execute(select(_lane.epoch).where(_is(lane)).with_for_update()).one()


def lock_owned(connection: Connection, lane: InLane, owner: str, epoch: int) -> bool:
    """Lock a lane if it still has that owner, in that epoch: the fence."""
    query = select(_lane.epoch).where(
        _is(lane), _lane.owner == owner, _lane.epoch == epoch
    )
    return connection.execute(query.with_for_update()).first() is not None


def lock_all_owned(connection: Connection, owner: str) -> list[Any]:
    """Lock and return the lanes of a worker."""
    query = select(feed_lane).where(_lane.owner == owner)
    query = query.order_by(_lane.seller_id, _lane.feed_type).with_for_update()
    return list(connection.execute(query))


def lock_all_of_seller(connection: Connection, seller_id: str) -> None:
    """Lock the lanes of a seller."""
    query = select(_lane.feed_type).where(_lane.seller_id == seller_id)
    query = query.order_by(_lane.feed_type).with_for_update()
    connection.execute(query).all()


def count_in(connection: Connection, lane: InLane) -> None:
    """Count one more feed in a lane, which is made if it is new, and lock it."""
    row = {"seller_id": lane.seller_id, "feed_type": lane.feed_type, "queued": 1}
    connection.execute(_counting_in(connection.dialect.name), row)


@cache
def _counting_in(dialect_name: str) -> Executable:
    dialect = sqlite if dialect_name == "sqlite" else postgresql
    counting: Executable = dialect.insert(feed_lane).on_conflict_do_update(
        index_elements=["seller_id", "feed_type"],
        set_={"queued": _lane.queued + 1},
    )
    return counting


def count_out(
    connection: Connection, seller_id: str, feed_type: str, feeds: int
) -> None:
    """Count feeds out of a locked lane in which they will not be worked on."""
    where = (_lane.seller_id == seller_id, _lane.feed_type == feed_type)
    statement = update(feed_lane).where(*where).values(queued=_lane.queued - feeds)
    connection.execute(statement)


def change(connection: Connection, lane: InLane, **values: object) -> None:
    """Change columns of a locked lane."""
    connection.execute(update(feed_lane).where(_is(lane)).values(**values))


def let_go(connection: Connection, lane: InLane, **values: object) -> None:
    """Take a locked lane from its owner, and change other columns with it."""
    change(connection, lane, owner=None, feed_submission_id=None, **values)


def recount(connection: Connection, lane: InLane) -> bool:
    """Set the counter of a locked lane right; True if it was wrong.

    It counts the feeds that wait, and the one in progress.
    """
    waiting = (
        select(sql.count())
        .select_from(feed_submission)
        .where(*_in(lane), _WAITING)
        .scalar_subquery()
    )
    statement = select(_lane.queued, _lane.owner, waiting.label("waiting"))
    row = connection.execute(statement.where(_is(lane))).one()
    queued = row.waiting + (row.owner is not None)
    if row.queued == queued:
        return False
    change(connection, lane, queued=queued)
    return True


def head(connection: Connection, lane: InLane) -> Any | None:
    """Return the feed that has waited longest in a locked lane."""
    query = select(_feed.feed_submission_id, _feed.attempts, _feed.given_up)
    query = query.where(*_in(lane), _WAITING)
    return connection.execute(query.order_by(_feed.feed_submission_id).limit(1)).first()


def change_feed(
    connection: Connection,
    feed_submission_id: int,
    **values: object,
) -> int:
    """Change the feed in progress of a locked lane, and return its attempts.

    A lane that has an owner points at a feed in progress. A feed that its worker has
    just finished is never changed back: then this raises NoResultFound (race 2).
    """
    changed = connection.execute(
        update(feed_submission)
        .where(
            _feed.feed_submission_id == feed_submission_id,
            _feed.status == FeedStatus.IN_PROGRESS,
        )
        .values(**values)
        .returning(_feed.attempts)
    )
    attempts: int = changed.scalar_one()
    return attempts


def start_feed(
    connection: Connection, feed_submission_id: int, now: datetime, **values: object
) -> None:
    """Put the head of a locked lane in progress; it keeps the date of its first start.

    Raises NoResultFound if it does not wait any more.
    """
    started = connection.execute(
        update(feed_submission)
        .where(_feed.feed_submission_id == feed_submission_id, _WAITING)
        .values(
            status=FeedStatus.IN_PROGRESS,
            started_at=sql.coalesce(_feed.started_at, literal(now, Moment)),
            **values,
        )
        .returning(_feed.feed_submission_id)
    )
    started.scalar_one()


def _is(lane: InLane) -> ColumnElement[bool]:
    return and_(_lane.seller_id == lane.seller_id, _lane.feed_type == lane.feed_type)


def _in(lane: InLane) -> tuple[ColumnElement[bool], ...]:
    return _feed.seller_id == lane.seller_id, _feed.feed_type == lane.feed_type
