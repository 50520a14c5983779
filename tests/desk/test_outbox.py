"""The outbox on the desk: what became of each mail, and what it says."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from app.model.mail import MailKind
from app.store.outbox import NewMail, add_mails, list_mails
from app.store.tables import outbox
from tests.desk.conftest import SELLER, Browser, Place
from tests.held import NOON
from tests.running import wait_until

ORDER = "026-1000001-0000001"


@pytest.fixture
def sent(desk: Place, browser: Browser) -> int:
    """The id of the mail of a cancellation that was sent; the reason has a tag."""
    browser.get(f"/desk/orders/{ORDER}/cancel")
    browser.send(scope="order", reason="NoInventory", memo="<b>secret</b>")
    desk.work()
    assert "Done" in desk.result_of(browser)

    def mail() -> list[int]:
        with desk.service.database.read() as connection:
            return [
                each.outbox_id
                for each in list_mails(connection, SELLER, limit=5)
                if each.sent_at
            ]

    wait_until(lambda: bool(mail()))
    return mail()[0]


def test_a_mail_is_listed_shown_and_downloaded(
    desk: Place, browser: Browser, sent: int
) -> None:
    """The file is the one that the folder has; the memo is in none of them."""
    browser.get("/desk/outbox")
    (row,) = browser.root.xpath("//main//tbody/tr")
    assert "Sent" in row.text_content()
    browser.get(row.xpath(".//th/a/@href")[0])
    assert "Mug, blue" in browser.text
    assert "secret" not in browser.text

    (frame,) = browser.root.xpath("//iframe")
    assert frame.get("sandbox") == ""
    framed = browser.http.get(frame.get("src"))
    policy = framed.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "<li>1 × Mug, blue</li>" in framed.text

    download = browser.http.get(browser.root.xpath("//a[@download]/@href")[0])
    assert download.headers["content-type"] == "message/rfc822"
    (file,) = desk.home.joinpath("outbox").glob("*.eml")
    assert download.content == file.read_bytes()
    message = message_from_bytes(download.content, policy=default)
    assert isinstance(message, EmailMessage)
    assert message["To"] == "Ada Morgan <ada@buyers.example>"


def test_another_seller_has_none_of_it(
    desk: Place, browser: Browser, sent: int
) -> None:
    """Not in the list, not by its number."""
    with desk.browse() as other:
        other.sign_in("bob")
        assert "There are no mails." in (other.get("/desk/outbox"), other.text)[1]
        for tail in ("", "/html", "/eml"):
            assert other.get(f"/desk/outbox/{sent}{tail}").status_code == 404
    assert browser.get("/desk/outbox/0").status_code == 404
    assert browser.get("/desk/outbox/x").status_code == 404


def test_waiting_and_failed_mails_say_why(desk: Place, browser: Browser) -> None:
    """With the time of the next try; filters and pages lead to them."""
    new = [
        NewMail(f"feed {number}", 1, MailKind.REFUND, "x@y.example", ORDER)
        for number in range(60)
    ]
    with desk.service.database.write() as connection:
        add_mails(connection, SELLER, new, NOON)
        mails = list_mails(connection, SELLER, limit=60)
        waits = outbox.update().where(outbox.c.outbox_id == mails[0].outbox_id)
        connection.execute(waits.values(error="451 come <later>", attempts=3))
        fails = outbox.update().where(outbox.c.outbox_id == mails[1].outbox_id)
        connection.execute(fails.values(error="550 nobody", given_up_at=NOON))

    browser.get("/desk/outbox")
    assert len(browser.root.xpath("//main//tbody/tr")) == 50
    assert "451 come <later>" in browser.text
    assert "Next try: Nov 24, 2026, 12:00 PM UTC" in browser.text.replace("\u202f", " ")
    browser.get(browser.root.xpath("//a[@rel='next']/@href")[0])
    assert len(browser.root.xpath("//main//tbody/tr")) == 10
    browser.get("/desk/outbox?state=given_up")
    (row,) = browser.root.xpath("//main//tbody/tr")
    assert "550 nobody" in row.text_content()
    browser.get(row.xpath(".//th/a/@href")[0])
    assert "It cannot be written any more" in browser.text
    browser.http.headers["Accept-Language"] = "zh-CN"
    browser.get("/desk/outbox?state=given_up")
    assert "发送失败" in browser.text
