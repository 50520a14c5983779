"""One browser and one server for all browser tests, and pages that are watched."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from app.doors.web.visits import SESSION
from tests.browser.pages import AXE, SCREENSHOTS, WIDE
from tests.browser.world import World, world_at
from tests.desk.conftest import PASSWORD, Place, desk_at
from tests.desk.test_feeds import several
from tests.desk.test_files import CANCEL, CANCELLATION, TWO_ITEMS, XML, upload

CHROMIUM = Path("/usr/bin/chromium")
LOCALES = {"en": "en-GB", "zh_Hans": "zh-CN"}
"""What a browser asks for, by the language of the desk that it gets."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run them all in one process: they share a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """A running browser; with REQUIRE_BROWSER=1 its absence is a failure."""
    reason = None
    if not CHROMIUM.exists():
        reason = f"{CHROMIUM} is not installed (Debian: apt install chromium)"
    elif not AXE.exists():
        reason = "axe-core is not installed: run `make .venv/node`"
    if reason and os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    # As root, in a container, Chromium cannot build its sandbox.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def world(
    migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """The desk that the tests share, its worker at work."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    home = tmp_path_factory.mktemp("desk")
    copy = shutil.copy(migrated_sqlite, home / "feedgate.db")
    with world_at(home, f"sqlite:///{copy}") as opened:
        opened.place.work()
        yield opened


@dataclass
class Idle:
    """A desk whose worker rests, so that feeds wait; a file may have 100 kB."""

    place: Place
    _places: Iterator[int] = field(default_factory=lambda: count(1))

    def session(self) -> str:
        """Sign ada in and return the cookie's secret; each time from another place."""
        place = f"test {next(self._places)}"
        return self.place.service.desk_users.sign_in("ada", PASSWORD, place)

    def fill(self, most: int) -> None:
        """Submit feeds until there are so many of them, and one file."""
        with self.place.browse() as browser:
            browser.sign_in()
            for number in range(len(self.place.feeds()), most):
                upload(browser, XML, several([TWO_ITEMS] * (number + 1)))
            if CANCELLATION not in dict(self.place.feeds()):
                upload(browser, CANCELLATION, CANCEL)


@pytest.fixture(scope="package")
def idle(
    migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Idle]:
    """The desk that tests of waiting feeds share."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    home = tmp_path_factory.mktemp("idle")
    copy = shutil.copy(migrated_sqlite, home / "feedgate.db")
    with desk_at(home, f"sqlite:///{copy}", max_feed_bytes=100_000) as place:
        yield Idle(place)


@pytest.fixture
def open_page(chromium: Browser, world: World) -> Iterator[Callable[..., Page]]:
    """Open a page in a browser window of its own; at the end nothing may be wrong.

    Wrong is a script that fails, and whatever the browser complains of: a breach of
    the content security policy is that, a page that answers with 4xx is not.
    """
    complaints: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        refused = message.text.startswith("Failed to load resource: the server")
        if message.type in ("error", "warning") and not refused:
            complaints.append(message.text)

    def opened(
        login: str | None = "ada",
        language: str = "en",
        *,
        javascript: bool = True,
        width: int = WIDE,
        url: str = world.place.url,
        session: str = "",
    ) -> Page:
        context = windows.enter_context(
            chromium.new_context(
                base_url=url,
                locale=LOCALES[language],
                java_script_enabled=javascript,
                viewport={"width": width, "height": 800},
                reduced_motion="reduce",
            )
        )
        context.on("console", heard)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        if login is not None:
            secret = session or world.session(login)
            context.add_cookies(
                [
                    {
                        "name": SESSION,
                        "value": secret,
                        "domain": "127.0.0.1",
                        "path": "/desk",
                    }
                ]
            )
        return context.new_page()

    with ExitStack() as windows:
        yield opened
    assert complaints == []
