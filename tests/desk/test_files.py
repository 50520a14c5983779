"""Files: uploaded piece by piece, told what became of them, refused in words."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from io import BytesIO

import httpx
import pytest
from openpyxl import load_workbook

from app.model.order import OrderStatus
from app.store.orders import load_orders
from tests.desk.conftest import SELLER, Browser, Place

CANCELLATION = "_POST_FLAT_FILE_ORDER_ACKNOWLEDGEMENT_DATA_"
ADJUSTMENT = "_POST_FLAT_FILE_PAYMENT_ADJUSTMENT_DATA_"
SHIPMENT = "_POST_FLAT_FILE_FULFILLMENT_DATA_"
XML = "_POST_ORDER_ACKNOWLEDGEMENT_DATA_"
TWO_ITEMS = "026-1000001-0000001"
HEAD = b"order-id\tcancellation-reason-code\tamazon-order-item-code\n"
CANCEL = (
    HEAD
    + (
        f"{TWO_ITEMS}\tNoInventory\t71000000000001\n"
        f"{TWO_ITEMS}\tBuyerCanceled\t71000000000002\n"
    ).encode()
)
FEED = f"""<?xml version="1.0" encoding="UTF-8"?>
<AmazonEnvelope>
  <Header>
    <DocumentVersion>1.01</DocumentVersion>
    <MerchantIdentifier>{SELLER}</MerchantIdentifier>
  </Header>
  <MessageType>OrderAcknowledgement</MessageType>
  <Message>
    <MessageID>1</MessageID>
    <OrderAcknowledgement>
      <AmazonOrderID>{TWO_ITEMS}</AmazonOrderID>
      <MerchantOrderID>SO-7</MerchantOrderID>
      <StatusCode>Success</StatusCode>
    </OrderAcknowledgement>
  </Message>
