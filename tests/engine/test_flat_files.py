"""Flat files: lines, headings, and records as the messages of the XML twin."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterable
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from app.engine.flat_gate import check_flat_file, recognised
from app.engine.flat_lines import lines_of, text_of
from app.engine.flat_orders import MOST_RECORDS, by_order
from app.engine.flatfile import read_flat_file
from app.engine.gate import check
from app.engine.pieces import Limits
from app.errors import ResultCode
from app.feedtypes import order_adjustment, order_fulfillment, registry
from app.feedtypes.order_fulfillment import OrderFulfillment
from app.model.feed import FeedType, Rules, Verdict
from app.model.flatfile import Record

CANCELLATION, ADJUSTMENT, SHIPMENT = registry.FLAT_FILE_FEED_TYPES
CANCEL_HEAD = "order-id\tcancellation-reason-code\tamazon-order-item-code\n"
SHIP_HEAD = "order-id\torder-item-id\tquantity\tship-date\tcarrier-code\n"
LIMITS = Limits()


def verdict_of(
    document: bytes | str | io.RawIOBase,
    feed_type: FeedType = CANCELLATION,
    *,
    limits: Limits = LIMITS,
    charset: str | None = None,
) -> Verdict:
    """Run the gate over a flat file."""
    if isinstance(document, str):
        document = document.encode()
    stream: Any = BytesIO(document) if isinstance(document, bytes) else document
    return check_flat_file(
        stream, feed_type, rules=Rules.STANDARD, limits=limits, charset=charset
    )


def records(lines: Iterable[tuple[int, str]]) -> list[Record]:
    """Return records that hold nothing but an order-id."""
    return [
        Record(number, number + 1, {"order-id": order_id} if order_id else {})
        for number, order_id in lines
    ]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text("aé\t", max_size=5), max_size=30),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.integers(1, 7),
    st.booleans(),
)
def test_lines_are_the_same_whatever_their_ends_and_however_they_arrive(
    lines: list[str], end: str, step: int, ended: bool
) -> None:
    """A CR LF that falls between two reads is one line end."""
    text = end.join(lines) + (end if ended else "")
    reader = text_of(BytesIO(text.encode()), None)
    whole = reader.read
    reader.read = lambda size: whole(step)  # type: ignore[method-assign] # small reads

    found = [line for _, line in lines_of(reader, 1_000)]

    assert found == text.splitlines()


class _Endless(io.RawIOBase):
    """A seekable file of one line of `size` bytes, which takes no memory."""

    def __init__(self, size: int) -> None:
        self._size, self._at = size, 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset
        return offset

    def read(self, size: int = -1) -> bytes:
        size = max(min(size, self._size - self._at), 0)
        self._at += size
        return b"x" * size


def test_a_line_of_a_hundred_megabytes_is_refused_in_bounded_memory() -> None:
    """It is refused at the limit, and never held whole."""
    tracemalloc.start()
    try:
        verdict = verdict_of(_Endless(100_000_000))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert verdict.refusal is not None
    assert verdict.refusal.code is ResultCode.TOO_LARGE
    assert verdict.refusal.line == 1
    assert peak < 16_000_000


def test_too_many_records_are_refused() -> None:
    """The limit is the one for messages."""
    row = "026-1234567-1234567\t\t\n"

    verdict = verdict_of(CANCEL_HEAD + row * 3, limits=Limits(max_messages=2))

    assert verdict.refusal is not None
    assert verdict.refusal.code is ResultCode.TOO_LARGE


def test_an_encoding_that_nobody_knows_is_refused_by_name() -> None:
    """Only where the bytes are not UTF-8: then the Content-Type is needed."""
    good = CANCEL_HEAD + "026-1234567-1234567\t\t\n"

    refused = verdict_of(good.encode() + b"\xe9\t\t\n", charset="x-klingon")
    taken = verdict_of(good, charset="x-klingon")

    assert refused.refusal is not None
    assert refused.refusal.code is ResultCode.DOCTYPE_OR_ENCODING
    assert "x-klingon" in refused.refusal.text
    assert taken.refusal is None
    assert taken.messages == 1


@pytest.mark.parametrize(
    ("text", "feed_type"),
    [
        (CANCEL_HEAD, CANCELLATION),
        ("TemplateType=OrderCancellation Version=1.0/1.0.3\nx\ty\n", CANCELLATION),
        ("order-id\tadjustment-reason-code\n", ADJUSTMENT),
        (SHIP_HEAD, SHIPMENT),
        ("<AmazonEnvelope/>", None),
        ("sku\tquantity\n", None),
        ("", None),
    ],
)
def test_a_file_is_recognised_by_what_only_it_has(
    text: str, feed_type: FeedType | None
) -> None:
    """`submit` without --type depends on it, and so does the hint of 715002."""
    assert recognised(BytesIO(text.encode()), None) is feed_type


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=30))
def test_the_records_of_an_order_come_together(orders: list[str]) -> None:
    """The orders come as they first appear, their records ascending."""
    given_records = records(enumerate(orders, 1))

    found = [each.records for each in by_order(given_records)]

    expected: dict[str, list[Record]] = {}
    for record in given_records:
        key = record.values.get("order-id", f" {record.number}")
        expected.setdefault(key, []).append(record)
    assert found == [tuple(each) for each in expected.values()]


def test_an_order_of_too_many_records_is_refused_and_the_next_one_is_not() -> None:
    """All records of a message are held at once, so there is a limit."""
    rows = "".join(
        f"026-1234567-1234567\tNoInventory\t{number:014}\n"
        for number in range(MOST_RECORDS + 1)
    )
    document = CANCEL_HEAD + rows + "026-1234567-1234568\t\t\n"

    reads = list(
        read_flat_file(
            BytesIO(document.encode()),
            CANCELLATION.flat_file,  # type: ignore[arg-type] # it has one
            rules=Rules.STANDARD,
            limits=LIMITS,
        )
    )

    first, second = reads
    assert first.outcome is not None
    assert [problem.code for problem in first.outcome.problems] == [
        ResultCode.TOO_LARGE
    ]
    assert (first.message.place, first.message.weight) == (MOST_RECORDS + 1,) * 2
    assert (second.message.place, second.outcome) == (MOST_RECORDS + 2, None)


def _only_body(row: str, feed_type: FeedType) -> Any:
    assert feed_type.flat_file is not None
    (read,) = read_flat_file(
        BytesIO(row.encode()),
        feed_type.flat_file,
        rules=Rules.STANDARD,
        limits=LIMITS,
    )
    assert read.outcome is None, read.outcome
    return read.body


_ITEMS = st.integers(0, 10**14 - 1).map("{:014}".format)
_ORDER_IDS = st.tuples(
    st.integers(0, 999), st.integers(0, 10**7 - 1), st.integers(0, 10**7 - 1)
).map(lambda parts: "{:03}-{:07}-{:07}".format(*parts))


@settings(max_examples=60, deadline=None)
@given(
    _ORDER_IDS,
    _ITEMS,
    st.decimals(-999, 999, places=2),
    st.decimals(-999, 999, places=2),
    st.none() | st.integers(1, 99),
)
def test_an_adjustment_record_is_the_message_of_its_xml_twin(
    order_id: str, code: str, price: Decimal, tax: Decimal, units: int | None
) -> None:
    """So that they are judged alike: the bodies are equal, whatever is in them."""
    cancelled = "" if units is None else units
    row = (
        "order-id\torder-item-id\tadjustment-reason-code\tcurrency\titem-price-adj"
        "\titem-tax-adj\tquantity-cancelled\n"
        f"{order_id}\t{code}\tNoInventory\tEUR\t{price}\t{tax}\t{cancelled}\n"
    )
    element = (
        f"<OrderAdjustment><AmazonOrderID>{order_id}</AmazonOrderID><AdjustedItem>"
        f"<AmazonOrderItemCode>{code}</AmazonOrderItemCode>"
        "<AdjustmentReason>NoInventory</AdjustmentReason><ItemPriceAdjustments>"
        f'<Component><Type>Principal</Type><Amount currency="EUR">{price}</Amount>'
        f'</Component><Component><Type>Tax</Type><Amount currency="EUR">{tax}</Amount>'
        "</Component></ItemPriceAdjustments>"
        + ("" if units is None else f"<QuantityCancelled>{units}</QuantityCancelled>")
        + "</AdjustedItem></OrderAdjustment>"
    )

    body = _only_body(row, ADJUSTMENT)

    assert body == order_adjustment.parse(etree.fromstring(element))


@settings(max_examples=40, deadline=None)
@given(_ORDER_IDS, _ITEMS, st.none() | st.integers(1, 99), st.dates())
def test_a_shipment_record_is_the_message_of_its_xml_twin(
    order_id: str, code: str, units: int | None, day: Any
) -> None:
    """But for what it keeps in a correction, which XML cannot say."""
    moment = f"{day.isoformat()}T10:00:00"
    row = f"{SHIP_HEAD}{order_id}\t{code}\t{units or ''}\t{moment}\tups\n"
    element = (
        f"<OrderFulfillment><AmazonOrderID>{order_id}</AmazonOrderID>"
        f"<FulfillmentDate>{moment}</FulfillmentDate><FulfillmentData>"
        "<CarrierCode>UPS</CarrierCode></FulfillmentData><Item>"
        f"<AmazonOrderItemCode>{code}</AmazonOrderItemCode>"
        + ("" if units is None else f"<Quantity>{units}</Quantity>")
        + "</Item></OrderFulfillment>"
    )

    body = _only_body(row, SHIPMENT)

    assert isinstance(body, OrderFulfillment)
    assert body.keeps
    twin = order_fulfillment.parse(etree.fromstring(element))
    assert body._replace(keeps=False) == twin


@pytest.mark.parametrize(
    "beginning", [b"PK\x03\x04\x14", b"\xd0\xcf\x11\xe0\xa1", b"%PDF-1"]
)
@pytest.mark.parametrize("feed_type", [registry.ORDER_FULFILLMENT, SHIPMENT])
def test_a_workbook_is_told_what_to_save_it_as(
    beginning: bytes, feed_type: FeedType
) -> None:
    """Whoever sends the workbook itself has not heard of tabs, or of XML."""
    verdict = check(
        BytesIO(beginning + bytes(5_000)),
        rules=Rules.STANDARD,
        limits=LIMITS,
        feed_type=feed_type,
    )

    assert verdict.refusal is not None
    assert verdict.refusal.code is ResultCode.WRONG_FEED_TYPE
    words = "save it as Text" if feed_type is SHIPMENT else "send the XML"
    assert words in verdict.refusal.text


def test_a_control_character_in_a_text_is_refused() -> None:
    """The XML twin cannot hold it, and neither can an answer in XML."""
    assert SHIPMENT.flat_file is not None
    document = (
        "order-id\tship-date\tcarrier-code\tcarrier-name\n"
        "026-1234567-1234567\t2026-11-24\tOther\tA\x01B\n"
    )

    (read,) = read_flat_file(
        BytesIO(document.encode()),
        SHIPMENT.flat_file,
        rules=Rules.STANDARD,
        limits=LIMITS,
    )

    assert read.outcome is not None
    (problem,) = read.outcome.problems
    assert problem.code is ResultCode.SCHEMA_INVALID
    assert "column carrier-name" in problem.text


def test_unknown_headings_are_told_up_to_a_limit() -> None:
    """A megabyte of headings makes no megabytes of warnings."""
    heads = CANCEL_HEAD.strip() + "\tnote" * 10_000
    document = heads + "\n026-1234567-1234567\t\t\n"

    verdict = verdict_of(document)

    assert verdict.refusal is None
    assert {problem.code for problem in verdict.warnings} == {ResultCode.COLUMN_UNKNOWN}
    assert len(verdict.warnings) == 20
