"""A real mail server in the test's process, and the job that sends to it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from app.intake.mail.job import MailJob, Patience
from app.intake.mail.message import parse_address
from app.intake.mail.transport import Transport, open_transport
from app.intake.mail.writer import MailWriter
from app.intake.order_import import import_orders
from app.model.effects import CancelItem, Effect
from app.model.mail import MailKind
from app.store import accounts
from app.store.backends import Database, open_presence
from app.store.ledger import Entry, record
from app.store.outbox import NewMail, Outbox, OutboxMail, add_mails, list_mails
from app.store.roster import Roster
from tests.held import HeldClock
from tests.orders.examples import CODE_A, ORDER_ID, SELLER, file_of, item, order

SOURCE = "feed 50000000001"


class Inbox:
    """Keeps what the server took; `replies` are its words, by recipient."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.replies: dict[str, str] = {}
        self.hangs_up_after_data = False

    async def handle_RCPT(  # noqa: N802 # the name is aiosmtpd's
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        if reply := self.replies.get(address):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 # the name is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        read = message_from_bytes(envelope.content, policy=default)
        assert isinstance(read, EmailMessage)
        self.mails.append(read)
        self.recipients += envelope.rcpt_tos
        if self.hangs_up_after_data:
            self.hangs_up_after_data = False
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            await asyncio.sleep(0)
        return "250 OK"


class Killer(Inbox):
    """Takes a mail and kills the process that brings it, once."""

    def __init__(self) -> None:
        super().__init__()
        self.pid: int | None = None

    async def handle_DATA(  # noqa: N802 # the name is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        reply = await super().handle_DATA(server, session, envelope)
        if self.pid is not None:
            os.kill(self.pid, signal.SIGKILL)
            self.pid = None
        return reply


@pytest.fixture
def inbox() -> Inbox:
    """What buyers get."""
    return Inbox()


class _Controller(Controller):
    """A server on a free port."""

    def __init__(self, inbox: Inbox, **options: Any) -> None:
        super().__init__(inbox, hostname="127.0.0.1", port=0, **options)

    def _trigger_server(self) -> None:
        # Upstream connects to the port it was given, which is 0.
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call] # untyped there


@pytest.fixture
def new_server(inbox: Inbox) -> Iterator[Callable[..., int]]:
    """Start a mail server and return its port; arguments are aiosmtpd's."""
    running = []

    def start(**options: Any) -> int:
        controller = _Controller(inbox, **options)
        controller.start()
        running.append(controller)
        return int(controller.port)

    yield start
    for controller in running:
        controller.stop()


@pytest.fixture
def killer() -> Iterator[tuple[Killer, int]]:
    """A server that kills who brings it a mail, and its port."""
    inbox = Killer()
    controller = _Controller(inbox)
    controller.start()
    yield inbox, int(controller.port)
    controller.stop()


@pytest.fixture
def transport(new_server: Callable[..., int], tmp_path: Path) -> Transport:
    """The way to a mail server without TLS."""
    return transport_of(f"smtp://127.0.0.1:{new_server()}", tmp_path)


def transport_of(url: str, folder: Path, **options: Any) -> Transport:
    """Open a transport, as the settings would."""
    given: dict[str, Any] = {"starttls": "auto", "authority": None} | options
    return open_transport(url, folder=folder / "outbox", **given)


@pytest.fixture
def roster(
    database: Database, ids: Callable[[], str], clock: HeldClock
) -> Iterator[Roster]:
    """The roster, with this process on it."""
    roster = Roster(database, open_presence(database, alone=True), ids, clock)
    roster.enter()
    yield roster
    roster.leave()


@pytest.fixture
def new_job(
    database: Database, roster: Roster, clock: HeldClock
) -> Callable[[Transport], MailJob]:
    """Make the mail job of a worker: pauses from a minute to an hour, a day in all."""

    def make(transport: Transport) -> MailJob:
        patience = Patience(timedelta(minutes=1), timedelta(hours=1), timedelta(days=1))
        sender = parse_address("orders@shop.example")
        outbox = Outbox(database, roster)
        writer = MailWriter(database, sender)
        return MailJob(writer, outbox, transport, patience, clock)

    return make


@pytest.fixture
def add_mail(database: Database, clock: HeldClock) -> Callable[..., None]:
    """Put an order in and the mail of what was done to it into the outbox."""
    with database.write() as connection:
        accounts.add_seller(connection, SELLER, "Mugs & More", clock())
    places = iter(range(1, 1_000))

    def add(
        email: str = "ada@buyers.example",
        kind: MailKind = MailKind.CANCELLATION,
        effects: tuple[Effect, ...] = (CancelItem(CODE_A, 2, "NoInventory"),),
        name: str = "Ada Morgan",
        **changes: Any,
    ) -> None:
        place = next(places)
        order_id = f"{ORDER_ID[:-3]}{place:03d}"
        placed = order(
            order_id,
            **{
                "buyer": {"name": name, "email": email},
                "items": [item(title="Mug <blue>")],
            }
            | changes,
        )
        source = f"import {place}"
        import_orders(database, file_of(placed), SELLER, source=source, now=clock())
        entries = [
            Entry.of(order_id, place, position, "1", effect)
            for position, effect in enumerate(effects)
        ]
        with database.write() as connection:
            record(
                connection,
                SELLER,
                entries,
                source=SOURCE,
                cause="AKIAEXAMPLE",
                now=clock(),
            )
            mail = NewMail(SOURCE, place, kind, email, order_id)
            add_mails(connection, SELLER, [mail], clock())

    return add


@pytest.fixture
def mails(database: Database) -> Callable[[], list[OutboxMail]]:
    """Read the outbox, oldest first."""

    def read() -> list[OutboxMail]:
        with database.read() as connection:
            return list_mails(connection, SELLER, limit=1_000)[::-1]

    return read


def go_on() -> bool:
    """Say that nobody stops."""
    return False
