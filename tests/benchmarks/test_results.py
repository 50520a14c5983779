"""Figures, what is kept of them, the guard, and the page."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import machine
from benchmarks.figures import Aim, Figure, alone, compared, percentile
from benchmarks.page import PAGE, write_page
from benchmarks.results import RESULTS, Results, moved

RATIO = compared(
    "gate/x",
    "validate",
    "messages/s",
    [90, 100, 120],
    [100, 100, 100],
    "normal",
    against="xmllint",
    aims=(Aim(1.1), Aim(95, of="value")),
)
MEMORY = alone(
    "memory/gate",
    "peak memory",
    "MB",
    [20],
    "normal",
    aims=(Aim(32, of="value", at_most=True),),
    points={"30000000": 19, "300000000": 20},
)


def test_a_ratio_is_the_median_of_neighbours() -> None:
    """The clock moves within a run, so that medians of each side would not do."""
    figure = compared("n", "", "", [1, 10, 4], [1, 20, 2], "quick", against="x")

    assert figure.ratio == 1
    assert (figure.low, figure.high) == (0.5, 2)
    assert (figure.value, figure.floor) == (4, 2)


def test_an_aim_is_reached_or_missed_by_its_own_number() -> None:
    """A figure may keep its bound in messages a second and miss that of its ratio."""
    assert RATIO.missed == [Aim(1.1)]
    assert not RATIO.reached
    assert MEMORY.reached


def test_percentiles_are_values_that_were_measured() -> None:
    """The smallest value that so many percent do not exceed."""
    values = list(range(100, 0, -1))

    assert [percentile(values, each) for each in (50, 99, 100)] == [50, 99, 100]
    assert percentile([7], 99.9) == 7


def test_results_are_merged_figure_by_figure(tmp_path: Path) -> None:
    """Each family can be measured alone without losing the others."""
    path = tmp_path / "results.json"
    first = Results({}, {"cores": 2}, [{"part": "x", "share": 1.0, "micros": 2.0}])
    first.merge([RATIO, MEMORY])
    first.write(path)

    kept = Results.read(path)
    kept.merge([replace(MEMORY, value=40)])
    kept.write(path)

    again = Results.read(path)
    assert again.figures["gate/x"] == RATIO
    assert again.figures["memory/gate"].value == 40
    assert [each["reached"] for each in json.loads(path.read_text())["figures"]] == [
        False,
        False,
    ]
    assert again.profile == first.profile


@pytest.mark.parametrize(
    ("ratio", "count"), [(1.0, 0), (1.29, 0), (0.71, 0), (1.31, 1), (0.69, 1)]
)
def test_the_guard_allows_thirty_percent(ratio: float, count: int) -> None:
    """Better is told too: then the kept results are old."""
    kept = Results({"gate/x": RATIO})

    told = list(moved(kept, [replace(RATIO, ratio=ratio)]))

    assert len(told) == count


def test_the_guard_looks_at_ratios_it_knows_only() -> None:
    """Absolute figures go with the machine."""
    kept = Results({"memory/gate": MEMORY})

    assert not list(moved(kept, [replace(MEMORY, value=900), RATIO]))


def test_the_page_keeps_what_is_written_by_hand(tmp_path: Path) -> None:
    """Only what stands between the markers is written anew."""
    page = tmp_path / "performance.md"
    page.write_text(
        "# Mine\n\n<!-- figures -->\nold\n<!-- /figures -->\nkept\n"
        "<!-- plots --><!-- /plots -->\n<!-- profile --><!-- /profile -->\nend\n"
    )
    results = Results({}, {}, [{"part": "lxml", "share": 0.25, "micros": 7.0}])
    results.merge([RATIO, MEMORY])

    write_page(results, page)

    text = page.read_text()
    assert text.startswith("# Mine\n")
    assert "\nkept\n" in text
    assert text.endswith("end\n")
    assert "old" not in text
    assert "| no (-9%) |" in text
    assert "| lxml | 25% | 7.0 |" in text
    for name in ("ratios", "memory"):
        png = (tmp_path / f"plots/{name}.png").read_bytes()
        assert png.startswith(b"\x89PNG")
        assert len(png) < 60_000


def test_a_page_without_markers_is_not_overwritten(tmp_path: Path) -> None:
    """Whoever drops a marker is told."""
    page = tmp_path / "performance.md"
    page.write_text("# Mine\n")

    with pytest.raises(ValueError, match="figures"):
        write_page(Results(), page)


def test_the_real_page_has_its_markers(tmp_path: Path) -> None:
    """`make bench` would fail at its end otherwise."""
    page = tmp_path / "performance.md"
    page.write_text(PAGE.read_text(encoding="utf-8"), encoding="utf-8")

    write_page(Results.read(), page)

    assert page.exists()


def test_machine_facts_name_no_place(tmp_path: Path) -> None:
    """Results are published: neither hosts nor folders belong in them."""
    facts = json.dumps(machine.facts(tmp_path))

    assert str(tmp_path) not in facts
    assert "/" not in facts.replace("N/A", "")
    assert machine.facts(tmp_path)["cores"]


def test_kept_results_can_be_read() -> None:
    """The committed file is of this format."""
    figures = Results.read(RESULTS).figures

    assert all(isinstance(figure, Figure) for figure in figures.values())
