"""The pages of the desk that tests look at, and what it means to look at one.

**To add a page**, write one line in `PAGES`: its address and its name. It is then
opened by `demo` (who has the orders of `make run`) in each language, on a wide and on
a narrow screen; axe-core must find nothing wrong, the page may not be wider than the
screen, nothing may be said on the console, and a screenshot is left in
build/screenshots/ as `NAME-LANGUAGE-WIDTH.png`. The address may name an order of
app/demo_data/orders.json.

A page that comes only after something was typed or sent is looked at where that
happens: call `look(page, "name")` in a test, with a `page` that `open_page` gave.

**To have a picture in the documentation**, write the name of its screenshot, without
the ending, in `DOCUMENTED` and run `make screenshots`: docs/images/ has it then.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

HERE = Path(__file__).parent
AXE = HERE / "node_modules" / "axe-core" / "axe.min.js"
SCREENSHOTS = HERE.parents[1] / "build" / "screenshots"

WIDE, NARROW = 1280, 375
"""Widths of a screen, in CSS pixels."""

PAGES = (
    ("/desk/orders", "orders"),
    ("/desk/orders?q=nothing+of+that+kind", "orders-none"),
    ("/desk/orders?status=Odd&from=yesterday", "orders-wrong"),
    ("/desk/orders/026-4410003-1000003", "order"),
    ("/desk/orders/503-7740001-4000001", "order-yen"),
    ("/desk/orders/026-4410002-1000002/cancel", "cancel"),
    ("/desk/orders/026-4410003-1000003/refund", "refund"),
    ("/desk/orders/302-5520001-2000001/ship", "ship"),
    ("/desk/orders/026-4410015-1000015/cancel", "closed"),
    ("/desk/files", "files"),
    ("/desk/feeds", "feeds"),
    ("/desk/feeds?status=Odd", "feeds-wrong"),
    ("/desk/schemas", "schemas"),
    ("/desk/health", "health"),
    ("/desk/outbox", "outbox"),
    ("/desk/nothing", "not-found"),
)
"""Address and name of every page that shows itself without more."""

DOCUMENTED = (
    "sign-in-en-1280",
    "orders-en-1280",
    "order-told-en-1280",
    "cancel-filled-en-1280",
    "cancel-filled-zh-Hans-1280",
    "refund-filled-en-1280",
    "refund-preview-en-1280",
    "ship-en-1280",
    "result-en-1280",
    "orders-zh-Hans-375",
    "files-en-1280",
    "feed-en-1280",
    "health-en-1280",
    "mail-en-1280",
)
"""The screenshots that the documentation shows, made small by `make screenshots`."""


def look(page: Page, name: str) -> None:
    """Look at a page on both screens; leaves it on the wide one.

    Asserts that axe-core finds no violation and that nothing sticks out sideways.
    """
    language = page.locator("html").get_attribute("lang")
    for width in (NARROW, WIDE):
        page.set_viewport_size({"width": width, "height": 800})
        kept = SCREENSHOTS / f"{name}-{language}-{width}.png"
        page.screenshot(path=kept, full_page=True, animations="disabled")
        found = "\n".join(violations(page))
        assert not found, f"{name} at {width} pixels, see {kept}:\n{found}"
        inner = page.evaluate("document.documentElement.scrollWidth")
        assert inner <= width, f"{name} is {inner} pixels wide, see {kept}"


def violations(page: Page) -> list[str]:
    """Let axe-core look at a page; return what it finds, one line for each place."""
    # Evaluated by the browser itself, so that the page's own policy stays in force.
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE.read_text(encoding="utf-8") + ";0")
    found: dict[str, Any] = page.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        f"{violation['id']}: {violation['help']}: {node['html']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
