"""The stream of effects over HTTP: a consumer is killed again and again."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import defaultdict
from functools import partial
from pathlib import Path

from sqlalchemy import select

from app.store.tables import effect
from benchmarks.feeds import SELLER_ID, write_feed
from tests.admin.conftest import World, orders_of
from tests.running import wait_until, wait_until_done

FEEDS = {
    "acknowledge": "_POST_ORDER_ACKNOWLEDGEMENT_DATA_",
    "refund": "_POST_PAYMENT_ADJUSTMENT_DATA_",
    "cancel": "_POST_ORDER_ACKNOWLEDGEMENT_DATA_",
}
ORDERS = 60


def _kept(path: Path) -> list[list[str]]:
    lines = path.read_text().splitlines() if path.exists() else []
    return [line.split("\t") for line in lines]


def test_a_consumer_that_is_killed_misses_nothing_and_sees_nothing_twice(
    world: World,
) -> None:
    """Two lanes of two workers write meanwhile; SIGKILL strikes in between."""
    orders = orders_of(world.folder, ORDERS)
    put = world.call("POST", f"/sellers/{SELLER_ID}/orders", json=orders)
    assert put.status_code == 200
    kept = world.folder / "kept"
    program = Path(__file__).with_name("consumer.py")
    numbers = []
    with world.sellers[0].client(world.url) as client:
        for kind, feed_type in FEEDS.items():
            feed = world.folder / f"{kind}.xml"
            write_feed(feed, kind, ORDERS, ORDERS)
            numbers.append(client.submit(feed, feed_type))
        kills = 0
        while not (_all_done(world) and len(_kept(kept)) == len(_rows(world))):
            enough = len(_kept(kept)) + 20
            consumer = subprocess.Popen(
                [sys.executable, program, world.url, world.key, kept]
            )
            try:
                wait_until(partial(_has, world, kept, enough))
            finally:
                consumer.send_signal(signal.SIGKILL)
                consumer.wait()
            kills += 1
        for number in numbers:
            wait_until_done(client, number)

    told, rows = _kept(kept), _rows(world)
    assert kills >= 3
    cursors = [tuple(map(int, line[0].split("."))) for line in told]
    assert cursors == sorted(set(cursors))
    assert len(told) == len(rows)
    by_order: dict[str, list[tuple[str, str]]] = defaultdict(list)
    expected: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for _, source, order_id, kind in told:
        by_order[order_id].append((source, kind))
    for source, order_id, kind in rows:
        expected[order_id].append((source, kind))
    assert by_order == expected


def _has(world: World, kept: Path, enough: int) -> bool:
    """Whether the consumer has so many, or all that there will be."""
    seen = len(_kept(kept))
    return seen >= enough or (seen == len(_rows(world)) and _all_done(world))


def _all_done(world: World) -> bool:
    found = world.get(f"/sellers/{SELLER_ID}/submissions").json()["submissions"]
    return all(each["status"] == "_DONE_" for each in found)


def _rows(world: World) -> list[tuple[str, str, str]]:
    query = select(effect.c.source, effect.c.amazon_order_id, effect.c.kind)
    with world.database.read() as connection:
        rows = connection.execute(query.order_by(effect.c.effect_id)).all()
    return [(row[0].replace(" ", "_"), row[1], row[2]) for row in rows]
