"""Limits on names and nesting: what a feed may make libxml2 keep."""

from __future__ import annotations

import pytest

from app.engine.pieces import Limits
from app.errors import ResultCode
from tests.engine.documents import (
    acknowledgement,
    acknowledgements,
    feed,
    message,
    verdict_of,
)

TOO_MANY = "The number of different names is over the limit of 300: "
NAMES = Limits(max_names=300)


@pytest.mark.parametrize(
    "form",
    [
        "<Message><a{0}/></Message>",
        '<Message a{0}="1"/>',
        '<Message xmlns:p{0}="u"><MessageID>1</MessageID></Message>',
    ],
)
def test_a_feed_of_very_many_names_is_refused(form: str) -> None:
    """libxml2 keeps each for as long as the thread lives (xml-pipeline 4)."""
    many = "".join(form.format(number) for number in range(2_000))

    verdict = verdict_of(feed(many), limits=NAMES)

    assert verdict.refusal is not None
    assert verdict.refusal.code is ResultCode.TOO_LARGE
    assert verdict.refusal.text.startswith(TOO_MANY)


def test_namespaces_in_valid_messages_count_as_names() -> None:
    """No error of the schema tells of them."""
    good = message(acknowledgement())
    declaring = [
        good.replace("<Message>", f'<Message xmlns:p{number}="u">')
        for number in range(400)
    ]

    verdict = verdict_of(feed("".join(declaring)), limits=NAMES)
    fewer = verdict_of(feed("".join(declaring[:250])), limits=NAMES)

    assert verdict.refusal is not None
    assert verdict.refusal.text.startswith(TOO_MANY)
    assert fewer.schema_valid


XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


@pytest.mark.parametrize(
    "form",
    [
        f'<Message {XSI} xsi:type="no:such"><a{{0}}/></Message>',
        "<Message><MessageID><a{0}/></MessageID></Message>",
        "<Message><MessageID>x</MessageID><a{0}/></Message>",
        "<Message><MessageID>x</MessageID><a><b{0}/></a></Message>",
        '<Message><MessageID a{0}="1">x</MessageID></Message>',
    ],
)
def test_names_beside_wrong_values_are_counted(form: str) -> None:
    """Though libxml2 passes over what is in an element that it did not expect."""
    many = "".join(form.format(number) for number in range(400))

    verdict = verdict_of(feed(many), limits=NAMES)

    assert verdict.refusal is not None
    assert verdict.refusal.text.startswith(TOO_MANY)


def test_a_piece_with_wrong_values_alone_is_not_searched_for_names() -> None:
    """All its names are the schema's; looking for others takes longer than the rest."""
    wrong = "".join(message(acknowledgement("Nope")) for _ in range(1_500))

    verdict = verdict_of(feed(wrong), limits=Limits(max_names=3))
    unknown = verdict_of(feed(wrong + message("<a/>")), limits=Limits(max_names=3))

    assert verdict.refusal is None
    assert verdict.messages_with_error == 1_500
    assert (len(verdict.errors), verdict.suppressed) == (1_000, 500)
    assert unknown.refusal is not None


def test_the_same_few_names_may_stand_any_number_of_times() -> None:
    """Errors are counted to the end, as before."""
    wrong = "".join(message(f"<a{number % 50}/>") for number in range(5_000))

    verdict = verdict_of(feed(acknowledgements(5_000) + wrong), limits=NAMES)

    assert verdict.refusal is None
    assert verdict.messages == 10_000
    assert verdict.messages_with_error == 5_000


@pytest.mark.parametrize("end", ["</Message>", "</Message >"])
@pytest.mark.parametrize("depth", [16, 40, 256])
def test_the_limit_of_nesting_is_exact(depth: int, end: str) -> None:
    """However the end of a Message is spelled; 256 is libxml2's own."""
    limits = Limits(max_depth=depth)

    def nested(levels: int) -> str:
        inside = "<a>" * (levels - 2) + "</a>" * (levels - 2)
        document = feed(acknowledgements(3) + message(inside))
        return document.replace("</Message>", end)

    allowed = verdict_of(nested(depth), limits=limits)
    refused = verdict_of(nested(depth + 1), limits=limits)

    assert allowed.refusal is None
    assert allowed.error_count
    assert refused.refusal is not None
    assert refused.refusal.code is ResultCode.NOT_WELL_FORMED
    assert f"elements nested more than {depth} deep" in refused.refusal.text
    assert refused.refusal.line == 9
