"""What the gate says of a document, before anything of it is applied."""

from __future__ import annotations

import pytest

from app.engine.pieces import Limits
from app.errors import ResultCode, Severity
from app.model.feed import Rules
from tests.engine.documents import (
    ITEM_CODE,
    acknowledgement,
    acknowledgements,
    adjustment,
    feed,
    fulfillment,
    item,
    message,
    refund,
    verdict_of,
)

ACKNOWLEDGEMENT = "_POST_ORDER_ACKNOWLEDGEMENT_DATA_"
ADJUSTMENT = "_POST_PAYMENT_ADJUSTMENT_DATA_"
REASON = "<AdjustmentReason>NoInventory</AdjustmentReason>"


def test_a_valid_feed_is_counted_and_its_header_is_read() -> None:
    """The counts of a report and the feed type's check come from the gate."""
    document = feed(acknowledgements(3), version="1.02", merchant=" M_A_1 ")

    verdict = verdict_of(document, sent_as=ACKNOWLEDGEMENT)

    assert verdict.well_formed
    assert verdict.schema_valid
    assert (verdict.messages, verdict.messages_with_error) == (3, 0)
    assert verdict.header.message_type == "OrderAcknowledgement"
    assert verdict.header.merchant_identifier == " M_A_1 "
    assert verdict.header.document_version == "1.02"
    assert not verdict.header.purge_and_replace


@pytest.mark.parametrize(
    ("document", "found"),
    [
        (acknowledgement(), "OrderAcknowledgement"),
        ("<html>", "html"),
        ("<AmazonEnvelope xmlns='urn:a'/>", 'AmazonEnvelope in the namespace "urn:a"'),
    ],
)
def test_another_document_element_is_named(document: str, found: str) -> None:
    """The schema alone would take a bare message. Source: feed-vocabulary 1.1."""
    refusal = verdict_of(document, sent_as=ACKNOWLEDGEMENT).refusal

    assert refusal is not None
    assert refusal.code is ResultCode.WRONG_ROOT
    assert refusal.text == f"The document element is {found}, expected AmazonEnvelope."


@pytest.mark.parametrize(
    ("message_type", "looks_like"),
    [
        ("OrderFulfillment", "an OrderFulfillment feed"),
        ("ProcessingReport", "a ProcessingReport feed"),
        ("Inventory", "an Inventory feed"),
        ("TradeInPrice", "a TradeInPrice feed"),
    ],
)
def test_a_feed_of_another_kind_is_told_what_it_looks_like(
    message_type: str, looks_like: str
) -> None:
    """Before its body is looked at: here it is not even well-formed (design D2.7)."""
    document = feed("<broken>", message_type)

    refusal = verdict_of(document, sent_as=ACKNOWLEDGEMENT).refusal

    assert refusal is not None
    assert refusal.code is ResultCode.WRONG_FEED_TYPE
    assert refusal.text == (
        f"This looks like {looks_like}, you sent it as OrderAcknowledgement "
        "(_POST_ORDER_ACKNOWLEDGEMENT_DATA_)."
    )


def test_a_flat_file_under_an_xml_feed_type_is_called_one() -> None:
    """Also in another encoding than UTF-8: it is not read as XML at all."""
    document = "order-id\torder-item-id\n026-1234567-1234567\tä\n".encode("latin-1")

    refusal = verdict_of(document, sent_as=ADJUSTMENT).refusal

    assert refusal is not None
    assert refusal.code is ResultCode.WRONG_FEED_TYPE
    assert refusal.text == (
        "This looks like a flat file, you sent it as OrderAdjustment "
        "(_POST_PAYMENT_ADJUSTMENT_DATA_)."
    )


def test_without_a_feed_type_every_order_feed_will_do() -> None:
    """`feedgate validate` does not know how a file will be sent."""
    for message_type in ("OrderAcknowledgement", "OrderAdjustment", "OrderFulfillment"):
        assert verdict_of(feed(acknowledgements(1), message_type)).schema_valid
    refusal = verdict_of(feed(acknowledgements(1), "OrderReport")).refusal

    assert refusal is not None
    assert refusal.text == (
        "This looks like an OrderReport feed, you sent it as an order feed."
    )


