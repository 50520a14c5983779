"""Order XSDs, account health and the outbox: what a seller reads and downloads."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import look
from tests.browser.steps import (
    BOTH_WAYS,
    expect_done,
    expect_sound,
    fill_cancellation,
    submit,
    words,
)
from tests.browser.world import World
from tests.desk.test_schemas import BAD

BOTH = pytest.mark.parametrize(("language", "javascript"), BOTH_WAYS)
FILE = {"name": "a.xml", "mimeType": "application/xml", "buffer": BAD}
DROP = """(target, text) => {
    const carried = new DataTransfer();
    carried.items.add(new File([text], "a.xml", {type: "application/xml"}));
    for (const type of ["dragover", "drop"])
        target.dispatchEvent(new DragEvent(type, {
            dataTransfer: carried, bubbles: true, cancelable: true}));
}"""


def expect_told(page: Page) -> None:
    """The error of BAD: by line and path, with the line marked."""
    told = page.locator("#checked ol li")
    expect(told).to_have_count(1)
    expect(told).to_contain_text("13")
    expect(told).to_contain_text(
        "/AmazonEnvelope/Message[1]/OrderAcknowledgement/StatusCode"
    )
    expect(told).to_contain_text('found "Perhaps", expected Success')
    expect(page.locator("#line-13 mark")).to_contain_text("Perhaps")


@BOTH
def test_a_document_is_tried(
    open_page: Callable[..., Page], language: str, javascript: bool
) -> None:
    """Typed, chosen as a file, dropped: told by line and path."""
    page, say = open_page(language=language, javascript=javascript), words(language)
    page.goto("/desk/schemas")
    box = page.locator("#text")
    box.fill(BAD.decode())
    if not javascript:
        page.get_by_role("button", name=say("Validate"), exact=True).click()
    expect_told(page)
    expect(page.locator("#verdict")).to_have_text(say("The document has errors."))
    if javascript:
        look(page, "schemas-tried")
        box.fill(BAD.decode().replace("Perhaps", "Success"))
        expect(page.locator("#verdict")).to_have_text(say("The document is valid."))

    page.goto("/desk/schemas")
    page.locator("#file").set_input_files(FILE)  # type: ignore[arg-type] # as it says
    if not javascript:
        page.get_by_role("button", name=say("Validate"), exact=True).click()
    expect_told(page)
    if javascript:
        page.goto("/desk/schemas")
        box.evaluate(DROP, BAD.decode())
        expect_told(page)


def test_a_schema_is_read_and_downloaded(open_page: Callable[..., Page]) -> None:
    """With line numbers on the page, and as the file that it is."""
    page = open_page()
    page.goto("/desk/schemas")
    page.get_by_role("link", name="OrderAcknowledgement.xsd", exact=True).click()
    expect(page.locator("#line-1")).to_contain_text("<?xml")
    look(page, "schema")
    with page.expect_download() as file:
        page.get_by_role("link", name="Download").click()
    assert b"xs:schema" in Path(file.value.path()).read_bytes()


@BOTH
def test_health_is_shown_and_downloaded(
    open_page: Callable[..., Page], language: str, javascript: bool
) -> None:
    """Figure, plot, another window, and the same figures as files."""
    page = open_page("demo", language, javascript=javascript)
    say = words(language)
    page.goto("/desk/health")
    expect(page.get_by_role("img", name=say("Cancel rate over time"))).to_be_visible()
    expect(page.locator("[aria-labelledby=behind] tbody tr").first).to_be_visible()
    page.get_by_role("link", name=say("%(days)s days", days=7), exact=True).click()
    expect(page).to_have_url(re.compile("days=7$"))
    page.get_by_text(say("Every day as a table")).click()
    expect(page.locator("details tbody tr")).to_have_count(7)
    page.locator("#days").fill("10")
    page.get_by_role("button", name=say("Show"), exact=True).click()
    expect(page.locator("details tbody tr")).to_have_count(10)

    found = {}
    for name in ("health.json", "cancel-rate.csv", "cancelled-orders.csv"):
        with page.expect_download() as file:
            page.get_by_role("link", name=name, exact=True).click()
        found[name] = Path(file.value.path()).read_text(encoding="utf-8-sig")
    figures = json.loads(found["health.json"])
    shown = page.locator("[aria-labelledby=rate] .figure").inner_text()
    assert figures["cancel_rate"]["percent"] in shown
    assert len(figures["daily"]) == 10
    assert len(list(csv.DictReader(found["cancel-rate.csv"].splitlines()))) == 10
    if javascript:
        expect_sound(page)
    page.goto("/desk/health?days=0")
    expect(page.locator("#days")).to_have_attribute("aria-invalid", "true")


@BOTH
def test_a_mail_is_read_and_downloaded(
    open_page: Callable[..., Page], world: World, language: str, javascript: bool
) -> None:
    """What a cancellation wrote: as text, as HTML in its frame, as a file."""
    order = world.order()
    page, say = open_page(language=language, javascript=javascript), words(language)
    page.goto(f"/desk/orders/{order}/cancel")
    fill_cancellation(page, say)
    submit(page, say)
    expect_done(page, say)
    mail = page.get_by_role("row").filter(has_text=order)
    for _ in range(50):
        page.goto("/desk/outbox")
        if say("Sent") in (mail.first.text_content() or "" if mail.count() else ""):
            break
        page.wait_for_timeout(200)
    expect(mail.first).to_contain_text(say("Sent"))
    if javascript:
        look(page, "outbox-full")
    mail.first.get_by_role("link").first.click()
    expect(page.locator(".mail-text")).to_contain_text(order)
    frame = page.locator("iframe")
    expect(frame).to_have_attribute("sandbox", "")
    expect(page.frame_locator("iframe").locator("body")).to_contain_text(order)
    frame.scroll_into_view_if_needed()
    if javascript:
        look(page, "mail")
    with page.expect_download() as file:
        page.get_by_role("link", name=say("Download as .eml")).click()
    message = message_from_bytes(Path(file.value.path()).read_bytes(), policy=default)
    assert message["To"] == "Ada Morgan <ada@buyers.example>"
    assert order in str(message.get_body(("plain",)))
