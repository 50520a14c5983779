"""The documents that the buttons submit, byte for byte, and what goes beside them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app.doors.web.words import CANCEL_REASONS, REFUND_REASONS
from tests.desk.conftest import Browser, Place

GOLDEN = Path(__file__).with_name("golden")
TWO_ITEMS = "026-1000001-0000001"
PARTLY_SHIPPED = "026-1000002-0000002"
IN_YEN = "026-1000004-0000004"
BIRDS, TREES, TEA = "71000000000003", "71000000000004", "71000000000006"
ACKNOWLEDGEMENT = "_POST_ORDER_ACKNOWLEDGEMENT_DATA_"
ADJUSTMENT = "_POST_PAYMENT_ADJUSTMENT_DATA_"
FULFILLMENT = "_POST_ORDER_FULFILLMENT_DATA_"

# Each case: order, button, and the forms that are sent one after the other.
CASES = {
    "cancel-whole": (
        ACKNOWLEDGEMENT,
        TWO_ITEMS,
        "cancel",
        [("submit", {"scope": "order", "reason": "CustomerExchange", "memo": "m"})],
    ),
    "cancel-items": (
        ADJUSTMENT,
        TWO_ITEMS,
        "cancel",
        [
            (
                "submit",
                {
                    "scope": "items",
                    "quantity-71000000000001": "1",
                    "quantity-71000000000002": "2",
                    "reason": "PricingError",
                },
            )
        ],
    ),
    "cancel-items-no-inventory": (
        ADJUSTMENT,
        TWO_ITEMS,
        "cancel",
        [
            (
                "submit",
                {
                    "scope": "items",
                    "quantity-71000000000002": "3",
                    "reason": "NoInventory",
                },
            )
        ],
    ),
    "refund": (
        ADJUSTMENT,
        PARTLY_SHIPPED,
        "refund",
        [
            ("preview", {f"refund-{BIRDS}": "1", "reason": "CustomerReturn"}),
            ("submit", {}),
        ],
    ),
    "refund-and-cancel": (
        ADJUSTMENT,
        PARTLY_SHIPPED,
        "refund",
        [
            (
                "preview",
                {
                    f"refund-{TREES}": "1",
                    f"cancelled-{TREES}": "1",
                    f"amount-{TREES}-Principal": "10.5",
                    f"amount-{TREES}-Shipping": "2",
                    "reason": "NoInventory",
                },
            ),
            ("submit", {}),
        ],
    ),
    "ship": (
        FULFILLMENT,
        PARTLY_SHIPPED,
        "ship",
        [("submit", {"carrier": "ups", "tracking": "1Z999 & 1", "method": "Ground"})],
    ),
    "ship-other-carrier": (
        FULFILLMENT,
        TWO_ITEMS,
        "ship",
        [("submit", {"carrier": "顺丰速运", "quantity-71000000000002": "2"})],
    ),
}


def press(browser: Browser, case: str) -> str:
    """Open the form of a case and send it; return its FeedType."""
    feed_type, order_id, button, forms = CASES[case]
    browser.get(f"/desk/orders/{order_id}/{button}")
    for step, fields in forms:
        browser.send(step, **fields)
    assert "/desk/submissions/" in str(browser.page.url), browser.text
    return feed_type


def test_each_button_submits_its_document_in_both_languages(desk: Place) -> None:
    """What a page is read in changes no feed.

    Each feed is recalled at its page, which leaves the order as it was.
    """
    submitted = 0
    for case in CASES:
        expected = (GOLDEN / f"{case}.xml").read_bytes()
        for language in ("en", "zh-CN"):
            with desk.browse(language) as browser:
                browser.sign_in()
                feed_type = press(browser, case)
                feeds = desk.feeds()
                submitted += 1
                assert len(feeds) == submitted
                assert feeds[-1] == (feed_type, expected), case
                browser.get(browser.root.xpath("//dd/a/@href")[0])
                browser.post(*browser.form())
                recalled = "Recalled" if language == "en" else "已撤回"
                assert recalled in browser.text


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_reason_and_memo_are_kept_on_each_database(
    open_desk: Callable[..., Place], postgresql_url: str, language: str
) -> None:
    """On PostgreSQL as on SQLite, which the other tests have."""
    desk = open_desk(postgresql_url)
    with desk.browse(language) as browser:
        browser.sign_in()
        browser.get(f"/desk/orders/{TWO_ITEMS}/cancel")
        browser.send(
            scope="items",
            quantity__71000000000002="1",
            reason="PricingError",
            memo="她打来电话 & said 'no'\nTwice",
        )
        address = str(browser.page.url)
        desk.work()
        desk.result_of(browser)
        browser.get(f"/desk/orders/{TWO_ITEMS}")
        reason = "Pricing Error" if language == "en" else "定价错误"
        assert reason in browser.text
        assert "她打来电话 & said 'no' Twice" in browser.text
        browser.get(f"/desk/orders/{TWO_ITEMS}/cancel")
        _, fields = browser.form()
        assert fields["form_token"].endswith("-1")
        assert address.endswith("/50000000001")
    assert b"PricingError" not in desk.feeds()[0][1]


def test_every_reason_has_its_words_in_both_languages(quiet: Place) -> None:
    """The forms offer all of them, and under each language another name."""
    shown: dict[str, list[list[str]]] = {}
    for language in ("en", "zh-CN"):
        with quiet.browse(language) as browser:
            browser.sign_in()
            for order_id, button in ((TWO_ITEMS, "cancel"), (PARTLY_SHIPPED, "refund")):
                browser.get(f"/desk/orders/{order_id}/{button}")
                options = browser.root.xpath(
                    "//select[@id='reason']/option[@value!='']"
                )
                codes = [option.get("value") for option in options]
                offered = CANCEL_REASONS if button == "cancel" else REFUND_REASONS
                assert codes == list(offered)
                names = [option.text for option in options]
                shown.setdefault(button, []).append(names)
    for english, chinese in shown.values():
        assert not set(english) & set(chinese)
        assert len(set(chinese)) == len(chinese)


def test_an_order_in_yen_has_no_decimals(desk: Place, browser: Browser) -> None:
    """Neither in the form, nor in the document, nor on the page."""
    desk.work()
    browser.get(f"/desk/orders/{IN_YEN}/ship")
    browser.send(carrier="Yamato", **{f"quantity-{TEA}": "1"})
    desk.result_of(browser)
    browser.get(f"/desk/orders/{IN_YEN}/refund")
    name = f"amount-{TEA}-Principal"
    assert browser.form()[1][name] == "1050"
    for wrong, said in (
        ("525.5", "Write an amount such as 1050."),
        ("1051", "At most ¥1,050 is left."),
    ):
        browser.send(
            "preview",
            **{f"refund-{TEA}": "1", name: wrong, "reason": "CustomerReturn"},
        )
        assert said in browser.problems()[name]
    browser.send(
        "preview", **{f"refund-{TEA}": "1", name: "500", "reason": "CustomerReturn"}
    )
    assert "¥500" in browser.text
    assert "¥500.0" not in browser.text
    browser.send()
    assert "Done: the order was changed." in desk.result_of(browser)
    _, (_, document) = desk.feeds()
    assert document == (GOLDEN / "refund-in-yen.xml").read_bytes(), document.decode()
    browser.get(f"/desk/orders/{IN_YEN}")
    assert "The buyer was refunded: Tea ¥500" in browser.text
