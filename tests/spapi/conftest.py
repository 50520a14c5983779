"""The service with its Selling Partner API door, and a client for each seller."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.intake.lwa import ClientCredentials
from app.main import Service
from tests.doors.caller import Caller
from tests.doors.conftest import OTHER_SELLER, SELLER, started
from tests.held import HeldClock, held_ids
from tests.spapi.api import Api


@dataclass(frozen=True)
class Shop:
    """A service that listens; its worker runs only where a test starts it."""

    service: Service
    url: str
    clock: HeldClock
    client: ClientCredentials
    api: Api
    other: Api
    mws: Caller


@pytest.fixture(scope="module")
def settings() -> dict[str, object]:
    """Settings of the module's shop."""
    return {}


@pytest.fixture(scope="module")
def shop(
    migrated_sqlite: Path,
    tmp_path_factory: pytest.TempPathFactory,
    settings: dict[str, object],
) -> Iterator[Shop]:
    """One shop for the tests of a module."""
    home = tmp_path_factory.mktemp("shop")
    copy = shutil.copy(migrated_sqlite, home / "feedgate.db")
    clock = HeldClock()
    given = {"database_url": f"sqlite:///{copy}", "poll_seconds": 0.05, **settings}
    with ExitStack() as stack:
        running = stack.enter_context(started(home, clock, held_ids(), **given))
        lwa = running.service.lwa
        client = lwa.create_client("ERP", SELLER)
        others = lwa.create_client("Their ERP", OTHER_SELLER)
        api = stack.enter_context(Api(running.url, client))
        other = stack.enter_context(Api(running.url, others))
        yield Shop(
            running.service, running.url, clock, client, api, other, running.caller
        )
