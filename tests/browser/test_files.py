"""Files at the desk: uploaded and followed, refused in words, begun from templates."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from tests.browser.conftest import Idle
from tests.browser.pages import look
from tests.browser.steps import (
    BOTH_WAYS,
    cancelling,
    choose_file,
    expect_sound,
    upload,
    words,
)
from tests.browser.world import World
from tests.desk.test_files import (
    CANCELLATION,
    FEED,
    HEAD,
    WORKBOOK,
    XML,
)

BOTH = pytest.mark.parametrize(("language", "javascript"), BOTH_WAYS)


@BOTH
def test_a_cancellation_file_is_followed_to_its_report(
    open_page: Callable[..., Page], world: World, language: str, javascript: bool
) -> None:
    """From the form to the cancelled order; the report on the screen and as a file."""
    order = world.order()
    page, say = open_page(language=language, javascript=javascript), words(language)
    upload(page, say, CANCELLATION, cancelling(order))

    expect(page.locator("#progress .status")).to_have_text(say("Done"), timeout=30_000)
    expect(page.locator("#progress")).to_contain_text(
        say("There is neither an error nor a warning.")
    )
    with page.expect_download() as report:
        page.get_by_role("link", name=say("Download the processing report")).click()
    text = Path(report.value.path()).read_text(encoding="utf-8")
    assert "records successful\t\t2" in text
    assert report.value.suggested_filename.endswith("-report.txt")
    if javascript:
        expect_sound(page)
    number = page.url.rpartition("/")[2]
    page.goto("/desk/files")
    row = page.get_by_role("row").filter(has_text=number)
    expect(row).to_contain_text(say("Order cancellation file"))
    expect(row).to_contain_text(say("Done"))
    page.goto(f"/desk/orders/{order}")
    expect(page.locator("h1 .status")).to_have_text(say("Canceled"))


def test_the_progress_of_an_upload_is_shown(
    open_page: Callable[..., Page], world: World
) -> None:
    """While the file is on its way, and as text for a screen reader."""
    page, say = open_page(), words("en")
    page.goto("/desk/files")
    shown = page.locator("#upload-progress")
    expect(shown).to_be_hidden()
    # The request is held back, as by a slow line.
    held = []
    page.route("**/desk/files", lambda route: held.append(route))
    choose_file(page, CANCELLATION, cancelling(world.order()))
    page.get_by_role("button", name=say("Upload"), exact=True).click()
    expect(shown).to_be_visible()
    expect(shown.locator("label")).not_to_be_empty()
    expect_sound(page)
    held[0].continue_()

    expect(page).to_have_url(re.compile("/desk/feeds/[0-9]+$"))


REFUSED = [
    ("empty", CANCELLATION, b"", "The file is empty", "文件为空"),
    ("workbook", CANCELLATION, WORKBOOK, "Text (Tab delimited)", "制表符分隔"),
    ("wrong-kind", CANCELLATION, FEED, "another kind of file", "文件类型不符"),
    ("no-kind", XML, HEAD + b"a\t\t\n", "another kind of file", "文件类型不符"),
    ("no-headings", CANCELLATION, b"x\ty\tz\n", "row with the headings", "标题行缺失"),
]


@BOTH
def test_a_bad_file_is_refused_with_what_to_do(
    open_page: Callable[..., Page], idle: Idle, language: str, javascript: bool
) -> None:
    """Empty, a workbook, another kind, no headings, too long: nothing is applied."""
    secret = idle.session()
    page = open_page(
        "ada", language, javascript=javascript, url=idle.place.url, session=secret
    )
    say = words(language)
    before = len(idle.place.feeds())
    cases = [*REFUSED, ("long", CANCELLATION, HEAD + b"x" * 150_000, "longer than", "")]
    for name, kind, content, english, chinese in cases:
        said = english if language == "en" else chinese
        upload(page, say, kind, content)
        alert = page.locator("#upload-problem, #file-problem").filter(has_text=said)
        expect(alert.filter(has_text=re.compile("."))).to_be_visible()
        expect(page).to_have_url(re.compile("/desk/files$"))
        if javascript and name in ("workbook", "long"):
            look(page, f"files-{name}")
    assert len(idle.place.feeds()) == before


@pytest.mark.parametrize("javascript", [True, False])
def test_templates_are_downloaded(
    open_page: Callable[..., Page], javascript: bool
) -> None:
    """As text with its headings, as a workbook with its sheet of definitions."""
    page, say = open_page(javascript=javascript), words("en")
    page.goto("/desk/files")
    for name in ("Order cancellation file", "Adjustment file"):
        with page.expect_download() as text:
            page.get_by_role("link", name=f".txt {say(name)}").click()
        assert "order-id\t" in Path(text.value.path()).read_text(encoding="utf-8")
        with page.expect_download() as book:
            page.get_by_role("link", name=f".xlsx {say(name)}").click()
        assert book.value.suggested_filename.endswith(".xlsx")
        sheets = load_workbook(BytesIO(Path(book.value.path()).read_bytes()))
        assert sheets.sheetnames[1] == "Data Definitions"
