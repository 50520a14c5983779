"""Fixtures of the worker: the tally of its effects, and workers in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select

from app.store.backends import Database
from app.store.queue import Queue
from app.store.tables import feed_submission
from app.worker import Worker
from tests.waiting import eventually
from tests.worker.tally import metadata, new_queue, now, tally


@pytest.fixture
def database(database: Database) -> Database:
    """The database, with a table for the tally in it."""
    with database.write() as connection:
        metadata.create_all(connection)
    return database


@pytest.fixture
def queue(database: Database) -> Queue:
    """The queue of a worker that is not on the roster yet."""
    return new_queue(database, alone=True)


@pytest.fixture
def start(queue: Queue) -> Iterator[Callable[..., Worker]]:
    """Start a worker in this process, which is stopped after the test."""
    workers: list[Worker] = []

    def start_worker(process: Callable[..., bool], **settings: Any) -> Worker:
        often = {"poll_seconds": 0.02, "presence_seconds": 0.05}
        worker = Worker(queue, process, now, **often | settings)
        workers.append(worker)
        worker.start()
        return worker

    yield start_worker
    for worker in workers:
        worker.stop()


@pytest.fixture
def all_end(database: Database) -> Callable[[], None]:
    """Wait until every feed is done or cancelled."""
    query = select(feed_submission.c.status).where(
        feed_submission.c.status.in_(["_SUBMITTED_", "_IN_PROGRESS_"])
    )

    def none_is_left() -> bool:
        with database.read() as connection:
            return connection.execute(query).first() is None

    return lambda: eventually(none_is_left)


@pytest.fixture
def places(database: Database) -> Callable[[int], list[int]]:
    """Return the places of a feed's messages in the order of their effects."""

    def read(feed_submission_id: int) -> list[int]:
        query = select(tally.c.place).order_by(tally.c.number)
        query = query.where(tally.c.feed_submission_id == feed_submission_id)
        with database.read() as connection:
            return list(connection.scalars(query))

    return read
