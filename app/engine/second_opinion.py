"""Another validator's opinion of a feed, to show where the two differ.

Slow, and xmlschema is not always right (xml-pipeline 3): no part of the service asks
it, only `feedgate validate --second-opinion` and the tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import BinaryIO

import xmlschema
from lxml import etree

from app.engine.explain import explained, message_id_of
from app.engine.faults import Fault, Stray, faults, head_faults
from app.engine.pieces import Envelope, Limits
from app.engine.refusals import TEXT_LIMIT, FeedUnreadable, cut
from app.engine.schemas import compiled, expectations, schema_file
from app.engine.syntax import new_parser
from app.model.feed import Rules

_PLACE = re.compile(r"/AmazonEnvelope/Message(?:\[(\d+)\])?(?=/|$)")


@dataclass(frozen=True, slots=True)
class Difference:
    """A Message, or the envelope around them, that only one validator accepts.

    `place` counts the feed's messages from 1 and is 0 for the envelope; one of the two
    opinions is None: that validator finds nothing wrong.
    """

    place: int
    message_id: str
    line: int
    libxml2: str | None
    xmlschema: str | None


def second_opinion(
    document: BinaryIO, rules: Rules, *, limits: Limits, charset: str | None = None
) -> list[Difference]:
    """Validate a whole document by libxml2 and by xmlschema; return where they differ.

    Raises FeedUnreadable for a document that is not well-formed, or refused unread.
    """
    envelope = Envelope(document, limits, charset)
    if envelope.head.problem is not None:
        raise FeedUnreadable(envelope.head.problem)
    return [*_of_head(envelope, rules), *_of_messages(envelope, rules)]


def _of_head(envelope: Envelope, rules: Rules) -> Iterator[Difference]:
    found = head_faults(envelope.head, compiled(rules)).told
    root = etree.fromstring(envelope.head.document, new_parser())
    reasons = [_reason(error) for error in _schema(rules).iter_errors(root)]
    yield from _differences(found, {0: reasons[0]} if reasons else {}, rules, {})


def _of_messages(envelope: Envelope, rules: Rules) -> Iterator[Difference]:
    for piece in envelope.pieces():
        if not piece.messages:
            continue
        messages = {
            place: (message_id_of(message), piece.line(message))
            for place, message in enumerate(
                piece.root.iterchildren("Message"), piece.before + 1
            )
        }
        others: dict[int, str] = {}
        for error in _schema(rules).iter_errors(piece.root):
            match = _PLACE.match(error.path or "")
            place = piece.before + int(match[1] or 1) if match else 0
            others.setdefault(place, _reason(error))
        found = faults(piece, compiled(rules)).told
        yield from _differences(found, others, rules, messages)


def _differences(
    found: Iterable[Fault | Stray],
    others: dict[int, str],
    rules: Rules,
    messages: dict[int, tuple[str, int]],
) -> Iterator[Difference]:
    """Compare two opinions; `messages` gives the MessageID and line of each place."""
    # The first error of each Message: later ones are overwritten by earlier ones.
    ours = {fault.place: fault for fault in reversed([*found])}
    for place in sorted(ours.keys() ^ others.keys()):
        message_id, line = messages.get(place, ("0", 1))
        if place in ours:
            problem = explained(ours[place], expectations(rules))
            line = problem.line or line
            yield Difference(place, message_id, line, problem.text, None)
        else:
            yield Difference(place, message_id, line, None, others[place])


def _reason(error: xmlschema.XMLSchemaValidationError) -> str:
    return cut(error.reason or error.message, TEXT_LIMIT)


@cache
def _schema(rules: Rules) -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(schema_file(rules)))
