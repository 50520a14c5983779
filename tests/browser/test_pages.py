"""Every page that shows itself: accessible, legible on each screen, both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.pages import PAGES, look


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
