"""One feed on its way in: document, gate, queue (design D2)."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import BinaryIO

from app.engine.envelope import Limits
from app.engine.gate import check
from app.engine.threads import ParserThreads
from app.errors import ErrorCode, ServiceError
from app.feedtypes.registry import FEED_TYPES
from app.intake import feed_requests
from app.intake.accounts import Accounts, Caller
from app.intake.feed_requests import FeedRequest
from app.intake.flat_charset import flat_charset
from app.intake.identifiers import Identifiers
from app.intake.outages import outages_refused
from app.logs import bound
from app.model.feed import FeedSubmission, FeedType, Rules, Verdict
from app.settings import Settings
from app.store import feeds, listing
from app.store.backends import Database
from app.store.bulk import Connection
from app.store.documents import Documents, DocumentWriter, md5_base64
from app.store.feeds import NewFeed

_log = logging.getLogger(__name__)

Accepted = tuple[FeedSubmission, Verdict]

Alongside = Callable[[Connection, FeedSubmission], None]
"""What is written in the transaction that queues a feed; raising undoes both."""


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document that is in the store already, as a writer that has nothing to write.

    `sha256` is hexadecimal and `size` in bytes.
    """

    documents: Documents
    document_id: str
    sha256: str
    size: int

    def open(self) -> BinaryIO:
        """Open it for reading; raises DocumentDamaged if it is not what it was."""
        return self.documents.open_checked(self.document_id, self.sha256)

    def commit(self) -> str:
        """Return its id."""
        return self.document_id


