"""The worker's way through a feed that the gate let pass."""

from __future__ import annotations

from io import BytesIO
from itertools import islice

import pytest

from app.engine.envelope import FeedUnreadable, read_messages
from app.engine.pieces import Limits
from app.errors import ResultCode
from app.model.feed import Rules
from tests.engine.documents import (
    LIMITS,
    acknowledgement,
    acknowledgements,
    feed,
    fulfillment,
    item,
    message,
)


def test_a_message_has_its_place_its_id_its_operation_and_its_payload() -> None:
    """The id is the literal without leading zeros and blanks (feed-vocabulary 1.5)."""
    document = feed(
        message(acknowledgement(), "007")
        + message(fulfillment(), " 12\n", "<OperationType>Delete</OperationType>")
    )

    messages = list(read_messages(BytesIO(document.encode()), limits=LIMITS))

    first, second = messages
    assert (first.place, first.message_id, first.operation_type) == (1, "7", None)
    assert (second.place, second.message_id) == (2, "12")
    assert second.operation_type == "Delete"
    assert [m.payload is not None and m.payload.tag for m in messages] == [
        "OrderAcknowledgement",
        "OrderFulfillment",
    ]
    assert not first.problems


def test_payloads_stay_valid_while_they_are_held() -> None:
    """The worker collects 2,000 messages before it uses any of them."""
    count = 3_000
    order = "<AmazonOrderID>026-1234567-{:07}</AmazonOrderID>"
    document = feed(
        "".join(
            message(acknowledgement(order=order.format(number)), str(number))
            for number in range(1, count + 1)
        )
    )

    held = list(read_messages(BytesIO(document.encode()), limits=LIMITS))

    ids = [m.payload is not None and m.payload[0].text for m in held]
    assert ids == [f"026-1234567-{number:07}" for number in range(1, count + 1)]


def test_messages_come_before_the_document_is_read_to_its_end() -> None:
    """A 2 GiB feed is never held whole."""
    document = BytesIO(feed(acknowledgements(20_000)).encode())

    first = list(islice(read_messages(document, limits=LIMITS), 100))

    assert [each.place for each in first] == list(range(1, 101))
    assert document.tell() < 200_000


@pytest.mark.parametrize("rules", Rules)
def test_bad_messages_come_with_their_problems_where_the_others_are_wanted(
    rules: Rules,
) -> None:
    """`on-invalid-message=skip`: the feed is validated again as it is read."""
    bad = item(code="<Bad/>") * 7
    document = feed(
        message(acknowledgement("Nope"), "1")
        + acknowledgements(900, first=2)
        + message(acknowledgement("Failed"), "902")
        + message(acknowledgement(items=bad), "x")
    )

    messages = list(
        read_messages(BytesIO(document.encode()), limits=LIMITS, validate=rules)
    )

    strict = rules is Rules.STRICT
    refused = {each.place: each for each in messages if each.payload is None}
    assert [each.place for each in messages] == list(range(1, 904))
    assert sorted(refused) == [1, *[902] * strict, 903]
    assert refused[1].message_id == "1"
    assert refused[1].problems[0].message_id == "1"
    assert refused[903].message_id == "0"
    assert len(refused[903].problems) == 5
    assert all(not each.problems for each in messages if each.payload is not None)


@pytest.mark.parametrize(
    ("document", "limits", "code"),
    [
        (feed(acknowledgements(900) + "<a>"), LIMITS, ResultCode.NOT_WELL_FORMED),
        (
            feed(acknowledgements(9)).replace('"1.0"', '"2.0"'),
            LIMITS,
            ResultCode.NOT_WELL_FORMED,
        ),
        ("<!DOCTYPE a><a/>", LIMITS, ResultCode.DOCTYPE_OR_ENCODING),
        (feed(acknowledgements(9)), Limits(max_messages=8), ResultCode.TOO_LARGE),
        (feed(acknowledgements(9)), Limits(80), ResultCode.TOO_LARGE),
    ],
)
def test_a_document_that_the_gate_refuses_cannot_be_read(
    document: str, limits: Limits, code: ResultCode
) -> None:
    """It cannot happen after the gate; if it does, nothing more is applied."""
    messages = read_messages(BytesIO(document.encode()), limits=limits)

    with pytest.raises(FeedUnreadable) as refused:
        list(messages)

    assert refused.value.problem.code is code
