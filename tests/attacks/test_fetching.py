"""Nothing is fetched, read or unpacked at the wish of a document."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from app.errors import ResultCode
from tests.engine.documents import (
    acknowledgement,
    acknowledgements,
    feed,
    item,
    message,
    verdict_of,
)


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
        ("3", "/AmazonEnvelope/Message[3]", "more than 200 errors in 10005 elements"),
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
