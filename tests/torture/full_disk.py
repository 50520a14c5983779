"""Fills the disk at every write of SQLite and of the document store, one after another.

`python -m tests.torture.full_disk FOLDER STEP` gives files a limit (RLIMIT_FSIZE) that
grows by STEP bytes from round to round, until a whole round fits. Each round has feeds
submitted and worked on while the disk is full, and then there is room again. A page of
SQLite's log is 4,120 bytes, so with that STEP every one of them is refused once.
Prints JSON: the rounds, how many submissions and how many attempts found no room.
"""

from __future__ import annotations

import json
import logging
import random
import resource
import shutil
import sys
import time
from itertools import islice
from pathlib import Path
from typing import Any

from app.errors import ErrorCode, ServiceError
from tests.torture.checks import check
from tests.torture.load import feeds, submit_once, unfinished
from tests.torture.world import SELLERS, World, made
from tests.waiting import eventually

_HARD = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
_FEEDS = 3


class NoRoom(logging.Handler):
    """Counts what the worker reports to be out of reach."""

    count = 0
    others: list[str]

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.others = []

    def emit(self, record: logging.LogRecord) -> None:
        """Count an outage, and keep anything worse."""
        if record.levelno > logging.WARNING:
            self.others.append(record.getMessage())
        else:
            self.count += 1


def main(folder: Path, step: int) -> dict[str, Any]:
    """Run the rounds and return what was seen; AssertionError if anything broke."""
    worker_log = NoRoom()
    logging.getLogger("app.worker").addHandler(worker_log)
    template = folder / "template"
    with made(template, f"sqlite:///{template}/feedgate.db", 0) as world:
        callers = dict(world.callers)
    seen = {"rounds": 0, "refused": 0, "no_room": 0}
    while True:
        home = folder / "home"
        shutil.copytree(template, home)
        # One batch a feed: fewer writes to be refused, the same kinds of them.
        given = {"batch_messages": 100}
        world = World(home, f"sqlite:///{home}/feedgate.db", given=given)
        world.callers.update(callers)
        before = worker_log.count
        refused = _round(world, seen["rounds"] * step)
        shutil.rmtree(home)
        seen["rounds"] += 1
        seen["refused"] += refused
        seen["no_room"] += worker_log.count - before
        assert not worker_log.others, worker_log.others
        if not refused and worker_log.count == before:
            return seen


def _round(world: World, limit: int) -> int:
    """Submit feeds on a full disk, then make room; return how many were refused.

    A refused feed must have left nothing behind, and be taken in once there is room.
    """
    caller = world.callers[SELLERS[0]]
    wanted = list(islice(feeds(random.Random(limit), 0), _FEEDS))
    ids, again = [], []
    service = world.service
    _limit(limit)
    service.worker.start()
    for feed in wanted:
        try:
            ids.append(submit_once(world, caller, *feed))
        except ServiceError as error:
            if error.code is not ErrorCode.SERVICE_UNAVAILABLE:
                raise
            again.append(feed)
    deadline = time.monotonic() + 0.3
    while unfinished(world) and time.monotonic() < deadline:
        time.sleep(0.01)
    kept = [path for path in (world.home / "documents").rglob("*") if path.is_file()]
    _limit(_HARD)
    ids += [submit_once(world, caller, *feed) for feed in again]
    eventually(lambda: unfinished(world) == 0)
    service.worker.stop()
    check(world, ids)
    service.close()
    # Each feed has its document, and maybe its report; what was refused has neither.
    assert len(kept) <= 2 * (_FEEDS - len(again)), kept
    return len(again)


def _limit(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, _HARD))


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]))))
