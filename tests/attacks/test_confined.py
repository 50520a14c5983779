"""While hostile documents are parsed nothing is opened: no socket, no file."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.attacks.confined import BEGIN, END

ROOT = Path(__file__).parents[2]
EXAMINE = [sys.executable, "-m", "tests.attacks.confined"]
CALLS = "trace=%network,open,openat,openat2,creat,execve"


def test_nothing_is_opened_while_hostile_documents_are_parsed(tmp_path: Path) -> None:
    """Python's audit sees what we open, strace what libxml2 and expat do."""
    trace = tmp_path / "trace"
    tracer = ["strace", "-f", "-qq", "-e", CALLS, "-o", str(trace)]
    if not _can_trace():
        tracer = []

    done = subprocess.run([*tracer, *EXAMINE], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout) == []
    if not tracer:
        pytest.skip("strace is not here: libxml2's own calls were not looked at")
    calls = trace.read_text(errors="replace")
    between = calls[calls.index(BEGIN) : calls.index(END)].splitlines()[1:-1]
    assert calls.count("openat(") > 100
    assert [call for call in between if re.search(r"\w+\(", call)] == []


def _can_trace() -> bool:
    """Whether strace is there and allowed to trace: some containers forbid it."""
    if shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-o", "/dev/null", "true"]).returncode == 0