@dataclass(frozen=True, slots=True)
class Submitter:
    """Takes feeds in.

    `threads` are where documents are validated; `settings` hold the rules and limits
    for feeds that are submitted from now on.
    """

    database: Database
    documents: Documents
    accounts: Accounts
    threads: ParserThreads
    settings: Settings
    clock: Callable[[], datetime]

    @outages_refused
    def begin(
        self,
        caller: Caller,
        request: FeedRequest,
        alongside: Alongside | None = None,
    ) -> Callable[[Iterable[bytes]], Accepted]:
        """Check what can be checked before the document is read.

        Returns the function that takes the pieces of the document. Raises ServiceError,
        and whatever `alongside` raises.
        """
        feed_type, request = self._checked(caller, request)
        md5 = feed_requests.expected_md5(request)
        feed_requests.check_length(request, self.settings.max_feed_bytes)
        return partial(self._receive, caller, request, feed_type, md5, alongside)

    @outages_refused
    def submit_stored(
        self,
        caller: Caller,
        request: FeedRequest,
        document: StoredDocument,
        alongside: Alongside,
    ) -> Accepted:
        """Take in a document that is stored; raises ServiceError, and then it stays.

        Whatever `alongside` raises is raised, too.
        """
        feed_type, request = self._checked(caller, request)
        verdict = self._judged(document, caller, request, feed_type)
        feed = self.new_feed(caller, request, document)
        return self._queue(feed, verdict, alongside, lambda document_id: None), verdict

    def _checked(
        self, caller: Caller, request: FeedRequest
    ) -> tuple[FeedType, FeedRequest]:
        feed_type = feed_requests.served_feed_type(request.feed_type)
        is_flat = feed_type.flat_file is not None
        if not request.marketplace_ids and not is_flat:
            # Most feeds name no marketplace: nothing to ask the database for.
            return feed_type, request
        own = self.accounts.sells_in(caller.seller_id)
        feed_requests.check_marketplaces(request.marketplace_ids, own)
        if is_flat:
            charset = flat_charset(
                request.charset,
                request.marketplace_ids or own,
                self.settings.flat_file_charset,
            )
            request = replace(request, charset=charset)
        return feed_type, request

    @outages_refused
    def _receive(
        self,
        caller: Caller,
        request: FeedRequest,
        feed_type: FeedType,
        md5: bytes | None,
        alongside: Alongside | None,
        pieces: Iterable[bytes],
    ) -> Accepted:
        """Take the document in; raises ServiceError, and then nothing of it is kept."""
        with self.documents.new() as writer:
            self._write(writer, pieces, md5)
            verdict = self._judged(writer, caller, request, feed_type)
            feed = self.new_feed(caller, request, writer)
        return self._queue(feed, verdict, alongside, self.documents.delete), verdict

    def new_feed(
        self,
        caller: Caller,
        request: FeedRequest,
        document: DocumentWriter | StoredDocument,
    ) -> NewFeed:
        """Return the feed of a document, which is committed."""
        return NewFeed(
            seller_id=caller.seller_id,
            feed_type=request.feed_type,
            rules=Rules(self.settings.rules),
            skip_invalid=self._skips(request),
            document_id=document.commit(),
            sha256=document.sha256,
            size=document.size,
            access_key_id=caller.access_key_id,
            charset=request.charset,
            request_digest=self._digest(caller, request, document.sha256),
            marketplace_ids=request.marketplace_ids,
        )

    def _write(
        self, writer: DocumentWriter, pieces: Iterable[bytes], md5: bytes | None
    ) -> None:
        most, seconds = self.settings.max_feed_bytes, self.settings.max_feed_seconds
        begun = time.monotonic()
        for piece in pieces:
            if time.monotonic() - begun > seconds:
                raise feed_requests.too_slow(seconds)
            if writer.size + len(piece) > most:
                raise feed_requests.too_long(most)
            writer.write(piece)
        if not writer.size:
            raise feed_requests.empty()
        if md5 is not None and writer.md5 != md5:
            raise ServiceError(
                ErrorCode.CONTENT_MD5_MISMATCH,
                f"The feed that arrived has MD5 {md5_base64(writer.md5)}, not "
                f"{md5_base64(md5)}; nothing was kept.",
            )

    def _judged(
        self,
        document: DocumentWriter | StoredDocument,
        caller: Caller,
        request: FeedRequest,
        feed_type: FeedType,
    ) -> Verdict:
        """Return the gate's verdict; raises ServiceError where it is not acceptable."""
        verdict = self._examine(document, caller, request, feed_type)
        if self._refuses(request, verdict):
            raise feed_requests.FeedInvalid(verdict)
        return verdict

    def _examine(
        self,
        document: DocumentWriter | StoredDocument,
        caller: Caller,
        request: FeedRequest,
        feed_type: FeedType,
    ) -> Verdict:
        with document.open() as content:
            return self.threads.run(
                check,
                content,
                rules=Rules(self.settings.rules),
                limits=replace(
                    Limits.of(self.settings),
                    max_seconds=self.settings.max_feed_seconds,
                ),
                charset=request.charset,
                feed_type=feed_type,
                other_feed_types=[each for each in FEED_TYPES if each is not feed_type],
                identifiers=Identifiers(caller.seller_id, self.accounts.identifiers),
            )

    def _skips(self, request: FeedRequest) -> bool:
        if request.skip_invalid is None:
            return self.settings.invalid_messages == "skip"
        return request.skip_invalid

    def _refuses(self, request: FeedRequest, verdict: Verdict) -> bool:
        if request.refuse_unread and verdict.refusal is not None:
            return True
        refuses = self.settings.invalid_feeds == "refuse"
        return refuses and not _acceptable(verdict, self._skips(request))

    def _digest(self, caller: Caller, request: FeedRequest, sha256: str) -> str | None:
        """Name the signed request, so that the same one again is known (D2.5)."""
        if self.settings.resubmit_guard == "off" or not request.signature:
            return None
        name = "\n".join((caller.access_key_id, request.signature, sha256))
        return hashlib.sha256(name.encode()).hexdigest()

    def _queue(
        self,
        feed: NewFeed,
        verdict: Verdict,
        alongside: Alongside | None,
        discard: Callable[[str], None],
    ) -> FeedSubmission:
        accepted = None
        window = timedelta(seconds=self.settings.signature_window_seconds)
        try:
            with self.database.write() as connection:
                accepted, is_new = feeds.accept(
                    connection, feed, verdict, now=self.clock(), window=window
                )
                if alongside is not None:
                    alongside(connection, accepted)
        except BaseException:
            if accepted is None or self._is_absent(accepted):
                discard(feed.document_id)
            raise
        if not is_new:
            # The same signed request again: the first document serves it.
            discard(feed.document_id)
        with bound(feed_submission_id=accepted.feed_submission_id):
            _log.info("feed %d is accepted", accepted.feed_submission_id)
        return accepted

    def _is_absent(self, submission: FeedSubmission) -> bool:
        """Whether a commit that failed has left nothing; unsure means no.

        A connection that breaks during a commit leaves open whether it was done.
        """
        try:
            with self.database.read() as connection:
                report = listing.report(
                    connection, submission.seller_id, submission.feed_submission_id
                )
        except Exception:
            return False
        return report is None


def _acceptable(verdict: Verdict, skip: bool) -> bool:
    if verdict.refusal is not None or not verdict.envelope_valid:
        return False
    return skip or verdict.schema_valid
