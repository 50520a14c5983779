"""Hostile documents are refused with a position, in bounded memory."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.errors import ResultCode
from tests.engine.attack import ATTACKS
from tests.engine.documents import (
    acknowledgement,
    acknowledgements,
    feed,
    item,
    message,
    verdict_of,
)

ROOT = Path(__file__).parents[2]
MOST_GROWTH = 64
"""MiB that one document may cost; most of them cost 5."""

OVER = "is over the limit of 1048576 bytes"
HEAD_OVER = "The part before the first Message is over the limit of 65536 bytes"
DEEP = "elements nested more than 256 deep"
REFUSALS = {
    "a billion laughs": (715006, "The DOCTYPE on line 2"),
    "laughs in an attribute": (715006, "The DOCTYPE on line 2"),
    "an external entity": (715006, "The DOCTYPE on line 2"),
    "100,000 levels": (5001, f"Line 9, column 796: {DEEP}"),
    "100,000 levels, never closed": (5001, f"Line 9, column 796: {DEEP}"),
    "10 million levels": (5001, f"Line 9, column 796: {DEEP}"),
    "levels in the head": (5001, f"Line 4, column 768: {DEEP}"),
    "an attribute of 100 MB": (715005, f"What begins on line 8 {OVER}"),
    "an attribute of 100 MB in the head": (715005, HEAD_OVER),
    "a text of 100 MB": (715005, f"The Message that begins on line 9 {OVER}"),
    "a comment of 100 MB": (715005, f"What begins on line 8 {OVER}"),
    "100 MB of blanks in the head": (715005, HEAD_OVER),
    "100 MB of text that is no XML": (5001, "Line 1, column 1: text that is no XML"),
    "a million attributes": (715005, f"What begins on line 8 {OVER}"),
    "100,000 namespaces": (715005, f"What begins on line 8 {OVER}"),
    "a million names": (715005, f"The Message that begins on line 9 {OVER}"),
    "three million children": (715005, f"The Message that begins on line 9 {OVER}"),
}
COUNTED = {
    "140,000 bad items in one message": (4, 1),
    "100,000 strays": (3, 104_858),
    "100,000 empty messages": (104_860, 104_857),
    "50 MB of messages spelled oddly": (310_899, 0),
}


def attacked_by(name: str) -> dict[str, Any]:
    run = subprocess.run(
        [sys.executable, "-m", "tests.engine.attack", name],
        cwd=ROOT,
        capture_output=True,
        check=True,
        timeout=120,
    )
    result: dict[str, Any] = json.loads(run.stdout)
    return result


@pytest.mark.parametrize("name", REFUSALS)
def test_an_attack_is_refused_with_its_position(name: str) -> None:
    """In a process of its own, whose peak says what the document cost."""
    code, text = REFUSALS[name]

    result = attacked_by(name)

    assert result["code"] == code
    assert result["text"].startswith(text)
    assert result["grown"] < MOST_GROWTH


@pytest.mark.parametrize("name", COUNTED)
def test_a_feed_of_many_faults_is_read_to_its_end(name: str) -> None:
    """Errors are counted, not kept, and odd spellings cost no memory."""
    messages, errors = COUNTED[name]

    result = attacked_by(name)

    assert result["code"] is None
    assert result["messages"] == messages
    assert result["errors"] == errors
    assert result["grown"] < MOST_GROWTH


def test_every_attack_is_tried() -> None:
    """A new one needs its answer here."""
    assert ATTACKS.keys() == REFUSALS.keys() | COUNTED.keys()


def test_a_message_with_very_many_items_is_told_apart_from_a_faulty_one() -> None:
    """Counting errors before they are named loses no valid message and no place."""
    good, bad = item(), item(code="<AmazonOrderItemCode>1</AmazonOrderItemCode>")
    document = feed(
        message(acknowledgement(items=good * 5_000), "1")
        + message(acknowledgement(items=good * 5_000 + bad), "2")
        + message(acknowledgement(items="<Item/>" * 10_000), "3")
    )

    verdict = verdict_of(document)

    told = [(error.message_id, error.path, error.found) for error in verdict.errors]
    inside = "OrderAcknowledgement/Item[5001]/AmazonOrderItemCode"
    assert told == [
        ("2", f"/AmazonEnvelope/Message[2]/{inside}", '"1"'),
        ("3", "/AmazonEnvelope/Message[3]", "10000 errors in 10005 elements"),
    ]
    assert verdict.messages_with_error == 2


@pytest.mark.parametrize(
    "inside",
    [
        '<?xml-stylesheet href="{url}"?>',
        '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{url}"/>',
    ],
)
def test_nothing_is_fetched_from_the_network(inside: str) -> None:
    """A listener sees whether anyone calls. Source: xml-pipeline 4."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/a"
        location = f'xsi:noNamespaceSchemaLocation="{url}" xsi:schemaLocation="a {url}"'
        document = feed(inside.format(url=url) + acknowledgements(2))
        hinted = document.replace('instance">', f'instance" {location}>', 1)

        verdict = verdict_of(hinted)

        with pytest.raises(BlockingIOError):
            listener.accept()
    assert verdict.refusal is None
    assert verdict.messages == 2


def test_no_file_is_read_through_an_entity(tmp_path: Path) -> None:
    """The DOCTYPE is refused before any entity is declared."""
    secret = tmp_path / "secret.txt"
    secret.write_text("TOPSECRET")
    doctype = f'?>\n<!DOCTYPE a [<!ENTITY s SYSTEM "{secret.as_uri()}">]>'
    document = feed(message(acknowledgement("&s;"))).replace("?>", doctype, 1)

    verdict = verdict_of(document)

    assert verdict.refusal is not None
    assert verdict.refusal.code is ResultCode.DOCTYPE_OR_ENCODING
    assert "TOPSECRET" not in repr(verdict)


def test_a_compressed_document_is_not_unpacked() -> None:
    """libxml2 would inflate it, if it were handed a path. Source: xml-pipeline 4."""
    document = b"\x1f\x8b\x08\x00\x00\x00\x00\x00"

    verdict = verdict_of(document)

    assert verdict.refusal is not None
    assert verdict.refusal.code is ResultCode.WRONG_FEED_TYPE
