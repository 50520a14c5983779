"""The schemas of xsd/ accept and refuse what the fact sheet says."""

from __future__ import annotations

import re
import threading
from functools import cache
from types import FrameType

import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from app.engine import schemas
from app.engine.schemas import compiled, expectations, schema_file
from app.model.feed import Rules
from tests.engine.documents import acknowledgement, feed, message
from tests.engine.literals import Literal, literals

LITERALS = list(literals())
XS = "{http://www.w3.org/2001/XMLSchema}"


@cache
def second(rules: Rules) -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(schema_file(rules)))


# Where xmlschema does not follow the standard (xml-pipeline 3).
BEYOND_XMLSCHEMA = {
    "AmazonOrderID '+26-1234567-1234567'",
    "AmazonOrderID '_26-1234567-1234567'",
}


@pytest.mark.parametrize("rules", Rules)
@pytest.mark.parametrize("literal", LITERALS, ids=[each.name for each in LITERALS])
def test_a_literal_has_the_verdict_of_the_fact_sheet(
    literal: Literal, rules: Rules
) -> None:
    """Source: feed-vocabulary 1.2-1.5 and 2.1-2.4, the marks [V], and 2.7."""
    root = etree.fromstring(literal.document.encode())

    valid = compiled(rules).validate(root)

    assert valid is (literal.strict if rules is Rules.STRICT else literal.standard)
    if literal.name not in BEYOND_XMLSCHEMA:
        assert second(rules).is_valid(literal.document) is valid


def test_what_the_strict_rules_accept_the_standard_rules_accept_too() -> None:
    """Vintage A is a part of vintage C; a feed from the old documentation passes."""
    changed = [each.name for each in LITERALS if each.strict is not each.standard]

    assert all(each.standard for each in LITERALS if each.strict)
    assert len(changed) > 10
    for rules in Rules:
        assert set(expectations(Rules.STRICT)) <= set(expectations(rules))


@pytest.mark.parametrize(
    ("rules", "carriers", "currencies", "reasons"),
    [(Rules.STRICT, 51, 7, 10), (Rules.STANDARD, 383, 17, 14)],
)
def test_the_lists_have_the_lengths_of_their_vintage(
    rules: Rules, carriers: int, currencies: int, reasons: int
) -> None:
    """51 carriers of A; 377 of C and 6 of B. Source: feed-vocabulary annex A, 0.1."""
    types = second(rules).maps.types

    lengths = {
        name: len(getattr(types[name], "enumeration", None) or ())
        for name in ("CarrierCode", "BaseCurrencyCode", "CancelReason")
    }

    assert lengths == {
        "CarrierCode": carriers,
        "BaseCurrencyCode": currencies,
        "CancelReason": reasons,
    }


def test_every_simple_type_says_what_it_expects() -> None:
    """Reports say "expected ..." with the first documentation of the type."""
    folder = schema_file(Rules.STANDARD).parent

    for path in folder.rglob("*.xsd"):
        for kind in etree.parse(path).iter(f"{XS}simpleType"):
            words = kind.findtext(f"{XS}annotation/{XS}documentation")
            assert words, f"{kind.get('name')} in {path.name}"
            assert not words.endswith("."), words
            assert "\n" not in words, words


def test_no_schema_has_what_amazons_have_not() -> None:
    """Order is part of acceptance, and duplicates pass. Source: feed-vocabulary 2.7."""
    folder = schema_file(Rules.STANDARD).parent
    absent = {f"{XS}{name}" for name in ("all", "any", "key", "unique", "import")}

    for path in folder.rglob("*.xsd"):
        root = etree.parse(path).getroot()
        assert root.get("targetNamespace") is None
        assert not [node.tag for node in root.iter() if node.tag in absent]
        assert not root.xpath("//@nillable")


def test_expectations_are_words_for_every_value_and_attribute() -> None:
    """The report's "expected" is found by the path of the element."""
    expected = expectations(Rules.STRICT)

    adjusted = "/AmazonEnvelope/Message/OrderAdjustment/AdjustedItem"
    amount = f"{adjusted}/ItemPriceAdjustments/Component/Amount"
    status = "/AmazonEnvelope/Message/OrderAcknowledgement/StatusCode"
    assert expected[status].value == "Success or Failure"
    assert expected[f"{adjusted}/AmazonOrderItemCode"].value == "exactly 14 digits"
    assert expected[amount].attributes["currency"].startswith("one of USD, GBP")
    assert expected[adjusted].value is None


