"""Where the time of a feed goes: a cProfile run of the engine, reduced to a table.

    python -m benchmarks.profile [--messages 30000] [--raw]

One feed of cancellations is worked off in this process, on SQLite. cProfile makes
Python functions dearer than they are, and C functions hardly: shares are a guide to
where to look, not a measurement. --raw lists the dearest functions too.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.engine import work_off
from benchmarks.feeds import SELLER_ID, write_feed
from benchmarks.stock import stocked
from tests.running import Installation

# The first that a function's place or name holds, decides.
_PARTS = {
    "statements of the database driver": (
        "execute",
        "commit",
        "fetch",
        "sqlite3.",
        "fsync",
    ),
    "parsing and validating (lxml)": ("lxml", "fromstring", "etree"),
    "cutting and reading messages": ("app/engine/", "app/feedtypes/values"),
    "judging (feed types, orders, effects)": ("app/feedtypes/", "app/model/"),
    "rows to objects and back (store)": ("app/store/",),
    "JSON": ("/json/", "_json"),
    "SQLAlchemy": ("sqlalchemy",),
}
_OTHER = "the rest of Python"


def measure(messages: int) -> list[dict[str, Any]]:
    """Profile a feed of so many cancellations; return its parts, the dearest first."""
    return reduced(_profiled(messages), messages)


def reduced(stats: Mapping[Any, Any], messages: int) -> list[dict[str, Any]]:
    """Add the own times of functions up, part by part."""
    sums: dict[str, float] = defaultdict(float)
    for (path, _, name), (_, _, own, _, callers) in stats.items():
        part = _part(f"{path} {name}")
        if part == _OTHER and callers:
            # What is built in counts as work of those who call it.
            for (caller, _, calling), (_, _, spent, _) in callers.items():
                sums[_part(f"{caller} {calling}")] += spent
        else:
            sums[part] += own
    whole = sum(sums.values())
    return [
        {"part": part, "share": own / whole, "micros": own / messages * 1e6}
        for part, own in sorted(sums.items(), key=lambda each: -each[1])
    ]


def _part(place: str) -> str:
    return next(
        (
            part
            for part, signs in _PARTS.items()
            if any(sign in place for sign in signs)
        ),
        _OTHER,
    )


def _profiled(messages: int) -> Mapping[Any, Any]:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        feed = home / "feed.xml"
        write_feed(feed, "cancel", messages, messages)
        with stocked(Installation(home, "")) as stock:
            stock.seller(SELLER_ID)
            stock.import_orders(SELLER_ID, messages)
            profiler = cProfile.Profile()
            work_off(stock.database, home, feed, "cancel", profiler.runcall)
    stats: Mapping[Any, Any] = vars(pstats.Stats(profiler))["stats"]
    return stats


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=30_000)
    parser.add_argument("--raw", action="store_true", help="list functions too")
    options = parser.parse_args()
    stats = _profiled(options.messages)
    for row in reduced(stats, options.messages):
        print(f"{row['share']:5.0%} {row['micros']:6.1f} µs  {row['part']}")
    if options.raw:
        dearest = sorted(stats.items(), key=lambda each: -each[1][2])[:40]
        for (path, line, name), (_, calls, own, _, _) in dearest:
            place = "/".join(Path(path).parts[-3:])
            print(f"{own:7.3f} s {calls:8} calls  {place}:{line} {name}")


if __name__ == "__main__":
    main()
