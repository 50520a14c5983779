"""What every measurement is given: its sizes, a folder, and databases."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

import psycopg
from sqlalchemy import URL, make_url

from benchmarks.figures import Missing
from benchmarks.sizes import Sizes
from tests import postgres
from tests.running import Installation

# Mails are written with the effects that cause them; nobody takes them in, so that
# sending them disturbs no other figure. The discard port is closed on any machine.
_NO_MAIL_SERVER = {"SMTP_URL": "smtp://127.0.0.1:9", "LOG_LEVEL": "error"}


class OutOfTime(Exception):
    """A measurement took longer than it may."""


class Bench:
    """The sizes to measure with, a folder on a real disk, and databases on demand."""

    def __init__(self, sizes: Sizes, folder: Path) -> None:
        """Keep everything in `folder`, which the caller removes."""
        self.sizes = sizes
        self.folder = folder
        self._stack = ExitStack()
        self._server: URL | None = None
        self._count = 0

    def __enter__(self) -> Self:
        """Nothing is started before it is asked for."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End PostgreSQL, if it was started."""
        self._stack.close()

    def new_folder(self) -> Path:
        """Make an empty folder."""
        self._count += 1
        path = self.folder / f"{self._count:03d}"
        path.mkdir()
        return path

    def file(self, name: str) -> Path:
        """Return where a feed of that name is kept, for all measurements."""
        return self.folder / name

    def installation(self, database_url: str = "", **settings: str) -> Installation:
        """Make an installation in a folder of its own; SQLite unless a URL is given."""
        return Installation(
            self.new_folder(), database_url, {**_NO_MAIL_SERVER, **settings}
        )

    @contextmanager
    def postgresql(self, template: str | None = None) -> Iterator[str]:
        """Make a database on a PostgreSQL that keeps fsync on, and drop it at the end.

        With `template` (a URL) it is a copy of that one. Raises Missing.
        """
        with postgres.new_database(self._postgresql_server(), template) as url:
            yield url

    def _postgresql_server(self) -> URL:
        if self._server is None:
            try:
                server = postgres.server(durable=True)
                self._server = self._stack.enter_context(server)
            except postgres.Unavailable as error:
                raise Missing(
                    f"PostgreSQL is missing (apt install postgresql): {error}"
                ) from error
            _check_durable(self._server)
        return self._server


def _check_durable(server: URL) -> None:
    """Refuse a server that does not wait for the disk: its figures would be a lie."""
    text = server.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(text) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            row = connection.execute(f"SHOW {setting}").fetchone()
            if row is None or row[0] != "on":
                raise Missing(
                    f"TEST_POSTGRES_URL leads to a PostgreSQL with {setting} off, and"
                    " figures are of a durable one only: unset it"
                )


def settle(database_url: str) -> None:
    """Bring a PostgreSQL database to rest, so that nothing old is written later."""
    conninfo = make_url(database_url).set(drivername="postgresql")
    text = conninfo.render_as_string(hide_password=False)
    with psycopg.connect(text, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


@contextmanager
def at_most(seconds: int) -> Iterator[None]:
    """Raise OutOfTime in the main thread if the block takes longer."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise OutOfTime(f"it took longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
