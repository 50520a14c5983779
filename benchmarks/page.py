"""The measured part of docs/performance.md: a table, plots and a profile.

What stands between the markers is written anew; the rest of the page is by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Aim, Figure
from benchmarks.results import Results

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
_PLOTS = "plots"


def write_page(results: Results, page: Path = PAGE) -> None:
    """Write table, plots and profile into the page, and the plots beside it."""
    from benchmarks.plots import draw

    drawn = draw(results.figures, page.parent / _PLOTS)
    images = "\n\n".join(f"![{shown}]({_PLOTS}/{name})" for name, shown in drawn)
    text = page.read_text(encoding="utf-8")
    for marker, content in (
        ("figures", "\n".join(_table(results))),
        ("plots", images),
        ("profile", "\n".join(_profile(results))),
    ):
        text = replaced(text, marker, content)
    page.write_text(text, encoding="utf-8")


def replaced(text: str, marker: str, content: str) -> str:
    """Put content between two markers; raises ValueError if they are not there."""
    begin, end = f"<!-- {marker} -->", f"<!-- /{marker} -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"the page has no {begin} ... {end}")
    return pattern.sub(lambda found: f"{begin}\n\n{content}\n\n{end}", text)


def _table(results: Results) -> Iterator[str]:
    yield "| Figure | Measured | Against, in the same run | Ratio | Aim | Reached |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for figure in results.figures.values():
        cells = (
            f"{figure.what} (`{figure.name}`)",
            f"{number(figure.value)} {figure.unit}",
            _against(figure),
            _ratio(figure),
            ", ".join(_aim(figure, aim) for aim in figure.aims) or "-",
            _reached(figure),
        )
        yield f"| {' | '.join(cells)} |"
    yield ""
    yield _machine(results)


def number(value: float) -> str:
    """Write a number with three digits that count."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _against(figure: Figure) -> str:
    if figure.floor is None:
        return "-"
    return f"{figure.against}: {number(figure.floor)} {figure.unit}"


def _ratio(figure: Figure) -> str:
    if figure.ratio is None or figure.low is None or figure.high is None:
        return "-"
    return f"{figure.ratio:.2f} ({figure.low:.2f} to {figure.high:.2f})"


def _aim(figure: Figure, aim: Aim) -> str:
    sign = "≤" if aim.at_most else "≥"
    unit = f" {figure.unit}" if aim.of == "value" else ""
    return f"{sign} {aim.bound:,g}{unit}"


def _reached(figure: Figure) -> str:
    if not figure.aims:
        return "-"
    if figure.reached:
        return "yes"
    missed = []
    for aim in figure.missed:
        share = figure.measured(aim) / aim.bound - 1
        missed.append(f"{share:+.0%}" if abs(share) < 1 else f"x {share + 1:.1f}")
    return f"no ({', '.join(missed)})"


def _machine(results: Results) -> str:
    machine = results.machine
    if not machine:
        return "Nothing was measured yet."
    levels = sorted({figure.level for figure in results.figures.values()})
    return (
        f"Level {', '.join(levels)}; {machine['cores']} cores ({machine['processor']}),"
        f" {machine['memory_gb']} GB; fsync {machine['fsync_ms']} ms; load before the"
        f" run {machine['load']}; Python {machine['python']}, libxml2"
        f" {machine['libxml2']}, SQLite {machine['sqlite']}, PostgreSQL"
        f" {machine['postgresql']}, xmllint {machine['xmllint']}. Ratios are medians of"
        " runs in turn, with the lowest and the highest."
    )


def _profile(results: Results) -> Iterator[str]:
    yield "| Part | Share | µs a message |"
    yield "| --- | --- | --- |"
    for row in results.profile:
        yield f"| {row['part']} | {row['share']:.0%} | {row['micros']:.1f} |"
