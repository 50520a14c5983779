"""Feeds: listed and found, explained while they wait, shown beside their report."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update

from app.engine.pieces import Limits
from app.engine.threads import ParserThreads
from app.intake.feed_desk import FeedDesk, FeedSearch, Why
from app.store.backends import Database
from app.store.documents import FileDocuments
from app.store.tables import desk_submission, feed_lane, feed_submission, worker
from tests.desk.conftest import SELLER, Browser, Place
from tests.desk.test_files import (
    CANCEL,
    CANCELLATION,
    FEED,
    HEAD,
    SHIPMENT,
    TWO_ITEMS,
    XML,
    upload,
)
from tests.held import HeldClock

SELLER_OF_QUEUE = "A1SELLER000001"
UNKNOWN = "026-9999999-9999999"


def several(orders: list[str], *, lines: bool = True) -> bytes:
    """Write a feed with a Success for each order, or a line that is none."""
    end = "\n" if lines else ""
    messages = "".join(
        f"<Message><MessageID>{number}</MessageID>{end}<OrderAcknowledgement>{end}"
        f"<AmazonOrderID>{order_id}</AmazonOrderID>{end}"
        f"<StatusCode>{'Success' if order_id else 'Perhaps'}</StatusCode>{end}"
        f"</OrderAcknowledgement>{end}</Message>{end}"
        for number, order_id in enumerate(orders, 1)
    )
    head = FEED[: FEED.index(b"  <Message>")].decode()
    if not lines:
        head = head.replace("\n", "")
    return f"{head}{messages}</AmazonEnvelope>".encode()


def marked(browser: Browser) -> list[str]:
    """Return the marked lines with their numbers."""
    return [
        " ".join(line.text_content().split())
        for line in browser.root.xpath("//*[contains(@class, 'marked')]")
    ]


def test_a_faulty_message_is_marked_in_its_document(
    desk: Place, browser: Browser
) -> None:
    """A problem that the engine found has no line of its own: its message has."""
    desk.work()
    document = several([TWO_ITEMS] * 30 + [UNKNOWN] + [TWO_ITEMS] * 30)
    upload(browser, XML, document)
    text = desk.result_of(browser)

    assert "Done, with errors" in text
    assert "Error 718001 message 31 · line 188" in text
    lines = document.decode().split("\n")
    assert marked(browser) == [
        f"{number}{lines[number - 1]}" for number in range(188, 194)
    ]
    shown = browser.root.xpath("//*[@class='place']/text()")
    assert (shown[0], shown[-1]) == ("185", "196")


def test_a_line_that_breaks_the_schema_is_marked(desk: Place, browser: Browser) -> None:
    """The very line, and the problem leads to it."""
    desk.work()
    upload(browser, XML, several([TWO_ITEMS, "", TWO_ITEMS]))
    desk.result_of(browser)

    (line, *_) = [line for line in marked(browser) if "Perhaps" in line]
    number = re.match(r"\d+", line)
    assert number is not None
    assert browser.root.xpath(f"//ol//a[@href='#line-{number[0]}']")
    assert browser.root.xpath(f"//*[@id='line-{number[0]}']")


def test_a_document_of_one_line_is_broken_into_lines(
    desk: Place, browser: Browser
) -> None:
    """Only the message in question, or the page would be as long as the document."""
    desk.work()
    orders = [TWO_ITEMS] * 200 + [UNKNOWN] + [TWO_ITEMS] * 200
    upload(browser, XML, several(orders, lines=False))
    desk.result_of(browser)

    (code,) = browser.root.xpath("//*[@class='code scroll']")
    assert UNKNOWN in code.text_content()
    assert TWO_ITEMS not in code.text_content()
    assert "<StatusCode>Success</StatusCode>" in code.text_content()
    assert "From line 1, broken into lines" in browser.text


def test_a_faulty_record_is_marked_in_its_file(desk: Place, browser: Browser) -> None:
    """In the encoding of the file, whatever ends its lines."""
    desk.work()
    rows = (
        "order-id\tship-date\tcarrier-code\tcarrier-name\r\n"
        + "".join(f"{TWO_ITEMS}\t2026-11-24\tOther\t宅急便\r\n" for _ in range(3))
        + f"{UNKNOWN}\t2026-11-24\tOther\t宅急便\r\n"
    ).encode("cp932")
    upload(browser, SHIPMENT, rows, "Shift_JIS")
    desk.result_of(browser)

    assert marked(browser)[-1] == f"5{UNKNOWN} 2026-11-24 Other 宅急便"


def test_the_timeline_leads_to_the_message(desk: Place, browser: Browser) -> None:
    """Of an XML feed, and to the record of a file."""
    desk.work()
    upload(browser, XML, several([UNKNOWN, TWO_ITEMS]).replace(b">S", b">S"))
    desk.result_of(browser)
    upload(browser, CANCELLATION, CANCEL)
    desk.result_of(browser)
    browser.get(f"/desk/orders/{TWO_ITEMS}")
    links = browser.root.xpath("//ol[contains(@class, 'timeline')]//a/@href")
    browser.get(links[0])

    assert "The lines of message" in browser.text
    assert any(TWO_ITEMS in line for line in marked(browser))


def test_many_problems_have_pages(desk: Place, browser: Browser) -> None:
    """Their places are shown with them."""
    desk.work()
    upload(browser, XML, several([UNKNOWN] * 60))
    desk.result_of(browser)

    assert "1 to 25 of 60" in browser.text
    for first, last in (("26", "50"), ("51", "60")):
        browser.get(
            str(browser.page.url.join(browser.root.xpath("//a[@rel='next']/@href")[0]))
        )
        assert f"{first} to {last} of 60" in browser.text
        assert f"message {first}" in browser.text
        assert f">{first}</MessageID>" in browser.root.text_content()
    assert not browser.root.xpath("//a[@rel='next']")


def test_a_feed_is_recalled_while_it_waits(desk: Place, browser: Browser) -> None:
    """And not once it was worked on."""
    upload(browser, XML, FEED)
    assert "No worker is running just now" in browser.text
    address, fields = browser.form()
    browser.post(address, fields)
    assert "Recalled" in browser.text
    assert "nothing of it was applied" in browser.text
    upload(browser, XML, FEED)
    address, fields = browser.form()
    desk.work()
    desk.result_of(browser)
    answer = browser.post(address, fields)

    assert answer.status_code == 400
    assert "too late to recall" in browser.text


def test_a_feed_is_sent_again_once_a_form(desk: Place, browser: Browser) -> None:
    """With everything that was said of the first one."""
    rows = HEAD.strip() + b"\tnote\n026-1000004-0000004\t\t\t\xe9\n"
    upload(browser, CANCELLATION, rows, "ISO-8859-1")
    desk.work()
    desk.result_of(browser)
    address, fields = browser.form()
    found = []
    for _ in range(2):
        browser.post(address, fields)
        found.append(str(browser.page.url))
    text = desk.result_of(browser)

    assert found[0] == found[1]
    assert desk.feeds() == [(CANCELLATION, rows)] * 2
    assert "718004" in text
    with desk.service.database.read() as connection:
        charsets = connection.execute(feed_submission.select()).all()
    assert {row.charset for row in charsets} == {"ISO-8859-1"}


def test_what_a_button_sent_is_not_sent_again(desk: Place, browser: Browser) -> None:
    """Its reason and memo would be lost: the order has the button."""
    browser.get(f"/desk/orders/{TWO_ITEMS}/cancel")
    browser.send(scope="order", reason="NoInventory")
    desk.work()
    desk.result_of(browser)
    browser.get(browser.root.xpath("//dd/a/@href")[0])
    assert "Send again" not in browser.text
    token = browser.root.xpath("//form[@action='/desk/sign-out']/input/@value")[0]
    answer = browser.post(f"{browser.page.url}/resend", {"csrf_token": token})

    assert answer.status_code == 404
    assert len(desk.feeds()) == 1


def test_a_document_that_is_gone_is_said_to_be(desk: Place, browser: Browser) -> None:
    """The page is there all the same."""
    upload(browser, XML, FEED)
    desk.work()
    desk.result_of(browser)
    for path in (desk.home / "documents").rglob("*"):
        if path.is_file():
            path.unlink()
    browser.get(str(browser.page.url))
    assert "The document is not kept any more." in browser.text
    assert browser.http.get(f"{browser.page.url}/document").status_code == 404
    address, fields = browser.form()
    assert browser.post(address, fields).status_code == 400
    assert "cannot be sent again" in browser.text


def test_nobody_sees_another_sellers_feed(desk: Place, browser: Browser) -> None:
    """Nor recalls it, nor sends it again, nor reads its document."""
    upload(browser, XML, FEED)
    address = str(browser.page.url.path)
    with desk.browse() as other:
        other.sign_in("bob")
        token = other.root.xpath("//form[@action='/desk/sign-out']/input/@value")[0]
        for rest in ("", "/document", "/report"):
            assert other.http.get(address + rest).status_code == 404
        for rest in ("/recall", "/resend"):
            other.post(address + rest, {"csrf_token": token})
            assert other.page.status_code == 404
        other.get("/desk/feeds")
        assert "No feeds were found." in other.text
        other.get("/desk/files")
        assert "No file was uploaded yet." in other.text
    browser.get(address)
    assert "Waiting" in browser.text
    for rest in ("/recall", "/resend"):
        browser.post(address + rest, {})
        assert browser.page.status_code == 403


def test_feeds_are_filtered_and_paged(open_desk: Callable[..., Place]) -> None:
    """By type, status and date; what was typed stays, what is wrong is marked."""
    desk = open_desk(desk_session_minutes=10_000)
    with desk.browse() as browser:
        browser.sign_in()
        _filter_and_page(desk, browser)


def _filter_and_page(desk: Place, browser: Browser) -> None:
    for number in range(30):
        upload(browser, XML, several([TWO_ITEMS] * (number + 1)))
    desk.clock.advance(86_400 * 2)
    upload(browser, CANCELLATION, CANCEL)

    def ids() -> list[str]:
        return [str(each) for each in browser.root.xpath("//tbody/tr/th/a/text()")]

    browser.get("/desk/feeds")
    assert len(ids()) == 25
    newest = ids()
    browser.get(browser.root.xpath("//a[@rel='next']/@href")[0])
    assert len(ids()) == 6
    assert not browser.root.xpath("//a[@rel='next']")
    browser.get(browser.root.xpath("//a[@rel='prev']/@href")[0])
    assert ids() == newest
    assert not browser.root.xpath("//a[@rel='prev']")
    browser.get(f"/desk/feeds?type={CANCELLATION}")
    assert ids() == newest[:1]
    browser.get("/desk/feeds?from=2026-11-25&status=_SUBMITTED_")
    assert ids() == newest[:1]
    browser.get("/desk/feeds?to=2026-11-24&status=_DONE_")
    assert ids() == []
    browser.get("/desk/feeds?to=2026-11-24")
    assert len(ids()) == 25
    browser.get("/desk/feeds?type=Odd&status=Odd&from=soon")
    assert browser.page.status_code == 400
    assert set(browser.problems()) == {"type", "status", "from"}


@pytest.mark.parametrize(
    "address",
    [
        "/desk/feeds/abc",
        "/desk/feeds/99999999999999",
        "/desk/feeds/1/document",
        "/desk/feeds/999999999999999999999",
    ],
)
def test_an_odd_feed_is_not_found(quiet_browser: Browser, address: str) -> None:
    """Whatever stands in its place."""
    assert quiet_browser.http.get(address).status_code == 404


@pytest.fixture
def feeds(database: Database, documents: FileDocuments, clock: HeldClock) -> FeedDesk:
    """The pages' feeds, on each database; without an intake nothing is submitted."""
    return FeedDesk(
        database,
        documents,
        None,  # type: ignore[arg-type] # not asked here
        ParserThreads(1),
        Limits(),
        clock,
    )


