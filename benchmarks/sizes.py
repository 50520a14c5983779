"""How much is measured at each level."""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Sizes:
    """The sizes of one level; `runs` is how often each figure is taken.

    `requests` are SubmitFeed calls a run, `moto_requests` those to moto, `reads` read
    calls a run; `latencies` one-message feeds on an idle service. `gate_bytes` and
    `whole_bytes` are the feeds of the memory figures, `growth` the messages of the
    feeds whose cost per message is compared, `stock` the orders and past submissions
    of the grown database. `drained` is how many feeds of how many messages the workers
    share, and how many of one message; `queued` how many feeds wait in front of another
    seller's. `idle_seconds` is how long idle CPU is watched. What a level has no sizes
    for, or no time (`__main__.FAMILIES`), it leaves out.
    """

    level: str
    runs: int
    messages: int
    requests: int
    moto_requests: int
    reads: int
    latencies: int
    gate_bytes: tuple[int, ...]
    whole_bytes: tuple[int, ...]
    growth: tuple[int, ...]
    stock: int
    drained: tuple[int, int, int]
    queued: int
    idle_seconds: float


QUICK = Sizes(
    level="quick",
    runs=3,
    messages=30_000,
    requests=400,
    moto_requests=80,
    reads=400,
    latencies=30,
    gate_bytes=(30 * MEGABYTE,),
    whole_bytes=(),
    growth=(),
    stock=0,
    drained=(0, 0, 0),
    queued=0,
    idle_seconds=2,
)

NORMAL = Sizes(
    level="normal",
    runs=5,
    messages=30_000,
    requests=600,
    moto_requests=120,
    reads=600,
    latencies=100,
    gate_bytes=(10 * MEGABYTE, 300 * MEGABYTE),
    whole_bytes=(30 * MEGABYTE, 300 * MEGABYTE),
    growth=(1_000, 30_000, 300_000),
    stock=100_000,
    drained=(8, 6_000, 200),
    queued=1_000,
    idle_seconds=10,
)

FULL = Sizes(
    level="full",
    runs=9,
    messages=30_000,
    requests=3_000,
    moto_requests=300,
    reads=3_000,
    latencies=300,
    # The largest feed that the service takes by default is 2 GiB less one byte.
    gate_bytes=(10 * MEGABYTE, 300 * MEGABYTE, 2_147 * MEGABYTE),
    whole_bytes=(30 * MEGABYTE, 300 * MEGABYTE, 2_147 * MEGABYTE),
    growth=(1_000, 30_000, 300_000, 1_000_000),
    stock=1_000_000,
    drained=(32, 10_000, 1_000),
    queued=1_000,
    idle_seconds=30,
)

LEVELS = {sizes.level: sizes for sizes in (QUICK, NORMAL, FULL)}
