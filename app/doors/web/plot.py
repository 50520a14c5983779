"""The cancel rate over time as the points of a drawing, for a template to write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.intake.health import CancelRate
from app.model.cancel_rate import TARGET

WIDTH, HEIGHT = 720, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 704, 36, 224
_MOST_MARKS = 31
# The top of the scale, in percent: the first that is not under the highest rate.
_SCALES = (5, 10, 20, 50, 100)


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis, in units of the drawing, and the value that it stands for."""

    at: float
    percent: Decimal | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Plot:
    """A line, a mark a day if they are few, the target, and the ticks of both axes."""

    line: str
    marks: tuple[tuple[float, float], ...]
    target: float
    percents: tuple[Tick, ...]
    days: tuple[Tick, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = _RIGHT
    bottom: int = _BOTTOM


def draw(series: Sequence[CancelRate]) -> Plot:
    """Place the rates of some days, oldest first and one at least."""
    highest = max(rate.percent for rate in series)
    top = next(scale for scale in _SCALES if highest <= scale)
    points = [
        (_across(number, len(series)), _down(rate.percent, top))
        for number, rate in enumerate(series)
    ]
    # Of one day there is no line; a short one stands for it.
    ends = points if len(points) > 1 else [(_LEFT, points[0][1]), *points]
    shown = sorted({0, len(series) // 2, len(series) - 1})
    return Plot(
        " ".join(f"{x},{y}" for x, y in ends),
        tuple(points) if len(points) <= _MOST_MARKS else (),
        _down(TARGET, top),
        tuple(
            Tick(_down(percent, top), percent=percent)
            for percent in (Decimal(top * part) / 5 for part in range(6))
        ),
        tuple(Tick(points[number][0], day=series[number].day) for number in shown),
    )


def _across(number: int, days: int) -> float:
    share = number / (days - 1) if days > 1 else 1.0
    return round(_LEFT + (_RIGHT - _LEFT) * share, 1)


def _down(percent: Decimal, top: int) -> float:
    return round(_BOTTOM - (_BOTTOM - _TOP) * float(percent) / top, 1)
