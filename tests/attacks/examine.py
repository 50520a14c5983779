"""Runs the gate, and what the worker reads, over hostile documents, and measures it.

Each document has a process of its own, forked off one in which everything is warm: its
peak says by how much it grew. `python -m tests.attacks.examine [NAME ...]` prints a
line of JSON for each document.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from app.engine.envelope import read_messages
from app.engine.gate import check
from app.engine.pieces import Limits
from app.model.feed import Rules
from tests.attacks.documents import ATTACKS, GOOD, Make, Stream
from tests.engine.documents import feed

MOST_SECONDS = 0.25
MOST_GROWTH = 32
"""Seconds of CPU and MiB above idle that one hostile document may cost."""

_RUNS = 3


def examine(make: Make) -> dict[str, Any]:
    """Do with a document what SubmitFeed and a worker do; return what came of it."""
    stream = cast(BinaryIO, Stream(make))
    verdict = check(stream, rules=Rules.STANDARD, limits=Limits())
    read = 0
    if verdict.refusal is None and verdict.envelope_valid:
        stream.seek(0)
        for _ in read_messages(stream, limits=Limits(), validate=Rules.STANDARD):
            read += 1
    refusal = verdict.refusal
    return {
        "code": refusal.code.number if refusal else None,
        "text": refusal.text[:500] if refusal else None,
        "messages": verdict.messages,
        "errors": verdict.error_count,
        "read": read,
    }


def warm() -> None:
    """Compile the schema and import what is imported late."""
    examine(lambda: iter([feed(GOOD).encode()]))
    examine(lambda: iter([feed(GOOD.replace("Success", "x")).encode()]))


def measured(name: str) -> dict[str, Any]:
    """Examine a document in a process of its own: the least of some runs counts.

    A busy machine makes CPU time longer, never shorter.
    """
    result: dict[str, Any] = {}
    for _ in range(_RUNS):
        again = _forked(name)
        if not result or again["seconds"] < result["seconds"]:
            result = again
        if result["seconds"] <= MOST_SECONDS:
            break
    return result


def _forked(name: str) -> dict[str, Any]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            found = _used(name)
        except BaseException as error:
            found = {"code": repr(error)[:300], "seconds": 0.0, "grown": 0.0}
        os.write(writing, json.dumps({"name": name, **found}).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        content = pipe.read()
    os.waitpid(child, 0)
    result: dict[str, Any] = json.loads(content)
    return result


def _used(name: str) -> dict[str, Any]:
    # Made before it is measured; the large ones are made while they are read.
    make = ATTACKS[name]
    begun, before = time.process_time(), _peak()
    result = examine(make)
    result["seconds"] = round(time.process_time() - begun, 3)
    result["grown"] = round((_peak() - before) / 1_024, 1)
    return result


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def results(names: list[str]) -> Iterator[dict[str, Any]]:
    """Measure documents, one after another."""
    warm()
    for name in names:
        yield measured(name)


if __name__ == "__main__":
    for each in results(sys.argv[1:] or [*ATTACKS]):
        print(json.dumps(each, ensure_ascii=False), flush=True)
