"""Golden cases: a folder with orders, feeds, and what must come of them.

Source: house-style, "A golden case is a folder"; feeds/README.md.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import unified_diff
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from app.cli.client import MwsClient
from app.cli.failures import Failure
from app.cli.feeds import content_type_of
from app.cli.server import listen, served, server
from app.feedtypes import registry
from app.intake.accounts import Credentials
from app.intake.order_import import ImportRefused, import_orders
from app.main import Service, build
from app.model.feed import Rules
from app.model.order_json import write_orders
from app.settings import Settings
from app.store.backends import migrate
from app.store.orders import find_order_ids, load_orders

SELLER_ID = "A1SELLER000001"
MERCHANT_TOKEN = "M_SELLER_1234567"  # noqa: S105 # what old feeds carry, no secret
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
"""When every case happens: the clock of the service is held at it."""

_HEAD = re.compile(
    r"# (?P<title>[^\n]+)\n"
    r"FeedType: (?P<feed_types>[^\n]+)\n"
    r"Rules: (?P<rules>standard|strict|both)\n"
    r"(Options: (?P<options>skip)\n)?"
    r"(Charset: (?P<charset>[\w-]+)\n)?"
)
_DEADLINE_SECONDS = 60
_POLL_SECONDS = 0.01
_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Case:
    """One case: its folder, its FeedTypes feed by feed, and the rules it is for.

    `kind` is how its feeds and reports end: xml, or txt for flat files, whose
    Content-Type has the `charset`. The two kinds of one folder are twins: they leave
    the same orders.
    """

    folder: Path
    title: str
    feed_types: tuple[str, ...]
    rules: tuple[Rules, ...]
    skip_invalid: bool
    kind: str = "xml"
    charset: str | None = None

    def feed(self, number: int) -> Path:
        """Return the document of the numbered feed, from 1."""
        return self.folder / f"feed{self._suffix(number)}.{self.kind}"

    def report(self, number: int, rules: Rules) -> Path:
        """Return the report that the numbered feed must get."""
        return self._for_rules(f"report{self._suffix(number)}", self.kind, rules)

    def after(self, rules: Rules) -> Path:
        """Return the orders as they must be in the end."""
        return self._for_rules("after", "json", rules)

    def _suffix(self, number: int) -> str:
        single = (self.folder / f"feed.{self.kind}").exists()
        return "" if single else f"-{number}"

    def _for_rules(self, name: str, kind: str, rules: Rules) -> Path:
        strict = self.folder / f"{name}.strict.{kind}"
        if rules is Rules.STRICT and strict.exists():
            return strict
        return self.folder / f"{name}.{kind}"


@dataclass(frozen=True, slots=True)
class Difference:
    """A file of a case that came out otherwise than it must."""

    expected_file: Path
    actual: str

    def diff(self) -> str:
        """Return the lines that differ, as `diff -u` writes them."""
        expected = self.expected_file.read_text(encoding="utf-8")
        return "".join(
            _with_end(line)
            for line in unified_diff(
                expected.splitlines(keepends=True),
                self.actual.splitlines(keepends=True),
                str(self.expected_file),
                "as it came out",
            )
        )


def _with_end(line: str) -> str:
    return line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def read_cases(folder: Path) -> list[Case]:
    """Read what a folder is about: one case, or two where there are flat-file twins.

    Raises Failure if the folder is no whole case.
    """
    kinds = [kind for kind in ("xml", "txt") if list(folder.glob(f"feed*.{kind}"))]
    return [_read_case(folder, kind) for kind in kinds or ["xml"]]


def _read_case(folder: Path, kind: str) -> Case:
    about = folder / "case.md"
    if not about.is_file():
        raise Failure(f"{folder} is no golden case: it has no case.md.")
    head = _HEAD.match(about.read_text(encoding="utf-8"))
    if head is None:
        raise Failure(
            f"{about} must begin with the lines # title, FeedType: ... and Rules: "
            "standard, strict or both."
        )
    feeds = len(list(folder.glob(f"feed-*.{kind}"))) or 1
    feed_types = [name.strip() for name in head["feed_types"].split(",")]
    if len(feed_types) not in (1, feeds):
        raise Failure(f"{about} names {len(feed_types)} FeedTypes for {feeds} feeds.")
    feed_types = [_of_kind(name, kind) for name in feed_types]
    case = Case(
        folder,
        head["title"],
        tuple(feed_types * feeds if len(feed_types) == 1 else feed_types),
        tuple(Rules) if head["rules"] == "both" else (Rules(head["rules"]),),
        head["options"] is not None,
        kind,
        head["charset"],
    )
    missing = [path.name for path in _files(case) if not path.is_file()]
    if missing:
        raise Failure(f"{folder} lacks {', '.join(missing)}.")
    return case


def _of_kind(name: str, kind: str) -> str:
    """Return the FeedType itself, or its flat-file twin for a flat file."""
    feed_type = registry.by_mws(name)
    if kind == "xml" or feed_type is None or feed_type.flat_file is not None:
        return name
    return registry.twin_of(feed_type).mws


def _files(case: Case) -> Iterator[Path]:
    yield case.folder / "orders.json"
    for number, _ in enumerate(case.feed_types, 1):
        yield case.feed(number)
        yield from (case.report(number, rules) for rules in case.rules)
    yield from (case.after(rules) for rules in case.rules)


class _HeldSettings(Settings):
    """Settings that no environment changes: a case comes out the same everywhere."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read what is given here, and nothing else."""
        return (init_settings,)


