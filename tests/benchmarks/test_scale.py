"""docs/scale.md follows from the figures that are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.figures import Figure, alone, compared
from benchmarks.results import Results
from benchmarks.scale import PAGE, Load, Measured, arithmetic, nodes, write_page
from benchmarks.simulate import Costs


def _alone(name: str, value: float) -> Figure:
    return alone(name, "", "", [value], "normal")


def _results() -> Results:
    results = Results({}, {"fsync_ms": 0.5})
    results.merge(
        compared(name, "", "", [value], [floor], "normal", against="x")
        for name, value, floor in (
            ("submit/bare", 500, 1_000),
            ("gate/acknowledgement", 200_000, 200_000),
            ("done-postgresql/acknowledgement", 20_000, 25_000),
            ("done-sqlite/acknowledgement", 30_000, 40_000),
            ("drain/two-workers", 16_000, 10_000),
        )
    )
    results.merge(
        (
            _alone("drain/small", 100),
            _alone("done-postgresql/acknowledgement-rows", 40_000),
            _alone("done-postgresql/acknowledgement-log", 2.5),
            _alone("idle/memory", 95),
            _alone("memory/whole", 60),
        )
    )
    return results


def test_costs_are_those_of_the_figures() -> None:
    """SubmitFeed pays for its messages in the gate, a worker for feed and messages."""
    measured = Measured.of(_results())

    assert measured.costs == Costs(1 / 500, 1 / 100, 1 / 20_000)
    assert measured.submit(100) == pytest.approx(0.002 + 0.0005)
    assert measured.work(100) == pytest.approx(0.010 + 0.005)


def test_nodes_are_enough_for_the_peaks() -> None:
    """116 feeds a second at 15 ms and 70 % busy are 2.5 workers: three."""
    measured = Measured.of(_results())

    assert nodes(measured, Load()) == (1, 3)
    assert "| feeds/s | feeds / 86,400 s | 11.6 | 116 |" in arithmetic(measured, Load())


def test_the_page_is_written_from_them(tmp_path: Path) -> None:
    """The real page has the markers, and nothing by hand is lost."""
    page = tmp_path / "scale.md"
    before = PAGE.read_text(encoding="utf-8")
    page.write_text(before, encoding="utf-8")

    write_page(_results(), page)

    text = page.read_text(encoding="utf-8")
    assert "| messages, one worker, PostgreSQL | 20,000 messages/s | 1,728 M" in text
    assert "API processes: 1; workers: 3." in text
    assert "| age of the queue: accepted to begun |" in text
    assert text.rpartition("<!--")[2] == before.rpartition("<!--")[2]


def test_what_was_not_measured_is_named() -> None:
    """Half of the arithmetic would be taken for the whole."""
    results = _results()
    del results.figures["drain/small"]

    with pytest.raises(ValueError, match="drain/small"):
        Measured.of(results)
