"""The short form: every storm for some seconds, in the ordinary suite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import postgres
from tests.postgres import Cluster
from tests.torture.world import World, made

Made = Callable[..., World]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep all storms in one process: they share a cluster, and the two cores."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("torture"))


@pytest.fixture(params=["sqlite", "postgresql"])
def make_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Made]:
    """Make an installation on each kind of database in turn; arguments are settings."""
    with ExitStack() as stack:

        def make(orders: int, **settings: Any) -> World:
            url = f"sqlite:///{tmp_path}/home/feedgate.db"
            if request.param == "postgresql":
                own = request.getfixturevalue("cluster")
                url = stack.enter_context(postgres.new_database(own.url))
            return stack.enter_context(made(tmp_path / "home", url, orders, **settings))

        yield make


@contextmanager
def on_postgresql(cluster: Cluster, home: Path) -> Iterator[World]:
    """Make an installation on PostgreSQL."""
    with postgres.new_database(cluster.url) as url, made(home, url, 120) as world:
        yield world