def test_an_unknown_message_type_is_an_error_of_the_schema() -> None:
    """Nobody can say what it looks like."""
    verdict = verdict_of(feed(acknowledgements(1), "Orders"), sent_as=ACKNOWLEDGEMENT)

    (error,) = verdict.errors
    assert error.path == "/AmazonEnvelope/MessageType"
    assert error.found == '"Orders"'
    assert not verdict.envelope_valid


@pytest.mark.parametrize(
    ("document", "position", "found", "expected"),
    [
        ("", (1, 1), "an empty document", "<AmazonEnvelope>"),
        (" \n ", (1, 1), "an empty document", "<AmazonEnvelope>"),
        ("not XML", (1, 1), "text that is no XML", "<AmazonEnvelope>"),
        (
            "\n <?xml version='1.0'?><a/>",
            (2, 2),
            "blanks before the XML declaration",
            "<?xml as the first characters",
        ),
        (
            feed(acknowledgements(2)) + "<a/>",
            (9, 1),
            "content after the end of the document element",
            "the end of the document",
        ),
        (
            feed(acknowledgements(2)).removesuffix("</AmazonEnvelope>\n"),
            (8, 1),
            "the end of the document",
            "</AmazonEnvelope>",
        ),
        (
            feed("<Message>\n<MessageID>1</MessageID></Massage>"),
            (7, 35),
            "</Massage>",
            "</Message>, since <Message> is open from line 6",
        ),
        (
            feed(message("<OrderAcknowledgement>R&D")),
            (6, 59),
            "a bare &",
            "&amp;",
        ),
        (
            feed(message("\x02")),
            (6, 34),
            "the character U+0002",
            "a character that XML allows",
        ),
    ],
)
def test_a_malformed_document_is_refused_with_its_position(
    document: str, position: tuple[int, int], found: str, expected: str
) -> None:
    """5001 says where, what was found and what would be right (design D3)."""
    verdict = verdict_of(document, sent_as=ACKNOWLEDGEMENT)

    assert verdict.refusal is not None
    assert verdict.refusal.code is ResultCode.NOT_WELL_FORMED
    assert not verdict.well_formed
    assert verdict.refusal.text == ResultCode.NOT_WELL_FORMED.text(
        line=position[0], column=position[1], found=found, expected=expected
    )
    assert verdict.refusal.line == position[0]


def test_a_doctype_is_refused_in_any_form() -> None:
    """Nothing of it is read: no entity, no external file (design D3)."""
    document = feed(acknowledgements(1)).replace(
        "\n", '\n<!DOCTYPE AmazonEnvelope SYSTEM "http://localhost:1/a.dtd">\n', 1
    )

    verdict = verdict_of(document, sent_as=ACKNOWLEDGEMENT)

    assert verdict.refusal is not None
    assert verdict.refusal.code is ResultCode.DOCTYPE_OR_ENCODING
    assert verdict.refusal.text == "The DOCTYPE on line 2 is refused: leave it out."


@pytest.mark.parametrize(
    ("rules", "outcome", "refused"),
    [
        (Rules.STANDARD, "the credentials decide whose orders are meant", False),
        (Rules.STRICT, "the feed was refused", True),
    ],
)
def test_a_merchant_identifier_of_someone_else(
    rules: Rules, outcome: str, refused: bool
) -> None:
    """A warning or a refusal, as design D1 says."""
    document = feed(acknowledgements(1), merchant="M_OTHER_1")
    known = frozenset(("M_B_2", "A1SELLER000001"))

    verdict = verdict_of(document, rules=rules, identifiers=known)

    (problem,) = verdict.warnings or (verdict.refusal,)
    assert problem is not None
    assert problem.text == (
        'MerchantIdentifier is "M_OTHER_1", expected A1SELLER000001, M_B_2 or nothing: '
        f"{outcome}."
    )
    assert problem.severity is (Severity.ERROR if refused else Severity.WARNING)
    assert problem.line == 3
    assert (verdict.refusal is not None) is refused


@pytest.mark.parametrize("given", ["", "  ", "A1SELLER000001", " M_B_2 "])
@pytest.mark.parametrize("rules", Rules)
def test_a_merchant_identifier_of_the_account_or_none_is_silent(
    given: str, rules: Rules
) -> None:
    """Old feeds carry a merchant token, some carry nothing (design D3)."""
    document = feed(acknowledgements(1), merchant=given)
    known = frozenset(("M_B_2", "A1SELLER000001"))

    verdict = verdict_of(document, rules=rules, identifiers=known)

    assert verdict.refusal is None
    assert verdict.warnings == ()


