"""validate: the verdict on documents, offline."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Command

HEAD = (
    "<AmazonEnvelope><Header><DocumentVersion>1.01</DocumentVersion>"
    "<MerchantIdentifier>A1SELLER000001</MerchantIdentifier></Header>\n"
    "<MessageType>OrderAcknowledgement</MessageType>\n"
)
TAIL = "</AmazonEnvelope>\n"


def message(
    message_id: object = 1,
    status: str = "Success",
    order_id: str = "026-1234567-1234567",
) -> str:
    """Return an acknowledgement on four lines."""
    return (
        f"<Message><MessageID>{message_id}</MessageID>\n<OrderAcknowledgement>"
        f"<AmazonOrderID>{order_id}</AmazonOrderID>\n"
        f"<StatusCode>{status}</StatusCode>\n</OrderAcknowledgement></Message>\n"
    )


def shipment(message_id: object) -> str:
    """Return a fulfilment, which another feed type is for."""
    return (
        f"<Message><MessageID>{message_id}</MessageID><OrderFulfillment>"
        "<AmazonOrderID>026-1234567-1234567</AmazonOrderID>"
        "<FulfillmentDate>2026-11-24T12:00:00Z</FulfillmentDate>"
        "</OrderFulfillment></Message>\n"
    )


def _write(folder: Path, name: str, *messages: str) -> Path:
    path = folder / name
    path.write_text(HEAD + "".join(messages) + TAIL, encoding="utf-8")
    return path


def test_a_valid_feed_has_no_errors(feedgate: Command, tmp_path: Path) -> None:
    """No server and no database are asked, so they may be out of reach."""
    feed = _write(tmp_path, "feed.xml", message(1), message(2))

    done = feedgate(
        *("validate", feed, "--format", "json"),
        DATABASE_URL="postgresql+psycopg://nobody@127.0.0.1:1/none",
    )

    assert done.code == 0
    assert done.json == [
        {
            "file": str(feed),
            "well_formed": True,
            "schema_valid": True,
            "message_type": "OrderAcknowledgement",
            "messages": 2,
            "errors": [],
        }
    ]
    assert not (tmp_path / "home").exists()


def test_an_error_says_where_it_is_and_what_belongs_there(
    feedgate: Command, tmp_path: Path
) -> None:
    """The fields are those that a program needs to mark the place in an editor."""
    feed = _write(tmp_path, "feed.xml", message(1), message(2, status="Done"))

    done = feedgate("validate", feed, "--format", "json")

    assert done.code == 1
    (verdict,) = done.json
    assert verdict["well_formed"] is True
    assert verdict["schema_valid"] is False
    (error,) = verdict["errors"]
    assert error == {
        "message_id": "2",
        "line": 9,
        "path": "/AmazonEnvelope/Message[2]/OrderAcknowledgement/StatusCode",
        "code": 5000,
        "found": '"Done"',
        "expected": error["expected"],
        "text": error["text"],
    }
    assert "Success" in error["expected"]
    assert error["text"].startswith("Line 9, /AmazonEnvelope/Message[2]/")


@pytest.mark.parametrize(
    ("content", "well_formed", "schema_valid", "codes"),
    [
        (HEAD + message(1), False, False, [5001]),
        ("<!DOCTYPE a>" + HEAD + message(1) + TAIL, False, False, [715006]),
        ("order-id\tquantity\n026-1\t1\n", False, False, [715002]),
        (
            "<OrderAcknowledgement><AmazonOrderID>026-1234567-1234567</AmazonOrderID>"
            "<StatusCode>Success</StatusCode></OrderAcknowledgement>",
            True,
            True,
            [715004],
        ),
        ("<Order/>", True, False, [715004]),
        (HEAD + message(1) + message("01") + TAIL, True, True, [715001]),
        (HEAD + message(1) + shipment(2) + TAIL, True, True, [715003]),
        (
            HEAD + message(0) + message(2, "x") + message(2) + TAIL,
            True,
            False,
            [5000] * 2,
        ),
    ],
    ids=[
        "cut off",
        "doctype",
        "flat file",
        "bare message",
        "another root",
        "message id twice",
        "another payload",
        "two schema errors",
    ],
)
def test_the_schemas_verdict_stands_apart_from_what_goes_beyond_it(
    feedgate: Command,
    tmp_path: Path,
    content: str,
    well_formed: bool,
    schema_valid: bool,
    codes: list[int],
) -> None:
    """schema_valid is the schema's alone; errors hold all that keeps a feed out."""
    feed = tmp_path / "feed.xml"
    feed.write_text(content, encoding="utf-8")

    done = feedgate("validate", feed, "--format", "json")

    (verdict,) = done.json
    assert done.code == 1
    assert verdict["well_formed"] is well_formed
    assert verdict["schema_valid"] is schema_valid
    found = [error["code"] for error in verdict["errors"]]
    assert found[: len(codes)] == codes


