"""The gate against xmllint: validating with every error at its message."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from app.engine.gate import check
from app.engine.pieces import Limits
from app.engine.threads import ParserThreads
from app.model.feed import Rules, Verdict
from benchmarks.bench import Bench
from benchmarks.feeds import write_feed
from benchmarks.figures import Aim, Figure, compared
from benchmarks.xmllint import Spent, Xmllint

_AGAINST = "xmllint --noout --stream --schema, less its empty run"
_KINDS = {"acknowledgement": "cancel", "adjustment": "refund"}


def measure(bench: Bench) -> list[Figure]:
    """Validate feeds in this process, its schema compiled, in turn with xmllint."""
    xmllint = Xmllint(bench.folder)
    return [
        figure
        for name, kind in _KINDS.items()
        for figure in _of_kind(bench, xmllint, name, kind)
    ]


def _of_kind(bench: Bench, xmllint: Xmllint, name: str, kind: str) -> list[Figure]:
    sizes = bench.sizes
    good, bad = bench.file(f"{kind}.xml"), bench.file(f"{kind}-bad.xml")
    write_feed(good, kind, sizes.messages, sizes.messages)
    write_feed(bad, kind, sizes.messages, sizes.messages, bad_every=2)
    assert validate(good).messages_with_error == 0
    assert validate(bad).messages_with_error == sizes.messages // 2
    floors: list[Spent] = []
    ours: list[Spent] = []
    with_bad: list[Spent] = []
    two: list[float] = []
    for run in range(sizes.runs):
        steps: list[Callable[[], None]] = [
            lambda: floors.append(xmllint.validate(good)),
            lambda: ours.append(_spent(good)),
            lambda: with_bad.append(_spent(bad)),
            lambda: two.append(_two_at_a_time(good)),
        ]
        for step in steps[run % 4 :] + steps[: run % 4]:
            step()
    messages = sizes.messages
    single = compared(
        f"gate/{name}",
        f"validate {messages:,} messages, one thread, CPU ({name})",
        "messages/s",
        [messages / each.cpu for each in ours],
        [messages / each.cpu for each in floors],
        sizes.level,
        against=_AGAINST,
        aims=(Aim(1.0),),
    )
    double = compared(
        f"gate/{name}-two-threads",
        f"validate {messages:,} messages, two feeds in two threads, wall ({name})",
        "messages/s",
        [2 * messages / wall for wall in two],
        [messages / each.wall for each in floors],
        sizes.level,
        against=_AGAINST,
        aims=(Aim(1.5),),
        # With one core to spare or none, depending on the neighbours.
        guarded=False,
    )
    half_bad = compared(
        f"gate/{name}-half-bad",
        f"validate {messages:,} messages, 50 % of them bad, CPU ({name})",
        "messages/s",
        [messages / each.cpu for each in with_bad],
        [messages / each.cpu for each in ours],
        sizes.level,
        against="itself with no bad message",
        aims=(Aim(0.8),),
    )
    return [single, double, half_bad]


def validate(path: Path) -> Verdict:
    """Put a feed through the gate."""
    with path.open("rb") as document:
        return check(document, rules=Rules.STANDARD, limits=Limits())


def _spent(path: Path) -> Spent:
    wall, cpu = time.perf_counter(), time.process_time()
    validate(path)
    return Spent(time.perf_counter() - wall, time.process_time() - cpu)


def _two_at_a_time(path: Path) -> float:
    """Return the seconds that two feeds take in the service's own parser threads."""
    threads = ParserThreads(2)
    with ThreadPoolExecutor(2) as callers:
        empty = path.with_name("empty.xml")
        # The first call of a thread compiles the schema.
        list(callers.map(lambda _: threads.run(validate, empty), range(2)))
        began = time.perf_counter()
        list(callers.map(lambda _: threads.run(validate, path), range(2)))
        wall = time.perf_counter() - began
    threads.close()
    return wall
