"""Measures the service against what it is built on, and keeps the figures.

    python -m benchmarks [quick|normal|full] [FAMILY ...] [--seconds 60]

Without names every family of figures is measured; a family that a level has no sizes
for is left out. The levels normal and full merge what they measure into
benchmarks/results.json and write docs/performance.md; quick compares its ratios with
the kept ones and ends with exit code 1 if one is not within 30 %.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from benchmarks import (
    done,
    drain,
    fairness,
    gate,
    growth,
    latency,
    machine,
    memory,
    profile,
    reads,
    scale,
    start,
    submit,
)
from benchmarks.bench import Bench, OutOfTime, at_most
from benchmarks.figures import Figure, Missing
from benchmarks.page import number, write_page
from benchmarks.results import Results, moved
from benchmarks.sizes import LEVELS


class Family(NamedTuple):
    """How figures are measured, and the seconds they may take by level."""

    measure: Callable[[Bench], list[Figure]]
    quick: int
    normal: int
    full: int


FAMILIES = {
    "gate": Family(gate.measure, 60, 120, 240),
    "done-sqlite": Family(done.measure_sqlite, 120, 240, 400),
    "done-postgresql": Family(done.measure_postgresql, 0, 400, 800),
    "submit": Family(submit.measure, 60, 120, 240),
    "reads": Family(reads.measure, 60, 120, 240),
    "latency": Family(latency.measure, 30, 60, 120),
    "memory-gate": Family(memory.measure_gate, 30, 60, 300),
    "memory-whole": Family(memory.measure_whole, 0, 180, 1_800),
    "growth-feed": Family(growth.measure_feed, 0, 240, 1_800),
    "growth-database": Family(growth.measure_database, 0, 300, 1_800),
    "drain": Family(drain.measure, 0, 400, 900),
    "fairness": Family(fairness.measure, 0, 120, 120),
    "idle": Family(start.measure, 60, 60, 120),
}


def main() -> int:
    """Run what the command line asks for; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("level", nargs="?", choices=LEVELS, default="normal")
    parser.add_argument(
        "families", nargs="*", metavar="FAMILY", help=", ".join(FAMILIES)
    )
    parser.add_argument("--folder", help="where feeds and databases are kept meanwhile")
    parser.add_argument(
        "--seconds", type=int, default=7_200, help="leave off after so long"
    )
    options = parser.parse_args()
    unknown = set(options.families) - set(FAMILIES)
    if unknown:
        parser.error(f"no family of figures is called {', '.join(sorted(unknown))}")
    names = options.families or list(FAMILIES)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        return _run(options.level, names, options.seconds, Path(folder))


def _run(level: str, names: list[str], seconds: int, folder: Path) -> int:
    kept = Results.read()
    facts = machine.facts(folder)
    measured: list[Figure] = []
    failed = []
    deadline = time.monotonic() + seconds
    with Bench(LEVELS[level], folder) as bench:
        for name in names:
            most = getattr(FAMILIES[name], level)
            if not most:
                continue
            began = time.monotonic()
            most = max(min(most, round(deadline - began)), 1)
            try:
                with at_most(most):
                    figures = FAMILIES[name].measure(bench)
            except (Missing, OutOfTime) as error:
                print(f"{name}: not measured: {error}", flush=True)
                failed.append(name)
                continue
            for figure in figures:
                print(told(figure), flush=True)
            print(f"    ({name}: {time.monotonic() - began:.0f} s)", flush=True)
            measured += figures
            if level != "quick":
                # Family by family: what was measured stays if a later one breaks off.
                kept.machine = facts
                kept.merge(figures)
                kept.write()
    if level != "quick":
        if names == list(FAMILIES):
            with at_most(120):
                kept.profile = profile.measure(LEVELS[level].messages)
            kept.write()
        write_page(kept)
        try:
            scale.write_page(kept)
        except ValueError as error:
            print(f"docs/scale.md is left as it is: {error}")
        return 1 if failed else 0
    for sentence in (complaints := list(moved(kept, measured))):
        print(sentence)
    return 1 if complaints else 0


def told(figure: Figure) -> str:
    """Say a figure in one line."""
    line = f"{figure.name:34} {number(figure.value):>9} {figure.unit}"
    if figure.ratio is not None:
        line += f", ratio {figure.ratio:.2f} ({figure.low:.2f} to {figure.high:.2f})"
    if figure.aims:
        line += ", reached" if figure.reached else ", NOT reached"
    return line


if __name__ == "__main__":
    sys.exit(main())
