"""Feeds in three steps: a document is made, uploaded, and handed to a feed.

Source: sp-api-wire 2.2 to 2.4.
"""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.feedtypes import registry
from app.intake import feed_requests
from app.intake.accounts import Accounts, Caller
from app.intake.feed_requests import FeedRequest
from app.intake.outages import outages_refused
from app.intake.submitting import StoredDocument, Submitter
from app.model.feed import FeedSubmission
from app.model.marketplaces import MARKETPLACES
from app.settings import Settings
from app.store import feed_documents, feeds
from app.store.backends import Database
from app.store.bulk import Connection
from app.store.documents import DocumentDamaged, Documents
from app.store.feed_documents import FeedDocument

LIFE = timedelta(days=2)
"""How long a document may wait for createFeed."""

_CAPITALS = string.ascii_uppercase + string.digits
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([\w.:+-]{1,40})", re.ASCII | re.I)
_SKIP = "on-invalid-message"


class UploadRefused(Exception):
    """An upload is not taken; the document is as it was before."""


class FeedRefused(Exception):
    """A feed cannot be made of what was given; the text names it and says why."""


@dataclass(frozen=True, slots=True)
class FeedDocuments:
    """Takes documents in and makes feeds of them; `ids` gives UUIDs as text."""

    database: Database
    documents: Documents
    accounts: Accounts
    submitter: Submitter
    settings: Settings
    clock: Callable[[], datetime]
    ids: Callable[[], str]

    @outages_refused
    def create(self, caller: Caller, content_type: str) -> FeedDocument:
        """Make an empty document; `content_type` is what its upload must have."""
        # A suffix that nobody guesses, on an id that nothing should read.
        suffix = "".join(secrets.choice(_CAPITALS) for _ in range(14))
        document = FeedDocument(
            f"amzn1.tortuga.4.{self.ids()}.{suffix}",
            caller.seller_id,
            content_type,
            self.clock(),
        )
        with self.database.write() as connection:
            feed_documents.add(connection, document)
        return document

    @outages_refused
    def find(self, seller_id: str, feed_document_id: str) -> FeedDocument | None:
        """Return one of a seller's documents."""
        with self.database.read() as connection:
            return feed_documents.find(connection, seller_id, feed_document_id)

    @outages_refused
    def upload(self, document: FeedDocument, pieces: Iterable[bytes]) -> str:
        """Keep a whole upload in place of the one before; return its MD5, hexadecimal.

        Raises UploadRefused, and ServiceError if it is too long or ends early; then
        the upload before stays.
        """
        if document.feed_submission_id is not None:
            raise _used(document)
        with self.documents.new() as writer:
            for piece in pieces:
                if writer.size + len(piece) > self.settings.max_feed_bytes:
                    raise feed_requests.too_long(self.settings.max_feed_bytes)
                writer.write(piece)
            stored = writer.commit()
        # If this fails, whether it was kept is not known: the sweep finds out.
        with self.database.write() as connection:
            kept, before = feed_documents.replace_upload(
                connection,
                document.seller_id,
                document.feed_document_id,
                stored,
                writer.sha256,
                writer.size,
            )
        if not kept:
            self.documents.delete(stored)
            raise _used(document)
        if before is not None:
            self.documents.delete(before)
        return writer.md5.hex()

    @outages_refused
    def create_feed(
        self,
        caller: Caller,
        feed_type: str,
        marketplace_ids: Collection[str],
        feed_document_id: str,
        options: Mapping[str, str],
    ) -> FeedSubmission:
        """Queue a feed of an uploaded document, which then belongs to the feed.

        `feed_type` is the name without outer underscores. Raises FeedRefused, and
        ServiceError as SubmitFeed does. A feed type that was removed is taken and has
        failed at once (sp-api-wire 2.7).
        """
        mws_name = _feed_type(feed_type)
        self._check_marketplaces(caller, marketplace_ids)
        upload = self._upload_of(caller, feed_document_id)
        stored = StoredDocument(
            self.documents,
            upload.document_id or "",
            upload.sha256 or "",
            upload.size or 0,
        )
        charset = _CHARSET.search(upload.content_type)
        request = FeedRequest(
            feed_type=mws_name,
            signature="",
            charset=charset[1] if charset else None,
            marketplace_ids=tuple(dict.fromkeys(marketplace_ids)),
            skip_invalid=_skips(options),
        )

        overtaken = FeedRefused(
            f'inputFeedDocumentId "{feed_document_id}" was uploaded anew or used by '
            "another createFeed in the meantime"
        )

        def use(connection: Connection, feed: FeedSubmission) -> None:
            if not feed_documents.use(connection, upload, feed.feed_submission_id):
                raise overtaken

        if mws_name in registry.REMOVED:
            return self._file_removed(caller, request, stored, use)
        try:
            return self.submitter.submit_stored(caller, request, stored, use)[0]
        except DocumentDamaged as error:
            # An upload that replaced this one has removed its bytes, if nothing worse.
            if self.find(caller.seller_id, feed_document_id) != upload:
                raise overtaken from error
            raise

    def _file_removed(
        self,
        caller: Caller,
        request: FeedRequest,
        stored: StoredDocument,
        use: Callable[[Connection, FeedSubmission], None],
    ) -> FeedSubmission:
        feed = self.submitter.new_feed(caller, request, stored)
        with self.database.write() as connection:
            submission = feeds.add_aborted(connection, feed, now=self.clock())
            use(connection, submission)
        return submission

    def _check_marketplaces(self, caller: Caller, given: Collection[str]) -> None:
        own = self.accounts.sells_in(caller.seller_id)
        for marketplace_id in given:
            if marketplace_id not in MARKETPLACES and marketplace_id not in own:
                raise FeedRefused(
                    f'marketplaceIds has "{marketplace_id[:60]}", which is unknown; '
                    f"this seller sells in {', '.join(sorted(own))}"
                )

    def _upload_of(self, caller: Caller, feed_document_id: str) -> FeedDocument:
        name = f'inputFeedDocumentId "{feed_document_id[:80]}"'
        document = self.find(caller.seller_id, feed_document_id)
        if document is None:
            raise FeedRefused(f"{name} is not a document of this seller")
        if document.feed_submission_id is not None:
            raise FeedRefused(
                f"{name} was used by feed {document.feed_submission_id}; make another "
                "document"
            )
        if document.created_at + LIFE <= self.clock():
            raise FeedRefused(f"{name} is older than 2 days; make another document")
        if document.document_id is None:
            raise FeedRefused(f"{name} was not uploaded yet; PUT it to its url first")
        if not document.size:
            raise FeedRefused(f"{name} is empty; upload the feed first")
        return document


def _feed_type(name: str) -> str:
    mws_name = f"_{name}_"
    served = [each.mws.strip("_") for each in registry.FEED_TYPES]
    if name not in served and mws_name not in registry.REMOVED:
        known = mws_name in registry.MWS_NAMES
        raise FeedRefused(
            f'feedType "{name[:60]}" is {"not served here" if known else "unknown"}; '
            f"use one of {', '.join(served)}"
        )
    return mws_name


def _skips(options: Mapping[str, str]) -> bool | None:
    value = options.get(_SKIP)
    if value not in (None, "skip", "reject"):
        raise FeedRefused(
            f'feedOptions.{_SKIP} is "{value[:60]}", expected skip or reject'
        )
    return None if value is None else value == "skip"


def _used(document: FeedDocument) -> UploadRefused:
    return UploadRefused(
        f"{document.feed_document_id} was used by createFeed and takes no upload any "
        "more; make another document."
    )
