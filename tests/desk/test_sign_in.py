"""Sessions, cookies, headers, and what a stranger cannot do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from app.intake.accounts import AccountError, Accounts
from app.intake.desk_users import DeskUsers, SignInRefused, SignInThrottled
from app.intake.seals import Seals
from app.store.backends import Database
from tests.desk.conftest import PASSWORD, Browser, Place
from tests.held import HeldClock
from tests.running import Installation

ORDER = "/desk/orders/026-1000001-0000001"


@pytest.fixture
def users(
    database: Database, clock: HeldClock, seals: Seals
) -> Callable[..., DeskUsers]:
    """Users on each database, with one seller."""
    from datetime import timedelta

    Accounts(database, seals, clock).create_seller("Books", "A1SELLER000001")
    return lambda: DeskUsers(
        database,
        clock,
        session=timedelta(minutes=10),
        throttle=timedelta(minutes=15),
        most_failures=3,
    )


@pytest.fixture
def seals() -> Seals:
    from cryptography.fernet import Fernet

    return Seals([Fernet.generate_key().decode()])


def test_attempts_are_counted_by_all_processes(
    users: Callable[..., DeskUsers], clock: HeldClock
) -> None:
    """After too many even the right password waits, for a window, from that place."""
    one, other = users(), users()
    one.create("A1SELLER000001", "ada", PASSWORD)
    for process in (one, other, one):
        with pytest.raises(SignInRefused):
            process.sign_in("ada", "wrong", "10.0.0.1")
    with pytest.raises(SignInThrottled):
        other.sign_in("ada", PASSWORD, "10.0.0.1")
    assert other.sign_in("ada", PASSWORD, "10.0.0.2")
    clock.advance(901)
    assert other.sign_in("ADA ", PASSWORD, "10.0.0.1")


def test_sessions_end_by_time_password_and_removal(
    users: Callable[..., DeskUsers], clock: HeldClock
) -> None:
    """A session that is used lasts on."""
    one = users()
    one.create("A1SELLER000001", "ada", PASSWORD)
    secret = one.sign_in("ada", PASSWORD, "-")
    for _ in range(3):
        clock.advance(500)
        assert one.session_of(secret)
    clock.advance(601)
    assert one.session_of(secret) is None
    secret = one.sign_in("ada", PASSWORD, "-")
    other = one.reset_password("ada")
    assert one.session_of(secret) is None
    secret = one.sign_in("ada", other, "-")
    one.remove("ada")
    assert one.session_of(secret) is None
    with pytest.raises(SignInRefused):
        one.sign_in("ada", other, "-")


@pytest.mark.parametrize(
    ("seller", "login", "password"),
    [
        ("A1NOBODY000000", "eve", PASSWORD),
        ("A1SELLER000001", "Eve Smith", PASSWORD),
        ("A1SELLER000001", "e" * 36, PASSWORD),
        ("A1SELLER000001", "eve", "short"),
        ("A1SELLER000001", "ada", PASSWORD),
    ],
)
def test_a_user_that_cannot_be_is_refused(
    users: Callable[..., DeskUsers], seller: str, login: str, password: str
) -> None:
    """The seller exists, the login is free and in form, the password long enough."""
    one = users()
    one.create("A1SELLER000001", "ada", PASSWORD)
    with pytest.raises(AccountError):
        one.create(seller, login, password)


def test_a_wrong_password_says_so_and_sets_no_session(desk: Place) -> None:
    """Nothing tells whether the login exists."""
    with desk.browse() as browser:
        texts = []
        for login in ("ada", "nobody"):
            assert browser.sign_in(login, "wrong password").status_code == 403
            texts.append(browser.text)
        assert texts[0] == texts[1]
        assert "feedgate_desk" not in browser.http.cookies


def test_pages_lead_to_the_sign_in_and_back(desk: Place) -> None:
    """Only to pages of the desk, whatever the address says."""
    with desk.browse() as browser:
        browser.get(f"{ORDER}?x=1")
        assert "/desk/sign-in" in str(browser.page.url)
        browser.sign_in()
        assert str(browser.page.url).endswith(f"{ORDER}?x=1")
        for bad in (
            "https://evil.example/",
            "//evil.example",
            "/desk\\evil",
            "/desk/\r\n",
        ):
            browser.get(f"/desk/sign-in?{httpx.QueryParams(next=bad)}")
            assert browser.form()[1]["next"] == "/desk"


def test_the_cookie_is_out_of_reach_of_scripts(open_desk: Callable[..., Place]) -> None:
    """HttpOnly and SameSite always, Secure over https or by the setting."""
    desk = open_desk(desk_secure_cookies=True)
    with httpx.Client(base_url=desk.url) as http:
        (cookie,) = http.get("/desk/sign-in").headers.get_list("set-cookie")

    assert all(part in cookie for part in ("HttpOnly", "SameSite=lax", "Secure"))


def test_every_answer_is_guarded(quiet_browser: Browser) -> None:
    """No script or style of the page's own, no frame, no guessing of types."""
    for address in ("/desk/orders", "/desk/none", "/desk/static/desk.css", ORDER):
        headers = quiet_browser.get(address).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-inline" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