Submit = Callable[[int, str], str]
"""Submits a case's feed of that number (from 1) and FeedType; returns its report."""


def run_case(
    case: Case, rules: Rules, home: Path, database_url: str = "", **more: Any
) -> list[Difference]:
    """Run a case through the real HTTP endpoint and return what came out otherwise.

    `home` is a folder of its own, and the database must be empty (without a URL it is
    SQLite in `home`); it may be migrated already. `more` are settings. Raises Failure
    if the case cannot be run.
    """
    with serving(rules, home, database_url, **more) as (service, url):
        credentials = create_seller(service)
        client = MwsClient(
            url,
            credentials.access_key_id,
            credentials.secret,
            SELLER_ID,
            clock=_ticking(),
        )
        with client.http:
            submit = partial(_submit, client, case)
            return list(differences(case, rules, service, submit))


@contextmanager
def serving(
    rules: Rules, home: Path, database_url: str = "", **more: Any
) -> Iterator[tuple[Service, str]]:
    """Serve with clock and ids held, and a worker; yield the service and its URL.

    `more` are settings.
    """
    given: dict[str, Any] = {
        "home": home,
        "database_url": database_url,
        "rules": rules.value,
        "poll_seconds": 0.05,
        "quotas": "off",
        **more,
    }
    settings = _HeldSettings(**given)
    migrate(settings.database)
    numbers = count(1)
    service = build(settings, lambda: NOW, lambda: str(UUID(int=next(numbers))))
    http = server(
        service.app,
        lambda: NOW,
        lambda: str(UUID(int=0)),
        request_line_bytes=settings.max_request_line_bytes,
    )
    try:
        service.worker.start()
        try:
            with listen("127.0.0.1", 0) as listening, served(http, listening) as url:
                yield service, url
        finally:
            service.worker.stop()
    finally:
        service.close()


def create_seller(service: Service) -> Credentials:
    """Make the seller that every case is about."""
    return service.accounts.create_seller(
        "Golden case", SELLER_ID, merchant_tokens=(MERCHANT_TOKEN,)
    )


def differences(
    case: Case, rules: Rules, service: Service, submit: Submit
) -> Iterator[Difference]:
    """Put the orders of a case in, submit its feeds, and compare what comes of it."""
    _put_in(service, case.folder / "orders.json")
    for number, feed_type in enumerate(case.feed_types, 1):
        report = submit(number, feed_type)
        yield from _compared(case.report(number, rules), report)
    yield from _compared(case.after(rules), _orders_of(service))


def _ticking() -> Callable[[], datetime]:
    """Return a clock that moves on with each call: the same feed is not a retry."""
    seconds = count()
    return lambda: NOW + timedelta(seconds=next(seconds) % 600)


def _put_in(service: Service, path: Path) -> None:
    with path.open("rb") as document:
        try:
            import_orders(
                service.database, document, SELLER_ID, source="import case", now=NOW
            )
        except ImportRefused as refused:
            raise Failure(*(f"{path}, {fault}." for fault in refused.faults)) from None


def _submit(client: MwsClient, case: Case, number: int, feed_type: str) -> str:
    options = "on-invalid-message=skip" if case.skip_invalid else ""
    path = case.feed(number)
    feed_submission_id = client.submit(
        path,
        feed_type,
        feed_options=options,
        content_type=content_type_of(feed_type, case.charset),
    )
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while client.status(feed_submission_id) != "_DONE_":
        if time.monotonic() > deadline:
            raise Failure(f"{path} was not done after {_DEADLINE_SECONDS} seconds.")
        time.sleep(_POLL_SECONDS)
    return client.report(feed_submission_id).decode()


def _orders_of(service: Service) -> str:
    with service.database.read() as connection:
        order_ids = find_order_ids(connection, SELLER_ID, limit=_PAGE)
        found = load_orders(connection, SELLER_ID, order_ids, history=True)
    return write_orders(found[order_id] for order_id in sorted(order_ids))


def _compared(expected_file: Path, actual: str) -> Iterator[Difference]:
    if expected_file.read_bytes() != actual.encode():
        yield Difference(expected_file, actual)
