"""Every form of the desk, as its pages list them: none works without its token."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute

from app.doors.web import sign_in
from app.doors.web.desk import PAGES
from app.doors.web.parts import HOME
from tests.desk.conftest import SELLER, Browser, Place

ORDER = "026-1000001-0000001"
PARAMETERS = {"amazon_order_id": ORDER, "feed_submission_id": "1"}
"""What stands in an address in braces; a page with another one adds it here."""

FIELDS = {
    "scope": "order",
    "reason": "NoInventory",
    "step": "submit",
    "quantity-71000000000001": "1",
    "carrier": "UPS",
}
"""What would be enough to submit something, if the token were right."""

MULTIPART = ("/desk/files", "/desk/schemas")
"""Forms that take a file, and nothing but multipart/form-data."""

UNGUARDED = {
    sign_in.sign_in: "has a token of its own, since there is no session yet",
    sign_in.choose_language: "asks the browser where it comes from: no secret is in it",
}
"""Forms without the session's token, and why."""


def _guarded() -> Iterator[str]:
    """The addresses of all forms of all pages."""
    for page in PAGES:
        for route in page.router.routes:
            assert isinstance(route, APIRoute)
            if "POST" in (route.methods or ()) and route.endpoint not in UNGUARDED:
                filled = re.sub(r"{(\w+)}", lambda n: PARAMETERS[n[1]], route.path)
                yield f"{HOME}{filled}"


def test_every_form_is_refused_without_the_token_of_its_session(
    desk: Place, browser: Browser
) -> None:
    """With none, with a wrong one, and with that of another session, even one's own."""
    with desk.browse() as other_session, desk.browse() as other_seller:
        other_session.sign_in()
        other_seller.sign_in("bob")
        tokens = [
            each.root.xpath("//input[@name='csrf_token']/@value")[0]
            for each in (other_session, other_seller)
        ]
    addresses = list(_guarded())
    for address in addresses:
        for token in ("", "x" * 43, *tokens):
            fields = FIELDS | {"csrf_token": token}
            if address in MULTIPART:
                parts = {name: (None, value) for name, value in fields.items()}
                answer = browser.http.post(address, files=parts)
            else:
                answer = browser.http.post(address, data=fields)
            assert answer.status_code == 403, f"{address} with {token!r}"

    assert {f"/desk/orders/{ORDER}/cancel", "/desk/sign-out"} <= set(addresses)
    assert desk.feeds() == []
    # Nor was anybody signed out.
    assert browser.get("/desk/orders").status_code == 200
    order = desk.service.app.state.desk.orders.file(SELLER, ORDER)
    assert order.notes == ()


def test_every_form_is_closed_to_strangers(desk: Place, browser: Browser) -> None:
    """Without a session there is the sign-in, whatever token is sent."""
    token = browser.root.xpath("//input[@name='csrf_token']/@value")[0]
    with desk.browse() as stranger:
        for address in _guarded():
            answer = stranger.http.post(address, data=FIELDS | {"csrf_token": token})
            assert answer.status_code in (303, 401), address
    assert desk.feeds() == []


@pytest.mark.parametrize(
    ("site", "status"), [("cross-site", 403), ("same-site", 403), ("same-origin", 303)]
)
def test_another_site_does_not_choose_the_language(
    quiet_browser: Browser, site: str, status: int
) -> None:
    """The browser tells where a form comes from."""
    answer = quiet_browser.http.post(
        "/desk/language",
        data={"language": "en", "next": "/desk"},
        headers={"Sec-Fetch-Site": site},
    )
    assert answer.status_code == status
