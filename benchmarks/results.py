"""benchmarks/results.json: kept figures, merged run by run, and the guard on them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure

RESULTS = Path(__file__).parent / "results.json"
TOLERANCE = 0.3


@dataclass(slots=True)
class Results:
    """All figures by name, the machine they are from, and a profile as rows."""

    figures: dict[str, Figure] = field(default_factory=dict)
    machine: dict[str, Any] = field(default_factory=dict)
    profile: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path = RESULTS) -> Results:
        """Read what is kept; nothing if there is no file."""
        if not path.exists():
            return cls()
        kept = json.loads(path.read_text(encoding="utf-8"))
        figures = [Figure.from_json(each) for each in kept["figures"]]
        return cls(
            {figure.name: figure for figure in figures},
            kept["machine"],
            kept["profile"],
        )

    def write(self, path: Path = RESULTS) -> None:
        """Replace the file whole, so that a run that is broken off leaves the old."""
        kept = {
            "machine": self.machine,
            "figures": [each.to_json() for each in self.figures.values()],
            "profile": self.profile,
        }
        new = path.with_suffix(".new")
        new.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")
        new.replace(path)

    def merge(self, figures: Iterable[Figure]) -> None:
        """Take figures in, in place of those of the same names."""
        self.figures.update((figure.name, figure) for figure in figures)


def moved(kept: Results, measured: Iterable[Figure]) -> Iterator[str]:
    """Say which guarded ratios are not within 30 % of those that are kept.

    Absolute figures go with the machine and its load; a ratio moves with the code.
    """
    for figure in measured:
        before = kept.figures.get(figure.name)
        if not figure.guarded or before is None:
            continue
        if figure.ratio is None or before.ratio is None:
            continue
        change = figure.ratio / before.ratio - 1
        if abs(change) > TOLERANCE:
            yield (
                f"{figure.name}: ratio {figure.ratio:.2f}, kept is {before.ratio:.2f}"
                f" ({change:+.0%}, allowed are {TOLERANCE:.0%})"
            )
