"""The real command, and a served demo to talk to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest
from sqlalchemy import make_url

from app.cli.app import run
from tests import postgres
from tests.running import Installation


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its output, read as JSON."""
        return json.loads(self.out)

    @property
    def sentences(self) -> list[str]:
        """What it said on stderr, line by line."""
        return self.err.splitlines()


class Command(Protocol):
    """Runs `feedgate`; keywords are settings, without FEEDGATE_ in front."""

    def __call__(self, *arguments: str | Path, **settings: object) -> Done:
        """Run it to its end."""


def run_command(home: Path, *arguments: str | Path, **settings: object) -> Done:
    """Run `feedgate` in a process of its own, with none of the caller's settings."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("FEEDGATE_")
    }
    environment["FEEDGATE_HOME"] = str(home)
    environment |= {f"FEEDGATE_{name}": str(value) for name, value in settings.items()}
    done = subprocess.run(
        [sys.executable, "-m", "app", *map(str, arguments)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def feedgate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """The command on a data folder of the test's own.

    It runs in the test's process, all of it but the last line, which is
    sys.exit(run(...)): starting Python takes longer than most commands.
    """
    for name in os.environ:
        if name.startswith("FEEDGATE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("FEEDGATE_HOME", str(tmp_path / "home"))

    def command(*arguments: str | Path, **settings: object) -> Done:
        capsys.readouterr()
        with monkeypatch.context() as given:
            for name, value in settings.items():
                given.setenv(f"FEEDGATE_{name}", str(value))
            code = run([*map(str, arguments)])
        return Done(code, *capsys.readouterr())

    return command


@dataclass(frozen=True, slots=True)
class ServedDemo:
    """A demo that is being served."""

    home: Path
    url: str

    def run(self, *arguments: str | Path, **settings: object) -> Done:
        """Run a command on its data folder."""
        return run_command(self.home, *arguments, **settings)

    @property
    def about(self) -> Any:
        """What demo.json holds."""
        return json.loads((self.home / "demo.json").read_text(encoding="utf-8"))

    @property
    def keys(self) -> dict[str, str]:
        """Its endpoint and keys as settings."""
        return {
            "ENDPOINT": self.url,
            "ACCESS_KEY": self.about["access_key"],
            "SECRET": self.about["secret"],
            "SELLER_ID": self.about["seller_id"],
        }


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedDemo]:
    """`serve --demo` on a free port; its orders are shared by a module's tests."""
    home = tmp_path_factory.mktemp("demo")
    with Installation(home, "").serve("--demo") as url:
        yield ServedDemo(home, url)


@pytest.fixture
def empty_postgresql(migrated_postgresql: str) -> Iterator[str]:
    """The URL of a PostgreSQL database that was never migrated."""
    with postgres.new_database(make_url(migrated_postgresql)) as url:
        yield url
