"""Prints how much memory the gate takes on a feed, as a process of its own.

    python -m benchmarks.peak SMALL LARGE

Both are feeds; the small one is validated first, so that the schema is compiled and
every module loaded before memory is compared. Prints JSON: `idle`, `peak` (bytes).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.gate import validate
from benchmarks.service import memory, reset_peak


def main() -> None:
    """Validate the one feed, then watch the other."""
    small, large = map(Path, sys.argv[1:])
    validate(small)
    idle = memory("self", "VmRSS")
    reset_peak("self")
    verdict = validate(large)
    assert verdict.refusal is None, verdict.refusal
    peak = memory("self", "VmHWM")
    print(json.dumps({"idle": idle, "peak": peak, "messages": verdict.messages}))


if __name__ == "__main__":
    main()
