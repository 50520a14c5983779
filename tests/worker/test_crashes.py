"""Worker processes that die, hang or wake too late: each effect happens once.

The tally has no unique key, so that nothing but the queue keeps an effect from being
doubled. The workers do not poll: what they find, they were told of.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from sqlalchemy import make_url, select, text

from app.model.feed import Verdict
from app.store.backends import Database
from app.store.tables import feed_lane, worker
from tests.queued import ADJUSTMENT
from tests.waiting import eventually
from tests.worker.tally import tally, work

Spawn = Callable[..., BaseProcess]

# Forked off a server that has imported everything, a worker is there at once.
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.worker.tally"])


@pytest.fixture
def spawn(database_url: str) -> Iterator[Spawn]:
    """Start a worker process; all of them are killed after the test."""
    processes: list[BaseProcess] = []

    def start(batch: int = 5, pause: float = 0.0) -> BaseProcess:
        process = _forks.Process(target=work, args=(database_url, batch, pause))
        process.start()
        processes.append(process)
        return process

    yield start
    for process in processes:
        kill(process)


def kill(process: BaseProcess) -> None:
    """Kill a process as the kernel does when memory runs out."""
    process.kill()
    process.join()


def effects(database: Database) -> int:
    with database.read() as connection:
        return len(connection.execute(select(tally.c.number)).all())


def last_process(database: Database) -> int | None:
    """Return which process wrote the newest effect."""
    query = select(tally.c.process).order_by(tally.c.number.desc()).limit(1)
    with database.read() as connection:
        return connection.scalar(query)


def owners(database: Database) -> list[str | None]:
    with database.read() as connection:
        return list(connection.scalars(select(feed_lane.c.owner)))


def test_workers_killed_again_and_again_lose_and_double_nothing(
    database: Database,
    spawn: Spawn,
    add_feed: Callable[..., int],
    all_end: Callable[[], None],
    places: Callable[[int], list[int]],
) -> None:
    """Whoever wrote the newest batch is killed, in the middle of a feed each time."""
    feeds = [add_feed(Verdict(messages=100)) for _ in range(3)]
    other = add_feed(Verdict(messages=100), feed_type=ADJUSTMENT)
    alive = {process.pid: process for process in (spawn(pause=0.01), spawn(pause=0.01))}
    kills = 0
    while kills < 10:
        before = effects(database)
        eventually(lambda before=before: effects(database) >= before + 10)  # type: ignore[misc] # bound early
        victim = alive.pop(last_process(database) or 0, None)
        if victim is None:
            continue
        kill(victim)
        kills += 1
        replacement = spawn(pause=0.01)
        alive[replacement.pid] = replacement
    killed_at = effects(database)
    all_end()

    assert killed_at < 400
    for feed in (*feeds, other):
        assert places(feed) == [*range(1, 101)]


def test_the_feed_of_a_killed_worker_is_taken_over_by_its_peer(
    database: Database,
    spawn: Spawn,
    add_feed: Callable[..., int],
    all_end: Callable[[], None],
    places: Callable[[int], list[int]],
) -> None:
    """The peer was idle, and nothing but the missing presence tells it."""
    busy = spawn(batch=1, pause=0.05)
    feed = add_feed(Verdict(messages=200))
    eventually(lambda: effects(database) >= 3)
    spawn(batch=10)
    eventually(lambda: workers(database) == 2)

    kill(busy)
    all_end()

    assert places(feed) == [*range(1, 201)]
    assert last_process(database) != busy.pid
    eventually(lambda: workers(database) == 1)


def workers(database: Database) -> int:
    with database.read() as connection:
        return len(connection.execute(select(worker.c.worker_id)).all())


def test_a_worker_that_slept_through_its_takeover_is_refused(
    database: Database,
    database_url: str,
    spawn: Spawn,
    add_feed: Callable[..., int],
    all_end: Callable[[], None],
    places: Callable[[int], list[int]],
) -> None:
    """It wakes with a feed in hand that a peer has ended meanwhile."""
    sleeper = spawn(batch=1, pause=1)
    feed = add_feed(Verdict(messages=20))
    eventually(lambda: effects(database) == 1)
    # Just behind a commit, so that no lock on the lane is held while it sleeps.
    assert sleeper.pid is not None
    os.kill(sleeper.pid, signal.SIGSTOP)
    [owner] = owners(database)
    assert owner is not None
    spawn()
    lose_presence(database, database_url, owner)
    all_end()
    ended = places(feed)
    os.kill(sleeper.pid, signal.SIGCONT)
    eventually(lambda: workers(database) == 2)
    sleeper.terminate()
    sleeper.join()

    assert sleeper.exitcode == 0
    assert ended == [*range(1, 21)]
    assert places(feed) == ended


def lose_presence(database: Database, url: str, worker_id: str) -> None:
    """Free the lock of a process that lives, as the loss of its connection would."""
    path = make_url(url).database
    if database.dialect_name == "sqlite":
        (Path(path or "").parent / "workers" / f"{worker_id}.lock").unlink()
        return
    key = select(worker.c.lock_key).where(worker.c.worker_id == worker_id)
    session = text(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks"
        " WHERE locktype = 'advisory'"
        " AND (classid::bigint << 32 | objid::bigint) = :key"
    )
    with database.write() as connection:
        lock_key = connection.execute(key).scalar_one()
        assert connection.execute(session, {"key": lock_key}).scalar_one()


def test_processes_on_one_database_share_its_lanes(
    database: Database,
    spawn: Spawn,
    add_feed: Callable[..., int],
    all_end: Callable[[], None],
    places: Callable[[int], list[int]],
) -> None:
    """`feedgate work` beside `feedgate serve`, told of feeds that others accept."""
    for _ in range(2):
        spawn(pause=0.01)
    eventually(lambda: workers(database) == 2)

    feeds = [
        add_feed(Verdict(messages=20), seller_id=f"A{number}SELLER")
        for number in range(8)
    ]
    all_end()

    for feed in feeds:
        assert places(feed) == [*range(1, 21)]
    with database.read() as connection:
        processes = set(connection.scalars(select(tally.c.process)))
    assert len(processes) == 2


def test_a_worker_that_is_told_to_end_finishes_its_batch_and_signs_off(
    database: Database,
    spawn: Spawn,
    add_feed: Callable[..., int],
    places: Callable[[int], list[int]],
) -> None:
    """The next one need not take anything over, nor wait for a pause."""
    process = spawn(batch=5, pause=0.05)
    feed = add_feed(Verdict(messages=1_000))
    eventually(lambda: effects(database) >= 5)

    process.terminate()
    process.join()

    done = len(places(feed))
    assert process.exitcode == 0
    assert places(feed) == [*range(1, done + 1)]
    assert done % 5 == 0
    assert owners(database) == [None]
    assert workers(database) == 0
