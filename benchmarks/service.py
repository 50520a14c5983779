"""A real service on a free port, as a process of its own, for a benchmark."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.running import Installation, base_url


@dataclass(frozen=True, slots=True)
class Running:
    """A started service: where it listens, and its process id."""

    url: str
    pid: int

    def memory(self, field: str) -> int:
        """Return VmRSS or VmHWM of the process, in bytes (Linux)."""
        return memory(self.pid, field)

    def reset_peak(self) -> None:
        """Start VmHWM again from the memory in use now."""
        reset_peak(self.pid)

    def cpu(self) -> float:
        """Return the processor seconds that the process has used (Linux)."""
        stat = Path(f"/proc/{self.pid}/stat").read_text()
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / 100


def memory(pid: int | str, field: str) -> int:
    """Return VmRSS or VmHWM of a process, in bytes (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(rf"^{field}:\s+(\d+) kB", status, re.MULTILINE)
    assert found
    return int(found[1]) * 1024


def reset_peak(pid: int | str) -> None:
    """Start VmHWM of a process again from the memory in use now (Linux)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


@contextmanager
def serving(installation: Installation, *arguments: str) -> Iterator[Running]:
    """Run `serve` on a free port, and end it."""
    with installation.start("serve", "--port", "0", *arguments) as process:
        yield Running(base_url(process), process.pid)


def timed(work: Callable[[], object]) -> float:
    """Return how many seconds some work took."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
