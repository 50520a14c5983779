"""What was measured: a figure, what it stands against, and what was to be reached."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal


class Missing(Exception):
    """A program or package that a figure needs is not there; the text says which."""


@dataclass(frozen=True, slots=True)
class Aim:
    """A bound for the value of a figure, in its unit, or for its ratio."""

    bound: float
    of: Literal["value", "ratio"] = "ratio"
    at_most: bool = False

    def is_reached_by(self, number: float) -> bool:
        """Whether a number keeps to the bound."""
        return number <= self.bound if self.at_most else number >= self.bound


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure.

    `name` begins with its family: "gate/acknowledgement". `value` is the median of
    `runs` runs in `unit`, `floor` that of what it stands `against` in the same unit,
    `ratio` the median of the runs' own ratios, between `low` and `high`. `points` are
    the values of a curve by its places. A `guarded` ratio must not move unnoticed.
    """

    name: str
    what: str
    unit: str
    value: float
    runs: int
    level: str
    against: str = ""
    floor: float | None = None
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    aims: tuple[Aim, ...] = ()
    guarded: bool = False
    points: Mapping[str, float] = field(default_factory=dict)

    @property
    def reached(self) -> bool:
        """Whether every aim is reached; a figure without aims has nothing to miss."""
        return not self.missed

    @property
    def missed(self) -> list[Aim]:
        """The aims that are not reached."""
        return [aim for aim in self.aims if not aim.is_reached_by(self.measured(aim))]

    def measured(self, aim: Aim) -> float:
        """Return the number that an aim speaks of."""
        if aim.of == "value":
            return self.value
        assert self.ratio is not None, f"{self.name} has no ratio"
        return self.ratio

    def to_json(self) -> dict[str, Any]:
        """Return what results.json keeps."""
        return asdict(self) | {"reached": self.reached}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Figure:
        """Read back what `to_json` gave."""
        values = {name: kept[name] for name in kept if name != "reached"}
        aims = tuple(Aim(**aim) for aim in values["aims"])
        return cls(**values | {"aims": aims})


def alone(
    name: str,
    what: str,
    unit: str,
    values: Sequence[float],
    level: str,
    *,
    aims: tuple[Aim, ...] = (),
    points: Mapping[str, float] | None = None,
) -> Figure:
    """Make the figure of values that stand against nothing."""
    return Figure(
        name,
        what,
        unit,
        statistics.median(values),
        len(values),
        level,
        low=min(values),
        high=max(values),
        aims=aims,
        points=points or {},
    )


def compared(
    name: str,
    what: str,
    unit: str,
    values: Sequence[float],
    floors: Sequence[float],
    level: str,
    *,
    against: str,
    aims: tuple[Aim, ...] = (),
    guarded: bool = True,
) -> Figure:
    """Make the figure of values and of what ran in turn with them.

    The clock of a machine moves within a run, so each value is divided by its own
    neighbour before the median is taken.
    """
    ratios = [value / floor for value, floor in zip(values, floors, strict=True)]
    return Figure(
        name,
        what,
        unit,
        statistics.median(values),
        len(values),
        level,
        against=against,
        floor=statistics.median(floors),
        ratio=statistics.median(ratios),
        low=min(ratios),
        high=max(ratios),
        aims=aims,
        guarded=guarded,
    )


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value that so many percent of the values do not exceed."""
    ordered = sorted(values)
    place = -(-len(ordered) * percent // 100)
    return ordered[max(int(place) - 1, 0)]
