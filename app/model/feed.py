"""Feeds as plain values: submissions, messages, problems and outcomes.

What there is one of for every message is a tuple, here and in the feed types: making
a frozen dataclass costs three times as much, and feeds have millions of messages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from app.errors import ResultCode, Severity

if TYPE_CHECKING:
    from lxml import etree

    from app.model.effects import Effect
    from app.model.flatfile import FlatFile
    from app.model.order import Order


class FeedStatus(StrEnum):
    """Where a feed submission stands. Source: mws-wire 5.3."""

    UNCONFIRMED = "_UNCONFIRMED_"
    SUBMITTED = "_SUBMITTED_"
    IN_SAFETY_NET = "_IN_SAFETY_NET_"
    IN_PROGRESS = "_IN_PROGRESS_"
    AWAITING_ASYNCHRONOUS_REPLY = "_AWAITING_ASYNCHRONOUS_REPLY_"
    # MWS has one status, _CANCELLED_, for recalled and aborted feeds; Feedgate
    # never uses it for a feed that was given up (design D5).
    CANCELLED = "_CANCELLED_"
    DONE = "_DONE_"


class Rules(StrEnum):
    """The two rule profiles of design D1."""

    STANDARD = "standard"
    STRICT = "strict"


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason to refuse a message or a feed, or one warning; ends as a Result.

    `message_id` is the literal of MessageID without leading zeros, "0" for the whole
    feed. `line` counts from 1 in the document as sent; `path` is an XPath with the
    feed's own message count, such as /AmazonEnvelope/Message[3]/MessageID. `found`
    and `expected` are set for what the schema or the parser refused.
    """

    code: ResultCode
    text: str
    message_id: str = "0"
    amazon_order_id: str | None = None
    amazon_order_item_code: str | None = None
    severity: Severity = Severity.ERROR
    line: int | None = None
    path: str | None = None
    found: str | None = None
    expected: str | None = None

    def of(self, message_id: str) -> Problem:
        """Return the same problem, laid at the door of one message."""
        return replace(self, message_id=message_id)

    @property
    def is_error(self) -> bool:
        """Whether what it stands in was refused."""
        return self.severity is Severity.ERROR


class Outcome(NamedTuple):
    """What one message comes to: effects on its order, or errors and no effect.

    Warnings may stand beside effects; an error never does (a message is all or
    nothing, design D3).
    """

    effects: tuple[Effect, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether the message was refused."""
        return any(problem.is_error for problem in self.problems)


class Message(NamedTuple):
    """One Message of an envelope, before its payload is read.

    `place` counts the feed's messages from 1; `message_id` is the literal without
    leading zeros; `payload` is None for a message that the schema refused, whose
    `problems` say why. A message of a flat file has none either: it is read at once.
    Its id is the number of its record. Where several records are one message,
    `records` pairs their numbers with their item codes, `weight` counts them, and
    `place` is that of the last.
    """

    place: int
    message_id: str
    operation_type: str | None
    payload: etree._Element | None
    problems: tuple[Problem, ...] = ()
    records: tuple[tuple[int, str], ...] = ()
    weight: int = 1


def result_feed_document_id(report_document_id: str, feed_submission_id: int) -> str:
    """Return the name that the Selling Partner API gives to the report of a feed."""
    return f"amzn1.tortuga.4.{report_document_id}.R{feed_submission_id}"


@dataclass(frozen=True, slots=True)
class Header:
    """What stands in an envelope before its first Message; None where absent."""

    message_type: str | None = None
    merchant_identifier: str | None = None
    document_version: str | None = None
    purge_and_replace: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says of one document, before anything is applied.

    `refusal` is the one problem that refuses the whole feed (5001, 5005, 715002,
    715004-715006); then nothing else is said. Otherwise `errors` holds the schema's
    errors in document order, at most 5 a message and 1,000 a feed, `suppressed`
    counts those left out, and `warnings` those of the feed as a whole.
    `envelope_valid` is False when an error stands outside every message: skipping
    bad messages cannot help such a feed. Source: design D3.
    """

    header: Header = field(default_factory=Header)
    messages: int = 0
    messages_with_error: int = 0
    refusal: Problem | None = None
    errors: tuple[Problem, ...] = ()
    suppressed: int = 0
    warnings: tuple[Problem, ...] = ()
    envelope_valid: bool = True

    @property
    def well_formed(self) -> bool:
        """Whether the document could be read as XML to its end."""
        refusal = self.refusal
        return refusal is None or refusal.code not in (
            ResultCode.NOT_WELL_FORMED,
            ResultCode.DOCTYPE_OR_ENCODING,
            ResultCode.TOO_LARGE,
        )

    @property
    def schema_valid(self) -> bool:
        """Whether the schema accepts the whole document."""
        return self.refusal is None and not self.errors and not self.suppressed

    @property
    def error_count(self) -> int:
        """How many errors were found, those left out included."""
        return (self.refusal is not None) + len(self.errors) + self.suppressed


@dataclass(frozen=True, slots=True)
class Judging:
    """What a judgement may know beside the message and its order.

    `now` is when the feed is processed, aware UTC; `holder_of` maps a MerchantOrderID
    named by this feed to the AmazonOrderID that holds it, for this seller;
    `future_tolerance_seconds` is the allowance of 718022 (design D4).
    """

    rules: Rules
    now: datetime
    holder_of: Mapping[str, str] = field(default_factory=dict)
    future_tolerance_seconds: int = 300


class Body(Protocol):
    """What every payload tells, once it is read: the ids of its order, as stated.

    None where absent. A message without AmazonOrderID means the order that its
    MerchantOrderID stands for, which then is empty where the element is.
    """

    @property
    def amazon_order_id(self) -> str | None:
        """The AmazonOrderID."""

    @property
    def merchant_order_id(self) -> str | None:
        """The MerchantOrderID."""


@dataclass(frozen=True, slots=True)
class FeedType:
    """One kind of feed: its names, how its payload is read, and its judgement.

    `parse` turns a schema-valid payload element into a body; `merchant_order_id` names
    the id that the body wants to store, if any; `handle` judges a body against its
    order and does no I/O. `reads_amounts` and `reads_history` say whether the judgement
    needs the order's components and promotions, and its shipments. One that travels
    as a flat file says in `flat_file` how, and `parse` is of no use to it.
    """

    name: str
    mws: str
    message_type: str
    parse: Callable[[etree._Element], Body]
    handle: Callable[[Any, Order, Judging], Outcome]
    merchant_order_id: Callable[[Any], str | None] = lambda body: None
    reads_amounts: bool = False
    reads_history: bool = False
    flat_file: FlatFile | None = None


@dataclass(frozen=True, slots=True)
class FeedSubmission:
    """One uploaded feed as the seller sees it; times are aware UTC.

    `marketplace_ids` is empty where none was named. `given_up` is so for a feed that
    was (or is being) ended without having been worked off.
    """

    feed_submission_id: int
    seller_id: str
    feed_type: str
    status: FeedStatus
    submitted_at: datetime
    started_at: datetime | None = None
    completed_at: datetime | None = None
    marketplace_ids: tuple[str, ...] = ()
    given_up: bool = False
    report_document_id: str | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """The ProcessingSummary of a report. Source: feed-vocabulary 3.1, 3.2."""

    processed: int = 0
    successful: int = 0
    with_error: int = 0
    with_warning: int = 0
