"""The plots of docs/performance.md, as small PNG files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from benchmarks.figures import Figure

mpl.use("Agg")

_REACHED, _MISSED = "#2f7d4f", "#b5482f"
_DPI = 80


def draw(figures: Mapping[str, Figure], folder: Path) -> list[tuple[str, str]]:
    """Write the plots that the figures are enough for.

    Returns each one's file name and what it shows.
    """
    folder.mkdir(exist_ok=True)
    drawn = []
    ratios = [each for each in figures.values() if each.ratio and each.aims]
    if ratios:
        _ratios(ratios, folder / "ratios.png")
        drawn.append(("ratios.png", "each ratio as a share of its aim"))
    growth = figures.get("growth/feed")
    if growth is not None:
        canvas, axes = _canvas(3)
        _curve(axes, growth, "growth/feed")
        axes.set_xlabel("messages in the feed")
        axes.set_ylabel("µs a message")
        axes.set_ylim(bottom=0)
        canvas.savefig(folder / "cost.png", dpi=_DPI)
        drawn.append(("cost.png", "cost per message over the size of the feed"))
    memory = [figures[name] for name in _MEMORY if name in figures]
    if memory:
        canvas, axes = _canvas(3)
        for figure in memory:
            _curve(axes, figure, _MEMORY[figure.name], scale=1e6)
        axes.set_xlabel("MB of feed")
        axes.set_ylabel("MB above idle")
        axes.set_ylim(bottom=0)
        axes.legend(frameon=False)
        canvas.savefig(folder / "memory.png", dpi=_DPI)
        drawn.append(("memory.png", "peak memory over the size of the feed"))
    return drawn


_MEMORY = {"memory/gate": "the gate alone", "memory/whole": "the whole process"}


def _ratios(figures: list[Figure], path: Path) -> None:
    canvas, axes = _canvas(0.34 * len(figures) + 0.8)
    shares = []
    for figure in figures:
        assert figure.ratio is not None
        (aim, *_) = [aim for aim in figure.aims if aim.of == "ratio"] or figure.aims
        share = figure.measured(aim) / aim.bound
        shares.append(1 / share if aim.at_most else share)
    places = range(len(figures), 0, -1)
    colours = [_REACHED if share >= 1 else _MISSED for share in shares]
    axes.barh(list(places), shares, color=colours, height=0.7)
    axes.axvline(1, color="black", linewidth=1)
    axes.set_yticks(list(places), [figure.name for figure in figures])
    axes.set_xlim(0, max(2.0, min(max(shares) * 1.05, 3.0)))
    axes.set_xlabel("share of the aim (1 is reached)")
    canvas.savefig(path, dpi=_DPI)


def _curve(axes: Axes, figure: Figure, label: str, scale: float = 1) -> None:
    places = [int(place) / scale for place in figure.points]
    axes.plot(places, list(figure.points.values()), marker="o", label=label)
    axes.set_xscale("log")
    axes.set_xticks(places, [f"{place:,.0f}" for place in places])
    axes.minorticks_off()


def _canvas(height: float) -> tuple[Canvas, Axes]:
    canvas = Canvas(figsize=(7, height), layout="constrained")
    axes = canvas.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return canvas, axes
