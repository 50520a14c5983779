"""Mails reach a real mail server once, and one that cannot holds up no other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from app.intake.mail.job import MailJob
from app.intake.mail.transport import Transport
from app.model.effects import RecordShipment
from app.model.mail import MailKind
from app.store.outbox import OutboxMail
from tests.held import NOON, HeldClock
from tests.mail.conftest import Inbox, go_on, transport_of
from tests.orders.examples import CODE_A

NewJob = Callable[[Transport], MailJob]
Mails = Callable[[], list[OutboxMail]]


def test_a_cancellation_is_told_once_in_the_buyers_language(
    add_mail: Callable[..., None], new_job: NewJob, transport: Transport, inbox: Inbox
) -> None:
    """The marketplace decides the language; HTML escapes what the seller wrote."""
    add_mail(marketplace_id="A1PA6795UKMFR9", currency="EUR")
    job = new_job(transport)

    steps = [job.step(go_on), job.step(go_on)]

    assert steps == [True, False]
    (mail,) = inbox.mails
    assert inbox.recipients == ["ada@buyers.example"]
    assert mail["Subject"].startswith("Storniert")
    text, html = (part.get_content() for part in mail.iter_parts())
    assert "2 × Mug <blue>" in text
    assert "Grund: nicht vorrätig" in text
    assert "1. November 2026" in text
    assert "Mug &lt;blue&gt;" in html


def test_a_shipment_is_told_with_carrier_and_number(
    add_mail: Callable[..., None], new_job: NewJob, transport: Transport, inbox: Inbox
) -> None:
    """Chinese for China."""
    shipped = RecordShipment(((CODE_A, 1),), NOON, "UPS", tracking_number="1Z999")
    add_mail(
        kind=MailKind.DISPATCH,
        effects=(shipped,),
        marketplace_id="AAHKV2X7AFYLW",
        currency="CNY",
    )

    new_job(transport).step(go_on)

    text = next(inbox.mails[0].iter_parts()).get_content()
    assert "承运商:UPS" in text
    assert "追踪编号:1Z999" in text


def test_a_refused_address_is_given_up_with_the_servers_words(
    add_mail: Callable[..., None],
    new_job: NewJob,
    transport: Transport,
    inbox: Inbox,
    mails: Mails,
) -> None:
    """A 5xx is for good, and the mail behind it goes out in the same step."""
    inbox.replies["gone@buyers.example"] = "550 5.1.1 nobody of that name"
    add_mail("gone@buyers.example")
    add_mail("not an address")
    add_mail()

    new_job(transport).step(go_on)

    gone, odd, sent = mails()
    assert gone.given_up_at == NOON
    assert gone.error == "550 5.1.1 nobody of that name"
    assert odd.error == "'not an address' is not an e-mail address"
    assert sent.sent_at == NOON
    assert inbox.recipients == ["ada@buyers.example"]


def test_a_greylisted_mail_waits_and_is_given_up_in_the_end(
    add_mail: Callable[..., None],
    new_job: NewJob,
    transport: Transport,
    inbox: Inbox,
    mails: Mails,
    clock: HeldClock,
) -> None:
    """A 4xx is for now: pauses double, up to the age at which it ends."""
    inbox.replies["ada@buyers.example"] = "451 4.7.1 come back later"
    add_mail()
    job = new_job(transport)

    job.step(go_on)
    (first,) = mails()
    clock.advance(60)
    job.step(go_on)
    (second,) = mails()
    clock.advance(86_400)
    job.step(go_on)
    (last,) = mails()

    assert first.run_after - NOON == timedelta(minutes=1)
    assert second.run_after - NOON == timedelta(minutes=3)
    assert last.given_up_at == clock()
    assert last.error == "451 4.7.1 come back later"


def test_a_connection_dropped_after_data_is_tried_again_under_the_same_id(
    add_mail: Callable[..., None],
    new_job: NewJob,
    transport: Transport,
    inbox: Inbox,
    mails: Mails,
    clock: HeldClock,
) -> None:
    """The server has the mail, and we cannot know."""
    inbox.hangs_up_after_data = True
    add_mail()
    job = new_job(transport)

    job.step(go_on)
    waiting = mails()[0].sent_at
    clock.advance(60)
    job.step(go_on)

    assert waiting is None
    assert mails()[0].sent_at == clock()
    assert len(inbox.mails) == 2
    assert len({mail["Message-ID"] for mail in inbox.mails}) == 1


def test_names_cannot_add_headers(
    add_mail: Callable[..., None], new_job: NewJob, transport: Transport, inbox: Inbox
) -> None:
    """A line end in a name would begin a header; U+2028 and U+0085 are such, too."""
    add_mail(name="Ada\u2028Bcc: eve@example.com\u0085X: y, <z@example.com>")

    new_job(transport).step(go_on)

    assert inbox.recipients == ["ada@buyers.example"]
    assert inbox.mails[0]["Bcc"] is None
    assert [to.addr_spec for to in inbox.mails[0]["To"].addresses] == [
        "ada@buyers.example"
    ]


def test_a_server_out_of_reach_costs_no_attempt(
    add_mail: Callable[..., None],
    new_job: NewJob,
    mails: Mails,
    tmp_path: Path,
    clock: HeldClock,
) -> None:
    """Nothing listens on port 1; the job waits a minute before it looks again."""
    add_mail()
    job = new_job(transport_of("smtp://127.0.0.1:1", tmp_path))

    assert not job.step(go_on)

    assert mails()[0].attempts == 0
    assert mails()[0].given_up_at is None


def test_without_a_mail_server_each_mail_is_a_file(
    add_mail: Callable[..., None], new_job: NewJob, mails: Mails, tmp_path: Path
) -> None:
    """The desk shows them."""
    add_mail()

    new_job(transport_of("", tmp_path)).step(go_on)

    (file,) = (tmp_path / "outbox").iterdir()
    assert file.name == f"{mails()[0].outbox_id:012d}-cancellation.eml"
    assert b"Message-ID: <" in file.read_bytes()
