"""Waiting for what happens in another thread, process or session."""

from __future__ import annotations

import time
from collections.abc import Callable


def eventually(happened: Callable[[], object], seconds: float = 30) -> None:
    """Return as soon as it happened; fail if it has not after so long."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it has not happened"
        time.sleep(0.01)
