"""How far the stream of effects was told of, and which worker reads it.

Nothing is read while nobody wants to be told; whoever is the first begins at the end of
the stream. The cursor moves in the transaction that queues what was read behind it, so
each effect is told of exactly once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.model.event import ORDER_EVENTS
from app.model.notification import NewNotification
from app.model.sp_notification import SpNotificationType
from app.store import bulk, notifications, sp_subscriptions, webhooks
from app.store.backends import Database
from app.store.effect_stream import Cursor, newest, place_all
from app.store.roster import Roster
from app.store.tables import event_reader, worker

_reader = event_reader.c
_ours = _reader.name == "orders"


@contextmanager
def changing(database: Database) -> Iterator[Connection]:
    """One transaction that changes who is told; reading begins or ends with it."""
    place_all(database)
    with database.write() as connection:
        row = _locked(connection)
        yield connection
        wanted = _is_wanted(connection)
        if wanted == row.is_reading:
            return
        values: dict[str, Any] = {"is_reading": wanted}
        if wanted:
            values |= newest(connection)._asdict()
        connection.execute(update(event_reader).where(_ours).values(values))


class EventReader:
    """The stream of effects as one worker process reads it."""

    def __init__(self, database: Database, roster: Roster) -> None:
        """Read in the name of whoever `roster` says this process is."""
        self._database = database
        self._roster = roster

    def claim(self) -> Cursor | None:
        """Return where to read on; None if nobody listens, or another worker reads."""
        owner = self._roster.worker_id
        if owner is None:
            return None
        with self._database.read() as connection:
            row = connection.execute(select(event_reader).where(_ours)).first()
            if row is None or not row.is_reading:
                return None
            if row.owner == owner:
                return Cursor(row.link, row.place, row.position)
            peer = select(worker.c.worker_id).where(worker.c.worker_id == row.owner)
            if connection.execute(peer).first() is not None:
                return None
        alive = select(worker.c.worker_id)
        with self._database.write() as connection:
            taken = connection.execute(
                update(event_reader)
                .where(
                    _ours,
                    _reader.is_reading.is_(True),
                    or_(_reader.owner.is_(None), _reader.owner.not_in(alive)),
                )
                .values(owner=owner)
                .returning(_reader.link, _reader.place, _reader.position)
            ).first()
        return None if taken is None else Cursor(*taken)

    def move(
        self,
        before: Cursor,
        after: Cursor,
        messages: Iterable[NewNotification],
        now: datetime,
    ) -> bool:
        """Queue what was read between two cursors; False if it is not ours (any more).

        Then nothing is queued: another worker reads, or nobody listens.
        """
        with self._database.write() as connection:
            moved = connection.execute(
                update(event_reader)
                .where(
                    _ours,
                    _reader.is_reading.is_(True),
                    _reader.owner == self._roster.worker_id,
                    _reader.link == before.link,
                    _reader.place == before.place,
                    _reader.position == before.position,
                )
                .values(after._asdict())
            )
            if moved.rowcount != 1:
                return False
            notifications.add(connection, messages, now)
        return True


def _locked(connection: Connection) -> Any:
    """Lock the reader; whoever changes listeners looks for them afterwards."""
    dialect = sqlite if bulk.is_sqlite(connection) else postgresql
    first = {"name": "orders", "is_reading": False, **Cursor()._asdict()}
    connection.execute(
        dialect.insert(event_reader).values(first).on_conflict_do_nothing()
    )
    return connection.execute(select(event_reader).where(_ours).with_for_update()).one()


def _is_wanted(connection: Connection) -> bool:
    if sp_subscriptions.listening(connection, SpNotificationType.ORDER_CHANGE):
        return True
    return any(
        endpoint.disabled_at is None and {*endpoint.events} & {*ORDER_EVENTS}
        for endpoint in webhooks.endpoints(connection)
    )
