"""How fast workers drain a queue on PostgreSQL: one of them, then two."""

from __future__ import annotations

import time
from contextlib import ExitStack

from sqlalchemy import text

from benchmarks.bench import Bench, settle
from benchmarks.calls import feed_of, feed_submission_id, submit_feed
from benchmarks.figures import Aim, Figure, alone, compared
from benchmarks.load import answer
from benchmarks.service import serving
from benchmarks.stock import Stock, stocked
from tests.running import Installation, Keys

_KIND = "acknowledge"
_SECONDS = 300


def measure(bench: Bench) -> list[Figure]:
    """Queue feeds of several sellers, and let workers that wait for them begin.

    The feeds state ids that the orders have already: every message is read, looked up
    and judged, and nothing is left to write, so that the processor is the bound.
    """
    sizes = bench.sizes
    feeds, messages, small_feeds = sizes.drained
    if not feeds:
        return []
    with bench.postgresql() as url:
        installation = bench.installation(url)
        with stocked(installation) as stock:
            keys = [stock.seller(f"A1DRAIN{place:07d}") for place in range(feeds)]
            stock.import_orders(keys[0].seller_id, messages)
            for each in keys[1:]:
                stock.copy_orders(keys[0].seller_id, each.seller_id)
            feed = feed_of(_KIND, messages, 1, messages)
            rates: dict[int, list[float]] = {1: [], 2: []}
            small = []
            with serving(installation, "--workers", "0") as service:
                # The first drain stores the ids.
                _drain(installation, stock, service.url, keys, [feed], 1)
                settle(url)
                for run in range(sizes.runs):
                    for workers in (1, 2) if run % 2 else (2, 1):
                        seconds = _drain(
                            installation, stock, service.url, keys, [feed], workers
                        )
                        rates[workers].append(feeds * messages / seconds)
                one = feed_of(_KIND, 1, 1, messages)
                share = [one] * -(-small_feeds // feeds)
                for _ in range(sizes.runs):
                    seconds = _drain(installation, stock, service.url, keys, share, 1)
                    small.append(feeds * len(share) / seconds)
    return [
        compared(
            "drain/two-workers",
            f"drain {feeds} feeds of {messages:,} messages that change nothing, two"
            " workers (PostgreSQL)",
            "messages/s",
            rates[2],
            rates[1],
            sizes.level,
            against="one worker",
            aims=(Aim(1.6),),
        ),
        alone(
            "drain/small",
            "drain feeds of one message, one worker (PostgreSQL)",
            "feeds/s",
            small,
            sizes.level,
        ),
    ]


def _drain(
    installation: Installation,
    stock: Stock,
    url: str,
    keys: list[Keys],
    feeds: list[bytes],
    workers: int,
) -> float:
    """Queue the feeds for each seller, and time workers that are there from the start.

    The lanes are held back until every worker has signed on.
    """
    submitted = [
        feed_submission_id(answer(url, submit_feed(url, each, _KIND, _numbered(feed))))
        for feed in feeds
        for each in keys
    ]
    hold_lanes(stock)
    with ExitStack() as stack:
        for _ in range(workers):
            stack.enter_context(installation.start("work", "--workers", "1"))
        _wait_for(stock, "SELECT count(*) FROM worker", workers)
        release_lanes(stock)
        began = time.time()
        _wait_for(stock, "SELECT count(*) FROM feed_lane WHERE queued > 0", 0)
        seconds = time.time() - began
        for feed in submitted:
            assert stock.counts(feed)[1] == 0, "messages were refused"
    # The next ones must not be counted with those that are leaving.
    _wait_for(stock, "SELECT count(*) FROM worker", 0)
    return seconds


_numbers = iter(range(1_000_000_000))


def _numbered(feed: bytes) -> bytes:
    """Make a feed another document, so that it is not taken for a repeated request."""
    return feed + f"<!-- {next(_numbers)} -->".encode()


def hold_lanes(stock: Stock, seller_id: str = "%") -> None:
    """Keep workers off the lanes of sellers like this one."""
    _set_ready(stock, seller_id, "2100-01-01T00:00:00.000000Z")


def release_lanes(stock: Stock, seller_id: str = "%") -> None:
    """Let workers have the lanes again, and tell them."""
    _set_ready(stock, seller_id, None)


def _set_ready(stock: Stock, seller_id: str, ready_at: str | None) -> None:
    with stock.database.write() as connection:
        moment = f"'{ready_at}'" if ready_at else "NULL"
        connection.execute(
            text(f"UPDATE feed_lane SET ready_at = {moment} WHERE seller_id LIKE :id"),
            {"id": seller_id},
        )
        if stock.database.dialect_name == "postgresql":
            connection.execute(text("NOTIFY feedgate_work"))


def _wait_for(stock: Stock, query: str, count: int) -> None:
    deadline = time.monotonic() + _SECONDS
    while True:
        with stock.database.read() as connection:
            if connection.execute(text(query)).scalar_one() == count:
                return
        if time.monotonic() > deadline:
            raise TimeoutError(f"{query} is not {count}")
        time.sleep(0.005)
