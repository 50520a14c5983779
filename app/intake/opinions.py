"""What validation says beyond the gate: of one document, without any server.

The gate is what SubmitFeed runs. Here are the checks that wait for the engine, the
schema's verdict on documents that the gate refuses by other reasons, and a second
schema processor.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from lxml import etree

from app.engine.encoding import Utf8Reader
from app.engine.explain import message_id_of
from app.engine.flat_gate import recognised
from app.engine.flatfile import read_flat_file
from app.engine.gate import check
from app.engine.message_ids import MessageIds
from app.engine.message_types import ORDER_MESSAGE_TYPES
from app.engine.pieces import Envelope, Limits
from app.engine.refusals import FeedUnreadable
from app.engine.schemas import compiled
from app.errors import ResultCode
from app.model.feed import FeedType, Problem, Rules, Verdict

if TYPE_CHECKING:
    from app.engine.second_opinion import Difference

_NOT_BY_SCHEMA = (ResultCode.WRONG_ROOT, ResultCode.WRONG_FEED_TYPE)
_PIECE = 65_536


@dataclass(frozen=True, slots=True)
class Opinion:
    """What validation says of one document.

    `schema_valid` is the schema's verdict alone; `errors` hold everything that would
    keep a message or the feed from being applied. `differences` are where xmlschema
    judges otherwise, None where it was not asked.
    """

    well_formed: bool
    schema_valid: bool
    message_type: str | None
    messages: int
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    differences: tuple[Difference, ...] | None = None


def opinion_of(
    document: BinaryIO,
    rules: Rules,
    limits: Limits,
    *,
    charset: str | None = None,
    second: bool = False,
) -> Opinion:
    """Validate one document; with `second`, ask xmlschema about feeds as well.

    `charset` is for a document that does not tell its own, as that of a Content-Type.
    """
    verdict = check(document, rules=rules, limits=limits, charset=charset)
    flat_file = recognised(document, charset)
    if flat_file is not None:
        return _flat_opinion(document, verdict, flat_file, rules, limits, charset)
    well_formed, schema_valid = verdict.well_formed, verdict.schema_valid
    refusal = verdict.refusal
    if refusal is not None and refusal.code in _NOT_BY_SCHEMA:
        well_formed, schema_valid = _by_schema(document, rules)
    errors = list(_errors_of(verdict))
    if refusal is None:
        errors += _beyond_schema(
            document, limits, charset, verdict.header.message_type or ""
        )
    asked = second and refusal is None
    return Opinion(
        well_formed,
        schema_valid,
        (verdict.header.message_type or "").strip() or None,
        verdict.messages,
        tuple(sorted(errors, key=lambda error: error.line or 0)),
        verdict.warnings,
        _differences(document, rules, limits) if asked else None,
    )


def _flat_opinion(
    document: BinaryIO,
    verdict: Verdict,
    feed_type: FeedType,
    rules: Rules,
    limits: Limits,
    charset: str | None,
) -> Opinion:
    """Say what is wrong with the headings of a flat file, or with its records.

    There is no schema; its verdict is that of the columns.
    """
    errors = list(_errors_of(verdict))
    if verdict.refusal is None and feed_type.flat_file is not None:
        document.seek(0)
        for read in read_flat_file(
            document,
            feed_type.flat_file,
            rules=rules,
            limits=limits,
            charset=charset,
        ):
            errors += read.outcome.problems if read.outcome else ()
    return Opinion(
        verdict.well_formed,
        not errors,
        feed_type.message_type,
        verdict.messages,
        tuple(sorted(errors, key=lambda error: error.line or 0)),
        verdict.warnings,
    )


def _errors_of(verdict: Verdict) -> Iterator[Problem]:
    if verdict.refusal is not None:
        yield verdict.refusal
    yield from verdict.errors
    if verdict.suppressed:
        code = ResultCode.TOO_MANY_ERRORS
        yield Problem(code, code.text(count=verdict.suppressed))


def _by_schema(document: BinaryIO, rules: Rules) -> tuple[bool, bool]:
    """Say whether any document is well-formed, and whether the schema takes it."""
    return _parses(document, None), _parses(document, compiled(rules))


def _parses(document: BinaryIO, schema: etree.XMLSchema | None) -> bool:
    document.seek(0)
    parser = etree.XMLPullParser(
        events=("end",),
        schema=schema,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        reader = Utf8Reader(document)
        while piece := reader.read(_PIECE):
            parser.feed(piece)
            for _, element in parser.read_events():
                # What was validated is given back: documents may be large.
                if isinstance(element, etree._Element):
                    element.clear()
        parser.close()
    except (etree.XMLSyntaxError, FeedUnreadable):
        return False
    return True


def _beyond_schema(
    document: BinaryIO, limits: Limits, charset: str | None, message_type: str
) -> Iterator[Problem]:
    """Find what the engine refuses in valid messages without looking at orders."""
    document.seek(0)
    used = MessageIds()
    for piece in Envelope(document, limits, charset).pieces():
        place = piece.before
        for message in piece.root.iterchildren("Message"):
            place += 1
            message_id = message_id_of(message)
            line = piece.line(message)
            at = f"/AmazonEnvelope/Message[{place}]"
            payload = str(message[-1].tag) if len(message) else ""
            if message_id != "0" and not used.add(message_id):
                code = ResultCode.DUPLICATE_MESSAGE_ID
                yield Problem(
                    code,
                    code.text(message_id=message_id),
                    message_id,
                    line=line,
                    path=f"{at}/MessageID",
                    found=f'"{message_id}"',
                    expected="an id that no other message of the feed has",
                )
            elif payload in ORDER_MESSAGE_TYPES - {message_type.strip()}:
                code = ResultCode.WRONG_PAYLOAD
                yield Problem(
                    code,
                    code.text(found=payload, expected=message_type.strip()),
                    message_id,
                    line=line,
                    path=f"{at}/{payload}",
                    found=f"<{payload}>",
                    expected=message_type.strip(),
                )


def _differences(
    document: BinaryIO, rules: Rules, limits: Limits
) -> tuple[Difference, ...]:
    # Here, and not above: xmlschema loads slowly, and is seldom asked.
    from app.engine.second_opinion import second_opinion

    document.seek(0)
    return tuple(second_opinion(document, rules, limits=limits))
