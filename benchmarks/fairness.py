"""How long one feed takes while another seller has a thousand queued."""

from __future__ import annotations

import time

from benchmarks.bench import Bench
from benchmarks.calls import feed_of, feed_submission_id, submit_feed
from benchmarks.drain import hold_lanes, release_lanes
from benchmarks.feeds import SELLER_ID
from benchmarks.figures import Aim, Figure, alone
from benchmarks.load import answer, send_all
from benchmarks.service import serving
from benchmarks.stock import Stock, stocked
from tests.running import Keys

_OTHER = "A1BENCHMARK002"
_KIND = "acknowledge"
_ORDERS = 1_000


def measure(bench: Bench) -> list[Figure]:
    """Queue one seller's feeds, let the worker begin, and submit another's."""
    sizes = bench.sizes
    if not sizes.queued:
        return []
    installation = bench.installation()
    with stocked(installation) as stock:
        busy, other = stock.seller(SELLER_ID), stock.seller(_OTHER)
        stock.import_orders(SELLER_ID, _ORDERS)
        stock.copy_orders(SELLER_ID, _OTHER)
        with serving(installation) as service:
            numbers = iter(range(1, 100))
            _one(stock, service.url, other, next(numbers))
            idle = [
                _one(stock, service.url, other, next(numbers))
                for _ in range(sizes.runs)
            ]
            # The lane has to be there before it can be held.
            _one(stock, service.url, busy, next(numbers))
            hold_lanes(stock, SELLER_ID)
            calls = [
                submit_feed(
                    service.url, busy, _KIND, feed_of(_KIND, 1, place + 1, 10**6)
                )
                for place in range(sizes.queued)
            ]
            last = feed_submission_id(answer(service.url, calls.pop()))
            send_all(service.url, calls, 8)
            release_lanes(stock, SELLER_ID)
            while stock.status(last) == "_SUBMITTED_":
                time.sleep(0.01)
            behind = [
                _one(stock, service.url, other, next(numbers))
                for _ in range(sizes.runs)
            ]
            left = stock.waiting(SELLER_ID)
    later = [max(each - min(idle), 0) for each in behind]
    assert left, "the queue was drained before the other seller's feeds were done"
    return [
        alone(
            "fairness/other-seller",
            f"how much later a feed is _DONE_ behind {sizes.queued:,} queued feeds of"
            " another seller",
            "s",
            later,
            sizes.level,
            aims=(Aim(1, of="value", at_most=True),),
        )
    ]


def _one(stock: Stock, url: str, keys: Keys, number: int) -> float:
    """Return the seconds from SubmitFeed to _DONE_ of one message."""
    call = submit_feed(url, keys, _KIND, feed_of(_KIND, 1, number, _ORDERS))
    began = time.time()
    return stock.wait(feed_submission_id(answer(url, call))) - began
