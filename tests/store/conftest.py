"""Fixtures of the store: a worker process's view of the queue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.store.backends import Database, open_presence
from app.store.presence import Presence
from app.store.queue import Queue, Retries
from app.store.roster import Roster
from app.store.tables import worker
from tests.waiting import eventually

RETRIES = Retries(3, timedelta(seconds=1), timedelta(seconds=60))


@pytest.fixture
def presences() -> dict[Queue, Presence]:
    """The presence of each queue made."""
    return {}


@pytest.fixture
def lose_presence(
    database: Database, presences: dict[Queue, Presence]
) -> Callable[[Queue], None]:
    """Take the presence of a worker away, as its death would."""

    def lose(queue: Queue) -> None:
        presence, worker_id = presences[queue], queue.roster.worker_id
        assert worker_id is not None
        query = select(worker.c.lock_key).where(worker.c.worker_id == worker_id)
        with database.read() as connection:
            peer = {worker_id: connection.execute(query).scalar_one()}
        presence.release()
        # The server frees the lock a moment after the session is closed.
        eventually(lambda: _is_gone(database, presence, peer))

    return lose


def _is_gone(database: Database, presence: Presence, peer: dict[str, int]) -> bool:
    with database.read() as connection:
        return presence.gone(connection, peer) == [*peer]


@pytest.fixture
def new_queue(
    database: Database,
    ids: Callable[[], str],
    clock: Callable[[], datetime],
    presences: dict[Queue, Presence],
) -> Iterator[Callable[[], Queue]]:
    """Make the queue of one more worker process, which is on the roster."""

    def make() -> Queue:
        presence = open_presence(database, alone=True)
        roster = Roster(database, presence, ids, clock)
        roster.enter()
        queue = Queue(database, roster, RETRIES)
        presences[queue] = presence
        return queue

    yield make
    for presence in presences.values():
        presence.release()


@pytest.fixture
def queue(new_queue: Callable[[], Queue]) -> Queue:
    """The queue of one worker process."""
    return new_queue()
