"""Steps that several stories of the desk share."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import FilePayload, Page, expect

from app.doors.web.language import languages
from tests.browser.pages import violations
from tests.desk.test_files import HEAD

BOTH_WAYS = [
    (language, javascript)
    for language in ("en", "zh_Hans")
    for javascript in (True, False)
]
"""Languages, each with JavaScript and without it."""

ONE, THREE = "71000000000001", "71000000000002"
"""Items of an open order of tests/desk/orders.json, by how many units are open."""

BIRDS, TREES = "71000000000003", "71000000000004"
"""Items of its partly shipped order."""


def words(language: str) -> Callable[..., str]:
    """Return what translates a sentence of the pages."""
    return languages()[language].text


def sign_in(page: Page, say: Callable[..., str], login: str, password: str) -> None:
    """Fill in the sign-in form that is shown, and send it."""
    page.get_by_label(say("Login"), exact=True).fill(login)
    page.get_by_label(say("Password"), exact=True).fill(password)
    page.get_by_role("button", name=say("Sign in"), exact=True).click()


def fill_cancellation(
    page: Page, say: Callable[..., str], quantity: str = "2", memo: str = "She rang"
) -> None:
    """Ask for units of the item of three."""
    page.get_by_label(say("Cancel items"), exact=True).check()
    page.locator(f"#quantity-{THREE}").fill(quantity)
    page.get_by_label(say("Reason for cancellation")).select_option("PricingError")
    page.get_by_label(say("Seller memo")).fill(memo)


def cancelling(order: str) -> bytes:
    """Write a file that cancels both items of an open order."""
    return HEAD + b"".join(
        f"{order}\tNoInventory\t{item}\n".encode() for item in (ONE, THREE)
    )


def choose_file(page: Page, kind: str, content: bytes) -> None:
    """Fill in the form of the files page."""
    page.locator("#kind").select_option(kind)
    file = FilePayload(name="orders.txt", mimeType="text/plain", buffer=content)
    page.locator("#file").set_input_files(file)


def upload(page: Page, say: Callable[..., str], kind: str, content: bytes) -> None:
    """Open the files page and send a file."""
    page.goto("/desk/files")
    choose_file(page, kind, content)
    page.get_by_role("button", name=say("Upload"), exact=True).click()


def submit(page: Page, say: Callable[..., str]) -> None:
    """Press Submit."""
    page.get_by_role("button", name=say("Submit"), exact=True).click()


def expect_done(page: Page, say: Callable[..., str]) -> None:
    """Wait until the page of a submission, by itself, tells that it was done."""
    expect(page).to_have_url(re.compile("/desk/submissions/[0-9]+$"))
    expect(page.locator("#progress")).to_contain_text(
        say("Done: the order was changed."), timeout=30_000
    )


def expect_sound(page: Page) -> None:
    """Let axe-core look at the page as it is; the page must be allowed scripts."""
    assert violations(page) == []