def test_a_foreign_form_is_refused(desk: Place, browser: Browser) -> None:
    """Without the session's token nothing is submitted, nor is anybody signed out."""
    browser.get(f"{ORDER}/cancel")
    address, fields = browser.form()
    fields |= {"scope": "order", "reason": "NoInventory", "step": "submit"}
    for token in ("", "x" * 43):
        browser.post(address, fields | {"csrf_token": token})
        assert browser.page.status_code == 403
    browser.post("/desk/sign-out", {})
    assert browser.page.status_code == 403
    assert desk.feeds() == []
    assert browser.get("/desk/orders").status_code == 200
    with desk.browse() as stranger:
        answer = stranger.post(
            "/desk/sign-in", {"login": "ada", "password": PASSWORD, "next": "/desk"}
        )
        assert answer.status_code == 403


def test_signing_out_ends_the_session(desk: Place, browser: Browser) -> None:
    """Also for whoever kept the cookie."""
    cookies = dict(browser.http.cookies)
    token = browser.root.xpath("//form[@action='/desk/sign-out']/input/@value")[0]
    browser.post("/desk/sign-out", {"csrf_token": token})
    answer = httpx.get(f"{desk.url}/desk/orders", cookies=cookies)

    assert answer.status_code == 303


@pytest.mark.parametrize("rest", ["", "/cancel", "/refund", "/ship"])
def test_nobody_sees_another_sellers_order(
    desk: Place, browser: Browser, rest: str
) -> None:
    """It is not found, like one that is nowhere."""
    browser.get(f"{ORDER}/cancel")
    browser.send(scope="order", reason="NoInventory")
    mine = str(browser.page.url)
    with desk.browse() as other:
        other.sign_in("bob")
        assert other.get(f"{ORDER}{rest}").status_code == 404
        assert other.get(mine).status_code == 404
        other.get("/desk/orders?q=026")
        assert "No orders were found." in other.text


def test_a_browser_at_the_front_door_is_shown_in(desk: Place) -> None:
    """MWS's PingResponse stays for everybody else."""
    html = httpx.get(desk.url, headers={"Accept": "text/html,*/*"})
    ping = httpx.get(desk.url, headers={"Accept": "*/*"})

    assert (html.status_code, html.headers["location"]) == (302, "/desk")
    assert b"<PingResponse" in ping.content


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/desk/nothing", 404),
        ("GET", "/desk/orders/..%2f..", 404),
        ("GET", "/desk/submissions/abc", 404),
        ("GET", "/desk/submissions/99999999999999", 404),
        ("POST", "/desk/orders", 404),
        ("GET", "/desk/static/..%2fdesk.py", 404),
        ("GET", "/desk/orders?from=yesterday&status=Odd", 400),
        ("GET", "/desk/orders?older=x_y&newer=0001-01-01_z", 200),
        ("GET", "/desk/orders?to=9999-12-31", 400),
        ("GET", "/desk/orders?q=%00%ff%25_'\"", 200),
    ],
)
def test_odd_addresses_are_answered_by_a_page(
    quiet_browser: Browser, method: str, path: str, status: int
) -> None:
    """Never by a traceback, nor by XML."""
    answer = quiet_browser.http.request(method, path)
    assert answer.status_code == status
    assert "Traceback" not in answer.text


def test_a_form_without_end_is_refused(quiet_browser: Browser) -> None:
    """It is not read to its end."""
    answer = quiet_browser.post("/desk/sign-in", {"login": "x" * 70_000})
    assert answer.status_code == 400


def test_the_language_is_kept(desk: Place, browser: Browser) -> None:
    """The choice goes before what the browser asks for."""
    browser.post("/desk/language", {"language": "zh_Hans", "next": "/desk/orders"})
    assert "管理订单" in browser.text
    browser.post("/desk/language", {"language": "xx", "next": "/desk/orders"})
    assert "管理订单" in browser.text


def test_users_are_kept_by_the_command(tmp_path: Path) -> None:
    """A password is shown once, and taken from standard input where it is given."""
    installation = Installation(tmp_path / "home", "")
    keys = installation.create_seller()
    made = json.loads(
        installation.run(
            "accounts", "desk-add", keys.seller_id, "ada", "--format", "json"
        )
    )
    again = json.loads(
        installation.run("accounts", "desk-password", "ada", "--format", "json")
    )
    assert made["login"] == "ada"
    assert made["password"] != again["password"]
    listed = json.loads(installation.run("accounts", "desk-list", "--format", "json"))
    assert [user["login"] for user in listed] == ["ada"]
    assert "password" not in listed[0]
    installation.run("accounts", "desk-remove", "ada")
    assert (
        json.loads(installation.run("accounts", "desk-list", "--format", "json")) == []
    )
