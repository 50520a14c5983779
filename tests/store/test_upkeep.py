"""What is put right now and then; on both databases."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from app.store import accounts, feed_documents, upkeep
from app.store.backends import Database
from app.store.documents import FileDocuments
from app.store.feed_documents import FeedDocument
from app.store.queue import Queue
from app.store.tables import feed_lane
from tests.held import HeldClock
from tests.queued import SELLER


def queued(database: Database) -> int:
    with database.read() as connection:
        number: int = connection.execute(select(feed_lane.c.queued)).scalar_one()
    return number


@pytest.mark.parametrize("wrong", [0, 1, 99])
def test_counters_that_are_wrong_are_set_right(
    database: Database,
    queue: Queue,
    add_feed: Callable[..., int],
    clock: HeldClock,
    wrong: int,
) -> None:
    """A lane counted too low would never be claimed again (race 3)."""
    for _ in range(3):
        add_feed()
    claim = queue.claim(clock())
    assert claim is not None
    with database.write() as connection:
        connection.execute(update(feed_lane).values(queued=wrong))

    recounted = upkeep.recount_lanes(database), upkeep.recount_lanes(database)

    assert recounted == (1, 0)
    assert queued(database) == 3


def test_a_lane_that_counts_feeds_that_are_not_there_is_set_right_when_claimed(
    database: Database, queue: Queue, add_feed: Callable[..., int], clock: HeldClock
) -> None:
    """Otherwise every worker would find it first, and nothing in it."""
    add_feed()
    claim = queue.claim(clock())
    assert claim is not None
    with queue.fenced(claim) as connection:
        queue.finish(connection, claim, clock(), "report", "md5")
    with database.write() as connection:
        connection.execute(update(feed_lane).values(queued=7))

    nothing = queue.claim(clock())

    assert nothing is None
    assert queued(database) == 0


def test_orphaned_documents_are_swept_and_those_in_use_are_kept(
    database: Database,
    documents: FileDocuments,
    add_feed: Callable[..., int],
    clock: HeldClock,
    tmp_path: Path,
) -> None:
    """A crash between the document and its transaction leaves an orphan."""
    ids = []
    for _ in range(3):
        with documents.new() as writer:
            ids.append(writer.commit())
    add_feed(document_id=ids[0])
    old = clock() - timedelta(hours=25)
    for document_id in ids[:2]:
        [path] = (tmp_path / "documents").rglob(document_id)
        os.utime(path, (old.timestamp(), old.timestamp()))

    swept = upkeep.sweep_documents(database, documents, clock())

    assert swept == 1
    left = {path.name for path in (tmp_path / "documents").rglob("*-*")}
    assert left == {ids[0], ids[2]}


def test_uploads_that_no_feed_used_are_forgotten_with_their_bytes(
    database: Database, documents: FileDocuments, clock: HeldClock, tmp_path: Path
) -> None:
    """A document waits two days for its feed; its bytes are swept once it is gone."""
    with database.write() as connection:
        accounts.add_seller(connection, SELLER, "Shop", clock())
    stored = {}
    for name, days, used in (("new", 2, None), ("old", 4, None), ("used", 4, 1)):
        with documents.new() as writer:
            stored[name] = writer.commit()
        upload = FeedDocument(
            name,
            SELLER,
            "text/xml",
            clock() - timedelta(days=days),
            None if used else stored[name],
            feed_submission_id=used,
        )
        with database.write() as connection:
            feed_documents.add(connection, upload)
        [path] = (tmp_path / "documents").rglob(stored[name])
        os.utime(path, (0, 0))

    upkeep.forget_uploads(database, clock())
    swept = upkeep.sweep_documents(database, documents, clock())

    with database.read() as connection:
        known = [
            name
            for name in stored
            if feed_documents.find(connection, SELLER, name) is not None
        ]
    assert known == ["new", "used"]
    # The bytes of the used one would be its feed's, which this test has not.
    assert swept == 2
    left = {path.name for path in (tmp_path / "documents").rglob("*-*")}
    assert left == {stored["new"]}
