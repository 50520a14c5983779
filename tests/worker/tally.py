"""Work whose effects can be counted: a row for each message, under no unique key."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event
from uuid import uuid4

from sqlalchemy import Column, Identity, Integer, MetaData, Table, insert

from app.model.feed import Counts
from app.store import feeds
from app.store.backends import Database, open_database, open_presence
from app.store.queue import Claim, Queue, Retries
from app.store.roster import Roster
from app.store.tables import BigId
from app.worker import Worker

metadata = MetaData()
tally = Table(
    "tally",
    metadata,
    Column("number", BigId, Identity(), primary_key=True),
    Column("feed_submission_id", BigId, nullable=False),
    Column("place", Integer, nullable=False),
    Column("process", Integer, nullable=False),
)

RETRIES = Retries(3, timedelta(milliseconds=10), timedelta(milliseconds=40))


class Tally:
    """Does a feed by writing down each of its messages, a transaction a batch."""

    def __init__(
        self, database: Database, queue: Queue, batch: int = 5, pause: float = 0
    ) -> None:
        self._database = database
        self._queue = queue
        self._batch = batch
        self._pause = pause

    def process(self, claim: Claim, stopping: Callable[[], bool]) -> bool:
        with self._database.read() as connection:
            work = feeds.load_work(connection, claim.feed_submission_id)
        for first in range(work.progress + 1, work.messages + 1, self._batch):
            places = range(first, min(first + self._batch, work.messages + 1))
            with self._queue.fenced(claim) as connection:
                rows = [
                    {"feed_submission_id": claim.feed_submission_id, "place": place}
                    | {"process": os.getpid()}
                    for place in places
                ]
                connection.execute(insert(tally), rows)
                self._queue.progressed(connection, claim, len(places), Counts())
            if stopping():
                return False
            time.sleep(self._pause)
        with self._queue.fenced(claim) as connection:
            self._queue.finish(connection, claim, datetime.now(UTC), "report", "md5")
        return True


def now() -> datetime:
    """Workers in tests run in real time: they wait for each other."""
    return datetime.now(UTC)


def new_queue(database: Database, *, alone: bool = False) -> Queue:
    """Return the queue of one more worker process."""
    presence = open_presence(database, alone=alone)
    roster = Roster(database, presence, lambda: str(uuid4()), now)
    return Queue(database, roster, RETRIES)


def work(url: str, batch: int, pause: float) -> None:
    """Be a worker process, until SIGTERM."""
    logging.basicConfig(level=logging.INFO)
    ended = Event()
    signal.signal(signal.SIGTERM, lambda number, frame: ended.set())
    database = open_database(url)
    queue = new_queue(database)
    process = Tally(database, queue, batch, pause).process
    # Nothing here may depend on polling the queue.
    worker = Worker(queue, process, now, poll_seconds=600, presence_seconds=0.1)
    worker.start()
    ended.wait()
    worker.stop()
    database.close()
