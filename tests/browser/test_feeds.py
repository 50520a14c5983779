"""Feeds at the desk: found, explained while they wait, recalled, shown, sent again."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Idle
from tests.browser.pages import look
from tests.browser.steps import BOTH_WAYS, cancelling, upload, words
from tests.browser.world import World
from tests.desk.test_feeds import UNKNOWN, several
from tests.desk.test_files import CANCELLATION, XML

BOTH = pytest.mark.parametrize(("language", "javascript"), BOTH_WAYS)


def numbers(page: Page) -> list[str]:
    """Return the feeds that a list shows."""
    return page.locator("tbody th a").all_inner_texts()


@BOTH
def test_a_failing_message_is_marked_beside_the_report(
    open_page: Callable[..., Page], world: World, language: str, javascript: bool
) -> None:
    """The report leads to the line; the timeline leads to feed and message."""
    order = world.order()
    page, say = open_page(language=language, javascript=javascript), words(language)
    upload(page, say, XML, several([order, UNKNOWN]))
    expect(page.locator("#progress")).to_have_attribute(
        "data-ended", "1", timeout=30_000
    )
    told = page.locator("ol.told li")
    expect(told).to_have_count(1)
    expect(told).to_contain_text(UNKNOWN)
    expect(page.locator(".line.marked").filter(has_text=UNKNOWN)).to_be_visible()
    expect(page.locator(".line.marked").filter(has_text=order)).to_have_count(0)
    if javascript:
        look(page, "feed")
    told.get_by_role("link").first.click()
    expect(page).to_have_url(re.compile("#line-[0-9]+$"))
    feed = page.url.partition("#")[0]

    upload(page, say, CANCELLATION, cancelling(order))
    expect(page.locator("#progress .status")).to_have_text(say("Done"), timeout=30_000)
    page.goto(f"/desk/orders/{order}")
    page.locator(".timeline a").filter(has_text=re.compile("[0-9]")).first.click()
    expect(page).to_have_url(re.compile(r"/desk/feeds/[0-9]+\?place=[12]$"))
    assert page.url.partition("?")[0] != feed
    expect(page.locator(".line.marked").first).to_contain_text(order)


@BOTH
def test_a_feed_that_waits_is_explained_and_recalled(
    open_page: Callable[..., Page], idle: Idle, language: str, javascript: bool
) -> None:
    """No worker runs: the place in the queue, and what stands before it."""
    page = open_page(
        "ada",
        language,
        javascript=javascript,
        url=idle.place.url,
        session=idle.session(),
    )
    say = words(language)
    for _ in range(2):
        upload(page, say, XML, several(["026-1000001-0000001"]))
        expect(page).to_have_url(re.compile("/desk/feeds/[0-9]+$"))
    expect(page.locator("#progress")).to_contain_text(say("Why is it not done yet?"))
    expect(page.locator(".why")).to_contain_text(re.compile("[12]"))
    if javascript:
        look(page, "feed-waits")
    page.get_by_role("button", name=say("Recall the feed")).click()
    expect(page.locator("#progress .status")).to_have_text(say("Recalled"))
    expect(page.locator("#progress")).to_contain_text(
        say("The feed was recalled: nothing of it was applied, and there is no report.")
    )
    if javascript:
        look(page, "feed-recalled")
    first = page.url
    page.get_by_role("button", name=say("Send again")).click()
    expect(page.locator("#progress .status")).to_have_text(say("Waiting"))
    assert page.url != first


@pytest.mark.parametrize("javascript", [True, False])
def test_feeds_are_filtered_and_paged(
    open_page: Callable[..., Page], idle: Idle, javascript: bool
) -> None:
    """By kind and status; what was chosen stands in the address."""
    idle.fill(26)
    page = open_page(
        "ada", javascript=javascript, url=idle.place.url, session=idle.session()
    )
    page.goto("/desk/feeds")
    newest = numbers(page)
    assert len(newest) == 25
    page.get_by_role("link", name="Older feeds").click()
    expect(page).to_have_url(re.compile("older="))
    assert not set(newest) & set(numbers(page))
    page.get_by_role("link", name="Newer feeds").click()
    expect(page).to_have_url(re.compile("newer="))
    assert numbers(page) == newest
    page.get_by_label("Kind").select_option("Order cancellation file")
    page.get_by_label("Status").select_option("Waiting")
    page.get_by_role("button", name="Search").click()
    expect(page).to_have_url(re.compile("type=_POST_FLAT.*status=_SUBMITTED_"))
    assert len(numbers(page)) == 1
    if javascript:
        look(page, "feeds-found")
    page.get_by_role("link", name="Show all feeds").click()
    assert numbers(page) == newest
