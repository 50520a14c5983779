"""AmazonEnvelope XML as a stream of messages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from lxml import etree

from app.engine.explain import MOST_A_MESSAGE, explained, message_id_of
from app.engine.faults import faults
from app.engine.pieces import Envelope, Limits, Piece
from app.engine.refusals import FeedUnreadable
from app.engine.schemas import compiled, expectations
from app.model.feed import Message, Problem, Rules

__all__ = ["FeedUnreadable", "Limits", "read_messages"]

_BLANKS = " \t\r\n"


def read_messages(
    document: BinaryIO,
    *,
    limits: Limits,
    charset: str | None = None,
    validate: Rules | None = None,
) -> Iterator[Message]:
    """Read the messages of a feed that the gate let pass, in order.

    With `validate` the gate found errors in messages, and the valid ones are wanted:
    each message is validated again, and a faulty one comes without payload but with
    its problems. Payloads stay valid for as long as they are held.

    Raises FeedUnreadable for a document that the gate refuses as a whole.
    """
    envelope = Envelope(document, limits, charset)
    for piece in envelope.pieces():
        problems = {} if validate is None else _problems(piece, validate)
        place = piece.before
        for element in piece.root.iterchildren("Message"):
            place += 1
            if place in problems:
                message_id = message_id_of(element)
                yield Message(place, message_id, None, None, problems[place])
            else:
                yield _message(place, element)


def _message(place: int, element: etree._Element) -> Message:
    message_id = (element[0].text or "").strip(_BLANKS).lstrip("0")
    payload = element[-1]
    operation = element[1].text if len(element) > 2 else None
    return Message(place, message_id, operation, payload)


def _problems(piece: Piece, rules: Rules) -> dict[int, tuple[Problem, ...]]:
    expected = expectations(rules)
    problems: dict[int, tuple[Problem, ...]] = {}
    for fault in faults(piece, compiled(rules)).told:
        known = problems.get(fault.place, ())
        if len(known) < MOST_A_MESSAGE:
            problems[fault.place] = (*known, explained(fault, expected))
    return problems
