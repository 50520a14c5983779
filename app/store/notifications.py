"""The queue of notifications, of every channel: claimed, sent, tried again, given up.

A row is in hand while its owner is on the roster of workers; the epoch keeps whoever
lost it from changing it. A row is never removed by sending: it is the log as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    delete,
    or_,
    select,
    update,
)
from sqlalchemy import text as sql_text
from sqlalchemy.dialects import postgresql, sqlite

from app.model.notification import Channel, NewNotification
from app.store.backends import Database
from app.store.roster import Roster
from app.store.tables import notification, worker

_row = notification.c

# Written out: it must be the condition of the partial index.
_WAITING = sql_text("sent_at IS NULL AND given_up_at IS NULL")

_FIRST_PAUSE = timedelta(seconds=2)
_LONGEST_PAUSE = timedelta(hours=1)
_LONGEST_ERROR = 500


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A notification in hand; `attempts` counts this one."""

    notification_id: int
    unique_id: str
    seller_id: str
    notification_type: str
    channel: str
    address: str
    payload: str
    created_at: datetime
    attempts: int
    epoch: int


def add(
    connection: Connection, messages: Iterable[NewNotification], now: datetime
) -> None:
    """Queue notifications, to be sent once this transaction is committed."""
    rows = [
        {
            "unique_id": message.unique_id,
            "seller_id": message.seller_id,
            "notification_type": message.notification_type,
            "channel": message.destination.channel,
            "address": message.destination.address,
            "payload": message.payload,
            "created_at": now,
        }
        for message in messages
    ]
    if rows:
        # A feed that the operator began anew ends twice, under one id.
        dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
        connection.execute(
            dialect.insert(notification).on_conflict_do_nothing(
                index_elements=["unique_id"]
            ),
            rows,
        )


def pause_after(attempts: int) -> timedelta:
    """Return the pause after so many failed attempts: doubled with each, up to 1 h."""
    doubled: timedelta = _FIRST_PAUSE * 2 ** min(attempts - 1, 20)
    return min(doubled, _LONGEST_PAUSE)


class NotificationQueue:
    """The notifications as the workers of one process see them."""

    def __init__(
        self,
        database: Database,
        roster: Roster,
        channels: Collection[Channel] = tuple(Channel),
    ) -> None:
        """Claim what goes through `channels`, in the name that `roster` knows us by.

        Each thread that claims has channels of its own.
        """
        self._database = database
        self._roster = roster
        self._channels = tuple(channels)

    def claim(self, now: datetime) -> Outgoing | None:
        """Take the oldest that waits, or whose worker is gone.

        One that is this process's own already was claimed in a commit whose answer got
        lost: a thread has one in hand at most. Returns None if there is none, or this
        process is not on the roster.
        """
        owner = self._roster.worker_id
        if owner is None:
            return None
        # Look before SQLite is locked for writing: idle workers disturb nobody.
        with self._database.read() as connection:
            if connection.execute(self._claimable(owner, now)).first() is None:
                return None
        with self._database.write() as connection:
            query = self._claimable(owner, now).with_for_update(skip_locked=True)
            notification_id = connection.execute(query).scalar()
            if notification_id is None:
                return None
            taken = connection.execute(
                update(notification)
                .where(_row.notification_id == notification_id)
                .values(
                    owner=owner,
                    epoch=_row.epoch + 1,
                    attempts=_row.attempts + 1,
                    run_after=None,
                )
                .returning(*(_row[name] for name in Outgoing.__dataclass_fields__))
            )
            return Outgoing(**taken.one()._asdict())

    def sent(self, outgoing: Outgoing, now: datetime) -> bool:
        """Note that it was sent; False if another worker has taken it over."""
        with self._database.write() as connection:
            return _let_go(connection, outgoing, sent_at=now, last_error=None)

    def failed(self, outgoing: Outgoing, reason: str, now: datetime) -> None:
        """Leave it for the next attempt, after a pause.

        So are the seller's others for that destination: what is out of reach for one is
        out of reach for all, and must not hold up those for other destinations.
        """
        run_after = now + pause_after(outgoing.attempts)
        with self._database.write() as connection:
            if _let_go(
                connection, outgoing, run_after=run_after, last_error=_cut(reason)
            ):
                _put_off(connection, outgoing, run_after)

    def give_up(
        self, outgoing: Outgoing, reason: str, now: datetime, *, before: datetime
    ) -> None:
        """End the attempts at one for good, the destination being out of reach.

        So end those at the seller's others for it from before a time; each would cost
        an attempt otherwise. The rest of them wait for a pause.
        """
        ended = {"given_up_at": now, "last_error": _cut(reason)}
        with self._database.write() as connection:
            if _let_go(connection, outgoing, **ended):
                connection.execute(
                    update(notification)
                    .where(*_waiting_with(outgoing), _row.created_at <= before)
                    .values(**ended)
                )
                _put_off(connection, outgoing, now + pause_after(outgoing.attempts))

    def _claimable(self, owner: str, now: datetime) -> Select[Any]:
        alive = select(worker.c.worker_id)
        return (
            select(_row.notification_id)
            .where(
                _WAITING,
                _row.channel.in_(self._channels),
                or_(
                    and_(
                        _row.owner.is_(None),
                        or_(_row.run_after.is_(None), _row.run_after <= now),
                    ),
                    and_(_row.owner.is_not(None), _row.owner.not_in(alive)),
                    _row.owner == owner,
                ),
            )
            .order_by(_row.notification_id)
            .limit(1)
        )


def sweep_notifications(database: Database, before: datetime) -> int:
    """Remove those that ended before a time; return how many."""
    with database.write() as connection:
        swept = connection.execute(
            delete(notification).where(
                or_(_row.sent_at < before, _row.given_up_at < before)
            )
        )
        return swept.rowcount


def _let_go(connection: Connection, outgoing: Outgoing, **values: Any) -> bool:
    """Change one that is still in hand, and let it go; whether it was."""
    changed = connection.execute(
        update(notification)
        .where(
            _row.notification_id == outgoing.notification_id,
            _row.seller_id == outgoing.seller_id,
            _row.epoch == outgoing.epoch,
        )
        .values(owner=None, **values)
    )
    return changed.rowcount == 1


def _put_off(connection: Connection, outgoing: Outgoing, run_after: datetime) -> None:
    """Let all for the destination of one that failed wait at least so long."""
    connection.execute(
        update(notification)
        .where(
            *_waiting_with(outgoing),
            or_(_row.run_after.is_(None), _row.run_after < run_after),
        )
        .values(run_after=run_after)
    )


def _waiting_with(outgoing: Outgoing) -> tuple[ColumnElement[bool], ...]:
    """Match what nobody has in hand of the same seller for the same destination."""
    return (
        _row.sent_at.is_(None),
        _row.given_up_at.is_(None),
        _row.owner.is_(None),
        _row.seller_id == outgoing.seller_id,
        _row.channel == outgoing.channel,
        _row.address == outgoing.address,
    )


def _cut(reason: str) -> str:
    return reason[:_LONGEST_ERROR]
