"""The whole service on a free port; the worker runs only where a test starts it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from app.cli.server import listen, served, server
from app.main import Service, build
from app.settings import Settings
from tests.doors.caller import Caller
from tests.held import HeldClock

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


@pytest.fixture
def start(
    sqlite_url: str, tmp_path: Path, clock: HeldClock, ids: Callable[[], str]
) -> Iterator[Callable[..., Running]]:
    """Start a service; arguments are settings."""
    with ExitStack() as stack:

        def running(**settings: Any) -> Running:
            given: dict[str, Any] = {"gates": 2, "database_url": sqlite_url, **settings}
            chosen = Settings(home=tmp_path / "home", **given)
            service = build(chosen, clock, ids, alone=True)
            stack.callback(service.close)
            keys = service.accounts.create_seller("Books", SELLER)
            others = service.accounts.create_seller("Toys", OTHER_SELLER)
            line = chosen.max_request_line_bytes
            serving = server(service.app, clock, ids, request_line_bytes=line)
            url = stack.enter_context(served(serving, listen("127.0.0.1", 0)))
            caller = Caller(url, keys.access_key_id, keys.secret, SELLER, clock())
            other = replace(
                caller,
                access_key_id=others.access_key_id,
                secret=others.secret,
                seller_id=OTHER_SELLER,
            )
            return Running(service, url, caller, other, chosen.documents_folder)

        yield running


@pytest.fixture
def running(start: Callable[..., Running]) -> Running:
    """A service with the default settings."""
    return start()


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
