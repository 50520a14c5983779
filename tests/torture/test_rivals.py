"""Feeds that want the same at the same time, from several lanes and processes."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from sqlalchemy import text

from app.store.ledger import history
from app.store.orders import load_orders
from tests.torture.checks import check
from tests.torture.conftest import Made
from tests.torture.load import (
    CANCEL,
    REFUND,
    SHIP,
    cancelled,
    refunded,
    shipped,
    submit,
    unfinished,
    xml,
)
from tests.torture.storm import Bounds, working
from tests.torture.world import SELLERS, World, duel, rich
from tests.waiting import eventually

BOUNDS = Bounds(workers=3)
SELLER = SELLERS[0]


@pytest.fixture
def world(make_world: Made) -> Iterator[World]:
    """An installation with several worker processes."""
    world = make_world(200)
    with working(world, BOUNDS) as workers:
        yield world
        workers.end()


def all_end(world: World) -> None:
    eventually(lambda: unfinished(world) == 0, 120)


def test_a_hundred_identical_adjustments_in_parallel_post_one_refund(
    world: World,
) -> None:
    """They carry one MerchantAdjustmentItemID, and come in by a hundred requests."""
    caller = world.callers[SELLER]
    document = xml(REFUND, [refunded(rich(0), "12.34", "RMA-1")])

    with ThreadPoolExecutor(16) as pool:
        ids = list(pool.map(partial(submit, world, caller, REFUND), [document] * 100))
    all_end(world)

    with world.database.read() as connection:
        order = load_orders(connection, SELLER, [rich(0)], history=True)[rich(0)]
        lines = history(connection, SELLER, rich(0))
        warned = connection.scalar(
            text("SELECT count(*) FROM feed_result WHERE code = 718043")
        )
    assert len(set(ids)) == 100
    assert [line.effect.kind for line in lines].count("PostRefund") == 1
    assert str(order.items[0].refunded) == "12.34"
    assert warned == 99


def test_a_cancel_that_races_a_ship_ends_in_exactly_one_of_the_two(
    world: World,
) -> None:
    """Two lanes, two workers, the same 200 orders, from both ends."""
    caller = world.callers[SELLER]
    orders = [duel(number) for number in range(200)]
    cancel = xml(CANCEL, [cancelled(order) for order in orders])
    ship = xml(SHIP, [shipped(order, 2) for order in orders[::-1]])

    ids = [
        submit(world, caller, CANCEL, cancel),
        submit(world, caller, SHIP, ship),
    ]
    all_end(world)

    found = check(world, ids, duels=200)
    assert found.refused_messages == 200
    assert found.feeds == 2
