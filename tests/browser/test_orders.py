"""Signing in, and finding orders: in both languages, with JavaScript and without."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import BOTH_WAYS, expect_sound, sign_in, words
from tests.browser.world import BOBS_ORDERS, World
from tests.desk.conftest import PASSWORD

BOTH = pytest.mark.parametrize(("language", "javascript"), BOTH_WAYS)
ID = re.compile("[0-9]{3}-[0-9]{7}-[0-9]{7}")


def listed(page: Page) -> list[str]:
    """Return the ids of the orders that the list shows."""
    return page.locator("table.orders tbody th a").all_inner_texts()


@BOTH
def test_whoever_signs_in_is_led_to_the_page_that_was_asked_for(
    open_page: Callable[..., Page], language: str, javascript: bool
) -> None:
    """A wrong password says so; signing out closes the door again."""
    page, say = open_page(None, language, javascript=javascript), words(language)
    page.goto("/desk/orders?q=mug")
    sign_in(page, say, "demo", "not the password")
    expect(page.get_by_role("alert")).to_have_text(
        say("Login and password do not belong together.")
    )
    if javascript:
        expect_sound(page)

    sign_in(page, say, "demo", PASSWORD)
    expect(page).to_have_url(re.compile(r"/desk/orders\?q=mug$"))
    page.get_by_role("button", name=say("Sign out %(login)s", login="demo")).click()
    page.goto("/desk/orders")
    expect(page).to_have_url(re.compile("/desk/sign-in"))


@pytest.mark.parametrize("language", ["en", "zh_Hans"])
def test_too_many_attempts_close_the_door_for_a_while(
    open_page: Callable[..., Page], world: World, language: str
) -> None:
    """Also for the right password; after the window it opens again."""
    page, say = open_page(None, language), words(language)
    page.goto("/desk/sign-in")
    most = world.place.service.app.state.desk.settings.desk_sign_in_attempts
    for _ in range(most):
        sign_in(page, say, "bob", "not the password")
        expect(page.get_by_role("alert")).to_be_visible()
    sign_in(page, say, "bob", PASSWORD)
    expect(page.get_by_role("alert")).to_have_text(
        say("Too many attempts. Wait some minutes, then try again.")
    )
    expect_sound(page)
    world.place.clock.advance(16 * 60)
    sign_in(page, say, "bob", PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_have_text(say("Manage orders"))


@BOTH
def test_orders_are_searched_and_filtered(
    open_page: Callable[..., Page], language: str, javascript: bool
) -> None:
    """By ids, buyer, SKU and ASIN; by status and date; each in the address."""
    page, say = open_page("demo", language, javascript=javascript), words(language)
    page.goto("/desk/orders")
    search = page.get_by_role("searchbox")
    for text, found in (
        ("026-4410003-1000003", ["026-4410003-1000003"]),
        ("so-1004", ["026-4410004-1000004"]),
        ("rosa mü", ["302-5520001-2000001"]),
        ("mug-blue", ["026-4410002-1000002"]),
        ("b0demo0024", ["503-7740001-4000001"]),
        ("no such thing", []),
    ):
        search.fill(text)
        search.press("Enter")
        expect(page).to_have_url(re.compile(r"\?q="))
        expect(search).to_have_value(text)
        assert listed(page) == found
    page.get_by_role("link", name=say("Show all orders")).click()
    page.get_by_label(say("Status"), exact=True).select_option("Canceled")
    page.get_by_label(say("From"), exact=True).fill("2026-11-20")
    page.get_by_label(say("To"), exact=True).fill("2026-11-20")
    page.get_by_role("button", name=say("Search"), exact=True).click()
    expect(page).to_have_url(re.compile("status=Canceled"))
    assert listed(page) == ["026-4410014-1000014"]
    page.get_by_role("link", name="026-4410014-1000014", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("026-4410014-1000014")


@pytest.mark.parametrize("javascript", [True, False])
def test_pages_follow_each_other_both_ways(
    open_page: Callable[..., Page], javascript: bool
) -> None:
    """Every order is on one page, and the way back shows the same pages."""
    page = open_page("bob", javascript=javascript)
    page.goto("/desk/orders")
    pages = [listed(page)]
    while page.get_by_role("link", name="Older orders").count():
        page.get_by_role("link", name="Older orders").click()
        expect(page).to_have_url(re.compile("older="))
        expect(page.get_by_role("link", name=pages[-1][-1], exact=True)).to_have_count(
            0
        )
        pages.append(listed(page))
    seen = [order_id for each in pages for order_id in each]
    assert [len(each) for each in pages] == [25, 25, 10]
    assert len(set(seen)) == BOBS_ORDERS
    assert all(ID.fullmatch(order_id) for order_id in seen)
    page.get_by_role("link", name="Newer orders").click()
    expect(page).to_have_url(re.compile("newer="))
    assert listed(page) == pages[1]


def test_the_language_is_switched_on_the_page_that_is_shown(
    open_page: Callable[..., Page],
) -> None:
    """The address stays, also what was searched for; the choice is kept."""
    page = open_page("demo")
    page.goto("/desk/orders?q=mug-blue")
    page.get_by_role("button", name="简体中文").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("管理订单")
    expect(page).to_have_url(re.compile(r"/desk/orders\?q=mug-blue$"))
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(page.locator("td.number")).to_have_text("US$60.00")
    expect(page.locator("td.when")).to_have_text("2026年11月23日 08:05 PST")
    page.goto("/desk/orders/503-7740001-4000001")
    expect(page.get_by_text("JP¥1,500", exact=True)).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_text("¥1,500", exact=True)).to_be_visible()
