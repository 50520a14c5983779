"""Fixtures for all tests: both databases, migrated and empty; clock and ids held."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from app.model.feed import Verdict
from app.store import feeds
from app.store.backends import Database, migrate, open_database
from app.store.documents import FileDocuments
from tests import postgres
from tests.buckets import Bucket, new_bucket
from tests.held import HeldClock, held_ids
from tests.queued import FEED
from tests.queues import QueueServer, queue_server

_TOGETHER = frozenset({"spapi", "admin", "nodes"})
"""Folders whose modules have a server each, on which one test builds on another."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run each of those modules in one process, in its order."""
    for item in items:
        if item.path.parent.name in _TOGETHER:
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty database file to copy: migrating takes longer than a test."""
    path = tmp_path_factory.mktemp("migrated") / "feedgate.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_postgresql() -> Iterator[str]:
    """A migrated database of this process's own, for the whole session."""
    with ExitStack() as stack:
        try:
            server_url = stack.enter_context(postgres.server())
        except postgres.Unavailable as error:
            reason = f"no PostgreSQL (TEST_POSTGRES_URL is not set): {error}"
            if os.environ.get("REQUIRE_POSTGRES") == "1":
                pytest.fail(reason)
            pytest.skip(reason)
        url = stack.enter_context(postgres.new_database(server_url))
        migrate(url)
        yield url


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgres.Cluster]:
    """A PostgreSQL of the tests' own, which they may stop and start."""
    with ExitStack() as stack:
        try:
            own = stack.enter_context(postgres.cluster())
        except postgres.Unavailable as error:
            if os.environ.get("REQUIRE_POSTGRES") == "1":
                pytest.fail(str(error))
            pytest.skip(f"no PostgreSQL of our own: {error}")
        yield own


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """The URL of a migrated, empty SQLite database."""
    path = tmp_path / "feedgate.db"
    shutil.copy(migrated_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgresql_url(migrated_postgresql: str) -> str:
    """The URL of a migrated, empty PostgreSQL database."""
    postgres.empty(migrated_postgresql)
    return migrated_postgresql


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a migrated, empty database, of each kind in turn."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated, empty database, of each kind in turn."""
    opened = open_database(database_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def queues() -> Iterator[QueueServer]:
    """A queue server, as SQS is one."""
    with queue_server() as server:
        yield server


@pytest.fixture
def bucket(queues: QueueServer) -> Bucket:
    """An empty bucket of the server that speaks the protocols of AWS."""
    return new_bucket(queues.origin)


@pytest.fixture
def documents(tmp_path: Path, ids: Callable[[], str]) -> FileDocuments:
    """An empty document store."""
    return FileDocuments(tmp_path / "documents", ids)


@pytest.fixture
def clock() -> HeldClock:
    """A clock that stands at noon."""
    return HeldClock()


@pytest.fixture
def ids() -> Callable[[], str]:
    """UUIDs that count from 1."""
    return held_ids()


@pytest.fixture
def add_feed(database: Database, clock: HeldClock) -> Callable[..., int]:
    """Queue a feed and return its id; arguments change what FEED says.

    With `connection` it is part of that transaction.
    """

    def add(
        verdict: Verdict | None = None,
        connection: Connection | None = None,
        **changes: object,
    ) -> int:
        with nullcontext(connection) if connection else database.write() as inside:
            accepted, _ = feeds.accept(
                inside,
                replace(FEED, **changes),  # type: ignore[arg-type] # fields by name
                verdict or Verdict(messages=10),
                now=clock(),
                window=timedelta(minutes=15),
            )
        return accepted.feed_submission_id

    return add
