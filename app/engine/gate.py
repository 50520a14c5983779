"""The gate: what a document is worth, before anything of it is applied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from typing import BinaryIO

from app.engine.explain import MOST_A_MESSAGE, explained
from app.engine.faults import Found, faults, head_faults
from app.engine.flat_gate import check_flat_file, described, recognised, what_no_feed_is
from app.engine.head import Head
from app.engine.message_types import MESSAGE_TYPES, ORDER_MESSAGE_TYPES, feed_of
from app.engine.pieces import Envelope, Limits
from app.engine.refusals import (
    TEXT_LIMIT,
    VALUE_LIMIT,
    FeedUnreadable,
    cut,
    wrong_feed_type,
)
from app.engine.schemas import Expected, compiled, expectations
from app.errors import ResultCode, Severity
from app.model.feed import FeedType, Header, Problem, Rules, Verdict

_MOST_A_FEED = 1_000
_BLANKS = " \t\r\n"


def check(
    document: BinaryIO,
    *,
    rules: Rules,
    limits: Limits,
    charset: str | None = None,
    feed_type: FeedType | None = None,
    other_feed_types: Sequence[FeedType] = (),
    identifiers: Set[str] | None = None,
) -> Verdict:
    """Read a whole document and say what is wrong with it.

    `document` is seekable and read from its beginning; `charset` is that of the
    Content-Type. Without `feed_type` any of the order feeds will do, flat files too.
    `identifiers` are the MerchantIdentifiers of the account; without them that is not
    looked at. Refusals of the whole feed come in this order: encoding and DOCTYPE,
    document element, MessageType of another feed type, well-formedness and limits,
    MerchantIdentifier.
    Source: design D2.3, D3.
    """
    flat = recognised(document, charset) if feed_type is None else feed_type
    if flat is not None and flat.flat_file is not None:
        return check_flat_file(
            document, flat, rules=rules, limits=limits, charset=charset
        )
    header = Header()
    try:
        envelope = Envelope(document, limits, charset)
        header = envelope.head.header
        wrong = _wrong_kind(envelope, feed_type, other_feed_types)
        if envelope.flat_file:
            wrong = wrong_feed_type(described(document, charset), feed_type)
        if wrong is not None:
            return Verdict(header, refusal=wrong)
        tally = _validated(envelope, rules)
    except FeedUnreadable as error:
        no_feed = what_no_feed_is(document, "send the XML, or a flat file as text")
        wrong = wrong_feed_type(no_feed, feed_type) if no_feed else error.problem
        return Verdict(header, refusal=wrong)
    stranger = _wrong_merchant(envelope.head, rules, identifiers)
    if stranger is not None and stranger.is_error:
        return Verdict(header, refusal=stranger)
    return Verdict(
        header,
        messages=tally.messages,
        messages_with_error=tally.messages_with_error,
        errors=tuple(tally.errors),
        suppressed=tally.suppressed,
        warnings=tuple(filter(None, (stranger, _purge_and_replace(envelope.head)))),
        envelope_valid=tally.envelope_valid,
    )


@dataclass(slots=True)
class _Tally:
    """What the schema says of the messages read so far."""

    messages: int = 0
    messages_with_error: int = 0
    errors: list[Problem] = field(default_factory=list)
    suppressed: int = 0
    envelope_valid: bool = True

    def add(self, found: Found, expected: dict[str, Expected]) -> None:
        """Take in the errors of one piece: all that its messages have."""
        before = len(self.errors)
        if before < _MOST_A_FEED:
            self._tell(found, expected)
        self.suppressed += len(found.places) - (len(self.errors) - before)
        places = set(found.places)
        if 0 in places:
            self.envelope_valid = False
        self.messages_with_error += len(places - {0})

    def _tell(self, found: Found, expected: dict[str, Expected]) -> None:
        told: Counter[int] = Counter()
        for fault in found.told:
            told[fault.place] += 1
            if not fault.place or told[fault.place] <= MOST_A_MESSAGE:
                self.errors.append(explained(fault, expected))
            if len(self.errors) >= _MOST_A_FEED:
                break


def _validated(envelope: Envelope, rules: Rules) -> _Tally:
    """Validate the whole document.

    Raises FeedUnreadable where it is not well-formed, or over a limit.
    """
    if envelope.head.problem is not None:
        raise FeedUnreadable(envelope.head.problem)
    schema, expected = compiled(rules), expectations(rules)
    tally = _Tally()
    tally.add(head_faults(envelope.head, schema), expected)
    for piece in envelope.pieces():
        tally.messages += piece.messages
        found = faults(piece, schema)
        if found.places:
            if not found.only_values:
                envelope.names.look_through(piece.cut.data)
            tally.add(found, expected)
    return tally


def _wrong_kind(
    envelope: Envelope, feed_type: FeedType | None, others: Sequence[FeedType]
) -> Problem | None:
    """Say what the document is instead of the feed that it was sent as."""
    root = envelope.head.root
    if root not in (None, "AmazonEnvelope"):
        return _wrong_root(root)
    allowed = {feed_type.message_type} if feed_type else ORDER_MESSAGE_TYPES
    known = MESSAGE_TYPES.union(other.message_type for other in others)
    message_type = (envelope.head.header.message_type or "").strip(_BLANKS)
    if message_type in known - allowed:
        return wrong_feed_type(feed_of(message_type), feed_type)
    return None


def _wrong_root(root: str) -> Problem:
    namespace, _, name = root.rpartition(" ")
    found = cut(name, VALUE_LIMIT)
    if namespace:
        found += f' in the namespace "{cut(namespace, VALUE_LIMIT)}"'
    code = ResultCode.WRONG_ROOT
    text = code.text(found=found)
    return Problem(code, text, found=found, expected="AmazonEnvelope")


def _wrong_merchant(
    head: Head, rules: Rules, identifiers: Set[str] | None
) -> Problem | None:
    """5005: MerchantIdentifier is neither empty nor one of the account's."""
    given = (head.header.merchant_identifier or "").strip(_BLANKS)
    if identifiers is None or not given or given in identifiers:
        return None
    strict = rules is Rules.STRICT
    outcome = (
        "the feed was refused"
        if strict
        else "the credentials decide whose orders are meant"
    )
    found, expected = cut(given, VALUE_LIMIT), ", ".join(sorted(identifiers))
    code = ResultCode.WRONG_MERCHANT
    text = code.text(found=found, expected=expected, outcome=outcome)
    return Problem(
        code,
        cut(text, TEXT_LIMIT),
        severity=Severity.ERROR if strict else Severity.WARNING,
        line=head.lines.get("merchant_identifier"),
        path="/AmazonEnvelope/Header/MerchantIdentifier",
        found=found,
        expected=expected,
    )


def _purge_and_replace(head: Head) -> Problem | None:
    """715007: PurgeAndReplace true means nothing for orders."""
    if not head.header.purge_and_replace:
        return None
    code = ResultCode.IGNORED
    return Problem(
        code,
        code.text(what="PurgeAndReplace true"),
        severity=code.value.severity,
        line=head.lines.get("purge_and_replace"),
        path="/AmazonEnvelope/PurgeAndReplace",
    )
