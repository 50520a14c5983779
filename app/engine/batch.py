"""One batch of messages: judged against the seller's orders, and written down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from app.engine.flat_places import at_records
from app.errors import ResultCode
from app.feedtypes.wording import unknown_order
from app.model.effects import CancelItem, Effect, PostRefund, RecordShipment
from app.model.feed import (
    Body,
    Counts,
    FeedType,
    Judging,
    Message,
    Outcome,
    Problem,
)
from app.model.mail import MailKind
from app.model.order import Order
from app.store.ledger import Entry

_TOLD: dict[type[Effect], MailKind] = {
    CancelItem: MailKind.CANCELLATION,
    PostRefund: MailKind.REFUND,
    RecordShipment: MailKind.DISPATCH,
}
"""The effects that a buyer is written about (design D4; feed-vocabulary 5.4)."""


class Read(NamedTuple):
    """A message with its payload read, or with the outcome that it has already."""

    message: Message
    body: Body | None = None
    outcome: Outcome | None = None


class Mail(NamedTuple):
    """An e-mail to a buyer, to be written into the outbox; `place` is its message's.

    What it says is read from the ledger when it is sent, so that feeds write little.
    """

    place: int
    kind: MailKind
    recipient: str
    amazon_order_id: str


@dataclass(slots=True)
class Batch:
    """What a batch of messages comes to, ready to be written in one transaction."""

    entries: list[Entry] = field(default_factory=list)
    problems: list[tuple[int, Problem]] = field(default_factory=list)
    mails: list[Mail] = field(default_factory=list)
    before: dict[str, Order] = field(default_factory=dict)
    after: dict[str, Order] = field(default_factory=dict)
    messages: int = 0
    with_error: int = 0
    with_warning: int = 0

    @property
    def counts(self) -> Counts:
        """The part of the ProcessingSummary that this batch adds."""
        successful = self.messages - self.with_error
        return Counts(self.messages, successful, self.with_error, self.with_warning)

    @property
    def changes(self) -> Iterable[tuple[Order, Order]]:
        """The orders that changed, as they were and as they are."""
        for order_id, after in self.after.items():
            before = self.before[order_id]
            if after is not before:
                yield before, after


def read_body(feed_type: FeedType, message: Message) -> Read:
    """Read the payload of a message, or say at once why it cannot be judged."""
    if message.payload is None:
        # The schema's errors were kept with the submission.
        return Read(message, outcome=Outcome((), message.problems))
    if message.payload.tag != feed_type.message_type:
        text = ResultCode.WRONG_PAYLOAD.text(
            found=message.payload.tag, expected=feed_type.message_type
        )
        problem = Problem(ResultCode.WRONG_PAYLOAD, text)
        return Read(message, outcome=Outcome((), (problem,)))
    return Read(message, feed_type.parse(message.payload))


def judge(
    feed_type: FeedType,
    messages: Sequence[Read],
    orders: dict[str, Order],
    holders: dict[str, str],
    judging: Judging,
) -> Batch:
    """Judge messages one after another, each against what the earlier ones left.

    `orders` are the seller's, by AmazonOrderID; `holders` says which of them each
    MerchantOrderID stands for (the same mapping as `judging.holder_of`) and learns
    what these messages store.
    """
    batch = Batch(before=orders, after=dict(orders))
    for message, body, outcome in messages:
        order = None
        if body is not None:
            order = batch.after.get(_order_id(body, holders) or "")
            outcome = _judge(feed_type, message, body, order, judging)
        assert outcome is not None, "a message has a body or an outcome"
        if order is not None and outcome.effects:
            after = apply(
                batch, order, outcome.effects, message.place, message.message_id
            )
            if after.merchant_order_id and after.merchant_order_id not in holders:
                holders[after.merchant_order_id] = after.amazon_order_id
        _count(batch, message, outcome)
    return batch


def _order_id(body: Body, holders: Mapping[str, str]) -> str | None:
    if body.amazon_order_id is not None:
        return body.amazon_order_id
    return holders.get(body.merchant_order_id or "")


def _judge(
    feed_type: FeedType,
    message: Message,
    body: Body,
    order: Order | None,
    judging: Judging,
) -> Outcome:
    if order is None:
        outcome = Outcome((), (unknown_order(body),))
    else:
        outcome = feed_type.handle(body, order, judging)
    operation = message.operation_type
    if operation in (None, "Update"):
        return outcome
    text = ResultCode.IGNORED.text(what=f"OperationType {operation}")
    ignored = Problem(
        ResultCode.IGNORED, text, severity=ResultCode.IGNORED.value.severity
    )
    return Outcome(outcome.effects, (ignored, *outcome.problems))


def apply(
    batch: Batch,
    order: Order,
    effects: Sequence[Effect],
    place: int,
    message_id: str | None,
) -> Order:
    """Add effects on an order to a batch; return the order as they leave it."""
    order_id = order.amazon_order_id
    kinds = set()
    for position, effect in enumerate(effects):
        order = order.after(effect)
        batch.entries.append(Entry.of(order_id, place, position, message_id, effect))
        kind = _TOLD.get(type(effect))
        if kind is not None:
            kinds.add(kind)
    batch.after[order_id] = order
    if kinds and order.buyer.email:
        if MailKind.CANCELLATION in kinds:
            # What is given back for the cancelled units is told in the same mail.
            kinds.discard(MailKind.REFUND)
        for kind in sorted(kinds):
            batch.mails.append(Mail(place, kind, order.buyer.email, order_id))
    return order


def _count(batch: Batch, message: Message, outcome: Outcome) -> None:
    batch.messages += message.weight
    if not outcome.problems:
        return
    if outcome.refused:
        batch.with_error += message.weight
    else:
        batch.with_warning += message.weight
    if message.problems:
        # The gate's, which were kept with the submission.
        return
    if message.records:
        found = at_records(message, outcome.problems)
        batch.problems += [(message.place, problem) for problem in found]
        return
    for problem in outcome.problems:
        batch.problems.append((message.place, problem.of(message.message_id)))


def wanted(messages: Iterable[Read], holders: Mapping[str, str]) -> Iterable[str]:
    """Return the AmazonOrderIDs that messages name, through `holders` where they do."""
    for read in messages:
        if read.body is not None:
            order_id = _order_id(read.body, holders)
            if order_id is not None:
                yield order_id


def given_up(messages: Iterable[Message], attempts: int) -> Batch:
    """Refuse messages that were not processed before their feed was given up (D5)."""
    text = ResultCode.NOT_PROCESSED.text(what="The message was", attempts=attempts)
    outcome = Outcome((), (Problem(ResultCode.NOT_PROCESSED, text),))
    batch = Batch()
    for message in messages:
        _count(batch, message, outcome)
    return batch
