"""Every page that shows itself: accessible, legible on each screen, both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import PAGES, look
from tests.browser.steps import expect_done, sign_in, submit, words
from tests.desk.conftest import PASSWORD


@pytest.mark.parametrize("language", ["en", "zh_Hans"])
@pytest.mark.parametrize(("address", "name"), PAGES, ids=[name for _, name in PAGES])
def test_a_page_is_sound(
    open_page: Callable[..., Page], address: str, name: str, language: str
) -> None:
    """No violation of axe-core, nothing too wide, nothing on the console."""
    page = open_page("demo", language)
    page.goto(address)

    look(page, name)


@pytest.mark.parametrize("language", ["en", "zh_Hans"])
def test_the_sign_in_is_sound(open_page: Callable[..., Page], language: str) -> None:
    """The page that is seen before anybody is known."""
    page = open_page(None, language)
    page.goto("/desk/orders")

    look(page, "sign-in")


@pytest.mark.parametrize("language", ["en", "zh_Hans"])
def test_the_forms_are_sound_from_beginning_to_end(
    open_page: Callable[..., Page], language: str
) -> None:
    """Filled in, wrong, previewed, done: as the documentation shows them."""
    page, say = open_page("demo", language), words(language)
    page.goto("/desk/orders/026-4410002-1000002/cancel")
    page.get_by_label(say("Cancel items"), exact=True).check()
    quantity = page.locator("#quantity-71000000000411")
    quantity.fill("9")
    submit(page, say)
    look(page, "cancel-wrong")
    page.goto("/desk/orders/026-4410002-1000002/cancel")
    # A number alone means Cancel items.
    quantity.fill("1")
    page.get_by_label(say("Reason for cancellation")).select_option("NoInventory")
    page.get_by_label(say("Seller memo")).fill("One was broken on the shelf.")
    expect(page.get_by_label(say("Cancel items"), exact=True)).to_be_checked()
    look(page, "cancel-filled")
    submit(page, say)
    expect_done(page, say)
    look(page, "result")
    page.goto("/desk/orders/026-4410003-1000003/refund")
    page.locator("#amount-71000000000548-Principal").fill("5.00")
    page.locator("#amount-71000000000548-Shipping").fill("")
    page.get_by_label(say("Reason for the refund")).select_option("CustomerReturn")
    page.get_by_label(say("Seller memo")).fill("A page is torn.")
    look(page, "refund-filled")
    page.get_by_role("button", name=say("Preview"), exact=True).click()
    look(page, "refund-preview")
    submit(page, say)
    expect_done(page, say)
    page.get_by_role("link", name=say("Back to the order")).click()
    look(page, "order-told")


@pytest.mark.parametrize("language", ["en", "zh_Hans"])
def test_the_way_back_to_a_form_is_sound(
    open_page: Callable[..., Page], language: str
) -> None:
    """The sign-in that keeps what was typed, and the page that leads on from it."""
    page, say = open_page("demo", language), words(language)
    page.goto("/desk/orders/026-4410002-1000002/cancel")
    page.context.clear_cookies()
    submit(page, say)
    look(page, "sign-in-again")
    # The script would lead on at once.
    page.route("**/desk.js", lambda route: route.fulfill(body=""))
    sign_in(page, say, "demo", PASSWORD)
    look(page, "resume")
