"""Cancel Order: what is submitted, what is refused, and that it happens once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.intake.desk_feeds import CancelReason
from app.model.order import OrderStatus
from app.store.orders import load_orders
from tests.desk.conftest import SELLER, Browser, Place, message_of

TWO_ITEMS = "026-1000001-0000001"
PARTLY_SHIPPED = "026-1000002-0000002"
PENDING = "026-1000003-0000003"
FORM = f"/desk/orders/{TWO_ITEMS}/cancel"


def test_an_entire_order_is_cancelled_as_a_failure(
    desk: Place, browser: Browser
) -> None:
    """Reason and memo travel beside the document, and stand in the timeline."""
    browser.get(FORM)
    browser.send(scope="order", reason="BuyerCanceled", memo="She rang <b>twice</b>")
    desk.work()

    assert "Done: the order was changed." in desk.result_of(browser)
    ((feed_type, document),) = desk.feeds()
    assert feed_type == "_POST_ORDER_ACKNOWLEDGEMENT_DATA_"
    assert message_of(document).findtext("StatusCode") == "Failure"
    assert {e.text for e in message_of(document).iter("CancelReason")} == {
        "BuyerCanceled"
    }
    assert b"twice" not in document
    browser.get(f"/desk/orders/{TWO_ITEMS}")
    assert "Buyer Cancelled" in browser.text
    assert "She rang <b>twice</b>" in browser.text
    assert "desk ada" in browser.text
    with desk.service.database.read() as connection:
        order = load_orders(connection, SELLER, [TWO_ITEMS])[TWO_ITEMS]
    assert order.status is OrderStatus.CANCELED


def test_some_units_are_cancelled_by_an_adjustment(
    desk: Place, browser: Browser
) -> None:
    """The adjustment knows two reasons; the page shows the one that was chosen."""
    browser.get(FORM)
    browser.send(scope="items", quantity__71000000000002="2", reason="PricingError")
    desk.work()

    assert "Pricing Error" in desk.result_of(browser)
    ((feed_type, document),) = desk.feeds()
    assert feed_type == "_POST_PAYMENT_ADJUSTMENT_DATA_"
    message = message_of(document)
    assert message.findtext("AdjustedItem/AdjustmentReason") == "CustomerCancel"
    assert message.findtext("AdjustedItem/QuantityCancelled") == "2"
    browser.get(f"/desk/orders/{TWO_ITEMS}")
    assert "2 cancelled: Mug, white Reason: Pricing Error" in browser.text
    # Nothing was charged yet, so nothing was given back.
    assert "The buyer was credited before the charge: Mug, white" in browser.text
    assert "The buyer was refunded" not in browser.text


def test_items_that_are_all_that_is_open_are_the_whole_order(
    desk: Place, browser: Browser
) -> None:
    """Whole orders are cancelled by the acknowledgement (718041)."""
    browser.get(FORM)
    browser.send(
        scope="items",
        quantity__71000000000001="1",
        quantity__71000000000002="3",
        reason="NoInventory",
    )

    ((feed_type, _),) = desk.feeds()
    assert feed_type == "_POST_ORDER_ACKNOWLEDGEMENT_DATA_"


@pytest.mark.parametrize(
    ("quantity", "said"),
    [
        ("4", "Write a whole number from 1 to 3."),
        ("0", "Write a whole number from 1 to 3."),
        ("-1", "Write a whole number from 1 to 3."),
        ("two", "Write a whole number from 1 to 3."),
        ("1.5", "Write a whole number from 1 to 3."),
        ("9" * 400, "Write a whole number from 1 to 3."),
    ],
)
def test_a_wrong_quantity_is_marked_and_nothing_is_submitted(
    quiet: Place, quiet_browser: Browser, quantity: str, said: str
) -> None:
    """What was typed stays in the form."""
    desk, browser = quiet, quiet_browser
    browser.get(FORM)
    answer = browser.send(
        scope="items", quantity__71000000000002=quantity, reason="NoInventory", memo="m"
    )

    assert answer.status_code == 400
    assert browser.problems() == {"quantity-71000000000002": said}
    assert browser.form()[1]["quantity-71000000000002"] == quantity
    assert browser.form()[1]["memo"] == "m"
    assert desk.feeds() == []


def test_each_missing_choice_is_said(desk: Place, browser: Browser) -> None:
    """Reason and scope must be chosen; a memo has an end."""
    browser.get(FORM)
    browser.send(memo="x" * 501)

    assert set(browser.problems()) == {"reason", "scope", "memo"}
    browser.send(scope="items", reason="NoInventory", memo="")
    assert "Write for at least one item" in browser.text
    assert desk.feeds() == []


def test_mistakes_are_told_in_chinese(desk: Place) -> None:
    """The message is in the language of the page."""
    with desk.browse("zh-CN") as browser:
        browser.sign_in()
        browser.get(FORM)
        assert browser.root.get("lang") == "zh-Hans"
        browser.send(scope="items", quantity__71000000000002="4", reason="NoInventory")
        assert browser.problems() == {
            "quantity-71000000000002": "请填写 1 到 3 之间的整数。"
        }
        assert "无库存" in browser.text


@pytest.mark.parametrize("order_id", [PENDING, PARTLY_SHIPPED])
def test_what_cannot_be_cancelled_whole_is_not(
    desk: Place, browser: Browser, order_id: str
) -> None:
    """Neither an order that is still pending, nor one that is partly shipped."""
    address = f"/desk/orders/{order_id}/cancel"
    browser.get(address)
    (token, *_) = browser.root.xpath("//input[@name='csrf_token']/@value")
    sent = {"scope": "order", "reason": "NoInventory", "csrf_token": token}
    answer = browser.post(address, sent)

    assert answer.status_code == 400
    assert desk.feeds() == []


def test_two_clicks_at_once_are_one_cancellation(desk: Place, browser: Browser) -> None:
    """Both lead to the same submission."""
    browser.get(FORM)
    address, fields = browser.form()
    fields |= {"scope": "order", "reason": "NoInventory", "step": "submit"}

    with ThreadPoolExecutor(4) as threads:
        answers = list(
            threads.map(
                lambda _: browser.http.post(address, data=fields).headers["location"],
                range(4),
            )
        )

    assert len(set(answers)) == 1
    assert len(desk.feeds()) == 1


def test_another_tab_and_the_back_button_submit_nothing_new(
    desk: Place, browser: Browser
) -> None:
    """A form is for one state of the order, also long afterwards."""
    browser.get(FORM)
    address, fields = browser.form()
    fields |= {"scope": "items", "quantity-71000000000002": "1", "step": "submit"}
    fields |= {"reason": "NoInventory"}
    browser.post(address, fields)
    first = browser.page.url
    desk.work()
    desk.result_of(browser)
    desk.clock.advance(3_600)

    browser.post(address, fields | {"quantity-71000000000002": "2"})

    assert browser.page.url == first
    assert len(desk.feeds()) == 1


def test_a_form_waits_for_what_was_submitted_before(
    desk: Place, browser: Browser
) -> None:
    """While a feed of the desk is queued, its order takes no other one."""
    browser.get(FORM)
    browser.send(scope="items", quantity__71000000000002="1", reason="NoInventory")
    browser.get(FORM)
    assert "is still being worked on" in browser.text
    answer = browser.send(scope="order", reason="NoInventory")

    assert answer.status_code == 400
    assert len(desk.feeds()) == 1


def test_an_order_that_changed_meanwhile_is_looked_at_again(
    desk: Place, browser: Browser
) -> None:
    """A form of a state that is gone is refused, filled in as it was."""
    browser.get(FORM)
    address, fields = browser.form()
    fields |= {"scope": "order", "reason": "NoInventory", "step": "submit"}
    answer = browser.post(address, fields | {"form_token": "0-0"})

    assert answer.status_code == 400
    assert "The order has changed since" in browser.text
    assert browser.form()[1]["reason"] == "NoInventory"
    assert browser.form()[1]["form_token"] == fields["form_token"]
    assert desk.feeds() == []


def test_a_session_that_ends_while_typing_loses_nothing(
    desk: Place, browser: Browser
) -> None:
    """Sign-in, then the filled form again; nothing is submitted by that."""
    browser.get(FORM)
    desk.clock.advance(121 * 60)
    answer = browser.send(scope="order", reason="CustomerExchange", memo="blue <one>")
    assert answer.status_code == 401
    browser.sign_in()
    assert "What you typed is still there." in browser.text
    assert desk.feeds() == []
    browser.send(step="edit")

    fields = browser.form()[1]
    assert (fields["scope"], fields["reason"], fields["memo"]) == (
        "order",
        "CustomerExchange",
        "blue <one>",
    )
    browser.send()
    assert len(desk.feeds()) == 1


@pytest.mark.parametrize("reason", list(CancelReason))
def test_every_reason_is_accepted_under_the_strict_rules(
    open_desk: object, reason: CancelReason
) -> None:
    """The oldest schema lacks one: its document says General Adjustment."""
    desk = open_desk(rules="strict")  # type: ignore[operator] # the fixture's own
    with desk.browse() as browser:
        browser.sign_in()
        browser.get(FORM)
        browser.send(scope="order", reason=reason.value)
        desk.work()
        assert "Done: the order was changed." in desk.result_of(browser)
