"""Every error is laid at the door of the message it stands in."""

from __future__ import annotations

from random import Random

import pytest

from app.engine import cutter
from app.model.feed import Rules
from tests.engine.documents import (
    acknowledgement,
    acknowledgements,
    feed,
    message,
    verdict_of,
)

STATUS = "OrderAcknowledgement/StatusCode"


@pytest.mark.parametrize("piece_bytes", [1_000, 65_536])
def test_every_bad_message_is_named_and_no_other(
    piece_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Message and line, checked against where the errors were put."""
    monkeypatch.setattr(cutter, "PIECE_BYTES", piece_bytes)
    chance = Random(1)
    bad = {number for number in range(1, 3_001) if chance.random() < 0.2}
    texts, line, truth = [], 6, []
    for number in range(1, 3_001):
        before = "\n" * chance.randint(0, 3)
        status = "Nope" if number in bad else "Success"
        texts.append(before + message(acknowledgement(status), str(number + 10)))
        line += len(before)
        if number in bad:
            path = f"/AmazonEnvelope/Message[{number}]/{STATUS}"
            truth.append((str(number + 10), line, path))
        line += 1

    verdict = verdict_of(feed("".join(texts)))

    told = [(error.message_id, error.line, error.path) for error in verdict.errors]
    assert told == truth
    assert verdict.messages_with_error == len(bad)
    assert verdict.envelope_valid


@pytest.mark.parametrize("end", ["</Message>", "</Message >"])
def test_lines_beyond_the_sixteenth_bit_are_right(end: str) -> None:
    """libxml2 keeps 16 bits of a line unless it is asked for more."""
    blank = "\n" * 70_000
    wrong = message(acknowledgement("Nope"), "2").replace("</Message>", end)

    verdict = verdict_of(feed(acknowledgements(1) + blank + wrong))

    (error,) = verdict.errors
    assert (error.message_id, error.line) == ("2", 70_007)


def test_line_ends_of_windows_count_once() -> None:
    """CR LF is one line end, as in every editor."""
    document = feed(acknowledgements(9) + message(acknowledgement("Nope"), "10"))

    verdict = verdict_of(document.replace("\n", "\r\n"))

    (error,) = verdict.errors
    assert error.line == 15


@pytest.mark.parametrize(
    ("message_id", "told"),
    [("007", "7"), (" 7\n", "7"), ("0" * 19 + "7", "7"), ("9" * 20, "9" * 20)],
)
def test_a_message_id_is_told_without_leading_zeros(message_id: str, told: str) -> None:
    """The report refers to it as a number. Source: feed-vocabulary 1.5."""
    verdict = verdict_of(feed(message(acknowledgement("Nope"), message_id)))

    (error,) = verdict.errors
    assert error.message_id == told


@pytest.mark.parametrize("message_id", ["0", "", "x", "-1", "1" * 21, "<a/>", "１"])
def test_a_message_whose_id_is_wrong_is_named_by_count(message_id: str) -> None:
    """There is no id to refer to, so the report says 0 and counts (design D3)."""
    wrong = message(acknowledgement(), message_id)

    verdict = verdict_of(feed(acknowledgements(4) + wrong))

    error = verdict.errors[0]
    assert error.message_id == "0"
    assert error.path == "/AmazonEnvelope/Message[5]/MessageID"
    assert error.text.endswith("This is message 5 of the feed.")
    assert verdict.envelope_valid


def test_an_unexpected_element_hides_no_later_error() -> None:
    """libxml2 stops checking an envelope's children behind the first unexpected one.

    Source: xml-pipeline 2, "Poisoning".
    """
    wrong = message(acknowledgement("Nope"), "{}")
    document = feed(
        wrong.format(1) + "<Bogus/>\n" + wrong.format(2) + "<Header/>" + wrong.format(3)
    )

    verdict = verdict_of(document)

    told = [(error.message_id, error.line, error.path) for error in verdict.errors]
    assert told == [
        ("1", 6, f"/AmazonEnvelope/Message[1]/{STATUS}"),
        ("0", 7, "/AmazonEnvelope/Bogus"),
        ("2", 8, f"/AmazonEnvelope/Message[2]/{STATUS}"),
        ("0", 9, "/AmazonEnvelope/Header"),
        ("3", 9, f"/AmazonEnvelope/Message[3]/{STATUS}"),
    ]
    assert verdict.messages_with_error == 3
    assert not verdict.envelope_valid


def test_text_between_messages_is_an_error_of_the_envelope_at_its_line() -> None:
    """libxml2 would give the line of the envelope."""
    document = feed(acknowledgements(2) + "\n\nsome\ntext" + acknowledgements(1, 3))

    (error,) = verdict_of(document).errors

    assert (error.message_id, error.line) == ("0", 10)
    assert error.path == "/AmazonEnvelope"
    assert error.found == 'text "some"'


def test_a_faulty_head_is_told_once_and_hides_no_message() -> None:
    """Pieces are validated under a header of our own, not under the feed's."""
    messages = acknowledgements(500) + message(acknowledgement("Nope"), "501")

    verdict = verdict_of(feed(messages, version="one", after_type="stray"))

    told = [(error.message_id, error.line, error.path) for error in verdict.errors]
    assert told == [
        ("0", 3, "/AmazonEnvelope/Header/DocumentVersion"),
        ("0", 5, "/AmazonEnvelope"),
        ("501", 506, f"/AmazonEnvelope/Message[501]/{STATUS}"),
    ]
    assert verdict.messages == 501
    assert verdict.messages_with_error == 1
    assert not verdict.envelope_valid


def test_a_missing_message_type_is_told_at_the_first_message() -> None:
    """The Message comes too early, which is no fault of its content."""
    document = feed(acknowledgements(3))
    document = document.replace("<MessageType>OrderAcknowledgement</MessageType>", "")

    verdict = verdict_of(document)

    (error,) = verdict.errors
    assert error.path == "/AmazonEnvelope/Message[1]"
    assert (error.found, error.expected) == ("<Message>", "MessageType")
    assert (error.message_id, error.line) == ("0", 6)
    assert verdict.messages_with_error == 0
    assert not verdict.envelope_valid


def test_an_envelope_without_messages_is_invalid() -> None:
    """At least one is required. Source: feed-vocabulary 1.2."""
    verdict = verdict_of(feed(""))

    (error,) = verdict.errors
    assert error.path == "/AmazonEnvelope"
    assert error.found == "the end of <AmazonEnvelope>"
    assert verdict.messages == 0


@pytest.mark.parametrize("rules", Rules)
def test_messages_in_a_namespace_are_strangers(rules: Rules) -> None:
    """All elements are in no namespace. Source: feed-vocabulary 1.1."""
    stranger = message(acknowledgement()).replace(
        "<Message>", '<Message xmlns="urn:a">'
    )

    verdict = verdict_of(feed(acknowledgements(2) + stranger), rules=rules)

    (error,) = verdict.errors
    assert (error.message_id, error.line) == ("0", 8)
    assert error.found == "<Message>"
    assert verdict.messages == 2
