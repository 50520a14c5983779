"""Feed submissions: taken in with their verdict, and read for the engine."""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select

from app.errors import ResultCode
from app.model.feed import FeedStatus, FeedSubmission, Problem, Rules, Verdict
from app.store import lanes
from app.store.backends import announce
from app.store.feed_ends import tell_of_feeds
from app.store.listing import SHOWN, read_submission
from app.store.outcomes import add_results
from app.store.tables import feed_document, feed_submission, report

_feed = feed_submission.c
_MESSAGE_PATH = re.compile(r"/AmazonEnvelope/Message\[(\d+)\]")

# Every feed that is taken in asks for these: they are made once.
_ADD = insert(feed_submission).returning(*SHOWN)
_SAME_REQUEST = (
    select(*SHOWN)
    .where(
        _feed.seller_id == bindparam("of_seller"),
        _feed.request_digest == bindparam("digest"),
        _feed.submitted_at >= bindparam("since"),
    )
    .order_by(_feed.feed_submission_id)
)


@dataclass(frozen=True, slots=True)
class NewFeed:
    """A feed whose document is stored, ready to be queued.

    `sha256` is hexadecimal and `size` in bytes, both of the document; `charset` is the
    Content-Type's. `request_digest` names the signed request (access key, Signature
    and document): the same one again is no new submission. Source: design D2.
    """

    seller_id: str
    feed_type: str
    rules: Rules
    skip_invalid: bool
    document_id: str
    sha256: str
    size: int
    access_key_id: str
    charset: str | None = None
    request_digest: str | None = None
    marketplace_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Work:
    """What the engine needs to know of a feed; counts are messages."""

    feed_submission_id: int
    seller_id: str
    feed_type: str
    rules: Rules
    skip_invalid: bool
    document_id: str
    sha256: str
    charset: str | None
    access_key_id: str
    submitted_at: datetime
    attempts: int
    given_up: bool
    progress: int
    successful: int
    with_error: int
    with_warning: int
    messages: int
    refused: bool
    invalid_errors: int
    envelope_valid: bool

    @property
    def rejected(self) -> bool:
        """Whether the gate's verdict keeps every message from being applied (D3)."""
        if self.refused or not self.envelope_valid:
            return True
        return self.invalid_errors > 0 and not self.skip_invalid


_WORK = select(*(_feed[name] for name in Work.__dataclass_fields__)).where(
    _feed.feed_submission_id == bindparam("number")
)


def accept(
    connection: Connection,
    feed: NewFeed,
    verdict: Verdict,
    *,
    now: datetime,
    window: timedelta,
) -> tuple[FeedSubmission, bool]:
    """Queue a feed, with what the gate found in it; return it, and whether it is new.

    The same `request_digest` within `window` gives the first submission again and
    queues nothing (design D2.5). The lane row is locked before the id is drawn, so that
    the ids of a lane ascend in the order of commits (queue-design 2).
    """
    lanes.count_in(connection, feed)
    if feed.request_digest is not None:
        earlier = accepted_before(
            connection, feed.seller_id, feed.request_digest, since=now - window
        )
        if earlier is not None:
            lanes.count_out(connection, feed.seller_id, feed.feed_type, 1)
            return earlier, False
    row = connection.execute(_ADD, _row(feed, verdict, now)).one()
    add_results(connection, row.feed_submission_id, _placed(verdict))
    announce(connection)
    return read_submission(row), True


def add_aborted(
    connection: Connection, feed: NewFeed, *, now: datetime
) -> FeedSubmission:
    """File a feed that ends before it begins: no lane has it, and it gets no report."""
    row = _row(feed, Verdict(), now) | {
        "status": FeedStatus.CANCELLED,
        "given_up": True,
        "started_at": now,
        "completed_at": now,
    }
    added = connection.execute(_ADD, row).one()
    tell_of_feeds(connection, feed.seller_id, [added], FeedStatus.CANCELLED, now)
    return read_submission(added)


def accepted_before(
    connection: Connection, seller_id: str, request_digest: str, *, since: datetime
) -> FeedSubmission | None:
    """Return the submission that the same signed request made since then, if any."""
    values = {"of_seller": seller_id, "digest": request_digest, "since": since}
    row = connection.execute(_SAME_REQUEST, values).first()
    return None if row is None else read_submission(row)


def load_work(connection: Connection, feed_submission_id: int) -> Work:
    """Read what the engine needs. Raises NoResultFound for an id that is none."""
    row = connection.execute(_WORK, {"number": feed_submission_id}).one()
    values = row._asdict()
    return Work(**values | {"rules": Rules(values["rules"])})


def document_ids(connection: Connection) -> Generator[str, None, None]:
    """Yield the ids of all documents in use, ascending by their bytes."""
    documents = select(_feed.document_id.label("id"))
    reports = select(_feed.report_document_id).where(
        _feed.report_document_id.is_not(None)
    )
    asked_for = select(report.c.document_id).where(report.c.document_id.is_not(None))
    uploaded = select(feed_document.c.document_id).where(
        feed_document.c.document_id.is_not(None)
    )
    all_ids = documents.union_all(reports, asked_for, uploaded).subquery()
    collation = "C" if connection.dialect.name == "postgresql" else "BINARY"
    query = select(all_ids.c.id).order_by(all_ids.c.id.collate(collation))
    with connection.execution_options(yield_per=1_000).execute(query) as found:
        yield from found.scalars()


def _row(feed: NewFeed, verdict: Verdict, now: datetime) -> dict[str, Any]:
    return {
        "seller_id": feed.seller_id,
        "feed_type": feed.feed_type,
        "status": FeedStatus.SUBMITTED,
        "rules": feed.rules,
        "skip_invalid": feed.skip_invalid,
        "document_id": feed.document_id,
        "sha256": feed.sha256,
        "size": feed.size,
        "charset": feed.charset,
        "access_key_id": feed.access_key_id,
        "request_digest": feed.request_digest,
        "marketplace_ids": ",".join(feed.marketplace_ids),
        "submitted_at": now,
        "given_up": False,
        "messages": verdict.messages,
        "refused": verdict.refusal is not None,
        "invalid_errors": verdict.error_count,
        "envelope_valid": verdict.envelope_valid,
    }


def _placed(verdict: Verdict) -> list[tuple[int, Problem]]:
    """Lay the gate's problems at their messages, those of the whole feed first."""
    placed: list[tuple[int, Problem]] = []
    if verdict.suppressed:
        text = ResultCode.TOO_MANY_ERRORS.text(count=verdict.suppressed)
        placed.append((0, Problem(ResultCode.TOO_MANY_ERRORS, text)))
    if verdict.refusal is not None:
        placed.append((0, verdict.refusal))
    placed += [(_place(problem), problem) for problem in verdict.errors]
    placed += [(0, problem) for problem in verdict.warnings]
    return sorted(placed, key=lambda pair: pair[0])


def _place(problem: Problem) -> int:
    """Return the count of the message that a problem's path leads into, or 0."""
    within = _MESSAGE_PATH.match(problem.path or "")
    return int(within[1]) if within else 0
