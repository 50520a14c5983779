"""Documents that wait for their feed: taken in by one call, used by another.

Everything is found by seller, so that no door can forget it (design D7).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, or_, select, update

from app.store.tables import feed_document

_document = feed_document.c


@dataclass(frozen=True, slots=True)
class FeedDocument:
    """One document; `document_id` and what follows is its last whole upload."""

    feed_document_id: str
    seller_id: str
    content_type: str
    created_at: datetime
    document_id: str | None = None
    sha256: str | None = None
    size: int | None = None
    feed_submission_id: int | None = None


def add(connection: Connection, document: FeedDocument) -> None:
    """Add a document. Raises IntegrityError if the id is taken."""
    connection.execute(
        insert(feed_document),
        {name: getattr(document, name) for name in FeedDocument.__dataclass_fields__},
    )


def find(
    connection: Connection, seller_id: str, feed_document_id: str
) -> FeedDocument | None:
    """Return one of the seller's documents, if there is one of that id."""
    query = select(feed_document).where(
        _document.feed_document_id == feed_document_id,
        _document.seller_id == seller_id,
    )
    row = connection.execute(query).first()
    return None if row is None else FeedDocument(*row)


def replace_upload(
    connection: Connection,
    seller_id: str,
    feed_document_id: str,
    document_id: str,
    sha256: str,
    size: int,
) -> tuple[bool, str | None]:
    """Keep an upload in place of the one before, whose id is returned.

    The first value is False, and nothing is changed, if a feed has the document.
    """
    query = select(_document.document_id).where(
        _document.feed_document_id == feed_document_id,
        _document.seller_id == seller_id,
        _document.feed_submission_id.is_(None),
    )
    row = connection.execute(query.with_for_update()).first()
    if row is None:
        return False, None
    connection.execute(
        update(feed_document)
        .where(_document.feed_document_id == feed_document_id)
        .values(document_id=document_id, sha256=sha256, size=size)
    )
    return True, row.document_id


def use(connection: Connection, upload: FeedDocument, feed_submission_id: int) -> bool:
    """Hand an upload over to a feed; False if it is not the last one any more."""
    used = connection.execute(
        update(feed_document)
        .where(
            _document.feed_document_id == upload.feed_document_id,
            _document.document_id == upload.document_id,
            _document.feed_submission_id.is_(None),
        )
        # The feed keeps it from now on.
        .values(feed_submission_id=feed_submission_id, document_id=None)
    )
    return used.rowcount == 1


def forget(
    connection: Connection, unused_before: datetime, used_before: datetime
) -> None:
    """Remove documents that were made before these times; their bytes are swept."""
    connection.execute(
        delete(feed_document).where(
            _document.created_at < unused_before,
            or_(
                _document.feed_submission_id.is_(None),
                _document.created_at < used_before,
            ),
        )
    )
