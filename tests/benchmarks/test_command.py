"""The command line of the benchmarks, as `make bench-quick` calls it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def _benchmarks(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


def test_a_family_that_is_none_is_named() -> None:
    """A name that was mistyped must not look like a run without figures."""
    done = _benchmarks("quick", "gates")

    assert done.returncode == 2
    assert "no family of figures is called gates" in done.stderr


def test_quick_prints_and_keeps_nothing() -> None:
    """What it compares with must not move; what is out of time is said."""
    kept = (ROOT / "benchmarks/results.json").read_bytes()

    done = _benchmarks("quick", "idle", "latency", "--seconds", "1")

    assert "idle: not measured: it took longer than 1 s" in done.stdout
    assert "latency: not measured" in done.stdout
    assert done.returncode == 0
    assert (ROOT / "benchmarks/results.json").read_bytes() == kept
