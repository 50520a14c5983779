"""Mails of what the desk did: each kind can be switched off, none holds up a feed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.model.mail import MailKind
from app.store.outbox import list_mails
from tests.desk.conftest import SELLER, Browser, Place
from tests.running import wait_until

CANCELLED, PARTLY_SHIPPED = "026-1000001-0000001", "026-1000002-0000002"


def _do_all(desk: Place) -> None:
    """Cancel an item, refund another, and ship a third."""
    with desk.browse() as browser:
        browser.sign_in()
        browser.get(f"/desk/orders/{CANCELLED}/cancel")
        browser.send(scope="items", quantity__71000000000001="1", reason="PricingError")
        desk.work()
        assert "Done" in desk.result_of(browser)
        browser.get(f"/desk/orders/{PARTLY_SHIPPED}/refund")
        browser.send("preview", refund__71000000000003="1", reason="CustomerReturn")
        browser.send()
        assert "Done" in desk.result_of(browser)
        browser.get(f"/desk/orders/{CANCELLED}/ship")
        browser.send(carrier="UPS", tracking="1Z1", method="Ground")
        assert "Done" in desk.result_of(browser)


@pytest.mark.parametrize("off", ["cancellation", "refund", "dispatch"])
def test_a_kind_is_switched_off(open_desk: Callable[..., Place], off: str) -> None:
    """The others go on."""
    kinds = ("cancellation", "refund", "dispatch")
    desk = open_desk(mails=tuple(kind for kind in kinds if kind != off))

    _do_all(desk)

    with desk.service.database.read() as connection:
        mails = list_mails(connection, SELLER, limit=10)
    assert [mail.kind for mail in reversed(mails)] == [
        MailKind(kind) for kind in kinds if kind != off
    ]


def test_feeds_are_done_while_no_mail_can_be_sent(
    open_desk: Callable[..., Place],
    database_url: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nothing listens there; the mail says the reason that was chosen on the page."""
    desk = open_desk(database_url, smtp_url="smtp://127.0.0.1:1")

    _do_all(desk)

    wait_until(lambda: "mails wait" in caplog.text)
    with desk.browse() as browser:
        _sees_what_waits(browser)


def _sees_what_waits(browser: Browser) -> None:
    browser.sign_in()
    browser.get("/desk/outbox?state=waiting")
    rows = browser.root.xpath("//main//tbody//th/a/@href")
    assert len(rows) == 3
    browser.get(rows[-1])
    assert "the price was listed wrongly" in browser.text
    assert "Waiting" in browser.text
