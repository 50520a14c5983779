"""Order XSDs: read, downloaded, explained, and a box to try documents in."""

from __future__ import annotations

from io import BytesIO

import httpx
import pytest
from lxml import etree

from app.engine.schemas import expectations
from app.model.feed import Rules
from app.resources import xsd_folder
from tests.desk.conftest import Browser, Place
from tests.desk.test_files import CANCEL, FEED, HEAD

BAD = FEED.replace(b"Success", b"Perhaps")


def check(
    browser: Browser, text: str = "", content: bytes = b"", **changes: str
) -> httpx.Response:
    """Fill in the form and send it."""
    browser.get("/desk/schemas")
    address, fields = browser.form()
    fields.pop("file", None)
    browser.page = browser.http.post(
        address,
        data=fields | {"text": text} | changes,
        files={"file": ("a.xml", BytesIO(content))},
    )
    return browser.page


@pytest.mark.parametrize("rules", list(Rules))
def test_every_schema_is_shown_and_downloaded(
    quiet_browser: Browser, rules: Rules
) -> None:
    """The files of the service itself, byte for byte."""
    quiet_browser.get(f"/desk/schemas?rules={rules}")
    names = quiet_browser.root.xpath("//*[contains(@class, 'schemas')]//a[@download]")
    addresses = [link.get("href") for link in names]
    assert f"/desk/schemas/{_main(rules)}?download" in addresses
    for address in addresses:
        answer = quiet_browser.http.get(address)
        name = address.removeprefix("/desk/schemas/").removesuffix("?download")
        assert answer.content == (xsd_folder() / name).read_bytes()
        shown = quiet_browser.http.get(address.removesuffix("?download"))
        assert "xs:schema" in shown.text


def _main(rules: Rules) -> str:
    return "strict/AmazonEnvelope.xsd" if rules is Rules.STRICT else "Envelope.xsd"


@pytest.mark.parametrize(
    "name", ["../pyproject.toml", "nothing.xsd", "strict", "strict/../../CHANGELOG.md"]
)
def test_nothing_but_schemas_is_shown(quiet_browser: Browser, name: str) -> None:
    """However the address is written."""
    for written in (name, name.replace("/", "%2f")):
        answer = quiet_browser.http.get(f"/desk/schemas/{written}")
        assert answer.status_code == 404


@pytest.mark.parametrize("rules", list(Rules))
def test_each_element_has_its_meaning(quiet_browser: Browser, rules: Rules) -> None:
    """In the words of the schema, and a feed to begin with that is valid."""
    messages = {
        path: holds
        for path, holds in expectations(rules).items()
        if path.startswith("/AmazonEnvelope/Message/Order")
    }
    assert all(holds.meaning for holds in messages.values())
    quiet_browser.get(f"/desk/schemas?rules={rules}")
    rows = quiet_browser.root.xpath("//table[contains(@class, 'elements')]/tbody/tr")
    assert len(rows) == len(messages)
    samples = quiet_browser.root.xpath("//pre/text()")
    assert len(samples) == 3
    for sample in samples:
        etree.fromstring(sample.encode())
        check(quiet_browser, sample, rules=rules.value)
        assert "The document is valid." in quiet_browser.text


def test_a_document_is_tried_with_line_path_and_fix(
    quiet: Place, quiet_browser: Browser
) -> None:
    """Pasted or as a file; nothing is submitted."""
    for given in ({"text": BAD.decode()}, {"content": BAD}):
        answer = check(quiet_browser, **given)
        assert answer.status_code == 200
        (told,) = quiet_browser.root.xpath("//ol/li")
        text = told.text_content()
        assert "Error 5000" in text
        assert "line 13" in text
        assert "/AmazonEnvelope/Message[1]/OrderAcknowledgement/StatusCode" in text
        assert 'found "Perhaps", expected Success' in text
        (mark,) = quiet_browser.root.xpath("//mark/text()")
        assert "Perhaps" in mark
    assert quiet.feeds() == []


def test_a_flat_file_is_tried_too(quiet_browser: Browser) -> None:
    """In its encoding, record by record."""
    check(quiet_browser, content=CANCEL)
    assert "The document is valid." in quiet_browser.text
    rows = HEAD.strip() + "\tnote\n2.61E+16\t\t\té\n".encode("cp1252")
    check(quiet_browser, content=rows, charset="Windows-1252")
    assert "/Record[1]/order-id" in quiet_browser.text
    assert "2.61E+16 é" in " ".join(
        quiet_browser.root.xpath("//mark")[-1].text_content().split()
    )


@pytest.mark.parametrize(
    ("text", "content", "said"),
    [
        ("", b"", "Paste a document, or choose a file."),
        ("", b"x" * 1_048_577, "At most 1.0 MB can be tried here"),
    ],
)
def test_nothing_and_too_much_are_refused(
    quiet_browser: Browser, text: str, content: bytes, said: str
) -> None:
    """With a sentence at the field."""
    answer = check(quiet_browser, text, content)

    assert answer.status_code == 400
    assert said in quiet_browser.problems()["text"]


@pytest.mark.parametrize(
    "document",
    [b"\xff\xfe\x00", b"<a", b"PK\x03\x04" + bytes(99), b"\x00", b"<!DOCTYPE a><a/>"],
)
def test_whatever_is_tried_gets_an_answer(
    quiet_browser: Browser, document: bytes
) -> None:
    """What is wrong with it."""
    check(quiet_browser, content=document)
    assert "The document has errors." in quiet_browser.text


def test_a_foreign_form_is_refused(quiet_browser: Browser) -> None:
    """It has to be of the session."""
    assert check(quiet_browser, "x", csrf_token="x").status_code == 403