@pytest.mark.parametrize(
    ("value", "warned"), [("true", True), (" 1 ", True), ("false", False), ("0", False)]
)
def test_purge_and_replace_is_warned_of_when_it_is_true(
    value: str, warned: bool
) -> None:
    """It has a meaning for catalogue feeds only. Source: feed-vocabulary 4.2."""
    inside = f"<PurgeAndReplace>{value}</PurgeAndReplace>"

    verdict = verdict_of(feed(acknowledgements(1), after_type=inside))

    texts = [warning.text for warning in verdict.warnings]
    assert texts == warned * [
        "PurgeAndReplace true was ignored: it has no meaning for order feeds."
    ]
    assert verdict.header.purge_and_replace is warned
    assert verdict.schema_valid


@pytest.mark.parametrize(
    ("limits", "what"),
    [
        (Limits(max_messages=2), "The number of messages is over the limit of 2: "),
        (
            Limits(max_head_bytes=100),
            "The part before the first Message is over the limit of 100 bytes: ",
        ),
        (
            Limits(max_message_bytes=100),
            "The Message that begins on line 6 is over the limit of 100 bytes: ",
        ),
        (
            Limits(max_seconds=0),
            "The time to read the feed is over the limit of 0 seconds: ",
        ),
    ],
)
def test_a_feed_over_a_limit_is_refused(limits: Limits, what: str) -> None:
    """715005 names the part and the limit."""
    verdict = verdict_of(feed(acknowledgements(3)), limits=limits)

    assert verdict.refusal is not None
    assert verdict.refusal.code is ResultCode.TOO_LARGE
    assert verdict.refusal.text.startswith(what)


@pytest.mark.parametrize("end", ["</Message>", "</Message >"])
def test_the_limit_of_a_message_is_exact(end: str) -> None:
    """Measured from the end of the Message before it, however its end is spelled."""
    small = message(acknowledgement(), "1")
    large = "<!--" + "x" * 200_000 + "-->" + message(acknowledgement(), "2")
    document = feed(small + large.replace("</Message>", end) + small * 500)
    size = len("\n" + large.strip().replace("</Message>", end))

    allowed = verdict_of(document, limits=Limits(max_message_bytes=size))
    refused = verdict_of(document, limits=Limits(max_message_bytes=size - 1))

    assert allowed.schema_valid
    assert refused.refusal is not None
    assert refused.refusal.code is ResultCode.TOO_LARGE
    assert refused.refusal.line == 7


def test_a_message_shows_five_errors_and_a_feed_a_thousand() -> None:
    """The rest is counted (design D3)."""
    many = "".join(item(code="<Bad/>") for _ in range(7))
    wrong = message(acknowledgement(items=many))

    verdict = verdict_of(feed(wrong * 300))

    assert len(verdict.errors) == 1_000
    assert verdict.suppressed == 7 * 300 - 1_000
    assert verdict.messages_with_error == verdict.messages == 300
    assert [error.line for error in verdict.errors[:6]] == [6] * 5 + [7]


def test_the_text_of_an_error_is_cut_but_keeps_its_hint() -> None:
    """Long lists of allowed values and long values do not push it out."""
    value = "BuyerCanceled"
    one = refund(reason=value)
    two = refund(reason="x" * 10_000)

    errors = verdict_of(feed(message(one + two), "OrderAdjustment")).errors

    assert errors[0].text.endswith("Did you mean CustomerCancel?")
    assert errors[0].found == '"BuyerCanceled"'
    texts = verdict_of(feed(message(two), "OrderAdjustment")).errors
    assert all(len(error.text) <= 500 for error in (*errors, *texts))
    assert len(texts[0].found or "") == 102


