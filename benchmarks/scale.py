"""The measured parts of docs/scale.md: capacity, arithmetic and a simulated day.

    python -m benchmarks.scale

Everything follows from results.json and the load that is written down here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.feeds import pieces
from benchmarks.page import number, replaced
from benchmarks.results import Results
from benchmarks.simulate import Costs, day, measured_costs, simulate, table

PAGE = Path(__file__).parents[1] / "docs" / "scale.md"

_DAY_SECONDS = 86_400
# A core that is busy more than this makes whoever comes wait (M/D/1: twice its time).
_BUSY = 0.7
# Transactions of a small feed: accept, claim, one batch, end.
_COMMITS = 4


@dataclass(frozen=True, slots=True)
class Load:
    """A day of work; at its peaks feeds come `peak` times as often as on the mean."""

    sellers: int = 10_000
    feeds: int = 1_000_000
    messages: int = 100_000_000
    peak: float = 10

    @property
    def messages_a_feed(self) -> int:
        """The mean."""
        return self.messages // self.feeds


@dataclass(frozen=True, slots=True)
class Measured:
    """What the arithmetic takes from results.json, all a second or as named."""

    costs: Costs
    gate: float
    rows: float
    log_kb: float
    sqlite: float
    two_workers: float
    idle_mb: float
    whole_mb: float
    fsync_ms: float

    @classmethod
    def of(cls, results: Results) -> Measured:
        """Read it; raises ValueError where something is missing."""
        costs = measured_costs(results)

        def value(name: str) -> float:
            if name not in results.figures:
                raise ValueError(f"results.json has no {name}: run `make bench`")
            return results.figures[name].value

        value("drain/two-workers")
        ratio = results.figures["drain/two-workers"].ratio
        assert ratio is not None
        return cls(
            costs,
            value("gate/acknowledgement"),
            value("done-postgresql/acknowledgement-rows"),
            value("done-postgresql/acknowledgement-log"),
            value("done-sqlite/acknowledgement"),
            ratio,
            value("idle/memory"),
            value("memory/whole"),
            float(results.machine["fsync_ms"]),
        )

    def submit(self, messages: int) -> float:
        """Seconds that an API process takes to accept a feed of so many messages."""
        return self.costs.submit + messages / self.gate

    def work(self, messages: int) -> float:
        """Seconds that a worker takes for such a feed."""
        return self.costs.feed + messages * self.costs.message


def write_page(results: Results, page: Path = PAGE) -> None:
    """Write the measured parts; raises ValueError where a figure is missing."""
    measured, load = Measured.of(results), Load()
    text = page.read_text(encoding="utf-8")
    for marker, content in (
        ("capacity", capacity(measured)),
        ("arithmetic", arithmetic(measured, load)),
        ("simulation", simulation(measured, load)),
    ):
        text = replaced(text, marker, "\n".join(content))
    page.write_text(text, encoding="utf-8")


def capacity(measured: Measured) -> Iterator[str]:
    """Yield the table of what one process carries."""
    hundred = measured.submit(100)
    rows = (
        ("SubmitFeed of 3 kB, one API process", 1 / measured.costs.submit, "feeds/s"),
        ("SubmitFeed of 100 messages, one API process", 1 / hundred, "feeds/s"),
        ("feeds of one message, one worker", 1 / measured.costs.feed, "feeds/s"),
        ("messages, one worker, SQLite", measured.sqlite, "messages/s"),
        (
            "messages, one worker, PostgreSQL",
            1 / measured.costs.message,
            "messages/s",
        ),
        ("rows of messages, PostgreSQL itself", measured.rows, "messages/s"),
        ("memory of a process at rest", measured.idle_mb, "MB"),
        ("memory that its largest feed adds", measured.whole_mb, "MB"),
    )
    yield "| One node | Carries | In a day |"
    yield "| --- | --- | --- |"
    for what, value, unit in rows:
        a_day = "-"
        if unit.endswith("/s"):
            millions = value * _DAY_SECONDS / 1e6
            a_day = f"{number(millions)} M {unit.removesuffix('/s')}"
        yield f"| {what} | {number(value)} {unit} | {a_day} |"


def arithmetic(measured: Measured, load: Load) -> Iterator[str]:
    """Yield the table for a day's load: on the mean, and at its peaks."""
    mean = load.feeds / _DAY_SECONDS
    each = load.messages_a_feed
    submit, work = measured.submit(each), measured.work(each)
    document = sum(map(len, pieces("acknowledge", each, each)))
    yield (
        f"{load.sellers:,} sellers, {load.feeds / 1e6:g} M feeds and"
        f" {load.messages / 1e6:g} M messages a day, {each} messages a feed; peaks of"
        f" {load.peak:g} times the mean."
    )
    yield ""
    yield "| | How | Mean | Peak |"
    yield "| --- | --- | --- | --- |"
    for what, how, rate in (
        ("feeds/s", "feeds / 86,400 s", 1.0),
        ("messages/s", f"{each} a feed", float(each)),
        (
            "API processes",
            f"{submit * 1e3:.1f} ms a SubmitFeed, busy {_BUSY:.0%}",
            submit / _BUSY,
        ),
        (
            "workers",
            f"{work * 1e3:.1f} ms a feed ({measured.costs.feed * 1e3:.1f} ms and"
            f" {measured.costs.message * 1e6:.0f} µs a message), busy {_BUSY:.0%}",
            work / _BUSY,
        ),
        (
            "the database's time for rows",
            f"{measured.rows:,.0f} messages/s is all of it",
            each / measured.rows,
        ),
        ("commits/s", f"{_COMMITS} a feed", float(_COMMITS)),
        (
            "write-ahead log, MB/s",
            f"{measured.log_kb:.1f} kB a message",
            each * measured.log_kb / 1e3,
        ),
        ("documents, MB/s", f"{document / 1e3:.0f} kB a feed", document / 1e6),
    ):
        mean_cell, peak_cell = (
            f"{rate * feeds:,.0%}" if "time" in what else number(rate * feeds)
            for feeds in (mean, mean * load.peak)
        )
        yield f"| {what} | {how} | {mean_cell} | {peak_cell} |"
    yield ""
    yield (
        f"In a day that is {load.messages * measured.log_kb / 1e6:,.0f} GB of"
        f" write-ahead log and {load.feeds * document / 1e9:,.0f} GB of documents."
        f" A commit waits {measured.fsync_ms:g} ms for the measured machine's disk;"
        f" PostgreSQL lets commits that come together wait once. A seller sends"
        f" {load.feeds / load.sellers:.0f} feeds a day:"
        f" {load.feeds / load.sellers * work:.1f} s of work, one after another in each"
        " lane."
    )


def nodes(measured: Measured, load: Load) -> tuple[int, int]:
    """Return how many API processes and workers the peaks take."""
    peak = load.feeds / _DAY_SECONDS * load.peak
    submit = measured.submit(load.messages_a_feed)
    work = measured.work(load.messages_a_feed)
    return math.ceil(peak * submit / _BUSY), math.ceil(peak * work / _BUSY)


def simulation(measured: Measured, load: Load, share: float = 0.1) -> Iterator[str]:
    """Yield a simulated day with the workers of the arithmetic, and half of them."""
    api_nodes, workers = nodes(measured, load)
    costs = Costs(
        measured.submit(load.messages_a_feed),
        measured.costs.feed,
        measured.costs.message,
    )
    for count in dict.fromkeys((workers, max(workers // 2, 1))):
        arrivals = day(
            load.feeds,
            load.sellers,
            load.messages_a_feed,
            peak=load.peak,
            length=_DAY_SECONDS * share,
        )
        yield f"API processes: {api_nodes}; workers: {count}."
        yield ""
        yield from table(simulate(arrivals, costs, api_nodes, count), count)
        yield ""


if __name__ == "__main__":
    write_page(Results.read())
