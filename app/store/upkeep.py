"""What is put right now and then: orphaned documents, and counters of lanes."""

from __future__ import annotations

import logging
from contextlib import closing
from datetime import datetime, timedelta

from sqlalchemy import select

from app.store import feed_documents, lanes
from app.store.backends import Database
from app.store.documents import Documents
from app.store.feeds import document_ids
from app.store.tables import feed_lane

_log = logging.getLogger(__name__)

ORPHAN_AGE = timedelta(hours=24)
"""How old a document must be before it counts as left over by a crash."""

UPLOAD_AGE = timedelta(days=3)
USED_UPLOAD_AGE = timedelta(days=90)
"""How long a document without a feed is known (it can be used for two days), and how
long it is remembered that a feed has used one.
"""


def sweep_documents(database: Database, documents: Documents, now: datetime) -> int:
    """Remove documents that nothing knows of; return how many (queue-design 1)."""
    # The sweep may end before the ids do, which leaves the cursor open.
    with database.read() as connection, closing(document_ids(connection)) as known:
        swept = documents.sweep(known, now - ORPHAN_AGE)
    if swept:
        _log.warning("%d orphaned documents were removed", swept)
    return swept


def forget_uploads(database: Database, now: datetime) -> None:
    """Remove what was uploaded for a feed that is never made; its bytes are swept."""
    with database.write() as connection:
        feed_documents.forget(connection, now - UPLOAD_AGE, now - USED_UPLOAD_AGE)


def recount_lanes(database: Database) -> int:
    """Set wrong counters right, lane by lane; return how many (queue-design, race 3).

    None is ever wrong while every transaction keeps the one rule; a lane whose counter
    were too low would never be claimed again.
    """
    with database.read() as connection:
        all_lanes = connection.execute(
            select(feed_lane.c.seller_id, feed_lane.c.feed_type)
        ).all()
    wrong = 0
    for lane in all_lanes:
        with database.write() as connection:
            lanes.lock(connection, lane)
            if lanes.recount(connection, lane):
                _log.error("%s: its counter was wrong", lane)
                wrong += 1
    return wrong
