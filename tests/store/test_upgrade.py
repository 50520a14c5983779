"""A database of an earlier revision, with rows in it, brought to the newest."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import make_url

from app.model.effects import PostRefund
from app.model.finances import period_of
from app.store import balances, postings
from app.store.backends import Database, migrate, open_database
from tests import postgres
from tests.earlier import (
    FIRST,
    OTHER,
    SECOND,
    SELLER,
    A,
    copy_rows,
    fill,
    migrate_to,
    post,
)

BEFORE_FINANCES = "0004"


def sums(database: Database, seller_id: str) -> list[tuple[int, str, Decimal]]:
    with database.read() as connection:
        groups = balances.find_groups(connection, seller_id, 0, 10**6, limit=100)
    return [(each.number, each.currency, each.total) for each in groups]


def events(database: Database, seller_id: str) -> list[tuple[str, Decimal]]:
    """Return order and amount of every event, oldest first."""
    with database.read() as connection:
        found = postings.find(connection, seller_id, postings.Wanted(), limit=100)
        told = postings.tell(
            connection, seller_id, [each.amazon_order_id for each in found]
        )
    return [
        (each.amazon_order_id, event.net)
        for each in found
        for event in told.get(each.effect_id, ())
    ]


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_orders_charged_before_finances_count_in_their_groups(
    backend: str, sqlite_url: str, request: pytest.FixtureRequest, tmp_path: Any
) -> None:
    """Each once, in the group of its last change; events are those of the ledger."""
    source = open_database(sqlite_url)
    fill(source)
    if backend == "sqlite":
        _upgrade(source, f"sqlite:///{tmp_path / 'earlier.db'}")
    else:
        server = make_url(request.getfixturevalue("postgresql_url"))
        with postgres.new_database(server) as url:
            _upgrade(source, url)
    source.close()


def _upgrade(source: Database, url: str) -> None:
    migrate_to(url, BEFORE_FINANCES)
    target = open_database(url)
    copy_rows(source, target)

    migrate(url)

    first, second = period_of(FIRST), period_of(SECOND)
    assert first != second
    assert sums(target, SELLER) == [
        (first, "EUR", Decimal("20.00")),
        (first, "USD", Decimal("15.00")),
        (second, "USD", Decimal("17.00")),
    ]
    assert sums(target, OTHER) == [(first, "USD", Decimal("20.00"))]
    assert events(target, SELLER) == events(source, SELLER)
    assert len(events(target, SELLER)) == 5
    # What is posted afterwards adds to the sums.
    more = PostRefund(2, A, "CustomerReturn", components=(("Principal", Decimal(1)),))
    post(target, 3, SECOND + timedelta(seconds=1), more)
    assert sums(target, SELLER)[-1] == (second, "USD", Decimal("16.00"))
    target.close()
