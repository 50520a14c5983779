"""Cutting a feed into pieces gives the same verdicts as reading it whole."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from io import BytesIO
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from app.engine import cutter
from app.engine.envelope import read_messages
from app.engine.schemas import compiled
from app.engine.syntax import new_parser
from app.errors import ResultCode
from app.model.feed import Rules, Verdict
from tests.engine.documents import (
    LIMITS,
    acknowledgement,
    acknowledgements,
    feed,
    message,
    verdict_of,
)

GENERATED = 5_500
PIECE_SIZES = (1, 300, 65_536)

_END = "</Message>"
_TRAPS = [
    "<!-- {} -->",
    "<!-- {} {} -->",
    "<!-- <Message> -->",
    "<![CDATA[{}]]>",
    "<![CDATA[ ]]>",
    "<?p {}?>",
    "<Bogus/>",
    "<Bogus>text<Message/></Bogus>",
    "<Message/>",
    '<Message a=">"/>',
    "<Message><Message></Message></Message>",
    '<Message xmlns="urn:other"><MessageID>1</MessageID></Message>',
    '<x:Message xmlns:x="urn:other"></x:Message>',
    "stray text",
    "<Header/>",
    "\n\n\n",
]
_MALFORMED = [
    "<!DOCTYPE AmazonEnvelope>",
    "\0",
    "\x01",
    "&nothing;",
    "&#0;",
    "&",
    "<x:a/>",
    "<a b='1' b='2'/>",
    "<a b='</Message>'/>",
    "</Message>",
    "</AmazonEnvelope>",
    "</AmazonEnvelope><AmazonEnvelope>",
    "<AmazonEnvelope>",
    "<!-- {}",
    "<![CDATA[{}",
    "<?p {}",
    "]]>",
    "<!-- -- -->",
    "<Message>",
    "<?xml version='1.0'?>",
    "\ufffe",
]
_SPELLINGS = ["</Message>", "</Message >", "</Message\n>", "</Message\t\t>"]
_INSIDE = ["<!-- {} -->", "<![CDATA[]]>", "<?p {}?>", "", "", "", "<Bogus/>", "text"]


def trapped(chance: Random) -> str:
    """Return a feed with traps for whoever cuts at the literal end tag."""
    parts = []
    for number in range(chance.randint(1, 6)):
        status = chance.choice(("Success", "Failure", "Success", "Nope"))
        inside = chance.choice(_INSIDE).format(_END)
        payload = acknowledgement(status) + (inside if chance.random() < 0.3 else "")
        text = message(payload, str(number + 1))
        parts.append(text.replace(_END, chance.choice((_END, *_SPELLINGS))))
        if chance.random() < 0.4:
            parts.append(chance.choice(_TRAPS).replace("{}", _END))
    if chance.random() < 0.35:
        at = chance.randint(0, len(parts))
        parts.insert(at, chance.choice(_MALFORMED).replace("{}", _END))
    text = feed("".join(parts))
    if chance.random() < 0.08:
        text = text[: chance.randint(len(text) // 2, len(text))]
    if chance.random() < 0.08:
        text += chance.choice((" ", "<!-- a -->", "junk", "<a/>", "\0", "<?p?>"))
    return text


@dataclass(frozen=True)
class Whole:
    """What a document is when it is read as one tree, each Message on its own."""

    well_formed: bool
    messages: int = 0
    refused: frozenset[int] = frozenset()
    envelope_valid: bool = True


def read_whole(document: str) -> Whole:
    try:
        root = etree.fromstring(document.encode(), new_parser())
    except etree.XMLSyntaxError:
        return Whole(well_formed=False, envelope_valid=False)
    schema = compiled(Rules.STANDARD)
    messages = list(root.iterchildren("Message"))
    texts = [root.text, *(child.tail for child in root)]
    strays = len(root) - len(messages) != 2 or any((t or "").strip() for t in texts)
    # The head decides the rest: Header and MessageType are in order in every feed.
    refused = (at for at, each in enumerate(messages, 1) if not schema.validate(each))
    return Whole(True, len(messages), frozenset(refused), not strays)


def as_whole(verdict: Verdict) -> Whole:
    if verdict.refusal is not None:
        assert verdict.refusal.code in (
            ResultCode.NOT_WELL_FORMED,
            ResultCode.DOCTYPE_OR_ENCODING,
        )
        return Whole(well_formed=False, envelope_valid=False)
    places = (_place(problem.path or "") for problem in verdict.errors)
    refused = frozenset(place for place in places if place)
    assert len(refused) == verdict.messages_with_error
    return Whole(True, verdict.messages, refused, verdict.envelope_valid)


def _place(path: str) -> int:
    inside = path.removeprefix("/AmazonEnvelope/Message[")
    return 0 if inside == path else int(inside.partition("]")[0])


def test_cut_and_whole_agree_over_documents_with_traps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A cut in the wrong place may cost time, but never gives another answer.

    Small pieces, too, so that every document is cut several times: the verdicts are
    the same to the letter.
    """
    seen: Counter[tuple[bool, bool]] = Counter()
    sure = count_sure_cutters(monkeypatch)

    @settings(max_examples=GENERATED, derandomize=True, database=None, deadline=None)
    @given(st.integers(0, 2**64))
    def agree(seed: int) -> None:
        document = trapped(Random(seed))
        whole = read_whole(document)
        verdicts = []
        for size in PIECE_SIZES:
            monkeypatch.setattr(cutter, "PIECE_BYTES", size)
            verdicts.append(verdict_of(document))
        assert as_whole(verdicts[0]) == whole, document
        assert verdicts.count(verdicts[0]) == len(PIECE_SIZES), document
        seen[whole.well_formed, whole.envelope_valid and not whole.refused] += 1

    agree()

    assert seen.total() >= GENERATED
    assert min(seen[True, True], seen[True, False], seen[False, False]) > 300
    # Both ways of cutting were taken.
    assert 300 < sure[0] < seen.total() * len(PIECE_SIZES) - 300


def count_sure_cutters(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count how many feeds could not be cut quickly to their end."""
    count = [0]
    begin = cutter.SureCutter.__init__

    def counted(self: cutter.SureCutter, body: cutter.Body, depth: int) -> None:
        count[0] += 1
        begin(self, body, depth)

    monkeypatch.setattr(cutter.SureCutter, "__init__", counted)
    return count


SPELLED = [
    "</Message >",
    "</Message\n>",
    "<!-- </Message> --></Message>",
    "<?trap </Message>?></Message>",
]


@pytest.mark.parametrize("end", SPELLED)
def test_messages_are_read_alike_however_their_end_is_spelled(end: str) -> None:
    """The worker reads the same messages, in the same order, as the gate let pass."""
    first, second = acknowledgements(300), acknowledgements(300, first=301)
    odd = first + second.replace("</Message>", end, 1)

    plain, read = messages_of(feed(first + second)), messages_of(feed(odd))

    assert len(plain) == 600
    assert read == plain


def messages_of(document: str) -> list[tuple[int, str, str]]:
    messages = read_messages(BytesIO(document.encode()), limits=LIMITS)
    return [
        (each.place, each.message_id, etree.tostring(each.payload, encoding="unicode"))
        for each in messages
        if each.payload is not None
    ]


def test_a_feed_without_traps_is_cut_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sure way is for odd feeds; it takes more time."""
    sure = count_sure_cutters(monkeypatch)

    verdict = verdict_of(feed(acknowledgements(2_000)))

    assert verdict.schema_valid
    assert verdict.messages == 2_000
    assert sure == [0]
