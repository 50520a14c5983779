"""A real service on a free port, in a folder of its own, for a benchmark."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.cli.client import MwsClient
from benchmarks.feeds import MARKETPLACE_ID, SELLER_ID


@dataclass(frozen=True, slots=True)
class Running:
    """A started service: its data folder, its process id and a signed client."""

    home: Path
    environment: dict[str, str]
    pid: int
    client: MwsClient

    def command(self, *arguments: str) -> str:
        """Run a feedgate command against this service's data and return its output."""
        return _feedgate(self.environment, *arguments)

    def memory(self, field: str) -> int:
        """Return VmRSS or VmHWM of the service process, in bytes (Linux)."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(rf"^{field}:\s+(\d+) kB", status, re.MULTILINE)
        assert found
        return int(found[1]) * 1024

    def reset_peak(self) -> None:
        """Start VmHWM again from the memory in use now."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def wait(self, feed_submission_id: str) -> None:
        """Poll until a feed is _DONE_; raises TimeoutError after ten minutes."""
        deadline = time.monotonic() + 600
        while time.monotonic() < deadline:
            if self.client.status(feed_submission_id) == "_DONE_":
                return
            time.sleep(0.1)
        raise TimeoutError(f"feed {feed_submission_id} is not done")


def _feedgate(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


@contextmanager
def service(home: Path, database_url: str = "") -> Iterator[Running]:
    """Start a migrated service with one seller, and end it."""
    environment = {
        **os.environ,
        "FEEDGATE_HOME": str(home),
        "FEEDGATE_DATABASE_URL": database_url,
        "FEEDGATE_LOG_LEVEL": "warning",
    }
    _feedgate(environment, "migrate")
    created = json.loads(
        _feedgate(
            environment,
            "accounts",
            "create",
            "Benchmark",
            "--seller-id",
            SELLER_ID,
            "--marketplace",
            MARKETPLACE_ID,
            "--format",
            "json",
        )
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "serve", "--port", "0"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        endpoint = _endpoint(process)
        client = MwsClient(
            endpoint=endpoint,
            access_key=created["access_key"],
            secret=created["secret"],
            seller_id=SELLER_ID,
        )
        yield Running(home, environment, process.pid, client)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _endpoint(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    for line in process.stdout:
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        if found:
            return found[0]
    raise RuntimeError("the service did not start")


def timed(work: Callable[[], object]) -> float:
    """Return how many seconds some work took."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
