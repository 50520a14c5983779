"""Flat files on the command line: templates, and validation offline."""

from __future__ import annotations

from pathlib import Path

from app.cli.feeds import content_type_of
from tests.cli.conftest import Command

CANCELLATION = "_POST_FLAT_FILE_ORDER_ACKNOWLEDGEMENT_DATA_"


def test_a_template_filled_in_wrongly_is_validated_record_by_record(
    feedgate: Command, tmp_path: Path
) -> None:
    """The same checks as the service's, with lines and columns, and no server."""
    file = tmp_path / "cancel.txt"
    made = feedgate("template", CANCELLATION, "--output", file)
    with file.open("a", encoding="utf-8") as feed:
        feed.write("026-1234567-1234567\tNoInventory\t12345678901234\r\n")
        feed.write("2.61E+16\tCustomerCancel\t1\r\n")

    done = feedgate("validate", file, "--format", "json")

    assert (made.code, made.out) == (0, "")
    assert done.code == 1
    (opinion,) = done.json
    assert (opinion["well_formed"], opinion["messages"]) == (True, 2)
    assert [
        (error["code"], error["message_id"], error["line"], error["path"])
        for error in opinion["errors"]
    ] == [
        (5000, "2", 4, "/Record[2]/order-id"),
        (5000, "2", 4, "/Record[2]/amazon-order-item-code"),
        (5000, "2", 4, "/Record[2]/cancellation-reason-code"),
    ]
    assert "Did you mean BuyerCanceled?" in opinion["errors"][2]["text"]


def test_a_template_of_another_feed_type_is_refused_with_a_sentence(
    feedgate: Command,
) -> None:
    """It names those that there are."""
    done = feedgate("template", "_POST_ORDER_FULFILLMENT_DATA_")

    assert done.code == 2
    assert CANCELLATION in done.sentences[0]


def test_feeds_are_sent_as_what_they_are() -> None:
    """Source: mws-wire 6."""
    assert content_type_of("_POST_ORDER_FULFILLMENT_DATA_", None) == "text/xml"
    assert content_type_of(CANCELLATION, None) == "text/tab-separated-values"
    sent = content_type_of(CANCELLATION, "Shift_JIS")
    assert sent == "text/tab-separated-values; charset=Shift_JIS"
