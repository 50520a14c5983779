"""Refund and Confirm shipment."""

from __future__ import annotations

import pytest

from tests.desk.conftest import Browser, Place, message_of

PARTLY_SHIPPED = "026-1000002-0000002"
REFUND = f"/desk/orders/{PARTLY_SHIPPED}/refund"
SHIP = f"/desk/orders/{PARTLY_SHIPPED}/ship"
BIRDS, TREES = "71000000000003", "71000000000004"


def test_a_refund_gives_back_what_is_left_and_takes_the_discount(
    desk: Place, browser: Browser
) -> None:
    """20.00 and 4.00 less the promotion of 5.00 are 19.00, shown before they go."""
    browser.get(REFUND)
    browser.send("preview", refund__71000000000003="1", reason="CustomerReturn")
    assert "$19.00" in browser.text
    assert desk.feeds() == []
    browser.send(memo="kept")
    desk.work()

    assert "Done: the order was changed." in desk.result_of(browser)
    ((feed_type, document),) = desk.feeds()
    assert feed_type == "_POST_PAYMENT_ADJUSTMENT_DATA_"
    amounts = [e.text for e in message_of(document).iter("Amount")]
    assert amounts == ["20.00", "4.00", "-5.00"]
    browser.get(f"/desk/orders/{PARTLY_SHIPPED}")
    assert "The buyer was refunded: Field guide to birds $19.00" in browser.text


def test_the_preview_can_be_changed(desk: Place, browser: Browser) -> None:
    """The form comes back as it was filled."""
    browser.get(REFUND)
    amount = f"amount-{BIRDS}-Principal"
    browser.send(
        "preview", **{f"refund-{BIRDS}": "1", amount: "7.5", "reason": "PriceError"}
    )
    browser.send("edit")

    fields = browser.form()[1]
    assert (fields[amount], fields["reason"]) == ("7.5", "PriceError")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        (f"amount-{BIRDS}-Principal", "20.01", "At most $20.00 is left."),
        (f"amount-{BIRDS}-Principal", "abc", "Write an amount such as 20.00."),
        (f"amount-{BIRDS}-Principal", "-1", "Write an amount such as 20.00."),
        (f"amount-{BIRDS}-Principal", "1.234", "Write an amount such as 20.00."),
        (f"promotion-{BIRDS}-0", "5.01", "At most $5.00 is left."),
        (f"cancelled-{TREES}", "2", "At most 1."),
        (f"cancelled-{TREES}", "1", "Units are cancelled only for"),
        ("reason", "Nothing", "Choose a reason for the refund."),
    ],
)
def test_a_wrong_field_is_marked(
    quiet: Place, quiet_browser: Browser, field: str, value: str, said: str
) -> None:
    """Ceilings are checked before anything is submitted."""
    desk, browser = quiet, quiet_browser
    browser.get(REFUND)
    chosen = {
        f"refund-{BIRDS}": "1",
        f"refund-{TREES}": "1",
        "reason": "CustomerReturn",
    }
    answer = browser.send("preview", **(chosen | {field: value}))

    assert answer.status_code == 400
    assert said in browser.problems()[field]
    assert desk.feeds() == []


def test_a_refund_needs_an_item_and_a_credit(desk: Place, browser: Browser) -> None:
    """Nothing chosen, or nothing given back."""
    browser.get(REFUND)
    browser.send("preview", reason="CustomerReturn")
    assert "Choose at least one item." in browser.text
    browser.send(
        "preview",
        **{
            f"refund-{BIRDS}": "1",
            f"amount-{BIRDS}-Principal": "1.00",
            f"amount-{BIRDS}-Shipping": "",
        },
    )
    assert "must be above 0" in browser.problems()[f"refund-{BIRDS}"]
    assert desk.feeds() == []


def test_a_unit_that_cannot_be_shipped_is_refunded_and_cancelled(
    desk: Place, browser: Browser
) -> None:
    """The units of a refund with No Inventory go as QuantityCancelled."""
    browser.get(REFUND)
    fields = {f"refund-{TREES}": "1", f"cancelled-{TREES}": "1"}
    fields |= {f"amount-{TREES}-Principal": "10.00", f"amount-{TREES}-Shipping": "2"}
    browser.send("preview", **fields, reason="NoInventory")
    browser.send()
    desk.work()

    assert "Done: the order was changed." in desk.result_of(browser)
    browser.get(f"/desk/orders/{PARTLY_SHIPPED}")
    assert "1 cancelled: Field guide to trees" in browser.text


@pytest.mark.parametrize(
    ("carrier", "element", "text"),
    [("ups", "CarrierCode", "UPS"), ("Oma Post", "CarrierName", "Oma Post")],
)
@pytest.mark.parametrize("rules", ["standard", "strict"])
def test_a_shipment_is_confirmed(
    open_desk: object, carrier: str, element: str, text: str, rules: str
) -> None:
    """A carrier of the list goes by its code, any other by its name."""
    desk = open_desk(rules=rules)  # type: ignore[operator] # the fixture's own
    with desk.browse() as browser:
        browser.sign_in()
        browser.get(SHIP)
        assert browser.form()[1][f"quantity-{TREES}"] == "1"
        browser.send(carrier=carrier, tracking="1Z999 & 1", method="Ground")
        desk.work()

        assert "Done: the order was changed." in desk.result_of(browser)
        ((_, document),) = desk.feeds()
        assert message_of(document).findtext(f"FulfillmentData/{element}") == text
        browser.get(f"/desk/orders/{PARTLY_SHIPPED}")
        assert f"{text} 1Z999 & 1" in browser.text


@pytest.mark.parametrize(
    ("fields", "marked"),
    [
        ({"carrier": ""}, "carrier"),
        ({"carrier": "x" * 51}, "carrier"),
        ({"carrier": "UPS", "tracking": "a\x07b"}, "tracking"),
        ({"carrier": "UPS", f"quantity-{TREES}": "2"}, f"quantity-{TREES}"),
        ({"carrier": "UPS", f"quantity-{TREES}": "x"}, f"quantity-{TREES}"),
    ],
)
def test_a_wrong_shipment_is_marked(
    quiet: Place, quiet_browser: Browser, fields: dict[str, str], marked: str
) -> None:
    """Nothing is submitted."""
    desk, browser = quiet, quiet_browser
    browser.get(SHIP)
    assert browser.send(**fields).status_code == 400
    assert set(browser.problems()) == {marked}
    assert desk.feeds() == []
