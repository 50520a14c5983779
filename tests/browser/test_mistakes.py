"""What goes wrong at a desk: wrong numbers, a second click, a session that ended."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import (
    BOTH_WAYS,
    THREE,
    expect_done,
    expect_sound,
    fill_cancellation,
    sign_in,
    submit,
    words,
)
from tests.browser.world import World
from tests.desk.conftest import PASSWORD

BOTH = pytest.mark.parametrize(("language", "javascript"), BOTH_WAYS)
SAID = {
    "en": "Write a whole number from 1 to 3.",
    "zh_Hans": "请填写 1 到 3 之间的整数。",
}


@BOTH
def test_a_wrong_quantity_is_marked_and_nothing_is_submitted(
    open_page: Callable[..., Page], world: World, language: str, javascript: bool
) -> None:
    """More than can be cancelled, none, less than none, a word."""
    order = world.order()
    page, say = open_page(language=language, javascript=javascript), words(language)
    page.goto(f"/desk/orders/{order}/cancel")
    field = page.locator(f"#quantity-{THREE}")
    for quantity in ("4", "0", "-1", "two"):
        fill_cancellation(page, say, quantity, memo="kept")
        submit(page, say)
        expect(page.get_by_role("alert")).to_be_visible()
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_description(SAID[language])
        expect(field).to_have_value(quantity)
        expect(page.get_by_label(say("Seller memo"))).to_have_value("kept")
    if javascript:
        expect_sound(page)
    assert world.feeds_of(order) == 0


@pytest.mark.parametrize("javascript", [True, False])
def test_a_double_click_is_one_cancellation(
    open_page: Callable[..., Page], world: World, javascript: bool
) -> None:
    """The server takes the form once, whatever the script does."""
    order = world.order()
    page, say = open_page(javascript=javascript), words("en")
    page.goto(f"/desk/orders/{order}/cancel")
    fill_cancellation(page, say)
    page.get_by_role("button", name="Submit").dblclick()
    expect_done(page, say)

    assert world.feeds_of(order) == 1


@pytest.mark.parametrize("javascript", [True, False])
def test_the_back_button_leads_to_the_same_cancellation(
    open_page: Callable[..., Page], world: World, javascript: bool
) -> None:
    """The form that was left is sent once more, and answered by its result."""
    order = world.order()
    page, say = open_page(javascript=javascript), words("en")
    page.goto(f"/desk/orders/{order}/cancel")
    fill_cancellation(page, say)
    stale = page.locator("[name=form_token]").input_value()
    submit(page, say)
    expect_done(page, say)
    first = page.url
    page.go_back()
    fill_cancellation(page, say)
    # Pages are not stored, so going back fetched the form anew. A browser that kept
    # the old one sends the old one.
    assert page.locator("[name=form_token]").input_value() != stale
    page.locator("[name=form_token]").evaluate("(e, old) => e.value = old", stale)
    submit(page, say)

    expect(page).to_have_url(first)
    assert world.feeds_of(order) == 1


def test_two_tabs_are_one_cancellation(
    open_page: Callable[..., Page], world: World
) -> None:
    """Both were opened before either was sent."""
    order = world.order()
    one, say = open_page(), words("en")
    other = one.context.new_page()
    for tab in (one, other):
        tab.goto(f"/desk/orders/{order}/cancel")
        fill_cancellation(tab, say)
    submit(one, say)
    submit(other, say)
    expect_done(other, say)
    expect_done(one, say)

    assert one.url == other.url
    assert world.feeds_of(order) == 1


@BOTH
def test_a_session_that_ends_while_somebody_types_loses_nothing(
    open_page: Callable[..., Page], world: World, language: str, javascript: bool
) -> None:
    """Sign in, and be back at the form as it was filled; then it is submitted once."""
    order = world.order()
    page, say = open_page(language=language, javascript=javascript), words(language)
    page.goto(f"/desk/orders/{order}/cancel")
    fill_cancellation(page, say, memo="Line one\nline two & <more>")
    world.place.clock.advance(3 * 60 * 60)
    submit(page, say)
    expect(page.locator("main .notice")).to_have_text(
        say("Your session has ended. What you typed is kept: sign in to go on with it.")
    )
    sign_in(page, say, "ada", PASSWORD)
    if not javascript:
        page.get_by_role("button", name=say("Go on with the form")).click()
    expect(page.locator("h1")).to_have_text(say("Cancel Order"))
    expect(page.get_by_label(say("Cancel items"), exact=True)).to_be_checked()
    expect(page.locator(f"#quantity-{THREE}")).to_have_value("2")
    expect(page.locator("#reason")).to_have_value("PricingError")
    expect(page.locator("#memo")).to_have_value("Line one\nline two & <more>")
    assert world.feeds_of(order) == 0
    submit(page, say)
    expect_done(page, say)

    assert world.feeds_of(order) == 1
