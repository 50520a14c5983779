"""Where the two validators differ is shown message by message."""

from __future__ import annotations

from io import BytesIO

import pytest

from app.engine.refusals import FeedUnreadable
from app.engine.second_opinion import Difference, second_opinion
from app.model.feed import Rules
from tests.engine.documents import (
    LIMITS,
    acknowledgement,
    acknowledgements,
    feed,
    message,
)


def opinion(document: str) -> list[Difference]:
    return second_opinion(BytesIO(document.encode()), Rules.STANDARD, limits=LIMITS)


def order(order_id: str) -> str:
    return acknowledgement(order=f"<AmazonOrderID>{order_id}</AmazonOrderID>")


def test_nothing_is_said_where_both_agree() -> None:
    """On a valid feed, and on one that both refuse in the same messages."""
    faulty = feed(
        acknowledgements(2) + message(acknowledgement("Nope"), "3"), version="one"
    )

    assert opinion(feed(acknowledgements(600))) == []
    assert opinion(faulty) == []


def test_a_difference_says_who_refuses_what_and_why() -> None:
    """The two known slips of xmlschema, one each way. Source: xml-pipeline 3."""
    document = feed(
        acknowledgements(500)
        + message(order("_26-1234567-1234567"), "501")
        + message(order("+26-1234567-1234567"), "502")
    )

    too_lenient, too_strict = opinion(document)

    assert (too_lenient.place, too_lenient.message_id) == (501, "501")
    assert too_lenient.line == 506
    assert too_lenient.libxml2 is not None
    assert 'found "_26-1234567-1234567"' in too_lenient.libxml2
    assert too_lenient.xmlschema is None
    assert (too_strict.place, too_strict.message_id) == (502, "502")
    assert too_strict.line == 507
    assert too_strict.libxml2 is None
    assert too_strict.xmlschema is not None
    assert "pattern" in too_strict.xmlschema


def test_a_difference_about_the_envelope_has_no_message() -> None:
    """A slip of xmlschema: it overlooks a no-break space between elements."""
    document = feed(acknowledgements(2) + "\u00a0" + acknowledgements(1, first=3))

    (difference,) = opinion(document)

    assert (difference.place, difference.message_id, difference.line) == (0, "0", 8)
    assert difference.libxml2 is not None
    assert difference.xmlschema is None


def test_a_document_that_is_no_xml_has_no_second_opinion() -> None:
    """Neither validator says anything of it."""
    with pytest.raises(FeedUnreadable):
        opinion(feed("<Message>"))
    with pytest.raises(FeedUnreadable):
        opinion("text")
