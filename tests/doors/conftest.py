"""The whole service on a free port; the worker runs only where a test starts it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from app.cli.server import listen, served, server
from app.main import Service, build
from app.model.feed import Verdict
from app.settings import Settings
from app.store import feeds
from app.store.tables import feed_submission
from tests.doors.caller import Caller
from tests.held import NOON, HeldClock, held_ids
from tests.queued import FEED

SELLER = "A1SELLER000001"
OTHER_SELLER = "A1OTHER0000001"

ACKNOWLEDGEMENT = """<?xml version="1.0" encoding="UTF-8"?>
<AmazonEnvelope>
  <Header>
    <DocumentVersion>1.01</DocumentVersion>
    <MerchantIdentifier>A1SELLER000001</MerchantIdentifier>
  </Header>
  <MessageType>OrderAcknowledgement</MessageType>
  <Message>
    <MessageID>1</MessageID>
    <OrderAcknowledgement>
      <AmazonOrderID>026-1234567-1234567</AmazonOrderID>
      <StatusCode>{status}</StatusCode>
    </OrderAcknowledgement>
  </Message>
</AmazonEnvelope>
"""


@dataclass(frozen=True)
class Running:
    """A service that listens, and a caller for each of its two sellers."""

    service: Service
    url: str
    caller: Caller
    other: Caller
    folder: Path

    def documents(self) -> list[Path]:
        """Return every file of the document store, on its way in or stored."""
        return [path for path in self.folder.rglob("*") if path.is_file()]


@contextmanager
def started(
    folder: Path, clock: HeldClock, ids: Callable[[], str], **settings: Any
) -> Iterator[Running]:
    """Run a service with two sellers on a free port, its data in a folder."""
    given: dict[str, Any] = {"gates": 2, **settings}
    chosen = Settings(home=folder, **given)
    service = build(chosen, clock, ids, alone=True)
    keys = service.accounts.create_seller("Books", SELLER)
    others = service.accounts.create_seller("Toys", OTHER_SELLER)
    serving = server(
        service.app,
        clock,
        ids,
        request_line_bytes=chosen.max_request_line_bytes,
        header_bytes=chosen.max_header_bytes,
    )
    with served(serving, listen("127.0.0.1", 0)) as url:
        caller = Caller(url, keys.access_key_id, keys.secret, SELLER, clock())
        other = replace(
            caller,
            access_key_id=others.access_key_id,
            secret=others.secret,
            seller_id=OTHER_SELLER,
        )
        yield Running(service, url, caller, other, chosen.documents_folder)
    service.close()


@pytest.fixture
def start(
    sqlite_url: str, tmp_path: Path, clock: HeldClock, ids: Callable[[], str]
) -> Iterator[Callable[..., Running]]:
    """Start a service; arguments are settings."""
    with ExitStack() as stack:

        def running(**settings: Any) -> Running:
            chosen = {"database_url": sqlite_url, **settings}
            home = tmp_path / "home"
            return stack.enter_context(started(home, clock, ids, **chosen))

        yield running


@pytest.fixture
def running(start: Callable[..., Running]) -> Running:
    """A service of the test's own, with the default settings."""
    return start()


@pytest.fixture(scope="session")
def shared(
    migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """A service for tests that do not mind what others leave behind in it."""
    home = tmp_path_factory.mktemp("shared")
    copy = shutil.copy(migrated_sqlite, home / "feedgate.db")
    url = f"sqlite:///{copy}"
    with started(home, HeldClock(), held_ids(), database_url=url) as service:
        yield service


@pytest.fixture
def caller(running: Running) -> Caller:
    """A caller with the first seller's key."""
    return running.caller


@pytest.fixture
def feed() -> bytes:
    """A valid feed: one acknowledgement."""
    return ACKNOWLEDGEMENT.format(status="Success").encode()


@pytest.fixture
def invalid_feed() -> bytes:
    """A feed that breaks the schema in line 12."""
    return ACKNOWLEDGEMENT.format(status="Maybe").encode()


@pytest.fixture
def queue(running: Running) -> Callable[..., str]:
    """Queue a feed of the first seller, as it was so many days ago; return its id.

    Other arguments are columns of the submission.
    """

    def add(
        feed_type: str = FEED.feed_type, *, days_ago: float = 0, **values: object
    ) -> str:
        feed = replace(FEED, seller_id=SELLER, feed_type=feed_type)
        with running.service.database.write() as connection:
            submission, _ = feeds.accept(
                connection,
                feed,
                Verdict(messages=1),
                now=NOON - timedelta(days=days_ago),
                window=timedelta(minutes=15),
            )
            accepted = submission.feed_submission_id
            if values:
                row = feed_submission.c.feed_submission_id == accepted
                connection.execute(update(feed_submission).where(row).values(values))
        return str(accepted)

    return add
