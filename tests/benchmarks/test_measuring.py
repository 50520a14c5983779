"""Every measurement runs, with tiny sizes: no time is asserted, only what it is of."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from benchmarks import profile
from benchmarks.__main__ import FAMILIES, told
from benchmarks.bench import Bench, OutOfTime, at_most
from benchmarks.figures import Missing
from benchmarks.load import Refused, answer, request
from benchmarks.sizes import Sizes
from benchmarks.xmllint import Xmllint

TINY = Sizes(
    level="tiny",
    runs=1,
    messages=60,
    requests=16,
    moto_requests=8,
    reads=16,
    latencies=3,
    gate_bytes=(50_000, 100_000),
    whole_bytes=(50_000,),
    growth=(50, 150),
    stock=60,
    drained=(2, 40, 6),
    queued=60,
    idle_seconds=0.3,
)

FIGURES = {
    "gate": {
        f"gate/{kind}{end}"
        for kind in ("acknowledgement", "adjustment")
        for end in ("", "-two-threads", "-half-bad")
    },
    **{
        f"done-{database}": {
            f"done-{database}/{kind}{end}"
            for kind in ("acknowledgement", "adjustment")
            for end in ("", "-rows", *(["-log"] if database == "postgresql" else []))
        }
        for database in ("sqlite", "postgresql")
    },
    "submit": {"submit/bare", "submit/moto"},
    "reads": {"reads/list", "reads/count", "reads/result"},
    "latency": {"latency/p50", "latency/p99"},
    "memory-gate": {"memory/gate", "memory/gate-growth"},
    "memory-whole": {"memory/whole", "memory/whole-growth"},
    "growth-feed": {"growth/feed"},
    "growth-database": {"growth/database"},
    "drain": {"drain/two-workers", "drain/small"},
    "fairness": {"fairness/other-seller"},
    "idle": {"idle/start", "idle/memory", "idle/cpu"},
}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One bench for all families, so that PostgreSQL is started once."""
    with Bench(TINY, tmp_path_factory.mktemp("bench")) as prepared:
        yield prepared


@pytest.mark.xdist_group("benchmarks")
@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_measures_what_it_says(name: str, bench: Bench) -> None:
    """A benchmark that nobody runs between releases is broken at the next one."""
    if name in ("gate", "done-sqlite", "done-postgresql") and not _has_xmllint():
        pytest.skip("no xmllint (apt install libxml2-utils)")
    try:
        figures = FAMILIES[name].measure(bench)
    except Missing as error:
        pytest.skip(str(error))

    assert {figure.name for figure in figures} == FIGURES[name]
    for figure in figures:
        assert math.isfinite(figure.value)
        assert bool(figure.against) == (figure.ratio is not None)
        # A floor is a run less an empty one: with feeds so small it may be below zero.
        assert figure.floor is None or figure.floor != 0
        assert figure.name in told(figure)


def _has_xmllint() -> bool:
    return shutil.which("xmllint") is not None


@pytest.mark.skipif(not _has_xmllint(), reason="no xmllint")
def test_the_floor_validates(tmp_path: Path) -> None:
    """A floor that fails at once would look fast."""
    bad = tmp_path / "bad.xml"
    bad.write_text("<AmazonEnvelope/>")

    with pytest.raises(RuntimeError, match="refused"):
        Xmllint(tmp_path).validate(bad)


def test_a_missing_program_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who runs the benchmarks must learn what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(Missing, match="libxml2-utils"):
        Xmllint(tmp_path)


def test_a_refused_request_is_no_measurement(tmp_path: Path) -> None:
    """Refusing is faster than accepting."""
    from benchmarks.bare import bare_server

    with bare_server(tmp_path) as url:
        assert answer(url, request("POST", f"{url}/rows", {}, b"row")) == b"1"
        with pytest.raises(Refused, match="404"):
            answer(url, request("GET", f"{url}/elsewhere", {}))


def test_a_measurement_ends_in_time() -> None:
    """`make bench` is bounded, whatever hangs."""
    with pytest.raises(OutOfTime, match="1 s"):
        _wait_for_ever()


def _wait_for_ever() -> None:
    with at_most(1):
        Event().wait()


def test_the_profile_adds_up_to_the_whole() -> None:
    """Its shares are of all own time, so that nothing is left out of the table."""
    rows = profile.measure(50)

    assert sum(row["share"] for row in rows) == pytest.approx(1)
    assert {row["part"] for row in rows} >= {
        "statements of the database driver",
        "judging (feed types, orders, effects)",
    }
