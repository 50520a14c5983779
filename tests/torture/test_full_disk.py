"""SQLite's disk is full, at one write after another; see `full_disk.py`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
STEP = 16 * 4_120
"""Every sixteenth page of the log; with 4120 it is every one."""


def test_a_disk_that_is_full_at_any_write_loses_and_doubles_nothing(
    tmp_path: Path,
) -> None:
    """In a process of its own, since the limit is that of the whole process."""
    command = [
        sys.executable,
        "-m",
        "tests.torture.full_disk",
        str(tmp_path),
        str(STEP),
    ]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr[-3000:]
    seen = json.loads(done.stdout)
    assert seen["rounds"] >= 8
    assert seen["refused"] > 0
    assert seen["no_room"] > 0
