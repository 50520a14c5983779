"""The long form of the crash tests: `make torture`, or with options of its own.

Prints the figures of each storm as a line of JSON, and ends with 1 if any has left
something lost, doubled, out of order, or unlike its ledger.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests import postgres
from tests.torture import storm
from tests.torture.documents import hits_documents
from tests.torture.storm import Bounds
from tests.torture.submitting import kill_servers
from tests.torture.world import World, made

Figures = dict[str, Any]


def run(options: argparse.Namespace) -> bool:
    """Run every storm on every database asked for; return whether all held."""
    bounds = Bounds(
        kills=options.kills,
        seconds=options.seconds,
        pause=(options.pause, 2 * options.pause),
        workers=options.workers,
        victims=options.victims,
        duels=options.duels,
        seed=options.seed,
    )
    brief = replace(bounds, kills=1_000_000, seconds=options.seconds / 8, victims=1)
    api = replace(bounds, kills=options.kills // 4, pause=(0.02, 0.4), workers=1)
    held = True
    for database in options.database:
        storms: dict[str, Callable[[World], Figures]] = {
            "workers killed and frozen": lambda world: storm.storm(
                world, bounds, storm.kills_and_freezes
            ).figures(),
            "servers killed": lambda world: kill_servers(world, api).figures(),
            "clock jumps": lambda world: storm.storm(
                world, brief, storm.jumps
            ).figures(),
            "documents out of reach or cut": lambda world: storm.storm(
                world, brief, hits_documents
            ).figures(),
        }
        if database == "postgresql":
            storms["connections ended"] = lambda world: storm.storm(
                world, brief, storm.ends_connections
            ).figures()
        for name, rage in storms.items():
            if not options.only or options.only in name:
                held &= _told(name, database, options.duels, rage)
    if "postgresql" in options.database and options.only in (None, "restart"):
        held &= _restarts(brief, options.duels)
    return held


def _told(
    name: str, database: str, duels: int, rage: Callable[[World], Figures]
) -> bool:
    # Servers are killed, not workers: those may take larger batches.
    given = {"batch_messages": 50} if name.startswith("servers") else {}
    with installed(database, duels, **given) as world:
        return _print(name, database, world, rage)


def _restarts(bounds: Bounds, duels: int) -> bool:
    slow = replace(bounds, pause=(2, 4))
    with (
        tempfile.TemporaryDirectory(prefix="feedgate-torture-") as folder,
        postgres.cluster() as cluster,
        postgres.new_database(cluster.url) as url,
        made(Path(folder), url, duels) as world,
    ):
        return _print(
            "PostgreSQL restarted",
            "postgresql",
            world,
            lambda world: storm.storm(world, slow, storm.restarts(cluster)).figures(),
        )


def _print(
    name: str, database: str, world: World, rage: Callable[[World], Figures]
) -> bool:
    try:
        figures = rage(world)
    except Exception:
        print(json.dumps({"storm": name, "database": database, "held": False}))
        traceback.print_exc()
        # The installation is thrown away, and with it what its processes have told.
        print("".join(_tracebacks(world.log)), file=sys.stderr)
        return False
    about = {"storm": name, "database": database, "held": True}
    print(json.dumps(about | figures), flush=True)
    return True


def _tracebacks(log: Path) -> Iterator[str]:
    """Yield the lines of a log that stand behind an error, without what is routine."""
    told = False
    with log.open(errors="replace") as lines:
        for line in lines:
            if " INFO " in line or " WARNING " in line:
                told = False
            elif " ERROR " in line:
                told = True
            if told:
                yield line


@contextmanager
def installed(database: str, duels: int, **settings: Any) -> Iterator[World]:
    """Yield an installation on a database of that kind, thrown away at the end."""
    with tempfile.TemporaryDirectory(prefix="feedgate-torture-") as folder:
        home = Path(folder)
        if database == "sqlite":
            with made(
                home, f"sqlite:///{home}/feedgate.db", duels, **settings
            ) as world:
                yield world
            return
        with (
            postgres.cluster() as cluster,
            postgres.new_database(cluster.url) as url,
            made(home, url, duels, **settings) as world,
        ):
            yield world


def main() -> int:
    """Read the options, run, and tell how long it took."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.torture", description=__doc__
    )
    add = parser.add_argument
    add("--database", nargs="+", default=["sqlite", "postgresql"],
        choices=["sqlite", "postgresql"])  # fmt: skip
    add("--only", help="storms whose name holds this word")
    add("--kills", type=int, default=520, help="workers killed on each database")
    add("--seconds", type=float, default=560, help="the most that a storm may last")
    add("--pause", type=float, default=1.0,
        help="the least seconds between blows; the most is twice that")  # fmt: skip
    add("--workers", type=int, default=4, help="processes at a time")
    add("--victims", type=int, default=2, help="workers killed by each blow")
    add("--duels", type=int, default=4_000,
        help="orders that one lane cancels and another ships, a seller")  # fmt: skip
    add("--seed", type=int, default=20261124)
    begun = time.monotonic()
    # What is out of reach is so on purpose.
    logging.disable(logging.WARNING)
    held = run(parser.parse_args())
    print(f"{'held' if held else 'BROKEN'} after {time.monotonic() - begun:.0f} s")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
