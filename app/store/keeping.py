"""Submissions as the operator sees them: of all sellers, and begun anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update
from sqlalchemy import func as sql

from app.errors import ResultCode
from app.model.feed import FeedStatus
from app.store import lanes
from app.store.backends import announce
from app.store.tables import feed_result, feed_submission, notification, outbox

_feed = feed_submission.c


@dataclass(frozen=True, slots=True)
class KeptFeed:
    """A submission with all that the operator may want to know; counts are messages."""

    feed_submission_id: int
    seller_id: str
    feed_type: str
    status: str
    submitted_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    attempts: int
    given_up: bool
    messages: int
    progress: int
    successful: int
    with_error: int
    with_warning: int
    size: int
    sha256: str
    document_id: str
    report_document_id: str | None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Something given up: a feed, a mail or a notification, and the last reason."""

    kind: str
    number: int
    seller_id: str
    about: str
    given_up_at: datetime | None
    reason: str


class NotGivenUp(Exception):
    """There is no submission of that id that was given up."""


_COLUMNS = tuple(_feed[name] for name in KeptFeed.__dataclass_fields__)


def find_feed(connection: Connection, feed_submission_id: int) -> KeptFeed | None:
    """Return a submission of any seller."""
    query = select(*_COLUMNS).where(_feed.feed_submission_id == feed_submission_id)
    row = connection.execute(query).first()
    return None if row is None else KeptFeed(*row)


def list_feeds(
    connection: Connection,
    *,
    limit: int,
    seller_id: str | None = None,
    status: FeedStatus | None = None,
    given_up: bool = False,
) -> list[KeptFeed]:
    """Return the newest submissions that match, newest first."""
    query = select(*_COLUMNS)
    if seller_id is not None:
        query = query.where(_feed.seller_id == seller_id)
    if status is not None:
        query = query.where(_feed.status == status)
    if given_up:
        query = query.where(_feed.given_up.is_(True))
    query = query.order_by(_feed.feed_submission_id.desc()).limit(limit)
    return [KeptFeed(*row) for row in connection.execute(query)]


def retry_feed(connection: Connection, feed_submission_id: int) -> str | None:
    """Queue a submission that was given up, to go on behind its last real batch.

    Giving up refused every message that was left with 5002 (design D5): those results
    are taken back, and progress with them; what was applied before stays as it is.
    Returns the id of the report, which is nobody's any more. Raises NotGivenUp.
    """
    feed = find_feed(connection, feed_submission_id)
    if feed is None:
        raise NotGivenUp
    # The lane first, then the feed in a later statement: the one rule of the queue.
    lanes.count_in(connection, feed)
    refused = (
        feed_result.c.feed_submission_id == feed_submission_id,
        feed_result.c.code == ResultCode.NOT_PROCESSED.number,
        feed_result.c.place > 0,
    )
    first = connection.execute(
        select(sql.min(feed_result.c.place)).where(*refused)
    ).scalar()
    begun_anew = {} if first is None else _back_to(first - 1)
    changed = connection.execute(
        update(feed_submission)
        .where(
            _feed.feed_submission_id == feed_submission_id,
            _feed.status == FeedStatus.DONE,
            _feed.given_up.is_(True),
        )
        .values(
            status=FeedStatus.SUBMITTED,
            given_up=False,
            attempts=0,
            completed_at=None,
            report_document_id=None,
            report_md5=None,
            **begun_anew,
        )
    )
    if changed.rowcount != 1:
        raise NotGivenUp
    connection.execute(delete(feed_result).where(*refused))
    announce(connection)
    return feed.report_document_id


def _back_to(progress: int) -> dict[str, Any]:
    """Take back what giving up counted: one error for each message behind."""
    return {
        "progress": progress,
        "with_error": _feed.with_error - (_feed.progress - progress),
    }


def dead_letters(connection: Connection, *, limit: int) -> list[DeadLetter]:
    """Return what was given up, at most `limit` of each kind, newest first."""
    found = [
        DeadLetter(
            "feed",
            feed.feed_submission_id,
            feed.seller_id,
            feed.feed_type,
            feed.completed_at,
            f"{feed.successful} of {feed.messages} messages were applied",
        )
        for feed in list_feeds(connection, limit=limit, given_up=True)
    ]
    mail, note = outbox.c, notification.c
    for kind, key, about, reason in (
        ("mail", mail.outbox_id, mail.kind, mail.error),
        ("notification", note.notification_id, note.address, note.last_error),
    ):
        table = key.table.c
        rows = connection.execute(
            select(key, table.seller_id, about, table.given_up_at, reason)
            .where(table.given_up_at.is_not(None))
            .order_by(key.desc())
            .limit(limit)
        )
        found += [DeadLetter(kind, *row[:4], row[4] or "") for row in rows]
    return found


def retry_mail(connection: Connection, outbox_id: int, now: datetime) -> bool:
    """Let a mail that was given up be tried once more; whether there was one."""
    mail = outbox.c
    changed = connection.execute(
        update(outbox)
        .where(mail.outbox_id == outbox_id, mail.given_up_at.is_not(None))
        .values(given_up_at=None, run_after=now)
    )
    return changed.rowcount == 1


def retry_notification(connection: Connection, notification_id: int) -> bool:
    """Let a notification that was given up be tried once more; whether it was."""
    note = notification.c
    changed = connection.execute(
        update(notification)
        .where(note.notification_id == notification_id, note.given_up_at.is_not(None))
        .values(given_up_at=None, run_after=None)
    )
    return changed.rowcount == 1
