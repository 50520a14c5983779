"""The desk of a real server on a free port, and a browser of plain HTTP."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from lxml import etree, html

from app.cli.server import listen, served, server
from app.intake.order_import import import_orders
from app.main import Service, build
from app.settings import Settings
from tests.held import NOON, HeldClock, held_ids
from tests.running import wait_until

SELLER = "A1SELLER000001"
OTHER_SELLER = "A1OTHER0000001"
PASSWORD = "a long enough password"

ORDERS = Path(__file__).with_name("orders.json")


@dataclass
class Browser:
    """Follows links and fills in forms, as somebody without JavaScript does."""

    http: httpx.Client
    page: httpx.Response = field(init=False)

    @property
    def root(self) -> Any:
        return html.fromstring(self.page.content)

    @property
    def text(self) -> str:
        """The visible text, blanks collapsed."""
        return re.sub(r"\s+", " ", self.root.find("body").text_content()).strip()

    def get(self, address: str) -> httpx.Response:
        self.page = self.http.get(address, follow_redirects=True)
        return self.page

    def form(self, index: int = 0) -> tuple[str, dict[str, str]]:
        """Return address and fields of a form of the main part."""
        form = self.root.xpath("//main//form[@method='post']")[index]
        fields = {}
        for name, value in form.fields.items():
            if name and value is not None and name != "step":
                fields[name] = value
        address = form.get("action") or str(self.page.url.path)
        return address, fields

    def send(self, step: str = "submit", **changes: str) -> httpx.Response:
        """Send the form that is shown; a double underscore in a name is a hyphen."""
        address, fields = self.form()
        fields |= {name.replace("__", "-"): value for name, value in changes.items()}
        return self.post(address, fields | {"step": step})

    def post(self, address: str, fields: dict[str, str]) -> httpx.Response:
        self.page = self.http.post(address, data=fields, follow_redirects=True)
        return self.page

    def sign_in(self, login: str = "ada", password: str = PASSWORD) -> httpx.Response:
        if not hasattr(self, "page") or 'name="login"' not in self.page.text:
            self.get("/desk/sign-in")
        return self.send(login=login, password=password)

    def problems(self) -> dict[str, str]:
        """What is wrong, by the name of the marked field: linked as it must be."""
        found = {}
        for marked in self.root.xpath("//*[@aria-invalid='true']"):
            for name in marked.get("aria-describedby").split():
                if name.endswith("-problem"):
                    (text,) = self.root.xpath(f"//*[@id='{name}']")
                    found[name.removesuffix("-problem")] = text.text_content()
        return found


@dataclass(frozen=True)
class Place:
    """A running service, with its address."""

    service: Service
    url: str
    clock: HeldClock
    home: Path

    @contextmanager
    def browse(self, language: str = "en") -> Iterator[Browser]:
        headers = {"Accept-Language": language, "Accept": "text/html"}
        with httpx.Client(base_url=self.url, headers=headers, timeout=60) as http:
            yield Browser(http)

    def work(self) -> None:
        """Let the worker do what is queued."""
        self.service.worker.start()

    def result_of(self, browser: Browser) -> str:
        """Wait until the submission that is shown has ended; return its text."""

        def ended() -> bool:
            browser.get(str(browser.page.url))
            (card,) = browser.root.xpath("//*[@id='progress']")
            return bool(card.get("data-ended") == "1")

        wait_until(ended)
        return browser.text

    def feeds(self) -> list[tuple[str, bytes]]:
        """Return type and document of every submission, oldest first."""
        from sqlalchemy import select

        from app.store.tables import feed_submission

        query = select(feed_submission.c.feed_type, feed_submission.c.document_id)
        query = query.order_by(feed_submission.c.feed_submission_id)
        with self.service.database.read() as connection:
            rows = connection.execute(query).all()
        found = []
        for feed_type, document_id in rows:
            with self.service.documents.open(document_id) as document:
                found.append((feed_type, document.read()))
        return found


@contextmanager
def desk_at(folder: Path, database_url: str, **settings: Any) -> Iterator[Place]:
    """Run a service with two sellers, a desk user each, and orders of the first."""
    clock = HeldClock()
    ids = held_ids()
    chosen = Settings(home=folder, database_url=database_url, gates=2, **settings)
    service = build(chosen, clock, ids, alone=True)
    service.accounts.create_seller("Books", SELLER)
    service.accounts.create_seller("Toys", OTHER_SELLER)
    service.desk_users.create(SELLER, "ada", PASSWORD)
    service.desk_users.create(OTHER_SELLER, "bob", PASSWORD)
    with ORDERS.open("rb") as orders:
        import_orders(
            service.database,
            BytesIO(orders.read()),
            SELLER,
            source="import 1",
            now=NOON,
        )
    line = chosen.max_request_line_bytes
    serving = server(service.app, clock, ids, request_line_bytes=line)
    with served(serving, listen("127.0.0.1", 0)) as url:
        try:
            yield Place(service, url, clock, folder)
        finally:
            service.worker.stop()
    service.close()


@pytest.fixture
def open_desk(sqlite_url: str, tmp_path: Path) -> Iterator[Callable[..., Place]]:
    """Start a desk on SQLite; arguments are settings."""
    with ExitStack() as stack:

        def opened(database_url: str = sqlite_url, **settings: Any) -> Place:
            home = tmp_path / "home"
            return stack.enter_context(desk_at(home, database_url, **settings))

        yield opened


@pytest.fixture
def desk(open_desk: Callable[..., Place]) -> Place:
    """A desk of the test's own."""
    return open_desk()


@pytest.fixture(scope="session")
def quiet(
    migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """A desk that tests share which leave nothing behind: no feed is submitted."""
    home = tmp_path_factory.mktemp("quiet")
    copy = shutil.copy(migrated_sqlite, home / "feedgate.db")
    with desk_at(home, f"sqlite:///{copy}") as place:
        yield place


@pytest.fixture(scope="session")
def quiet_session(quiet: Place) -> Iterator[Browser]:
    """A browser in which ada is signed in, for those tests."""
    with quiet.browse() as opened:
        opened.sign_in()
        yield opened


@pytest.fixture
def quiet_browser(quiet_session: Browser) -> Browser:
    """The shared browser, at the list of orders."""
    quiet_session.get("/desk/orders")
    return quiet_session


@pytest.fixture
def browser(desk: Place) -> Iterator[Browser]:
    """A browser in which ada is signed in."""
    with desk.browse() as opened:
        opened.sign_in()
        yield opened


def message_of(document: bytes) -> etree._Element:
    """Return the payload of a document's one message."""
    root = etree.fromstring(document)
    (message,) = root.findall("Message")
    return message[1]


def orders_file() -> list[dict[str, Any]]:
    """Return the orders that every desk of these tests has."""
    loaded: list[dict[str, Any]] = json.loads(ORDERS.read_text(encoding="utf-8"))
    return loaded
