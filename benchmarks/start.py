"""Start to first answer, and what an idle service takes."""

from __future__ import annotations

import http.client
import time
from urllib.parse import urlsplit

from benchmarks.bench import Bench
from benchmarks.figures import Aim, Figure, alone
from benchmarks.service import serving
from benchmarks.stock import stocked

_SETTLED_SECONDS = 2


def measure(bench: Bench) -> list[Figure]:
    """Start a migrated service with its embedded worker, and leave it alone."""
    sizes = bench.sizes
    installation = bench.installation()
    with stocked(installation):
        pass
    starts, memories, loads = [], [], []
    for run in range(sizes.runs):
        began = time.perf_counter()
        with serving(installation) as service:
            _ask(service.url)
            starts.append(time.perf_counter() - began)
            if run == sizes.runs - 1:
                time.sleep(min(_SETTLED_SECONDS, sizes.idle_seconds))
                before = service.cpu()
                time.sleep(sizes.idle_seconds)
                used = service.cpu() - before
                loads.append(100 * used / sizes.idle_seconds)
                memories.append(service.memory("VmRSS") / 1e6)
    return [
        alone(
            "idle/start",
            "start to first answer (serve with its worker)",
            "s",
            starts,
            sizes.level,
            aims=(Aim(1.5, of="value", at_most=True),),
        ),
        alone(
            "idle/memory",
            "idle memory of the process",
            "MB",
            memories,
            sizes.level,
            aims=(Aim(100, of="value", at_most=True),),
        ),
        alone(
            "idle/cpu",
            f"idle CPU over {sizes.idle_seconds:.0f} s (embedded worker)",
            "% of a core",
            loads,
            sizes.level,
            aims=(Aim(1, of="value", at_most=True),),
        ),
    ]


def _ask(url: str) -> None:
    """Ask for the status of the service, as a client without keys can."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    connection.request("GET", "/")
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == 200, answer.status
