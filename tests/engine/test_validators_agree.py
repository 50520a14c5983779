"""libxml2 and xmlschema accept and refuse the same documents."""

from __future__ import annotations

from collections import Counter
from functools import cache
from random import Random
from xml.etree import ElementTree

import pytest
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from app.engine.message_types import MESSAGE_TYPES, ORDER_MESSAGE_TYPES
from app.engine.schemas import compiled, schema_file
from app.engine.syntax import new_parser
from app.model.feed import Rules
from tests.engine.documents import (
    acknowledgement,
    feed,
    message,
    refund,
    verdict_of,
)
from tests.engine.generated import feed_of

GENERATED = 2_600
"""Documents for each profile."""


@cache
def second(rules: Rules) -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(schema_file(rules)))


@pytest.mark.parametrize("rules", Rules)
def test_validators_agree_on_generated_documents(rules: Rules) -> None:
    """Two independent readings of our schemas guard against a slip in either."""
    seen: Counter[bool] = Counter()

    @settings(
        max_examples=GENERATED,
        derandomize=True,
        database=None,
        deadline=None,
    )
    @given(st.integers(0, 2**64))
    def agree(seed: int) -> None:
        document = feed_of(second(rules), Random(seed))
        tree = ElementTree.fromstring(document)
        other = second(rules).is_valid(tree)
        verdict = verdict_of(document, rules=rules)
        seen[other] += 1
        assert verdict.well_formed
        if verdict.refusal is None:
            assert verdict.schema_valid is other, document
        else:
            # The gate looks no further once the MessageType is of another feed.
            assert verdict.header.message_type in MESSAGE_TYPES - ORDER_MESSAGE_TYPES

    agree()

    assert seen.total() >= GENERATED
    assert min(seen[True], seen[False]) > GENERATED // 10


@pytest.mark.parametrize("rules", Rules)
def test_the_compiled_schema_errs_where_that_of_the_files_does(rules: Rules) -> None:
    """It is put otherwise, so that its errors are short: nothing else may differ."""
    files = etree.XMLSchema(file=str(schema_file(rules)))
    chance = Random(7)
    errors = 0
    for _ in range(200):
        root = ElementTree.fromstring(feed_of(second(rules), chance))
        words = [node for node in root.iter() if (node.text or "").strip()]
        for node in chance.sample(words, 2):
            blanks = chance.choice(("", " ", "\n", "\u00a0"))
            node.text = blanks + (node.text or "") + chance.choice(("", " ", "\t"))
        document = etree.fromstring(ElementTree.tostring(root), new_parser())

        said = []
        for schema in (files, compiled(rules)):
            schema.validate(document)
            # lxml-stubs 0.5 does not know that a log can be iterated.
            log = list(schema.error_log)  # type: ignore[call-overload]
            said.append([(entry.path, entry.line) for entry in log])

        assert said[0] == said[1]
        errors += len(said[0])
    assert errors > 200


def _order(order_id: str) -> str:
    order = f"<AmazonOrderID>{order_id}</AmazonOrderID>"
    return feed(message(acknowledgement(order=order)))


# Name, document, what libxml2 says, what xmlschema says.
DIFFERENCES = [
    ("an underscore as \\w", _order("_26-1234567-1234567"), False, True),
    *(
        (f"{symbol} as \\w", _order(f"{symbol}26-1234567-1234567"), True, False)
        for symbol in "$+^€\U0001f600"
    ),
    (
        "full-width digits",
        feed(message(refund(after="<Quantity>１２</Quantity>")), "OrderAdjustment"),
        False,
        True,
    ),
    (
        "Arabic digits",
        feed(message(refund(after="<Quantity>٣</Quantity>")), "OrderAdjustment"),
        False,
        True,
    ),
    (
        "a no-break space between elements",
        feed("\u00a0" + message(acknowledgement())),
        False,
        True,
    ),
    (
        # Our parser drops a blank text in front of a comment, so the value that is
        # used is the one that was validated.
        "a blank before a comment in a value",
        feed(message(acknowledgement(" <!-- c -->Success"))),
        True,
        False,
    ),
]


@pytest.mark.parametrize(
    ("document", "ours", "other"),
    [case[1:] for case in DIFFERENCES],
    ids=[case[0] for case in DIFFERENCES],
)
@pytest.mark.parametrize("rules", Rules)
def test_validators_differ_where_it_is_known(
    document: str, ours: bool, other: bool, rules: Rules
) -> None:
    """All but the last are slips of xmlschema 4.3. Source: xml-pipeline 3."""
    tree = ElementTree.fromstring(document)

    verdict = verdict_of(document, rules=rules)

    assert verdict.schema_valid is ours
    assert second(rules).is_valid(tree) is other


@pytest.mark.parametrize("inside", ["<!-- c -->", "<?p i?>"])
def test_a_comment_in_a_value_is_read_as_it_was_validated(inside: str) -> None:
    """In lxml the text would end at the comment, and xmlschema reads what is left."""
    document = _order(f"026-1234567-123{inside}4567").encode()

    ours = etree.fromstring(document, new_parser())
    plain = etree.fromstring(document)

    assert compiled(Rules.STANDARD).validate(ours)
    assert second(Rules.STANDARD).is_valid(ours)
    assert ours.findtext("Message/*/AmazonOrderID") == "026-1234567-1234567"
    assert compiled(Rules.STANDARD).validate(plain)
    assert not second(Rules.STANDARD).is_valid(plain)
