"""Storms: workers at work under load, and something that hits them again and again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import select, text

from app.store.tables import worker
from tests.postgres import Cluster
from tests.torture.checks import Found, check
from tests.torture.load import Load
from tests.torture.processes import Workers
from tests.torture.world import World

Blow = Callable[[Workers], object]
"""One thing that happens in a storm."""


@dataclass(frozen=True)
class Bounds:
    """How long a storm lasts: so many kills, blows or seconds, whatever comes first.

    Each pause between blows is drawn from `pause`, in seconds; `victims` workers are
    hit by each. With 2 victims of 4 every 1 to 2 s a worker lives for 2 to 4 s.
    """

    kills: int = 1_000_000
    blows: int = 1_000_000
    seconds: float = 60
    pause: tuple[float, float] = (0.5, 1.0)
    workers: int = 2
    victims: int = 1
    duels: int = 600
    ahead: int = 24
    seed: int = 20261124


@dataclass
class Weather:
    """What a storm did and what was found after it."""

    kills: int = 0
    freezes: int = 0
    blows: int = 0
    lanes_taken_over: int = 0
    refused_commits: int = 0
    tracebacks: int = 0
    seconds: float = 0
    found: Found = field(default_factory=Found)

    def figures(self) -> dict[str, Any]:
        """Return all figures by name."""
        values: dict[str, Any] = {**asdict(self), **asdict(self.found)}
        del values["found"]
        return values


@contextmanager
def working(world: World, bounds: Bounds) -> Iterator[Workers]:
    """Have workers at work; none is left behind."""
    workers = Workers(world, random.Random(bounds.seed))
    try:
        workers.start(bounds.workers)
        workers.wait()
        yield workers
    finally:
        workers.kill_all()


def storm(world: World, bounds: Bounds, blow: Blow) -> Weather:
    """Let a storm rage and pass, and check what it has left.

    Raises AssertionError if anything that must hold does not.
    """
    begun = time.monotonic()
    weather = Weather()
    dice = random.Random(bounds.seed)
    with working(world, bounds) as workers:
        with Load(world, bounds.seed, bounds.duels, bounds.ahead) as load:
            deadline = begun + bounds.seconds
            while (
                workers.kills < bounds.kills
                and weather.blows < bounds.blows
                and time.monotonic() < deadline
            ):
                time.sleep(dice.uniform(*bounds.pause))
                for _ in range(bounds.victims):
                    blow(workers)
                    weather.blows += 1
            load.stop()
            load.all_end()
        workers.end()
        weather.kills, weather.freezes = workers.kills, workers.freezes
    weather.found = check(world, load.ids, bounds.duels)
    weather.seconds = time.monotonic() - begun
    _read_log(world, weather)
    return weather


def _read_log(world: World, weather: Weather) -> None:
    for line in world.log.read_text().splitlines():
        if "lanes taken over" in line:
            weather.lanes_taken_over += int(line.split(" lanes taken")[0].split()[-1])
        weather.refused_commits += "its lane has another owner" in line
        weather.tracebacks += line.startswith("Traceback ")


def kills(workers: Workers) -> None:
    """SIGKILL one worker."""
    workers.kill()


def kills_and_freezes(workers: Workers) -> None:
    """SIGKILL one worker; instead of every tenth, freeze one past its takeover."""
    if workers.kills % 10 == 9 and workers.freezes < workers.kills // 10 + 1:
        workers.freeze(partial(_lose_presence, workers.world))
    workers.kill()


def _lose_presence(world: World) -> None:
    """Take the lock from every worker, and wait until peers have taken lanes over.

    A frozen process keeps its lock: only the loss of its connection or its file takes
    that away. The living lose theirs as well, enter the roster anew, and are refused
    at their next commit like the frozen one.
    """
    rows = select(worker.c.worker_id, worker.c.lock_key)
    free = text(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
        " AND (classid::bigint << 32 | objid::bigint) = :key"
    )
    with world.database.read() as connection:
        for worker_id, lock_key in connection.execute(rows).all():
            if world.database.dialect_name == "sqlite":
                lock = world.home / "workers" / f"{worker_id}.lock"
                lock.unlink(missing_ok=True)
            else:
                connection.execute(free, {"key": lock_key})
    time.sleep(1)


def ends_connections(workers: Workers) -> None:
    """End connections of workers in the middle of whatever they are at."""
    with workers.world.database.write() as connection:
        pids = list(
            connection.scalars(
                text(
                    "SELECT pid FROM pg_stat_activity WHERE datname ="
                    " current_database() AND pid <> pg_backend_pid()"
                )
            )
        )
        for pid in workers.dice.sample(pids, min(3, len(pids))):
            connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})


def restarts(cluster: Cluster) -> Blow:
    """Return the blow that restarts PostgreSQL, in peace and as by a crash in turn."""
    modes = iter(("fast", "immediate") * 1_000)

    def restart(workers: Workers) -> None:
        cluster.restart(next(modes))

    return restart


def jumps(workers: Workers) -> None:
    """Let all clocks jump an hour, either way, or back; kill a worker too."""
    workers.world.clock.jump(workers.dice.choice((-3600.0, 0.0, 3600.0)))
    workers.kill()
