"""Every seed of the fuzzers goes through its target, without a fuzzer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.targets import TARGETS

HERE = Path(__file__).parent
SEEDS = sorted(path.relative_to(HERE) for path in HERE.glob("seeds/*/*"))


@pytest.mark.parametrize(
    "seed", SEEDS, ids=lambda seed: f"{seed.parent.name}/{seed.name}"
)
def test_a_seed_is_answered(seed: Path) -> None:
    """Inputs that once crashed are kept as seeds; a target raises only for bugs."""
    TARGETS[seed.parent.name]((HERE / seed).read_bytes())


def test_every_target_has_seeds() -> None:
    """`make fuzz-entry` goes by the folders."""
    assert {seed.parent.name for seed in SEEDS} == TARGETS.keys()
