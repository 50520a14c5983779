"""Replays a day through N API and M worker nodes, and prints how old the queue gets.

    python -m benchmarks.simulate [--sellers 10000] [--feeds 1000000] [--messages 100]
        [--peak 10] [--api 2] [--workers 4] [--share 0.1] [--seed 1]

Feeds arrive at random; in some of the day's hours so many times as often as in the
others. A node serves one request, or one feed, at a time. Feeds of one seller run one
after another (queue-design 2); the lane served longest ago is next (3). Service times
are those of results.json. `--share` replays a part of the day, its peaks included.
"""

from __future__ import annotations

import argparse
import heapq
import random
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from benchmarks.figures import percentile
from benchmarks.results import Results

_DAY = 86_400.0
_PERCENTS = (50, 90, 99, 99.9)


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds: of SubmitFeed, of a feed on a worker, and of each message in it."""

    submit: float
    feed: float
    message: float


class Arrival(NamedTuple):
    """A feed that a seller sends: when, who, and how many messages."""

    at: float
    seller: int
    messages: int


@dataclass(slots=True)
class Outcome:
    """Seconds that feeds waited for a worker, and from SubmitFeed to _DONE_."""

    answered: list[float] = field(default_factory=list)
    queued: list[float] = field(default_factory=list)
    done: list[float] = field(default_factory=list)
    busy: float = 0.0
    ended: float = 0.0


def day(
    feeds: int,
    sellers: int,
    mean_messages: int,
    *,
    peak: float = 10,
    peaks: Sequence[tuple[float, float]] = ((8, 9), (18, 19)),
    length: float = _DAY,
    seed: int = 1,
) -> Iterator[Arrival]:
    """Yield the feeds of a day in the order of their arrival.

    Within `peaks` (hours of the day) feeds arrive `peak` times as often as on the mean.
    Sizes are exponential about the mean, at least one message. With a `length` of less
    than a day all of it is shortened alike, the number of feeds too.
    """
    random_number = random.Random(seed)
    share = length / _DAY
    mean = feeds / _DAY
    in_peaks = sum(end - begin for begin, end in peaks) / 24
    quiet = mean * (1 - peak * in_peaks) / (1 - in_peaks) if in_peaks else mean
    if quiet < 0:
        raise ValueError("the peaks alone hold more feeds than the day")
    bounds = sorted(hour * 3_600 * share for begin_end in peaks for hour in begin_end)
    at = 0.0
    for number, end in enumerate([*bounds, length]):
        rate = mean * peak if number % 2 else quiet
        while rate:
            at += random_number.expovariate(rate)
            if at >= end:
                break
            size = max(round(random_number.expovariate(1 / mean_messages)), 1)
            yield Arrival(at, random_number.randrange(sellers), size)
        # Arrivals have no memory: the next stretch begins anew.
        at = end


def simulate(
    arrivals: Iterator[Arrival], costs: Costs, api_nodes: int, workers: int
) -> Outcome:
    """Send feeds through API nodes and workers; every feed is done at the end."""
    outcome = Outcome()
    lanes = _Lanes(costs, workers, outcome)
    # When each API node is free; the next request takes the one free first.
    free = [0.0] * api_nodes
    accepted: list[tuple[float, float, int, int]] = []
    for arrival in arrivals:
        begin = max(heapq.heappop(free), arrival.at)
        end = begin + costs.submit
        heapq.heappush(free, end)
        outcome.answered.append(end - arrival.at)
        while accepted and accepted[0][0] <= begin:
            lanes.accept(*heapq.heappop(accepted))
        heapq.heappush(accepted, (end, arrival.at, arrival.seller, arrival.messages))
    while accepted:
        lanes.accept(*heapq.heappop(accepted))
    lanes.run(float("inf"))
    return outcome


class _Lanes:
    """The queue: lanes in the order they were served, and the workers on them."""

    def __init__(self, costs: Costs, workers: int, outcome: Outcome) -> None:
        self._costs = costs
        self._idle = workers
        self._outcome = outcome
        self._waiting: dict[int, deque[tuple[float, float, int]]] = {}
        self._served: dict[int, float] = {}
        self._owned: set[int] = set()
        self._ready: list[tuple[float, float, int]] = []
        self._ends: list[tuple[float, int]] = []

    def accept(self, now: float, sent: float, seller: int, messages: int) -> None:
        """Queue a feed that was accepted, after all that ended before."""
        self.run(now)
        lane = self._waiting.setdefault(seller, deque())
        lane.append((now, sent, messages))
        if len(lane) == 1 and seller not in self._owned:
            self._offer(seller, now)
        self._claim(now)

    def run(self, until: float) -> None:
        """Let workers end their feeds and take the next, up to a moment."""
        while self._ends and self._ends[0][0] <= until:
            now, seller = heapq.heappop(self._ends)
            self._idle += 1
            self._owned.discard(seller)
            self._served[seller] = now
            if self._waiting.get(seller):
                self._offer(seller, now)
            else:
                self._waiting.pop(seller, None)
            self._claim(now)

    def _offer(self, seller: int, now: float) -> None:
        heapq.heappush(self._ready, (self._served.get(seller, -1.0), now, seller))

    def _claim(self, now: float) -> None:
        while self._idle and self._ready:
            _, _, seller = heapq.heappop(self._ready)
            accepted, sent, messages = self._waiting[seller].popleft()
            seconds = self._costs.feed + messages * self._costs.message
            self._idle -= 1
            self._owned.add(seller)
            heapq.heappush(self._ends, (now + seconds, seller))
            self._outcome.queued.append(now - accepted)
            self._outcome.done.append(now + seconds - sent)
            self._outcome.busy += seconds
            self._outcome.ended = max(self._outcome.ended, now + seconds)


def measured_costs(results: Results) -> Costs:
    """Take service times from kept figures; raises ValueError if one is missing."""
    needed = ("submit/bare", "drain/small", "done-postgresql/acknowledgement")
    missing = [name for name in needed if name not in results.figures]
    if missing:
        raise ValueError(f"results.json has no {', '.join(missing)}: run `make bench`")
    submits, feeds, messages = (results.figures[name].value for name in needed)
    return Costs(1 / submits, 1 / feeds, 1 / messages)


def table(outcome: Outcome, workers: int) -> Iterator[str]:
    """Yield the lines of a table in Markdown: percentiles in seconds."""
    yield f"| seconds | {' | '.join(f'p{each:g}' for each in _PERCENTS)} | most |"
    yield f"| --- |{' --- |' * (len(_PERCENTS) + 1)}"
    rows: list[tuple[str, list[float]]] = [
        ("SubmitFeed to its answer", outcome.answered),
        ("age of the queue: accepted to begun", outcome.queued),
        ("SubmitFeed to _DONE_", outcome.done),
    ]
    for name, values in rows:
        cells = [f"{percentile(values, each):.2f}" for each in _PERCENTS]
        yield f"| {name} | {' | '.join(cells)} | {max(values):.2f} |"
    yield ""
    load = outcome.busy / (workers * outcome.ended)
    yield f"{len(outcome.done):,} feeds; the workers are busy {load:.0%} of the time."


def main() -> None:
    """Replay what the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    whole: Callable[[str], int] = int
    for name, value in (
        ("sellers", 10_000),
        ("feeds", 1_000_000),
        ("messages", 100),
        ("api", 2),
        ("workers", 4),
        ("seed", 1),
    ):
        parser.add_argument(f"--{name}", type=whole, default=value)
    parser.add_argument("--peak", type=float, default=10)
    parser.add_argument("--share", type=float, default=0.1)
    options = parser.parse_args()
    try:
        costs = measured_costs(Results.read())
    except ValueError as error:
        parser.error(str(error))
    arrivals = day(
        options.feeds,
        options.sellers,
        options.messages,
        peak=options.peak,
        length=_DAY * options.share,
        seed=options.seed,
    )
    outcome = simulate(arrivals, costs, options.api, options.workers)
    print(
        f"{options.feeds:,} feeds of {options.messages} messages a day, peaks of"
        f" {options.peak:g} times; {options.api} API nodes, {options.workers} workers;"
        f" SubmitFeed {costs.submit * 1e3:.1f} ms, a feed {costs.feed * 1e3:.1f} ms and"
        f" {costs.message * 1e6:.0f} µs a message\n"
    )
    print("\n".join(table(outcome, options.workers)))


if __name__ == "__main__":
    main()
