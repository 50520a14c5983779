"""Flat files at the front door: taken in, and their report handed out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.errors import ResultCode
from app.model.feed import FeedStatus
from app.store.outcomes import read_results
from tests.doors.caller import md5
from tests.doors.conftest import Running
from tests.doors.feed_calls import RESULT
from tests.doors.test_submit_feed import rows

CANCELLATION = "_POST_FLAT_FILE_ORDER_ACKNOWLEDGEMENT_DATA_"
ADJUSTMENT = "_POST_FLAT_FILE_PAYMENT_ADJUSTMENT_DATA_"
SHIPMENT = "_POST_FLAT_FILE_FULFILLMENT_DATA_"
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


def _rows_of(feed_type: str, heading: str) -> str:
    """Write a file of one record with a column of its own."""
    names, cells = {
        CANCELLATION: (
            "order-id\tcancellation-reason-code\tamazon-order-item-code",
            "026-1234567-1234567\tNoInventory\t12345678901234",
        ),
        ADJUSTMENT: (
            "order-id\torder-item-id\tadjustment-reason-code\tcurrency\titem-price-adj",
            "026-1234567-1234567\t12345678901234\tCustomerReturn\tUSD\t1.00",
        ),
        SHIPMENT: (
            "order-id\tship-date\tcarrier-code\tcarrier-name",
            "026-1234567-1234567\t2026-11-24\tOther\tCarrier",
        ),
    }[feed_type]
    return f"{names}\t{heading}\n{cells}\tx\n"


@pytest.mark.parametrize("feed_type", [CANCELLATION, ADJUSTMENT, SHIPMENT])
@pytest.mark.parametrize(
    ("charset", "codec", "heading"),
    [
        ("ISO-8859-1", "iso-8859-1", "größe"),
        ("Windows-1252", "cp1252", "prix €"),
        ("UTF-8", "utf-8", "größe 備考"),
        ("UTF-8", "utf-8-sig", "größe 備考"),
        ("Shift_JIS", "cp932", "備考"),
        ("GBK", "gbk", "备注"),
    ],
)
def test_each_file_is_read_in_each_encoding(
    running: Running, feed_type: str, charset: str, codec: str, heading: str
) -> None:
    """An unknown heading is named in its own letters, whatever ends the lines."""
    for end in ("\n", "\r\n"):
        text = _rows_of(feed_type, heading).replace("\n", end)
        reply = running.caller.submit(
            text.encode(codec),
            feed_type,
            headers={"Content-Type": f"text/tab-separated-values; charset={charset}"},
        )
        assert reply.status == 200, reply.message
        *_, row = rows(running)
        reply_id = str(row["feed_submission_id"])
        assert (row["messages"], row["refused"]) == (1, 0)
        with running.service.database.read() as connection:
            (problem,) = read_results(connection, int(reply_id))
        assert problem.code is ResultCode.COLUMN_UNKNOWN
        assert heading in problem.text


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
