"""The whole way of one feed, from its document to its report."""

from __future__ import annotations

import base64
import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from typing import BinaryIO

from app.counters import FEED_SECONDS, RESULTS
from app.engine.ahead import read_ahead
from app.engine.batch import Batch, Read, given_up, judge, read_body, wanted
from app.engine.envelope import Limits, read_messages
from app.engine.flat_report import write_flat_report
from app.engine.flatfile import read_flat_file
from app.engine.message_ids import MessageIds
from app.engine.report import write_report
from app.engine.writing import write_orders
from app.errors import ResultCode
from app.feedtypes import registry
from app.model.feed import Counts, FeedType, Judging, Message, Outcome, Problem
from app.model.mail import BUYER_MAILS, MailKind
from app.store import feeds, orders
from app.store.backends import Database
from app.store.bulk import Connection
from app.store.documents import DocumentDamaged, Documents
from app.store.feeds import Work
from app.store.outcomes import add_results, read_results
from app.store.queue import Claim, Queue
from app.tracing import span

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Engine:
    """Works off claimed feeds; its parts and limits are given by main.build.

    `batch_messages` messages are applied in one transaction; `attempts` is named in
    the report of a feed that was given up; `mails` are the kinds that buyers get.
    """

    database: Database
    documents: Documents
    queue: Queue
    limits: Limits
    clock: Callable[[], datetime]
    batch_messages: int = 2_000
    attempts: int = 8
    future_tolerance_seconds: int = 300
    mails: Collection[MailKind] = BUYER_MAILS

    def process(self, claim: Claim, stopping: Callable[[], bool]) -> bool:
        """Apply what is left of a feed, batch by batch, and file its report.

        A feed that was begun before goes on behind its last committed batch. Returns
        False if `stopping` said so between two batches, the lane still held. Raises
        LaneLost if another worker has taken the lane over: nothing of the batch in
        hand is kept then; and DocumentDamaged if the document is not what was stored.
        """
        with self.database.read() as connection:
            work = feeds.load_work(connection, claim.feed_submission_id)
        if not work.rejected and not claim.hopeless:
            progress = work.progress
            with (
                self.documents.open_checked(work.document_id, work.sha256) as document,
                self._batches(document, work) as batches,
            ):
                for messages in batches:
                    self._apply(claim, work, messages)
                    progress = messages[-1].message.place
                    if stopping():
                        return False
            if progress != work.messages:
                # Its digest was right when it was opened: it was cut off while read.
                raise DocumentDamaged(
                    f"document {work.document_id} ended behind message {progress} of "
                    f"{work.messages}"
                )
        self._finish(claim)
        return True

    def _unread(self, claim: Claim, work: Work) -> list[Problem]:
        """Tell of the messages of a feed that kills whoever reads on in it (D5)."""
        if not claim.hopeless:
            return []
        left = work.messages - work.progress
        text = ResultCode.NOT_PROCESSED.text(
            what=f"The last {left} messages were", attempts=self.attempts
        )
        return [Problem(ResultCode.NOT_PROCESSED, text)]

    def _batches(
        self, document: BinaryIO, work: Work
    ) -> AbstractContextManager[Iterator[list[Read]]]:
        """Read the messages that are not done yet, with their payloads.

        A batch is read while the one before it is judged and written.
        """
        messages = self._read(_feed_type(work), document, work)
        batches = iter(lambda: list(islice(messages, self.batch_messages)), [])
        if work.messages - work.progress <= self.batch_messages:
            return nullcontext(batches)
        return read_ahead(batches)

    def _read(
        self, feed_type: FeedType, document: BinaryIO, work: Work
    ) -> Iterator[Read]:
        if feed_type.flat_file is not None:
            for read in read_flat_file(
                document,
                feed_type.flat_file,
                rules=work.rules,
                limits=self.limits,
                charset=work.charset,
            ):
                if read.message.place > work.progress:
                    yield read
            return
        used = MessageIds()
        for message in read_messages(
            document,
            limits=self.limits,
            charset=work.charset,
            validate=work.rules if work.skip_invalid else None,
        ):
            repeated = message.payload is not None and not used.add(message.message_id)
            # The ids of messages done before a restart count as used, too.
            if message.place <= work.progress:
                continue
            yield _repeated(message) if repeated else read_body(feed_type, message)

    def _apply(self, claim: Claim, work: Work, messages: list[Read]) -> None:
        fenced = self.queue.fenced(claim)
        with span("batch", messages=len(messages)), fenced as connection:
            now = self.clock()
            if work.given_up:
                batch = given_up((read.message for read in messages), self.attempts)
            else:
                batch = self._judge(connection, work, messages, now)
            self._write(connection, claim, work, batch, now)

    def _judge(
        self, connection: Connection, work: Work, messages: list[Read], now: datetime
    ) -> Batch:
        feed_type = _feed_type(work)
        named = set()
        for read in messages:
            if read.body is not None:
                if read.body.amazon_order_id is None:
                    named.add(read.body.merchant_order_id)
                named.add(feed_type.merchant_order_id(read.body))
        holders = orders.holders(connection, work.seller_id, filter(None, named))
        book = orders.load_orders(
            connection,
            work.seller_id,
            wanted(messages, holders),
            amounts=feed_type.reads_amounts,
            history=feed_type.reads_history,
            lock=True,
        )
        judging = Judging(work.rules, now, holders, self.future_tolerance_seconds)
        return judge(feed_type, messages, book, holders, judging)

    def _write(
        self,
        connection: Connection,
        claim: Claim,
        work: Work,
        batch: Batch,
        now: datetime,
    ) -> None:
        source = f"feed {claim.feed_submission_id}"
        write_orders(
            connection,
            work.seller_id,
            batch,
            source=source,
            cause=work.access_key_id,
            now=now,
            mails=self.mails,
        )
        add_results(connection, claim.feed_submission_id, batch.problems)
        self.queue.progressed(connection, claim, batch.messages, batch.counts)

    def _finish(self, claim: Claim) -> None:
        """File the report first: who sees _DONE_ can fetch it (queue-design 5)."""
        found: Counter[ResultCode] = Counter()
        writer = self.documents.new()
        with self.database.read() as connection:
            work = feeds.load_work(connection, claim.feed_submission_id)
            problems = _counted(
                found,
                chain(
                    self._unread(claim, work),
                    read_results(connection, claim.feed_submission_id),
                ),
            )
            if _feed_type(work).flat_file is not None:
                write_flat_report(
                    writer.write,
                    rules=work.rules,
                    counts=_counts(work),
                    refused=work.refused,
                    problems=problems,
                )
            else:
                write_report(
                    writer.write,
                    feed_submission_id=claim.feed_submission_id,
                    seller_id=work.seller_id,
                    rules=work.rules,
                    counts=_counts(work),
                    problems=problems,
                )
        md5 = base64.b64encode(writer.md5).decode()
        document_id = writer.commit()
        with self.queue.fenced(claim) as connection:
            now = self.clock()
            self.queue.finish(connection, claim, now, document_id, md5)
        _tell(work, found, now)