</AmazonEnvelope>
""".encode()


def upload(
    browser: Browser, kind: str, content: bytes, charset: str = "", **changes: str
) -> httpx.Response:
    """Fill in the form as it is shown and send it with a file."""
    browser.get("/desk/files")
    return send(browser, {"kind": kind, "charset": charset} | changes, content)


def send(browser: Browser, changes: dict[str, str], content: bytes) -> httpx.Response:
    address, fields = browser.form()
    fields.pop("file", None)
    browser.page = browser.http.post(
        address,
        data=fields | changes,
        files={"file": ("orders.txt", content)},
        follow_redirects=True,
    )
    return browser.page


def test_a_cancellation_file_is_uploaded_and_followed_to_its_report(
    desk: Place, browser: Browser
) -> None:
    """Status, report on the screen and as download, and a place in the history."""
    upload(browser, CANCELLATION, CANCEL)
    assert re.search(r"/desk/feeds/\d+$", str(browser.page.url))
    assert "Why is it not done yet?" in browser.text
    desk.work()

    assert "There is neither an error nor a warning." in desk.result_of(browser)
    (feed,) = desk.feeds()
    assert feed == (CANCELLATION, CANCEL)
    report = browser.http.get(f"{browser.page.url}/report")
    assert report.headers["content-type"] == "text/plain;charset=UTF-8"
    assert "records successful\t\t2" in report.text
    assert "attachment" in report.headers["content-disposition"]
    document = browser.http.get(f"{browser.page.url}/document")
    assert document.content == CANCEL
    with desk.service.database.read() as connection:
        order = load_orders(connection, SELLER, [TWO_ITEMS])[TWO_ITEMS]
    assert order.status is OrderStatus.CANCELED
    browser.get("/desk/files")
    (row,) = browser.root.xpath("//main//tbody/tr")
    assert "Order cancellation file" in row.text_content()
    assert "Done" in row.text_content()


def test_an_xml_feed_is_uploaded_like_a_file(desk: Place, browser: Browser) -> None:
    """Through the same intake."""
    upload(browser, XML, FEED)
    desk.work()
    desk.result_of(browser)

    assert desk.feeds() == [(XML, FEED)]
    browser.get(f"/desk/orders/{TWO_ITEMS}")
    assert "SO-7" in browser.text


def test_the_same_form_twice_is_one_submission(desk: Place, browser: Browser) -> None:
    """A double click; another file, or the form opened anew, is another one."""
    browser.get("/desk/files")
    opened = browser.page
    addresses = []
    for content in (CANCEL, CANCEL, HEAD + b"026-1000004-0000004\t\t\n"):
        browser.page = opened
        send(browser, {"kind": CANCELLATION}, content)
        addresses.append(str(browser.page.url))

    assert addresses[0] == addresses[1] != addresses[2]
    upload(browser, CANCELLATION, CANCEL)
    assert len(desk.feeds()) == 3


WORKBOOK = b"PK\x03\x04" + bytes(2_000)


@pytest.mark.parametrize(
    ("kind", "content", "said", "chinese"),
    [
        (CANCELLATION, b"", "The file is empty", "文件为空"),
        (CANCELLATION, WORKBOOK, "save it as Text (Tab delimited)", "制表符分隔"),
        (XML, WORKBOOK, "save it as Text (Tab delimited)", "制表符分隔"),
        (CANCELLATION, FEED, "another kind of file", "文件类型不符"),
        (XML, CANCEL, "another kind of file", "文件类型不符"),
        (ADJUSTMENT, CANCEL, "another kind of file", "文件类型不符"),
        (CANCELLATION, CANCEL[len(HEAD) :], "row with the headings", "标题行缺失"),
        (CANCELLATION, b"order-id\nx\n", "required column is missing", "必填列"),
        (CANCELLATION, HEAD, "no record below the headings", "没有记录"),
        (XML, FEED[:-30], "no well-formed XML", "格式正确的 XML"),
        (CANCELLATION, CANCEL + b"a\0b\n", "no text in the encoding", "编码的文本"),
        (XML, b"\xff\xfe\0\0<", "encoding that is not accepted", "不接受该文件"),
        (SHIPMENT, b"\x1f\x8b\x08" + bytes(50), "save it as Text", "制表符分隔"),
        ("_POST_PRODUCT_DATA_", CANCEL, "Choose what kind of file", "请选择文件类型"),
    ],
)
def test_a_bad_file_is_refused_with_what_to_do(
    quiet: Place,
    quiet_browser: Browser,
    kind: str,
    content: bytes,
    said: str,
    chinese: str,
) -> None:
    """In the language of the page, at the field, and nothing is kept."""
    browser = quiet_browser
    answer = upload(browser, kind, content)
    field = "kind" if "PRODUCT" in kind else "file"

    assert answer.status_code == 400
    assert said in browser.problems()[field]
    assert "no order was changed" in browser.text
    browser.http.cookies.set("feedgate_language", "zh_Hans", path="/desk")
    upload(browser, kind, content)
    assert chinese in browser.problems()[field]
    browser.http.cookies.delete("feedgate_language")
    assert quiet.feeds() == []


def test_spreadsheet_damage_is_named(desk: Place, browser: Browser) -> None:
    """Ids that became numbers or dates, quotes and trailing tabs: on the screen."""
    damaged = (
        HEAD
        + (
            f'"{TWO_ITEMS}"\tNoInventory\t71000000000001\t\t\n'
            "2.61E+18\tNoInventory\t71000000000002\t\t\n"
        ).encode()
    )
    upload(browser, CANCELLATION, damaged)
    desk.work()
    text = desk.result_of(browser)

    assert "in quotes" in text
    assert "more cells than headings" in text
    assert "2.61E+18" in text
    marked = browser.root.xpath("//mark/text()")
    assert any("2.61E+18" in line for line in marked)


def test_a_file_of_three_gigabytes_is_refused_before_it_is_read(
    quiet: Place, quiet_browser: Browser
) -> None:
    """By what the request announces, with a page that says what to do."""
    cookie = quiet_browser.http.cookies["feedgate_desk"]
    address = httpx.URL(quiet.url)
    with socket.create_connection((address.host, address.port or 80), 30) as link:
        link.sendall(
            f"POST /desk/files HTTP/1.1\r\nHost: x\r\n"
            f"Cookie: feedgate_desk={cookie}\r\n"
            "Content-Type: multipart/form-data; boundary=b\r\n"
            "Content-Length: 3000000000\r\n\r\n--b\r\n".encode()
        )
        answer = b""
        while b"</html>" not in answer:
            piece = link.recv(65_536)
            assert piece, answer[-500:]
            answer += piece

    assert answer.startswith(b"HTTP/1.1 400")
    assert "The file is longer than 2.1 GB. Split it" in answer.decode()
    assert quiet.feeds() == []


def test_a_file_that_grows_over_the_limit_is_refused_while_it_is_read(
    open_desk: Callable[..., Place],
) -> None:
    """Without an announced length, and just above what is allowed."""
    desk = open_desk(max_feed_bytes=200_000)
    with desk.browse() as browser:
        browser.sign_in()
        upload(browser, CANCELLATION, HEAD + b"x" * 200_000)
        assert "The file is longer than 200.0 kB" in browser.problems()["file"]
        browser.get("/desk/files")
        _, fields = browser.form()
        request = browser.http.build_request(
            "POST",
            "/desk/files",
            data={"csrf_token": fields["csrf_token"], "kind": CANCELLATION},
            files={"file": ("a.txt", BytesIO(HEAD + b"x" * 500_000))},
        )
        body = b"".join(request.stream)  # type: ignore[arg-type] # it is one of bytes

        def pieces() -> Iterator[bytes]:
            for start in range(0, len(body), 50_000):
                yield body[start : start + 50_000]

        browser.page = browser.http.post(
            "/desk/files",
            content=pieces(),
            headers={"Content-Type": request.headers["content-type"]},
        )
        assert "The file is longer than" in browser.problems()["file"]
        assert desk.feeds() == []
        kept = [path for path in (desk.home / "documents").rglob("*") if path.is_file()]
        assert kept == []


def test_a_foreign_form_with_a_file_is_refused(desk: Place, browser: Browser) -> None:
    """The token comes before the file, which is then not read."""
    for token in ("", "x" * 43):
        upload(browser, CANCELLATION, CANCEL, csrf_token=token)
        assert browser.page.status_code == 403
    with desk.browse() as stranger:
        stranger.page = stranger.http.post(
            "/desk/files", files={"file": ("a", CANCEL)}, follow_redirects=True
        )
        assert "/desk/sign-in" in str(stranger.page.url)
    assert desk.feeds() == []


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/plain", b"hello"),
        ("multipart/form-data", b"--b\r\n"),
        ("multipart/form-data; boundary=b", b""),
        ("multipart/form-data; boundary=b", b"nothing of the kind"),
        ("application/x-www-form-urlencoded", b"kind=x"),
    ],
)
def test_a_body_that_is_no_such_form_is_refused(
    quiet_browser: Browser, content_type: str, body: bytes
) -> None:
    """With a page, whatever it is."""
    answer = quiet_browser.http.post(
        "/desk/files", content=body, headers={"Content-Type": content_type}
    )
    assert answer.status_code in (400, 403)
    assert "Traceback" not in answer.text


def test_a_file_is_read_in_the_encoding_that_was_chosen(
    desk: Place, browser: Browser
) -> None:
    """Without a choice it is the one that is usual in the marketplace."""
    desk.work()
    for name, carrier in (
        ("Shift_JIS", "日本郵便"),
        ("GBK", "顺丰速运"),
        ("Windows-1252", "Hermès"),
        ("ISO-8859-1", "Frère Jacques"),
        ("UTF-8", "Österreichische Post"),
        ("", "Colis privé"),
    ):
        content = carrier.encode(name or "cp1252")
        rows = (
            b"order-id\torder-item-id\tquantity\tship-date\tcarrier-code\tcarrier-name"
            b"\r\n026-1000001-0000001\t71000000000002\t\t2026-11-24\tOther\t%b\r\n"
        ) % content
        upload(browser, SHIPMENT, rows, name)
        desk.result_of(browser)
        document = browser.root.xpath("//*[@class='code scroll']")[0].text_content()
        assert carrier in document
    browser.get(f"/desk/orders/{TWO_ITEMS}")
    assert "日本郵便" in browser.text


@pytest.mark.parametrize("kind", [CANCELLATION, ADJUSTMENT, SHIPMENT])
def test_templates_are_downloaded(quiet_browser: Browser, kind: str) -> None:
    """As text, and as a workbook with its sheet of definitions."""
    text = quiet_browser.http.get(f"/desk/files/templates/{kind}.txt")
    book = quiet_browser.http.get(f"/desk/files/templates/{kind}.xlsx")

    assert "order-id\t" in text.text
    assert ".txt" in text.headers["content-disposition"]
    sheets = load_workbook(BytesIO(book.content)).sheetnames
    assert sheets[1] == "Data Definitions"
    for wrong in (f"{kind}.doc", "_POST_ORDER_FULFILLMENT_DATA_.txt"):
        answer = quiet_browser.http.get(f"/desk/files/templates/{wrong}")
        assert answer.status_code == 404


def test_an_upload_that_breaks_off_leaves_nothing(
    desk: Place, browser: Browser
) -> None:
    """The connection ends in the middle of the file."""
    browser.get("/desk/files")
    _, fields = browser.form()

    def pieces() -> Iterator[bytes]:
        for name in ("csrf_token", "kind"):
            value = CANCELLATION if name == "kind" else fields[name]
            yield (
                f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
                f"{value}\r\n"
            ).encode()
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"'
        yield b"\r\n\r\n" + CANCEL
        raise OSError("the cable")

    with pytest.raises(OSError, match="the cable"):
        browser.http.post(
            "/desk/files",
            content=pieces(),
            headers={"Content-Type": "multipart/form-data; boundary=b"},
        )
    assert desk.feeds() == []