def test_every_thread_compiles_a_schema_of_its_own() -> None:
    """A compiled schema has one error log: two threads would mix theirs."""
    others = []

    def work() -> None:
        others.append(compiled(Rules.STANDARD))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert others[0] is not compiled(Rules.STANDARD)
    assert compiled(Rules.STANDARD) is compiled(Rules.STANDARD)
    assert compiled(Rules.STANDARD) is not compiled(Rules.STRICT)


def test_no_two_threads_compile_at_once() -> None:
    """Or libxml2 makes its built-in types twice, and a schema has holes."""
    at_once, most = 0, 0
    started = threading.Barrier(4)

    def count(frame: FrameType, event: str, given: object) -> None:
        nonlocal at_once, most
        if frame.f_code is schemas._compile.__code__ and event in ("call", "return"):
            at_once += 1 if event == "call" else -1
            most = max(most, at_once)

    def work() -> None:
        started.wait()
        compiled(Rules.STANDARD)

    threads = [threading.Thread(target=work) for _ in range(4)]
    threading.setprofile(count)
    try:
        for thread in threads:
            thread.start()
    finally:
        threading.setprofile(None)
    for thread in threads:
        thread.join()

    assert most == 1


@pytest.mark.parametrize("rules", Rules)
@pytest.mark.parametrize("name", schemas.USUAL)
def test_a_usual_form_allows_nothing_that_its_type_does_not(
    name: str, rules: Rules
) -> None:
    """Whatever has it is not looked at any further."""

    @given(st.from_regex(re.compile(schemas.USUAL[name], re.ASCII), fullmatch=True))
    def allowed(value: str) -> None:
        assert second(rules).types[name].is_valid(value)

    allowed()


@pytest.mark.parametrize("rules", Rules)
def test_our_own_reports_fit_the_schema(rules: Rules) -> None:
    """MessageID 0 is allowed there; the root has no namespace (feed-vocabulary 3)."""
    result = (
        "<Result><MessageID>{}</MessageID><ResultCode>{}</ResultCode>"
        "<ResultMessageCode>715002</ResultMessageCode>"
        "<ResultDescription>a\nb</ResultDescription>{}</Result>"
    )
    info = (
        "<AdditionalInfo><AmazonOrderID>026-1234567-1234567</AmazonOrderID>"
        "<AmazonOrderItemCode>00000000000001</AmazonOrderItemCode></AdditionalInfo>"
    )
    summary = "".join(
        f"<Messages{word}>0</Messages{word}>"
        for word in ("Processed", "Successful", "WithError", "WithWarning")
    )
    report = (
        "<ProcessingReport><DocumentTransactionID>50000000001</DocumentTransactionID>"
        "<StatusCode>Complete</StatusCode>"
        f"<ProcessingSummary>{summary}</ProcessingSummary>"
        f"{result.format(0, 'Error', '')}{result.format(1, 'Warning', info)}"
        "</ProcessingReport>"
    )
    document = feed(message(report), "ProcessingReport", version="1.02")

    assert compiled(rules).validate(etree.fromstring(document.encode()))
    assert second(rules).is_valid(document)
    refused = document.replace("Complete", "Done")
    assert not compiled(rules).validate(etree.fromstring(refused.encode()))


def test_the_schema_alone_would_take_a_bare_message() -> None:
    """So the name of the document element is checked in code (feed-vocabulary 1.1)."""
    root = etree.fromstring(acknowledgement())

    assert compiled(Rules.STANDARD).validate(root)


@pytest.mark.parametrize("rules", Rules)
def test_the_parts_of_a_schema_are_declared_alike(rules: Rules) -> None:
    """They are compiled as one, under the attributes of any of them."""
    whole = etree.parse(schema_file(rules)).getroot()
    parts = [
        etree.parse(schema_file(rules).parent / include.get("schemaLocation", ""))
        for include in whole.iterchildren("{*}include")
    ]

    assert len(parts) > 5
    for part in parts:
        assert part.getroot().items() == whole.items()
