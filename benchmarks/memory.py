"""Peak memory on large feeds: of the gate alone, and of the whole process."""

from __future__ import annotations

import json
import subprocess
import sys

from benchmarks.bench import Bench
from benchmarks.feeds import FEED_TYPES, SELLER_ID, messages_in, write_feed
from benchmarks.figures import Aim, Figure, alone
from benchmarks.service import serving
from benchmarks.stock import stocked

_ORDERS = 30_000
_KIND = "acknowledge"


def measure_gate(bench: Bench) -> list[Figure]:
    """Validate feeds of each size in a process that does nothing else."""
    small, large = bench.file("small.xml"), bench.file("large.xml")
    write_feed(small, _KIND, 10, 10)
    grown = {}
    for size in bench.sizes.gate_bytes:
        messages = messages_in(_KIND, size)
        write_feed(large, _KIND, messages, _ORDERS)
        command = [sys.executable, "-m", "benchmarks.peak", str(small), str(large)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        told = json.loads(done.stdout)
        assert told["messages"] == messages
        grown[size] = (told["peak"] - told["idle"]) / 1e6
    large.unlink(missing_ok=True)
    return _figures(bench, "gate", "the gate alone", grown, 32)


def measure_whole(bench: Bench) -> list[Figure]:
    """Submit feeds of each size to a service and watch it to the end.

    The first feed acknowledges the orders, and all that follows states the same ids
    again: every message is read, judged against its order and counted.
    """
    small, large = bench.file("small.xml"), bench.file("large.xml")
    write_feed(small, _KIND, 10, 10)
    grown = {}
    for size in bench.sizes.whole_bytes:
        messages = messages_in(_KIND, size)
        orders = min(messages, _ORDERS)
        installation = bench.installation()
        with stocked(installation) as stock:
            keys = stock.seller(SELLER_ID)
            stock.import_orders(SELLER_ID, orders)
            write_feed(large, _KIND, messages, orders)
            with (
                serving(installation) as service,
                keys.client(service.url) as client,
            ):
                stock.wait(client.submit(small, FEED_TYPES[_KIND]))
                idle = service.memory("VmRSS")
                service.reset_peak()
                stock.wait(client.submit(large, FEED_TYPES[_KIND]))
                grown[size] = (service.memory("VmHWM") - idle) / 1e6
    large.unlink(missing_ok=True)
    return _figures(bench, "whole", "the whole process (API, worker)", grown, 140)


def _figures(
    bench: Bench, name: str, what: str, grown: dict[int, float], most: float
) -> list[Figure]:
    if not grown:
        return []
    largest = max(grown)
    sizes = ", ".join(f"{size / 1e6:,.0f}" for size in grown)
    return [
        alone(
            f"memory/{name}",
            f"peak memory of {what} above idle, largest of feeds of {sizes} MB",
            "MB",
            [max(grown.values())],
            bench.sizes.level,
            aims=(Aim(most, of="value", at_most=True),),
            points={str(size): each for size, each in grown.items()},
        ),
        alone(
            f"memory/{name}-growth",
            f"peak memory of {what}: what {largest / 1e6:,.0f} MB take more than"
            f" {min(grown) / 1e6:,.0f} MB",
            "MB",
            [grown[largest] - grown[min(grown)]],
            bench.sizes.level,
        ),
    ]
