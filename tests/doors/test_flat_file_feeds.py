"""Flat files at the front door: taken in, and their report handed out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.model.feed import FeedStatus
from tests.doors.caller import md5
from tests.doors.conftest import Running
from tests.doors.feed_calls import RESULT
from tests.doors.test_submit_feed import rows

CANCELLATION = "_POST_FLAT_FILE_ORDER_ACKNOWLEDGEMENT_DATA_"
REPORT = b"Feed Processing Summary:\n"
FILE = (
    "order-id\tcancellation-reason-code\tamazon-order-item-code\n"
    "026-1234567-1234567\tNoInventory\t12345678901234\n"
)


@pytest.mark.parametrize(
    ("content_type", "marketplaces", "charset"),
    [
        ("text/tab-separated-values; charset=Shift_JIS", [], "Shift_JIS"),
        ("application/octet-stream", [], "windows-1252"),
        ("text/tab-separated-values", ["A1VC38T7YXB528"], "shift_jis"),
        ("text/tab-separated-values", ["AAHKV2X7AFYLW"], "gbk"),
    ],
)
def test_the_charset_is_settled_when_the_file_is_taken_in(
    running: Running, content_type: str, marketplaces: list[str], charset: str
) -> None:
    """The worker reads the file as the gate did, whatever settings say by then."""
    parameters = {
        f"MarketplaceIdList.Id.{number}": each
        for number, each in enumerate(marketplaces, 1)
    }

    reply = running.caller.submit(
        FILE.encode(),
        CANCELLATION,
        parameters,
        {"Content-Type": content_type},
    )

    assert reply.status == 200, reply.message
    (row,) = rows(running)
    assert (row["feed_type"], row["charset"]) == (CANCELLATION, charset)
    assert (row["messages"], row["refused"]) == (1, 0)


def test_an_invalid_file_says_so_in_the_answer(running: Running) -> None:
    """The header is the same as that of XML feeds (design D2.4)."""
    reply = running.caller.submit(b"order-id\tquantity\n", CANCELLATION)

    assert reply.status == 200
    said = reply.header("X-Feedgate-Validation")
    assert said is not None
    assert said.startswith("invalid; errors=1; first=")
    assert "cancellation-reason-code" in said


def test_a_report_of_a_flat_file_is_plain_text(
    running: Running, queue: Callable[..., str]
) -> None:
    """As recorded of newer reports (mws-wire 4.6)."""
    with running.service.documents.new() as writer:
        writer.write(REPORT)
        document_id = writer.commit()
    done = queue(
        feed_type=CANCELLATION,
        status=FeedStatus.DONE,
        report_document_id=document_id,
        report_md5=md5(REPORT),
    )

    reply = running.caller.call(RESULT, {"FeedSubmissionId": done})

    assert (reply.status, reply.body) == (200, REPORT)
    assert reply.header("Content-Type") == "text/plain;charset=UTF-8"
