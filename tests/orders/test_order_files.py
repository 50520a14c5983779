"""Files of orders, JSON and OrderReport XML: what is read, and where faults stand."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.intake import order_file_json
from app.intake.order_file import OrderFileUnreadable
from app.intake.order_file_json import read_json_orders
from app.intake.order_import import ImportRefused, read_orders
from app.model.order_json import order_to_json
from tests.orders.examples import (
    CODE_A,
    CODE_B,
    ORDER_ID,
    SELLER,
    envelope,
    file_of,
    item,
    order,
    report,
    report_item,
)

OTHER_ID = "026-7654321-7654321"


def _faults(document: BytesIO, marketplace_id: str | None = None) -> list[str]:
    with pytest.raises(ImportRefused) as refused:
        read_orders(document, SELLER, marketplace_id)
    return [str(fault) for fault in refused.value.faults]


def test_a_fault_in_json_has_the_line_on_which_the_value_stands() -> None:
    """Files have thousands of orders: the path alone does not find the place."""
    document = file_of(order(), order(OTHER_ID, items=[item(), item(CODE_B, sku=7)]))
    lines = document.getvalue().decode().splitlines()

    (fault,) = _faults(document)

    line = next(n for n, text in enumerate(lines, 1) if '"sku": 7' in text)
    assert fault == (
        f"line {line}, order {OTHER_ID}: items[1].sku is 7, expected at most 40 "
        "characters, without control characters"
    )


def test_what_is_missing_is_laid_at_the_line_where_it_belongs() -> None:
    """The object that lacks a name is the nearest place there is."""
    broken = item()
    del broken["quantity_ordered"]
    document = file_of(order(items=[broken]))
    lines = document.getvalue().decode().splitlines()

    (fault,) = _faults(document)

    line = next(
        n for n, text in enumerate(lines, 1) if "amazon_order_item_code" in text
    )
    assert fault.startswith(
        f"line {line - 1}, order {ORDER_ID}: items[0].quantity_ordered is missing"
    )


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "line 1: the file ends here, expected a list of orders in [ ]"),
        (b"{}", "line 1: '{' stands here, expected a list of orders in [ ]"),
        (b"[\n{}\n{}]", "line 3: '{' stands here, expected \",\" and another order"),
        (b"[\n{},\n]", "line 3: ']' in column 1 is no JSON there (expecting value)"),
        (b"[{\n'a': 1}]", 'line 2: "\'" in column 1 is no JSON there (expecting'),
        (b'[\n{"a":\n', "line 2: the file ends within the order that begins here"),
        (b"[] []", "line 1: '[' stands here, expected the end of the file"),
        (b'[{"a":\n"\xe9"}]', "line 2: the byte 0xE9 is no UTF-8, which JSON is writ"),
        (b'[{"a": 1,\n"a": 2}]', 'line 2: the name "a" stands twice in one object'),
        (b"[" * 100_000, "line 1: an order is nested too deeply"),
        (b"[" + b"9" * 5_000 + b"]", "line 1: a number of this order has too many"),
    ],
)
def test_text_that_is_no_json_is_refused_with_its_line(
    content: bytes, fault: str
) -> None:
    """The reader says what stands there and what belongs there."""
    faults = _faults(BytesIO(content))

    assert faults[-1].startswith(fault)


def test_an_order_without_end_is_refused_before_it_fills_the_memory() -> None:
    """A quote that was forgotten makes one text of the whole rest of a file."""
    document = BytesIO(b'[\n{"a": "' + b"x" * (6 << 20))

    faults = _faults(document)

    assert faults == ["line 2: an order is larger than 4194304 characters"]
    assert document.tell() < document.getbuffer().nbytes


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.lists(VALUES, max_size=6), st.integers(1, 40), st.sampled_from([None, 1]))
def test_json_read_in_pieces_is_what_it_is_as_a_whole(
    values: list[Any], size: int, indent: int | None
) -> None:
    """Wherever a piece ends, in a number, a text or a character, nothing changes."""
    text = json.dumps(values, indent=indent, ensure_ascii=False)
    document = BytesIO(text.encode("utf-8", "surrogatepass"))
    usual = order_file_json._CHUNK

    try:
        order_file_json._CHUNK = size
        placed = list(read_json_orders(document))
    except OrderFileUnreadable:
        with pytest.raises(UnicodeDecodeError):
            document.getvalue().decode()
        return
    finally:
        order_file_json._CHUNK = usual

    assert [each.value for each in placed] == values
    lines = text.split("\n")
    for each in placed:
        begin = json.dumps(each.value, indent=indent, ensure_ascii=False)[:1]
        assert begin in lines[each.line - 1]


def test_an_order_report_becomes_an_unshipped_order() -> None:
    """Components are line totals, promotions discounts; 0 off is no promotion."""
    (read,) = read_orders(envelope(report()), SELLER)

    assert order_to_json(read) == {
        "amazon_order_id": ORDER_ID,
        "marketplace_id": "ATVPDKIKX0DER",
        "fulfillment_channel": "MFN",
        "status": "Unshipped",
        "purchase_date": "2026-11-01T09:00:00Z",
        "currency": "USD",
        "buyer": {"name": "Ada Morgan", "email": "ada@buyers.example"},
        "items": [
            {
                "amazon_order_item_code": CODE_A,
                "sku": "MUG-7",
                "asin": "",
                "title": "Mug",
                "quantity_ordered": 3,
                "price": {"Principal": "30.00", "Tax": "0.00"},
                "promotions": [
                    {
                        "promotion_claim_code": "AUTUMN",
                        "merchant_promotion_id": "Autumn sale",
                        "component": "Principal",
                        "amount": "1.50",
                    }
                ],
            }
        ],
    }


def test_an_order_report_may_be_the_document_itself() -> None:
    """Some systems store one report a file, without its envelope."""
    (read,) = read_orders(BytesIO(report().encode()), SELLER)

    assert read.amazon_order_id == ORDER_ID


def test_an_order_report_in_another_encoding_is_read() -> None:
    """Reports of the European marketplaces come in ISO-8859-1 as well."""
    text = envelope(report()).getvalue().decode().replace("Ada", "Zoë")
    latin_1 = text.replace("UTF-8", "ISO-8859-1").encode("iso-8859-1")

    names = [
        read_orders(BytesIO(document), SELLER)[0].buyer.name
        for document in (latin_1, text.replace("UTF-8", "UTF-16").encode("utf-16"))
    ]

    assert names == ["Zoë Morgan", "Zoë Morgan"]


@pytest.mark.parametrize(
    ("name", "marketplace_id", "expected"),
    [
        ("Amazon.de", None, "A1PA6795UKMFR9"),
        ("A1VC38T7YXB528", None, "A1VC38T7YXB528"),
        ("", None, "ATVPDKIKX0DER"),
        ("Corner Shop", "A1F83G8C2ARO7P", "A1F83G8C2ARO7P"),
    ],
)
def test_the_marketplace_follows_from_name_option_or_currency(
    name: str, marketplace_id: str | None, expected: str
) -> None:
    """Many reports do not name it; only the euro leaves it open."""
    document = envelope(report(marketplace=name))

    (read,) = read_orders(document, SELLER, marketplace_id)

    assert read.marketplace_id == expected


def test_a_date_without_zone_is_in_the_marketplaces_own() -> None:
    """As for FulfillmentDate (design D4): Berlin is an hour ahead in November."""
    document = envelope(report(date="2026-11-01T10:00:00", marketplace="Amazon.de"))

    (read,) = read_orders(document, SELLER)

    assert order_to_json(read)["purchase_date"] == "2026-11-01T09:00:00Z"


def test_faults_of_a_report_have_their_lines_and_its_own_words() -> None:
    """Whoever looks for them has XML before them, not our JSON."""
    second = (
        report_item("123", quantity=0)
        .replace(">Tax<", ">Toll<")
        .replace('currency="USD">30.00', 'currency="EUR">30.005')
    )
    document = envelope(report(items=f"{report_item()}\n{second}"))
    lines = document.getvalue().decode().splitlines()

    def line_of(text: str, nth: int = 0) -> int:
        return [n for n, line in enumerate(lines, 1) if text in line][nth]

    faults = _faults(document)

    start = f"order {ORDER_ID}: OrderReport/Item[2]"
    price = f"line {line_of('<ItemPrice>', 1)}, {start}/ItemPrice"
    assert faults == [
        f"{price} has an amount in EUR, the order is in USD",
        f"line {line_of('>123<')}, {start}/AmazonOrderItemCode is "
        '"123", expected exactly 14 digits',
        f"line {line_of('<Quantity>0')}, {start}/Quantity is 0, expected a whole "
        "number from 1 to 999999999",
        f"line {line_of('Toll')}, {start}/ItemPrice/Component[Type=Toll] is no name "
        "that is known, expected one of Principal, Shipping, Tax, ShippingTax, "
        "RestockingFee, RestockingFeeTax, GiftWrap, GiftWrapTax, Surcharge, "
        "ReturnShipping, Goodwill, ExportCharge, COD, CODTax, Other, "
        "FreeReplacementReturnShipping, CODFee",
    ]


def test_a_report_in_euros_without_marketplace_asks_for_it() -> None:
    """Six marketplaces have the euro; a guess would set dates in a wrong zone."""
    document = BytesIO(envelope(report()).getvalue().replace(b'"USD"', b'"EUR"'))

    (fault,) = _faults(document)

    assert "OrderReport/MarketplaceName is missing, and EUR leaves it open" in fault


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        (
            envelope(report(), before='<!DOCTYPE a [<!ENTITY b "c">]>'),
            "line 1: the document has a DOCTYPE, which is refused: leave it out",
        ),
        (
            envelope("<OrderFulfillment/>"),
            "line 1: <AmazonEnvelope> holds no OrderReport, expected one for each",
        ),
        (
            BytesIO(b"<a>\n<b></a>"),
            "line 2: the XML is broken in column 8: Opening and",
        ),
        (BytesIO(b"<a>&lol;</a>"), "line 1: the XML is broken in column"),
        (
            BytesIO(envelope(report()).getvalue() + b"<a/>"),
            "line 35: the XML is broken in column 1: Extra content at the end of the",
        ),
    ],
)
def test_a_document_that_cannot_be_read_is_refused_with_its_line(
    document: BytesIO, fault: str
) -> None:
    """Nothing behind the line was looked at, and nothing was fetched or expanded."""
    faults = _faults(document)

    assert faults[-1].startswith(fault)


def test_components_that_stand_twice_are_added_up() -> None:
    """Sums are what the buyer paid of it: xs:decimal allows +.50 for 0.50."""
    again = (
        "<Component><Type>Principal</Type>"
        '<Amount currency="USD"> +.50 </Amount></Component></ItemPrice>'
    )
    document = envelope(report(items=report_item().replace("</ItemPrice>", again)))

    (read,) = read_orders(document, SELLER)

    assert order_to_json(read)["items"][0]["price"]["Principal"] == "30.50"
