"""The roster: which worker processes a database has, and which of them are gone."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from app.store.backends import Database
from app.store.presence import Presence, PresenceLost
from app.store.tables import worker

_log = logging.getLogger(__name__)


class Roster:
    """The worker processes of one database, and this process's place among them."""

    def __init__(
        self,
        database: Database,
        presence: Presence,
        ids: Callable[[], str],
        clock: Callable[[], datetime],
    ) -> None:
        """Start off the roster; `enter` puts the process on it."""
        self._database = database
        self._presence = presence
        self._ids = ids
        self._clock = clock
        self.worker_id: str | None = None

    def enter(self) -> None:
        """Hold presence under a new id; the lock first, for peers probe every row.

        Raises PresenceLost, or an outage, if that cannot be done now.
        """
        self._presence.release()
        worker_id = self._ids()
        lock_key = self._presence.hold(worker_id)
        row = {"worker_id": worker_id, "lock_key": lock_key}
        with self._database.write() as connection:
            connection.execute(insert(worker), row | {"started_at": self._clock()})
        self.worker_id = worker_id
        _log.info("worker %s is on the roster", worker_id)

    def listen(self, seconds: float) -> bool:
        """Wait for news, as Presence says. Without presence, we are off the roster."""
        try:
            return self._presence.listen(seconds)
        except PresenceLost:
            self.drop_out()
            raise

    def gone(self) -> list[str]:
        """Return the workers that are on the roster but not alive.

        Raises PresenceLost if this process itself was struck off.
        """
        with self._database.read() as connection:
            rows = connection.execute(select(worker.c.worker_id, worker.c.lock_key))
            peers = {row.worker_id: row.lock_key for row in rows}
            if peers.pop(self.worker_id or "", None) is None:
                self.drop_out()
                raise PresenceLost("a peer struck this worker off the roster")
            return self._presence.gone(connection, peers)

    def drop_out(self) -> None:
        """Claim nothing more under this id; what is in hand the fence will refuse."""
        self.worker_id = None

    def leave(self) -> None:
        """Go off the roster, with no lane in hand."""
        worker_id, self.worker_id = self.worker_id, None
        try:
            if worker_id is not None:
                with self._database.write() as connection:
                    strike(connection, worker_id)
        finally:
            self._presence.release()


def strike(connection: Connection, worker_id: str) -> None:
    """Take a worker off the roster. Raises IntegrityError if it still owns a lane."""
    connection.execute(delete(worker).where(worker.c.worker_id == worker_id))
