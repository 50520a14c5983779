"""One message on an idle service: from SubmitFeed to _DONE_."""

from __future__ import annotations

import time

from benchmarks.bench import Bench
from benchmarks.calls import feed_of, feed_submission_id, submit_feed
from benchmarks.feeds import SELLER_ID
from benchmarks.figures import Aim, Figure, alone, percentile
from benchmarks.load import answer
from benchmarks.service import serving
from benchmarks.stock import stocked

_PAUSE_SECONDS = 0.02


def measure(bench: Bench) -> list[Figure]:
    """Submit one-message feeds one after another, each to a service that rests."""
    sizes = bench.sizes
    installation = bench.installation()
    with stocked(installation) as stock:
        keys = stock.seller(SELLER_ID)
        stock.import_orders(SELLER_ID, sizes.latencies + 1)
        with serving(installation) as service:
            times = []
            for place in range(sizes.latencies + 1):
                feed = feed_of("cancel", 1, place + 1, sizes.latencies + 1)
                call = submit_feed(service.url, keys, "cancel", feed)
                time.sleep(_PAUSE_SECONDS)
                began = time.time()
                feed_id = feed_submission_id(answer(service.url, call))
                times.append((stock.wait(feed_id) - began) * 1000)
                assert stock.counts(feed_id) == (1, 0)
    del times[0]
    what = f"SubmitFeed to _DONE_ of one message, idle service, {len(times)} feeds"
    return [
        alone(
            f"latency/p{percent}",
            f"{what}: p{percent}",
            "ms",
            [percentile(times, percent)],
            sizes.level,
            aims=(Aim(bound, of="value", at_most=True),),
        )
        for percent, bound in ((50, 50), (99, 300))
    ]
