"""The buttons of an order, from the form to the result: both languages, both ways."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import (
    BIRDS,
    BOTH_WAYS,
    THREE,
    TREES,
    expect_done,
    expect_sound,
    fill_cancellation,
    submit,
    words,
)
from tests.browser.world import PARTLY_SHIPPED, YEN, World
from tests.desk.conftest import PASSWORD, SELLER, desk_at

BOTH = pytest.mark.parametrize(("language", "javascript"), BOTH_WAYS)


@BOTH
def test_an_entire_order_is_cancelled(
    open_page: Callable[..., Page], world: World, language: str, javascript: bool
) -> None:
    """From the Action column of the list to the cancelled order."""
    order = world.order()
    page, say = open_page(language=language, javascript=javascript), words(language)
    page.goto(f"/desk/orders?q={order}")
    page.get_by_role("link", name=f"{say('Cancel Order')} {order}").click()
    page.get_by_label(say("Cancel entire order")).check()
    page.get_by_label(say("Reason for cancellation")).select_option(
        label=say("Buyer Cancelled")
    )
    page.get_by_label(say("Seller memo")).fill("She rang twice")
    submit(page, say)
    expect_done(page, say)

    page.get_by_role("link", name=say("Back to the order")).click()
    expect(page.locator("h1 .status")).to_have_text(say("Canceled"))
    expect(page.locator(".timeline")).to_contain_text(say("Buyer Cancelled"))
    expect(page.locator(".timeline")).to_contain_text("She rang twice")
    assert world.feeds_of(order) == 1


@BOTH
def test_units_of_an_item_are_cancelled(
    open_page: Callable[..., Page], world: World, language: str, javascript: bool
) -> None:
    """The timeline leads to the message of the feed that did it."""
    order = world.order()
    page, say = open_page(language=language, javascript=javascript), words(language)
    page.goto(f"/desk/orders/{order}/cancel")
    fill_cancellation(page, say)
    submit(page, say)
    expect_done(page, say)
    number = page.url.rpartition("/")[2]

    page.goto(f"/desk/orders/{order}")
    told = say("%(quantity)s cancelled", quantity=2)
    entry = page.locator(".timeline li").filter(has_text=told)
    expect(entry).to_contain_text(say("Pricing Error"))
    entry.get_by_role("link").click()
    expect(page).to_have_url(re.compile(rf"/desk/feeds/{number}\?place=1$"))


@BOTH
def test_a_refund_is_previewed_and_done(
    open_page: Callable[..., Page], world: World, language: str, javascript: bool
) -> None:
    """What is left is filled in; the discount is taken back; the total is told."""
    order = world.order(PARTLY_SHIPPED)
    page, say = open_page(language=language, javascript=javascript), words(language)
    dollars = "$" if language == "en" else "US$"
    page.goto(f"/desk/orders/{order}/refund")
    total = page.locator("#total")
    expect(total).to_be_visible(visible=javascript)
    page.locator(f"#refund-{BIRDS}").check()
    if javascript:
        expect(total).to_have_text(f"{dollars}19.00")
    page.locator(f"#amount-{BIRDS}-Shipping").fill("1.5")
    if javascript:
        expect(total).to_have_text(f"{dollars}16.50")
        page.locator(f"#amount-{BIRDS}-Shipping").fill("1.5x")
        expect(total).to_have_text(f"{dollars}15.00")
        page.locator(f"#amount-{BIRDS}-Shipping").fill("1.5")
    page.get_by_label(say("Reason for the refund")).select_option("CustomerReturn")
    page.get_by_role("button", name=say("Preview"), exact=True).click()
    expect(page.locator("tfoot")).to_contain_text(f"{dollars}16.50")
    if javascript:
        expect_sound(page)
    page.get_by_role("button", name=say("Change"), exact=True).click()
    expect(page.locator(f"#amount-{BIRDS}-Shipping")).to_have_value("1.5")
    page.get_by_role("button", name=say("Preview"), exact=True).click()
    assert world.feeds_of(order) == 0
    submit(page, say)
    expect_done(page, say)

    page.goto(f"/desk/orders/{order}")
    expect(page.locator(".timeline")).to_contain_text(f"{dollars}16.50")


@BOTH
def test_a_shipment_is_confirmed(
    open_page: Callable[..., Page], world: World, language: str, javascript: bool
) -> None:
    """With carrier and tracking number, which the timeline shows."""
    order = world.order()
    page, say = open_page(language=language, javascript=javascript), words(language)
    page.goto(f"/desk/orders/{order}")
    page.get_by_role("link", name=say("Confirm shipment")).click()
    expect(page.locator(f"#quantity-{THREE}")).to_have_value("3")
    page.get_by_label(say("Carrier"), exact=True).fill("ups")
    page.get_by_label(say("Tracking number")).fill("1Z999AA10123456784")
    submit(page, say)
    expect_done(page, say)

    page.get_by_role("link", name=say("Back to the order")).click()
    expect(page.locator("h1 .status")).to_have_text(say("Shipped"))
    expect(page.locator(".timeline")).to_contain_text("UPS 1Z999AA10123456784")


def test_yen_have_no_decimals(open_page: Callable[..., Page], world: World) -> None:
    """Neither in the fields, nor in the live total, nor in the preview."""
    (order,) = world.orders(1, YEN)
    order |= {"status": "Shipped", "charged": "1050"}
    order["items"][0]["quantity_shipped"] = 2
    world.add([order], SELLER)
    page = open_page()
    page.goto(f"/desk/orders/{order['amazon_order_id']}/refund")
    field = page.get_by_label("Item price")
    expect(field).to_have_value("1050")
    # Whoever writes an amount means the item.
    field.fill("1,5")
    expect(page.get_by_label("Refund this item")).to_be_checked()
    expect(page.locator("#total")).to_have_text("¥0")
    page.get_by_label("Reason for the refund").select_option("CustomerReturn")
    page.get_by_role("button", name="Preview").click()
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill("1000")
    expect(page.locator("#total")).to_have_text("¥1,000")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("tfoot")).to_contain_text("¥1,000")


def test_a_refund_over_what_is_left_is_marked(
    open_page: Callable[..., Page], world: World
) -> None:
    """The field says how much is left; nothing is submitted."""
    order = world.order(PARTLY_SHIPPED)
    page = open_page()
    page.goto(f"/desk/orders/{order}/refund")
    field = page.locator(f"#amount-{TREES}-Principal")
    field.fill("30.01")
    page.get_by_label("Reason for the refund").select_option("CustomerReturn")
    page.get_by_role("button", name="Preview").click()

    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description("At most $30.00 is left.")
    expect_sound(page)
    assert world.feeds_of(order) == 0


@pytest.mark.parametrize("javascript", [True, False])
def test_a_submission_is_followed_until_it_ends(
    open_page: Callable[..., Page], sqlite_url: str, tmp_path: Path, javascript: bool
) -> None:
    """While it waits the page says so, and the order takes nothing else."""
    with desk_at(tmp_path / "home", sqlite_url) as place:
        secret = place.service.desk_users.sign_in("ada", PASSWORD, "here")
        page = open_page(url=place.url, session=secret, javascript=javascript)
        say = words("en")
        page.goto("/desk/orders/026-1000001-0000001/cancel")
        fill_cancellation(page, say)
        submit(page, say)
        waiting = say(
            "It was submitted and is being worked on. This page looks again by itself."
        )
        expect(page.locator("#progress")).to_contain_text(waiting)
        if javascript:
            expect_sound(page)
        other = page.context.new_page()
        other.goto("/desk/orders/026-1000001-0000001/ship")
        expect(other.get_by_role("alert")).to_contain_text(
            re.compile("Feed [0-9]+ of this order is still being worked on")
        )
        place.work()
        expect_done(page, say)
        page.context.close()


def test_the_keyboard_is_enough(open_page: Callable[..., Page], world: World) -> None:
    """Sign in, pass over the head, cancel units: without a mouse."""
    order = world.order()
    page = open_page(None)
    page.goto(f"/desk/orders/{order}/cancel")
    keys = page.keyboard

    def tab_to(selector: str) -> None:
        for _ in range(40):
            keys.press("Tab")
            if page.evaluate("s => document.activeElement.matches(s)", selector):
                return
        raise AssertionError(f"the Tab key does not lead to {selector}")

    tab_to("#login")
    keys.type("ada")
    tab_to("#password")
    keys.type(PASSWORD)
    keys.press("Enter")
    expect(page.locator("h1")).to_have_text("Cancel Order")
    tab_to("a.skip")
    keys.press("Enter")
    expect(page.locator("main")).to_be_focused()
    tab_to("[name=scope]")
    keys.press("ArrowDown")
    expect(page.locator("[name=scope][value=items]")).to_be_checked()
    tab_to(f"#quantity-{THREE}")
    keys.type("9")
    keys.press("Enter")
    # What is wrong is what the keyboard is led to.
    expect(page.locator("#summary")).to_be_focused()
    tab_to(f"#quantity-{THREE}")
    keys.press("Control+a")
    keys.type("1")
    tab_to("#reason")
    keys.type("Pricing")
    tab_to("#memo")
    keys.type("By hand")
    tab_to("button[value=submit]")
    keys.press("Space")
    expect_done(page, words("en"))
    assert world.feeds_of(order) == 1
