"""Cost per message as the feed grows, and as the database does."""

from __future__ import annotations

import statistics
from contextlib import ExitStack
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.feeds import FEED_TYPES, SELLER_ID, write_feed
from benchmarks.figures import Aim, Figure, alone, compared
from benchmarks.service import serving
from benchmarks.stock import Stock, stocked
from tests.running import Installation, Keys

_KIND = "cancel"
_WARM = 100
# A large feed is its own average and runs once.
_LARGE = 100_000


def measure_feed(bench: Bench) -> list[Figure]:
    """Cancel orders, none of them twice, in feeds of more and more messages."""
    sizes = bench.sizes
    if not sizes.growth:
        return []
    path = bench.file("growth.xml")
    times = {
        messages: 1 if messages >= _LARGE else sizes.runs for messages in sizes.growth
    }
    orders = _WARM + sum(messages * runs for messages, runs in times.items())
    costs: dict[int, list[float]] = {messages: [] for messages in sizes.growth}
    installation = bench.installation()
    with stocked(installation) as stock:
        keys = stock.seller(SELLER_ID)
        stock.import_orders(SELLER_ID, orders)
        with serving(installation) as service:
            begin = 1
            _cost(stock, service.url, keys, path, _WARM, begin)
            begin += _WARM
            for run in range(sizes.runs):
                for messages, measured in costs.items():
                    if run < times[messages]:
                        cost = _cost(stock, service.url, keys, path, messages, begin)
                        measured.append(cost)
                        begin += messages
    points = {
        str(messages): statistics.median(measured)
        for messages, measured in costs.items()
    }
    spread = max(points.values()) / min(points.values())
    names = ", ".join(f"{messages:,}" for messages in costs)
    return [
        alone(
            "growth/feed",
            f"cost per message, dearest to cheapest of feeds of {names} messages",
            "times",
            [spread],
            sizes.level,
            aims=(Aim(1.25, of="value", at_most=True),),
            points=points,
        )
    ]


def measure_database(bench: Bench) -> list[Figure]:
    """Work the same feed off in a new database and, in turn, in one with a past."""
    sizes = bench.sizes
    if not sizes.stock:
        return []
    path = bench.file("growth.xml")
    # Both sides cancel other orders in each run: none is left as it was.
    orders = _WARM + sizes.runs * sizes.messages
    with ExitStack() as stack:
        sides = []
        for past in (0, sizes.stock):
            installation = bench.installation()
            stock = stack.enter_context(stocked(installation))
            keys = stock.seller(SELLER_ID)
            stock.import_orders(SELLER_ID, orders)
            if past:
                _live_through(installation, stock, keys, path, past, orders)
            url = stack.enter_context(serving(installation)).url
            _cost(stock, url, keys, path, _WARM, 1)
            sides.append((stock, url, keys))
        costs: list[list[float]] = [[], []]
        for run in range(sizes.runs):
            begin = _WARM + 1 + run * sizes.messages
            for side in (0, 1) if run % 2 else (1, 0):
                cost = _cost(*sides[side], path, sizes.messages, begin)
                costs[side].append(cost)
    return [
        compared(
            "growth/database",
            f"cost per message with {sizes.stock:,} more orders and as many past"
            " submissions",
            "µs",
            costs[1],
            costs[0],
            sizes.level,
            against="a new database",
            aims=(Aim(1.25, at_most=True),),
        )
    ]


def _live_through(
    installation: Installation,
    stock: Stock,
    keys: Keys,
    path: Path,
    past: int,
    orders: int,
) -> None:
    """Add other sellers' orders, and submissions like one that really happened."""
    with serving(installation) as service:
        with keys.client(service.url) as client:
            write_feed(path, "acknowledge", 1, 1)
            feed = client.submit(path, FEED_TYPES["acknowledge"])
        stock.wait(feed)
    for number in range(-(-past // orders)):
        other = f"A1PAST{number:08d}"
        stock.seller(other)
        stock.copy_orders(SELLER_ID, other)
    stock.add_submissions(int(feed), past)


def _cost(
    stock: Stock, url: str, keys: Keys, path: Path, messages: int, first: int
) -> float:
    """Cancel orders from `first` on; return µs a message, accepted to _DONE_."""
    write_feed(path, _KIND, messages, first + messages, first=first)
    with keys.client(url) as client:
        feed = client.submit(path, FEED_TYPES[_KIND])
    ended = stock.wait(feed)
    assert stock.counts(feed) == (messages, 0)
    accepted, _ = stock.times(feed)
    return (ended - accepted) / messages * 1e6
