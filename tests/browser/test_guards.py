"""What a page lets nobody do: run a foreign script, read a cookie, look at others."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Browser, Page, expect

from app.doors.web.visits import ENTRANCE, LANGUAGE, SESSION
from tests.browser.steps import sign_in, words
from tests.browser.world import PARTLY_SHIPPED, World
from tests.desk.conftest import PASSWORD


def test_a_script_within_a_page_does_not_run(chromium: Browser, world: World) -> None:
    """Nor a handler, a style, or a file from elsewhere; the browser says so."""
    with chromium.new_context(base_url=world.place.url) as context:
        page, said = context.new_page(), []
        page.on("console", lambda message: said.append(message.text))
        page.goto("/desk/sign-in")
        page.evaluate(
            """() => {
                const script = document.createElement("script");
                script.textContent = "window.ran = true";
                document.body.append(script);
                const image = document.createElement("img");
                image.setAttribute("onerror", "window.ran = true");
                image.src = "http://127.0.0.1:9/none.png";
                document.body.append(image);
                document.body.setAttribute("style", "color: red");
            }"""
        )
        page.wait_for_timeout(200)
        assert page.evaluate("window.ran") is None
    assert sum("Content Security Policy" in text for text in said) >= 3


def test_cookies_are_out_of_reach(open_page: Callable[..., Page]) -> None:
    """Of scripts, and of other sites' forms."""
    page = open_page(None)
    page.goto("/desk/sign-in")
    sign_in(page, words("en"), "ada", PASSWORD)
    page.get_by_role("button", name="English").click()
    expect(page.locator("h1")).to_have_text("Manage orders")

    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert set(cookies) == {SESSION, LANGUAGE, ENTRANCE}
    assert all(cookie["httpOnly"] for cookie in cookies.values())
    assert {cookie["sameSite"] for cookie in cookies.values()} == {"Lax"}
    assert {cookie["path"] for cookie in cookies.values()} == {"/desk"}
    assert page.evaluate("document.cookie") == ""


def test_a_buyer_may_be_called_anything(
    open_page: Callable[..., Page], world: World
) -> None:
    """A name that is a script is shown as text, wherever it stands."""
    order = world.order(PARTLY_SHIPPED)
    page = open_page()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    for address in (f"/desk/orders?q={order}", f"/desk/orders/{order}"):
        page.goto(address)
        name = page.get_by_text("<script>alert(1)</script>", exact=False).first
        expect(name).to_be_visible()
        assert page.locator("main script").count() == 0
    page.goto('/desk/orders?q="><script>alert(2)</script>')
    expect(page.get_by_role("searchbox")).to_have_value('"><script>alert(2)</script>')
    assert dialogs == []


def test_a_seller_sees_nothing_of_anothers(
    open_page: Callable[..., Page], world: World
) -> None:
    """Neither the order, nor its forms, nor by search."""
    order = world.order()
    page = open_page("bob")
    for rest in ("", "/cancel", "/refund", "/ship"):
        answer = page.goto(f"/desk/orders/{order}{rest}")
        assert answer is not None
        assert answer.status == 404
        expect(page.locator("h1")).to_have_text("Not found")
    page.goto(f"/desk/orders?q={order}")
    expect(page.get_by_text("No orders were found.")).to_be_visible()
