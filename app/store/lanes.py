"""Statements on lanes and on the feeds in them, each to be part of a transaction.

One rule covers every race: a transaction locks the lane row first and reads the feed
in a later statement (queue-design, "Races found while designing"). What is called
`lock_...` or `count_in` here locks; everything else goes after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import Any, Protocol

from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    Select,
    Table,
    Update,
    and_,
    bindparam,
    or_,
    select,
    text,
    update,
)
from sqlalchemy import func as sql
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningUpdate

from app.model.feed import FeedStatus
from app.store.tables import Moment, feed_lane, feed_submission

_lane = feed_lane.c
_feed = feed_submission.c

# Written out: a bound value cannot be matched with the condition of a partial index.
_CLAIMABLE = text("queued > 0 AND owner IS NULL")
_WAITING = text("status = '_SUBMITTED_'")

_NOTHING: Mapping[str, int] = MappingProxyType({})

# Each feed asks these, and to make a statement takes longer than to run it.
_READY = (
    select(feed_lane)
    .where(
        _CLAIMABLE,
        or_(
            _lane.ready_at.is_(None),
            _lane.ready_at <= bindparam("now"),
            _lane.ready_at > bindparam("latest"),
        ),
    )
    .order_by(_lane.served_at)
    .limit(1)
)
_NEXT = _READY.with_for_update(skip_locked=True)
_THIS = (
    _lane.seller_id == bindparam("of_seller"),
    _lane.feed_type == bindparam("of_type"),
)
_OWNED = (
    select(_lane.epoch)
    .where(
        *_THIS,
        _lane.owner == bindparam("by"),
        _lane.epoch == bindparam("in_epoch"),
    )
    .with_for_update()
)
_HEAD = (
    select(_feed.feed_submission_id, _feed.attempts, _feed.given_up)
    .where(
        _feed.seller_id == bindparam("of_seller"),
        _feed.feed_type == bindparam("of_type"),
        _WAITING,
    )
    .order_by(_feed.feed_submission_id)
    .limit(1)
)


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
    return _ready(connection, _READY, now, longest_pause) is not None


def lock_next(
    connection: Connection, now: datetime, longest_pause: timedelta
) -> Any | None:
    """Lock the lane that was served longest ago of those ready and not locked.

    A lane that is to wait for longer than the longest pause is ready: its time comes
    from a clock that was set back since.
    """
    return _ready(connection, _NEXT, now, longest_pause)


def _ready(
    connection: Connection,
    statement: Select[Any],
    now: datetime,
    longest_pause: timedelta,
) -> Any | None:
    values = {"now": now, "latest": now + longest_pause}
    return connection.execute(statement, values).first()


def lock(connection: Connection, lane: InLane) -> None:
    """Lock a lane, whoever owns it."""
    connection.execute(select(_lane.epoch).where(_is(lane)).with_for_update()).one()


def lock_owned(connection: Connection, lane: InLane, owner: str, epoch: int) -> bool:
    """Lock a lane if it still has that owner, in that epoch: the fence."""
    values = _named(lane) | {"by": owner, "in_epoch": epoch}
    return connection.execute(_OWNED, values).first() is not None


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
    statement = _changing_lane((), ("queued",))
    row = {"of_seller": seller_id, "of_type": feed_type, "more_queued": -feeds}
    connection.execute(statement, row)


def change(
    connection: Connection,
    lane: InLane,
    *,
    more: Mapping[str, int] = _NOTHING,
    **values: object,
) -> None:
    """Change columns of a locked lane; `more` is added to what they hold."""
    statement = _changing_lane(tuple(values), tuple(more))
    connection.execute(statement, _named(lane) | _set(values, more))


def let_go(
    connection: Connection,
    lane: InLane,
    *,
    more: Mapping[str, int] = _NOTHING,
    **values: object,
) -> None:
    """Take a locked lane from its owner, and change other columns with it."""
    change(connection, lane, more=more, owner=None, feed_submission_id=None, **values)


@cache
def _changing_lane(names: tuple[str, ...], more: tuple[str, ...]) -> Update:
    return update(feed_lane).where(*_THIS).values(_setting(feed_lane, names, more))


def _setting(
    table: Table, names: tuple[str, ...], more: tuple[str, ...]
) -> dict[str, Any]:
    """Return what an UPDATE sets, with parameters that `_set` gives."""
    setting: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    return setting | {name: table.c[name] + bindparam(f"more_{name}") for name in more}


def _set(values: Mapping[str, object], more: Mapping[str, int]) -> dict[str, object]:
    given = {f"new_{name}": value for name, value in values.items()}
    return given | {f"more_{name}": value for name, value in more.items()}


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
    return connection.execute(_HEAD, _named(lane)).first()


def change_feed(
    connection: Connection,
    feed_submission_id: int,
    *,
    more: Mapping[str, int] = _NOTHING,
    **values: object,
) -> int:
    """Change the feed in progress of a locked lane, and return its attempts.

    `more` is added to what its columns hold. A lane that has an owner points at a feed
    in progress. A feed that its worker has just finished is never changed back: then
    this raises NoResultFound (race 2).
    """
    statement = _changing_feed(tuple(values), tuple(more))
    row = {"number": feed_submission_id} | _set(values, more)
    attempts: int = connection.execute(statement, row).scalar_one()
    return attempts


@cache
def _changing_feed(
    names: tuple[str, ...], more: tuple[str, ...]
) -> ReturningUpdate[int]:
    return (
        update(feed_submission)
        .where(
            _feed.feed_submission_id == bindparam("number"),
            _feed.status == FeedStatus.IN_PROGRESS,
        )
        .values(_setting(feed_submission, names, more))
        .returning(_feed.attempts)
    )


def start_feed(
    connection: Connection,
    feed_submission_id: int,
    now: datetime,
    *,
    attempts: int,
    given_up: bool,
) -> None:
    """Put the head of a locked lane in progress; it keeps the date of its first start.

    Raises NoResultFound if it does not wait any more.
    """
    row = {
        "number": feed_submission_id,
        "now": now,
        **_set({"attempts": attempts, "given_up": given_up}, _NOTHING),
    }
    connection.execute(_STARTING, row).scalar_one()


_STARTING = (
    update(feed_submission)
    .where(_feed.feed_submission_id == bindparam("number"), _WAITING)
    .values(
        status=FeedStatus.IN_PROGRESS,
        started_at=sql.coalesce(_feed.started_at, bindparam("now", type_=Moment)),
        **_setting(feed_submission, ("attempts", "given_up"), ()),
    )
    .returning(_feed.feed_submission_id)
)


def _named(lane: InLane) -> dict[str, object]:
    """Return the parameters of the statements above that say which lane is meant."""
    return {"of_seller": lane.seller_id, "of_type": lane.feed_type}


def _is(lane: InLane) -> ColumnElement[bool]:
    return and_(_lane.seller_id == lane.seller_id, _lane.feed_type == lane.feed_type)


def _in(lane: InLane) -> tuple[ColumnElement[bool], ...]:
    return _feed.seller_id == lane.seller_id, _feed.feed_type == lane.feed_type
