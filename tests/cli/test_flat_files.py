"""Flat files on the command line: templates, and validation offline."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

from app.cli.feeds import content_type_of
from tests.cli.conftest import Command, ServedDemo

PAGE = Path(__file__).parents[2] / "docs" / "flat-files.md"
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


def test_a_file_is_validated_in_its_encoding(feedgate: Command, tmp_path: Path) -> None:
    """Without it, what is not UTF-8 is read as Windows-1252."""
    file = tmp_path / "ship.txt"
    file.write_bytes(
        "order-id\tship-date\tcarrier-code\tcarrier-name\n"
        "026-1234567-1234567\t2026-11-24\tOther\t日本、郵便\n".encode("shift_jis")
    )

    told = feedgate("validate", file, "--charset", "Shift_JIS")
    untold = feedgate("validate", file)
    unknown = feedgate("validate", file, "--charset", "x-klingon")

    assert told.code == 0
    assert untold.code == 1
    assert unknown.code == 1
    assert "x-klingon" in unknown.out


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


def test_the_commands_of_the_page_take_a_file_from_template_to_report(
    demo: ServedDemo, tmp_path: Path
) -> None:
    """The filled-in sheet is saved as text, checked, recognised and applied."""
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", PAGE.read_text(), re.S | re.M)
    make, check, send = (
        [
            str(tmp_path / word) if word.startswith("cancel.") else word
            for word in shlex.split(line)[1:]
        ]
        for block in blocks
        for line in block.splitlines()
    )
    listed = demo.run(
        *("orders", "list", "--seller-id", demo.about["seller_id"]),
        *("--format", "json"),
    )
    order_id = next(
        order["amazon_order_id"]
        for order in listed.json
        if order["status"] == "Unshipped"
    )

    made = demo.run(*make)
    text = demo.run("template", CANCELLATION).out
    (tmp_path / "cancel.txt").write_text(f"{text}{order_id}\t\t\n", encoding="utf-8")
    checked = demo.run(*check)
    sent = demo.run(*send)

    assert (made.code, checked.code, sent.code) == (0, 0, 0)
    assert (tmp_path / "cancel.xlsx").read_bytes().startswith(b"PK")
    assert "Number of records successful\t\t1\n" in sent.out
    assert f"\n1\t{order_id}\t\t718014\tWarning\t" in sent.out
    shown = demo.run(
        *("orders", "show", order_id, "--seller-id", demo.about["seller_id"]),
        *("--format", "json"),
    )
    assert "Canceled" in json.dumps(shown.json)
