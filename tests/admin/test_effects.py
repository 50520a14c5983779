"""The stream of effects over HTTP: a consumer is killed again and again."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import func, select

from app.store.tables import audit_link, effect
from benchmarks.feeds import order_id
from tests.admin.conftest import World, orders_of
from tests.running import Keys, wait_until
from tests.torture.load import CANCEL, REFUND, SHIP, cancelled, refunded, shipped, xml

ROUNDS = 10
ORDERS = 10
"""Orders that come in for each seller in each round."""
STEP = 40


class Seen(NamedTuple):
    """An effect: link, place and position make its cursor."""

    seller_id: str
    place: int
    position: int
    source: str
    amazon_order_id: str
    kind: str


def test_a_consumer_that_is_killed_misses_nothing_and_sees_nothing_twice(
    world: World,
) -> None:
    """Orders come in while nine lanes ship, refund and cancel; SIGKILL strikes between.

    A round begins before each kill and may end behind it. Some orders are shipped and
    cancelled at once, so that lanes meet.
    """
    orders = orders_of(world.folder, ROUNDS * ORDERS)
    kept = world.folder / "kept"
    kills = 0

    def send(keys: Keys, number: int) -> None:
        first = number * ORDERS
        path = f"/sellers/{keys.seller_id}/orders"
        put = world.call("POST", path, json=orders[first : first + ORDERS])
        assert put.json() == {"added": ORDERS, "unchanged": 0}
        ids = [order_id(first + place) for place in range(1, ORDERS + 1)]
        with keys.client(world.url) as client:
            for feed_type, payloads in (
                (SHIP, [shipped(each, 2) for each in ids[:7]]),
                (REFUND, [refunded(each, "1.00", each) for each in ids[:4]]),
                (CANCEL, [cancelled(each) for each in ids[5:]]),
            ):
                feed = world.folder / f"{keys.seller_id}.xml"
                feed.write_bytes(xml(feed_type, payloads))
                client.submit(feed, feed_type)

    with ThreadPoolExecutor(len(world.sellers)) as pool:
        for number in range(ROUNDS):
            sending = [pool.submit(send, keys, number) for keys in world.sellers]
            _kill_behind(world, kept, len(_lines(kept)) + STEP)
            kills += 1
            for each in sending:
                each.result()
    wait_until(lambda: _is_all_done(world))
    total = _count(world)
    while (enough := len(_lines(kept)) + STEP) < total:
        _kill_behind(world, kept, enough)
        kills += 1
    _kill_behind(world, kept, total)

    cursors, told = _told(kept)
    assert kills >= ROUNDS
    assert cursors == sorted(set(cursors))
    assert len(told) == total
    expected = _ledger(world)
    assert _by(told, lambda seen: seen.seller_id) == expected
    assert {*expected} == {keys.seller_id for keys in world.sellers}
    kinds = {"ImportOrder", "RecordShipment", "ChargeOrder", "PostRefund", "CancelItem"}
    for of_seller in expected.values():
        assert {seen.kind for seen in of_seller} >= kinds
    # A seller's effects are in the order of commits, and so are those of an order.
    assert _by(told, lambda seen: seen[0] + seen.amazon_order_id) == _orders(world)


def _kill_behind(world: World, kept: Path, enough: int) -> None:
    """Let a consumer go on where the last one was killed, until it has so many."""
    program = Path(__file__).with_name("consumer.py")
    consumer = subprocess.Popen([sys.executable, program, world.url, world.key, kept])
    try:
        wait_until(lambda: len(_lines(kept)) >= enough)
    finally:
        consumer.send_signal(signal.SIGKILL)
        consumer.wait()


def _lines(kept: Path) -> list[str]:
    return kept.read_text().splitlines() if kept.exists() else []


def _told(kept: Path) -> tuple[list[tuple[int, int, int]], list[Seen]]:
    """Return the cursors and the effects, in the order in which they came."""
    cursors, told = [], []
    for line in _lines(kept):
        cursor, seller_id, *rest = line.split("\t")
        link, place, position = map(int, cursor.split("."))
        cursors.append((link, place, position))
        told.append(Seen(seller_id, place, position, *rest))
    return cursors, told


def _by(told: Iterable[Seen], key: Callable[[Seen], str]) -> dict[str, list[Seen]]:
    found: dict[str, list[Seen]] = defaultdict(list)
    for seen in told:
        found[key(seen)].append(seen)
    return found


_COLUMNS = [effect.c[name] for name in Seen._fields]


def _ledger(world: World) -> dict[str, list[Seen]]:
    """Return the effects of each seller, as the chain of its audit log orders them."""
    query = (
        select(*_COLUMNS)
        .join(
            audit_link,
            (audit_link.c.seller_id == effect.c.seller_id)
            & (audit_link.c.source == effect.c.source)
            & effect.c.place.between(audit_link.c.first_place, audit_link.c.last_place),
        )
        .order_by(audit_link.c.number, effect.c.place, effect.c.position)
    )
    with world.database.read() as connection:
        found = [Seen(*row) for row in connection.execute(query)]
    return _by(found, lambda seen: seen.seller_id)


def _orders(world: World) -> dict[str, list[Seen]]:
    """Return the effects of each order, as the ledger numbers them."""
    query = select(*_COLUMNS).order_by(effect.c.effect_id)
    with world.database.read() as connection:
        found = [Seen(*row) for row in connection.execute(query)]
    return _by(found, lambda seen: seen[0] + seen.amazon_order_id)


def _is_all_done(world: World) -> bool:
    return all(
        each["status"] == "_DONE_"
        for keys in world.sellers
        for each in world.get(f"/sellers/{keys.seller_id}/submissions").json()[
            "submissions"
        ]
    )


def _count(world: World) -> int:
    with world.database.read() as connection:
        query = select(func.count()).select_from(effect)
        return connection.execute(query).scalar_one()