@pytest.mark.parametrize(
    ("payload", "rules", "hint"),
    [
        (
            refund(reason="BuyerCanceled"),
            Rules.STANDARD,
            "Did you mean CustomerCancel?",
        ),
        (refund(reason="PricingError"), Rules.STANDARD, "Did you mean PriceError?"),
        (
            acknowledgement(
                "Failure", items=item("<CancelReason>CustomerCancel</CancelReason>")
            ),
            Rules.STANDARD,
            "Did you mean BuyerCanceled?",
        ),
        (
            acknowledgement(
                "Failure", items=item("<CancelReason>PriceError</CancelReason>")
            ),
            Rules.STRICT,
            None,
        ),
        (
            acknowledgement("Failed"),
            Rules.STRICT,
            "Under the strict rules say Failure.",
        ),
        (
            refund(
                after="<Quantity>1</Quantity><QuantityCancelled>1</QuantityCancelled>"
            ),
            Rules.STANDARD,
            "QuantityCancelled comes before Quantity.",
        ),
        (
            adjustment(
                f"{ITEM_CODE}{REASON}<ItemPriceAdjustments><Type>Principal</Type>"
                "<Amount>1</Amount></ItemPriceAdjustments>"
            ),
            Rules.STANDARD,
            "Type and Amount belong into a Component element.",
        ),
        (refund("<Price>1</Price>"), Rules.STANDARD, None),
    ],
)
def test_a_common_mistake_gets_a_hint(
    payload: str, rules: Rules, hint: str | None
) -> None:
    """Source: design D3, "The hints that help"."""
    (error,) = verdict_of(feed(message(payload)), rules=rules).errors

    sentence = ResultCode.SCHEMA_INVALID.text(
        line=6, path=error.path, found=error.found, expected=error.expected
    )
    assert error.text == sentence + (f" {hint}" if hint else "")


@pytest.mark.parametrize(
    ("payload", "path", "found", "expected"),
    [
        (
            acknowledgement("Nope"),
            "/OrderAcknowledgement/StatusCode",
            '"Nope"',
            "Success, Failure or Failed",
        ),
        (
            acknowledgement(items=item(code="")),
            "/OrderAcknowledgement/Item",
            "the end of <Item>",
            "AmazonOrderItemCode",
        ),
        (
            refund("<Amount>1</Amount><Amount>2</Amount>"),
            "/OrderAdjustment/AdjustedItem/ItemPriceAdjustments/Component/Amount[2]",
            "<Amount>",
            "the end of <Component>",
        ),
        (
            refund('<Amount currency="EUX">1</Amount>'),
            "/OrderAdjustment/AdjustedItem/ItemPriceAdjustments/Component/Amount"
            "/@currency",
            '"EUX"',
            "one of USD, GBP, EUR, JPY, CAD, CNY, INR, MXN, BRL, AUD, TRY, SGD, SEK, "
            "PLN, AED, SAR, EGP",
        ),
        (
            refund('<Amount Currency="EUR">1</Amount>'),
            "/OrderAdjustment/AdjustedItem/ItemPriceAdjustments/Component/Amount",
            'attribute "Currency"',
            "no attribute but currency",
        ),
        (
            fulfillment("yesterday"),
            "/OrderFulfillment/FulfillmentDate",
            '"yesterday"',
            "a date and time such as 2026-11-24T12:00:00Z",
        ),
        (
            acknowledgement(order="<AmazonOrderID><b/></AmazonOrderID>"),
            "/OrderAcknowledgement/AmazonOrderID",
            "<b>",
            "3, 7 and 7 digits with hyphens, such as 026-1234567-1234567",
        ),
        (
            acknowledgement(items=item("some text")),
            "/OrderAcknowledgement/Item",
            'text "some text"',
            "only elements",
        ),
        (
            acknowledgement(items='<Item xmlns="urn:b"/>'),
            "/OrderAcknowledgement/*[3]",
            '<Item> in the namespace "urn:b"',
            "Item",
        ),
        (
            acknowledgement(order="<MerchantOrderID/>"),
            "/OrderAcknowledgement/MerchantOrderID",
            "<MerchantOrderID>",
            "AmazonOrderID",
        ),
        (
            "<OrderAdjustment/>",
            "/OrderAdjustment",
            "the end of <OrderAdjustment>",
            "one of AmazonOrderID, MerchantOrderID",
        ),
        (
            acknowledgement().replace("<StatusCode", '<StatusCode xsi:nil="true"'),
            "/OrderAcknowledgement/StatusCode",
            'attribute "xsi:nil"',
            "no such attribute",
        ),
    ],
)
def test_an_error_says_what_was_found_and_what_is_expected(
    payload: str, path: str, found: str, expected: str
) -> None:
    """In the words of the schema's documentation, with the feed's own path."""
    document = feed(message(acknowledgement()) + message(payload, "2"))

    error = verdict_of(document).errors[0]

    assert error.path == f"/AmazonEnvelope/Message[2]{path}"
    assert (error.found, error.expected) == (found, expected)
    assert (error.message_id, error.line) == ("2", 7)
