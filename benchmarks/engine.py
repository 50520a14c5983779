"""One feed through the engine in this process, without a server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from app.cli.service import clock, ids
from app.engine.pieces import Limits
from app.engine.process import Engine
from app.model.feed import Rules
from app.store.backends import Database, open_presence
from app.store.documents import FileDocuments
from app.store.feeds import NewFeed, accept
from app.store.queue import Queue, Retries
from app.store.roster import Roster
from benchmarks.feeds import FEED_TYPES, SELLER_ID
from benchmarks.gate import validate


def work_off(
    database: Database,
    home: Path,
    feed: Path,
    kind: str,
    run: Callable[..., Any] = lambda process, *arguments: process(*arguments),
) -> int:
    """Queue a feed of the benchmarks' seller and work it off; return its number.

    `run` is called with the engine's `process` and its arguments.
    """
    documents = FileDocuments(home / "documents", ids)
    with documents.new() as writer:
        writer.write(feed.read_bytes())
        new = NewFeed(
            seller_id=SELLER_ID,
            feed_type=FEED_TYPES[kind],
            rules=Rules.STANDARD,
            skip_invalid=False,
            document_id=writer.commit(),
            sha256=writer.sha256,
            size=writer.size,
            access_key_id="AKIABENCHMARK",
        )
    with database.write() as connection:
        window = timedelta(minutes=15)
        accept(connection, new, validate(feed), now=clock(), window=window)
    roster = Roster(database, open_presence(database, alone=True), ids, clock)
    roster.enter()
    try:
        queue = Queue(database, roster, Retries())
        claim = queue.claim(clock())
        assert claim is not None
        engine = Engine(database, documents, queue, Limits(), clock)
        run(engine.process, claim, lambda: False)
    finally:
        roster.leave()
    return claim.feed_submission_id