def test_the_rules_decide_what_is_valid(feedgate: Command, tmp_path: Path) -> None:
    """The word Failed is the help page's: standard takes it, strict does not (D1)."""
    feed = _write(tmp_path, "feed.xml", message(1, status="Failed"))

    codes = [
        feedgate("validate", feed).code,
        feedgate("validate", feed, "--rules", "strict").code,
        feedgate("validate", feed, RULES="strict").code,
    ]

    assert codes == [0, 1, 1]


def test_many_files_are_one_table_and_a_line_for_each_error(
    feedgate: Command, tmp_path: Path
) -> None:
    """What an editor or a terminal can jump to: file, line, text."""
    good = _write(tmp_path, "good.xml", message(1))
    bad = _write(tmp_path, "bad.xml", message(1, order_id="1"))

    done = feedgate("validate", good, bad)

    lines = done.out.splitlines()
    assert done.code == 1
    assert lines[0].split() == [
        *("File", "Well-formed", "Schema", "MessageType", "Messages", "Errors")
    ]
    assert lines[1].split() == [
        str(good),
        "yes",
        "valid",
        "OrderAcknowledgement",
        "1",
        "0",
    ]
    assert lines[2].split()[:3] == [str(bad), "yes", "invalid"]
    assert lines[3].startswith(f"{bad}:4: Error 5000, MessageID 1: Line 4, /AmazonEnv")


def test_a_second_opinion_agrees_or_is_shown(feedgate: Command, tmp_path: Path) -> None:
    """Of an AmazonOrderID, xmlschema takes an underscore for a word character."""
    agreed = _write(tmp_path, "agreed.xml", message(1), message(2, status="Done"))
    disputed = _write(
        tmp_path, "disputed.xml", message(1, order_id="0_6-1234567-1234567")
    )

    done = feedgate(
        "validate", agreed, disputed, "--second-opinion", "--format", "json"
    )
    table = feedgate("validate", agreed, disputed, "--second-opinion")

    first, second = (verdict["second_opinion"] for verdict in done.json)
    assert first == []
    (difference,) = second
    assert difference.pop("libxml2").startswith("Line 4, /AmazonEnvelope/Message[1]/")
    assert difference == {"message_id": "1", "line": 4, "xmlschema": None}
    assert table.out.splitlines()[1].endswith("agrees")
    assert table.out.splitlines()[2].endswith("differs")
    assert f"{disputed}:4: MessageID 1: xmlschema accepts it" in table.out


def test_there_is_no_second_opinion_on_what_is_not_xml(
    feedgate: Command, tmp_path: Path
) -> None:
    """A schema processor judges documents, not bytes."""
    feed = tmp_path / "feed.xml"
    feed.write_text(HEAD, encoding="utf-8")

    done = feedgate("validate", feed, "--second-opinion", "--format", "json")

    assert done.json[0]["second_opinion"] is None