def test_why_a_feed_is_not_done(
    database: Database,
    feeds: FeedDesk,
    clock: HeldClock,
    add_feed: Callable[..., int],
) -> None:
    """From what stands in the queue, whatever holds it back most."""
    first, second = add_feed(), add_feed()
    other = add_feed(seller_id="A1OTHER0000001")

    def why(number: int, seller_id: str = SELLER_OF_QUEUE) -> tuple[Why, int]:
        feed = feeds.find(seller_id, number)
        assert feed is not None
        found = feeds.why_not(feed)
        assert found is not None
        return found.why, found.position

    def change(table: object, **values: object) -> None:
        with database.write() as connection:
            connection.execute(update(table).values(**values))  # type: ignore[arg-type]

    assert why(first) == (Why.NO_WORKER, 1)
    assert why(second) == (Why.NO_WORKER, 2)
    with database.write() as connection:
        connection.execute(
            worker.insert().values(worker_id="w", lock_key=1, started_at=clock())
        )
    assert why(first) == (Why.NEXT, 1)
    assert why(second) == (Why.BEHIND, 2)
    mine = feed_lane.c.seller_id == SELLER_OF_QUEUE
    with database.write() as connection:
        connection.execute(update(feed_lane).where(mine).values(served_at=clock()))
    assert why(first) == (Why.OTHERS_FIRST, 1)
    assert why(other, "A1OTHER0000001") == (Why.NEXT, 1)
    with database.write() as connection:
        connection.execute(
            update(feed_lane)
            .where(mine)
            .values(ready_at=clock() + timedelta(seconds=9))
        )
    assert why(first) == (Why.RETRY, 1)
    assert why(second) == (Why.BEHIND, 2)
    change(feed_submission, status="_IN_PROGRESS_")
    assert why(first) == (Why.IN_PROGRESS, 1)
    change(feed_submission, status="_DONE_")
    done = feeds.find(SELLER_OF_QUEUE, first)
    assert done is not None
    assert feeds.why_not(done) is None


def test_uploads_are_what_people_sent_as_files(
    database: Database, feeds: FeedDesk, add_feed: Callable[..., int]
) -> None:
    """Neither what a system sent, nor what a button did."""
    add_feed()
    uploaded = add_feed(access_key_id="desk ada")
    pressed = add_feed(access_key_id="desk ada")
    with database.write() as connection:
        connection.execute(
            desk_submission.insert().values(
                feed_submission_id=pressed,
                seller_id=SELLER_OF_QUEUE,
                amazon_order_id=TWO_ITEMS,
                form_token="1",
                action="ship",
                login="ada",
            )
        )

    found = feeds.uploads(SELLER_OF_QUEUE, 10)
    assert [feed.feed_submission_id for feed in found] == [uploaded]
    assert len(feeds.search(SELLER_OF_QUEUE, FeedSearch()).feeds) == 3
    assert feeds.search("A1OTHER0000001", FeedSearch()).feeds == ()
    assert SELLER == SELLER_OF_QUEUE
