"""The real command in processes of its own, on a data folder and a database."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.cli.client import MwsClient

SELLER_ID = "A1SELLER000001"


@dataclass(frozen=True, slots=True)
class Installation:
    """One data folder and one database, and the command with these as its settings."""

    home: Path
    database_url: str
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of every command."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("FEEDGATE_")
        }
        return {
            **inherited,
            "FEEDGATE_HOME": str(self.home),
            "FEEDGATE_DATABASE_URL": self.database_url,
            **{f"FEEDGATE_{name}": value for name, value in self.settings.items()},
        }

    def run(self, *arguments: str | Path) -> str:
        """Run a command to its end and return its output."""
        done = subprocess.run(
            [sys.executable, "-m", "app", *map(str, arguments)],
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    @contextmanager
    def start(
        self, *arguments: str, ends: str = "SIGTERM", log: Path | None = None
    ) -> Iterator[subprocess.Popen[str]]:
        """Start a command that keeps running, and end it by a signal.

        What it writes on stderr goes into the file `log`.
        """
        with (log or Path(os.devnull)).open("ab") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", "app", *arguments],
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(getattr(signal, ends))
            try:
                process.wait(30)
            finally:
                process.kill()
                process.communicate()

    def create_seller(self, name: str = "Shop", seller_id: str = SELLER_ID) -> Keys:
        """Make a seller and return the keys that are shown once."""
        created = self.run(
            *("accounts", "create", name, "--seller-id", seller_id),
            *("--format", "json"),
        )
        shown = json.loads(created)
        return Keys(
            seller_id, shown["access_key"], shown["secret"], shown["auth_token"]
        )

    @contextmanager
    def serve(self, *arguments: str) -> Iterator[str]:
        """Run `serve` on a free port and yield its base URL."""
        with self.start("serve", "--port", "0", *arguments) as process:
            yield base_url(process)


@dataclass(frozen=True, slots=True)
class Keys:
    """What a client needs to call as a seller."""

    seller_id: str
    access_key: str
    secret: str
    auth_token: str

    @contextmanager
    def client(self, endpoint: str) -> Iterator[MwsClient]:
        """Yield a signed client, its connections closed at the end."""
        client = MwsClient(
            endpoint=endpoint,
            access_key=self.access_key,
            secret=self.secret,
            seller_id=self.seller_id,
        )
        with client.http:
            yield client


def base_url(process: subprocess.Popen[str]) -> str:
    """Read what a starting server prints, up to the address it listens on."""
    assert process.stdout
    for line in process.stdout:
        found = re.search(r"listens on (https?://\S+)", line)
        if found:
            return found[1]
    raise AssertionError("the server ended before it listened")


def wait_until(condition: Callable[[], bool], *, pause: float = 0.02) -> None:
    """Wait until something is so; after two minutes it never will be."""
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in two minutes"
        time.sleep(pause)


def wait_until_done(client: MwsClient, feed_submission_id: str) -> None:
    """Wait until a feed is _DONE_."""
    wait_until(lambda: client.status(feed_submission_id) == "_DONE_")
