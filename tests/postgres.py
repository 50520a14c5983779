"""A PostgreSQL for the tests: the one that is given, or a throw-away cluster."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from sqlalchemy import URL, make_url

from app.store.tables import metadata

_TABLES = {*metadata.tables}


class Unavailable(Exception):
    """There is no server, and no way to start one."""


@contextmanager
def server(*, durable: bool = False) -> Iterator[URL]:
    """Yield the URL of a server on which databases may be made.

    A throw-away cluster waits for the disk only if it is to be `durable`.
    """
    given = os.environ.get("TEST_POSTGRES_URL")
    if given:
        yield make_url(given)
        return
    with cluster(durable=durable) as own:
        yield own.url


@contextmanager
def cluster(*, durable: bool = False) -> Iterator[Cluster]:
    """Yield a throw-away cluster, running."""
    with tempfile.TemporaryDirectory(prefix="feedgate-pg-") as folder:
        own = Cluster(Path(folder), durable=durable)
        own.start()
        try:
            yield own
        finally:
            own.run("pg_ctl", "--mode=immediate", "stop")


class Cluster:
    """A cluster in one folder, reached by a socket in it; it refuses to run as root."""

    def __init__(self, folder: Path, *, durable: bool) -> None:
        self._folder = folder
        self._fsync = "on" if durable else "off"
        self._data = folder / "data"
        self._programs = _programs()
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user:
            try:
                shutil.chown(folder, self._user)
            except LookupError as error:
                raise Unavailable("root needs a user called postgres") from error

    @property
    def url(self) -> URL:
        """Where databases may be made."""
        return URL.create("postgresql", "postgres", query={"host": str(self._folder)})

    def start(self) -> None:
        """Make the cluster and let it run."""
        self.run(
            "initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8",
            "--no-locale", "--no-sync",
        )  # fmt: skip
        self.launch()

    def restart(self, mode: str) -> None:
        """Stop the server, "fast" or "immediate" as by a crash, and start it again."""
        self.stop(mode)
        self.launch()

    def stop(self, mode: str) -> None:
        """Stop the server, "fast" or "immediate" as by a crash."""
        self.run("pg_ctl", f"--mode={mode}", "--wait", "stop")

    def launch(self) -> None:
        """Start the server on what it had when it was stopped."""
        options = f"-k {self._folder} -c listen_addresses='' -c fsync={self._fsync}"
        log = f"--log={self._folder / 'log'}"
        self.run("pg_ctl", log, f"--options={options}", "--wait", "start")

    def run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), f"--pgdata={self._data}", *arguments]
        done = subprocess.run(
            command,
            user=self._user,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        if done.returncode:
            raise Unavailable(f"{program} failed: {done.stderr.strip()}")


def _programs() -> Path:
    """Find where initdb is; Debian keeps it off the path, a folder a version."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(versions, key=lambda path: int(path.parts[-3]), default=None)
    if newest is None:
        raise Unavailable("initdb was not found")
    return newest.parent


@contextmanager
def new_database(server_url: URL, template: str | None = None) -> Iterator[str]:
    """Make a database of this process's own, and drop it at the end.

    With the URL of a `template`, which nobody may use meanwhile, it is its copy.
    """
    name = f"feedgate_test_{os.getpid()}_{uuid4().hex[:8]}"
    with psycopg.connect(_conninfo(server_url), autocommit=True) as admin:
        like = f" TEMPLATE {make_url(template).database}" if template else ""
        admin.execute(f"CREATE DATABASE {name}{like}")
    try:
        url = server_url.set(drivername="postgresql+psycopg", database=name)
        yield url.render_as_string(hide_password=False)
    finally:
        with psycopg.connect(_conninfo(server_url), autocommit=True) as admin:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def empty(url: str) -> None:
    """Make a database as it was after its migration; end who is still at work in it."""
    with psycopg.connect(_conninfo(make_url(url)), autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        found = admin.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
        foreign = {name for (name,) in found} - _TABLES - {"alembic_version"}
        for name in foreign:
            admin.execute(f'DROP TABLE "{name}"')
        admin.execute(f"TRUNCATE {', '.join(_TABLES)} RESTART IDENTITY")


def _conninfo(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)