def _counted(
    found: Counter[ResultCode], problems: Iterable[Problem]
) -> Iterator[Problem]:
    for problem in problems:
        found[problem.code] += 1
        yield problem


def _tell(work: Work, found: Counter[ResultCode], now: datetime) -> None:
    """Count and log a feed that is done, once nothing can take that back."""
    for code, number in found.items():
        RESULTS.labels(code.number, code.value.severity).inc(number)
    seconds = (now - work.submitted_at).total_seconds()
    FEED_SECONDS.labels(work.feed_type).observe(seconds)
    _log.info(
        "feed %d is done: %d of %d messages successful",
        work.feed_submission_id,
        work.successful,
        work.messages,
    )


def _feed_type(work: Work) -> FeedType:
    feed_type = registry.by_mws(work.feed_type)
    if feed_type is None:
        raise LookupError(f"{work.feed_type} is not in the registry any more")
    return feed_type


def _repeated(message: Message) -> Read:
    text = ResultCode.DUPLICATE_MESSAGE_ID.text(message_id=message.message_id)
    problem = Problem(ResultCode.DUPLICATE_MESSAGE_ID, text)
    return Read(message, outcome=Outcome((), (problem,)))


def _counts(work: Work) -> Counts:
    if work.refused:
        return Counts(with_error=1)
    if work.rejected:
        return Counts(work.messages, with_error=work.messages)
    # All messages are done but where a feed was given up unread.
    with_error = work.messages - work.successful
    return Counts(work.messages, work.successful, with_error, work.with_warning)
