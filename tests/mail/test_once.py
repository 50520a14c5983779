"""A mail goes out once: of workers that race, and of one that is killed, too."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

from app.intake.mail.job import MailJob, Patience
from app.intake.mail.message import parse_address
from app.intake.mail.transport import Transport
from app.intake.mail.writer import MailWriter
from app.store.backends import open_database, open_presence
from app.store.outbox import Outbox, OutboxMail
from app.store.roster import Roster
from tests.held import HeldClock
from tests.mail.conftest import Inbox, Killer, go_on
from tests.running import Installation, wait_until

Mails = Callable[[], list[OutboxMail]]
_MAILS = 45


def test_workers_that_race_send_each_mail_once(
    add_mail: Callable[..., None],
    transport: Transport,
    inbox: Inbox,
    mails: Mails,
    database_url: str,
    ids: Callable[[], str],
    clock: HeldClock,
) -> None:
    """Two workers with connections of their own, claiming at the same moment."""
    for number in range(_MAILS):
        add_mail(f"b{number}@buyers.example")
    together = Barrier(2)

    def work() -> int:
        database = open_database(database_url)
        roster = Roster(database, open_presence(database, alone=False), ids, clock)
        roster.enter()
        job = MailJob(
            MailWriter(database, parse_address("orders@shop.example")),
            Outbox(database, roster),
            transport,
            Patience(timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)),
            clock,
        )
        together.wait(30)
        steps = 0
        while job.step(go_on):
            steps += 1
        roster.leave()
        database.close()
        return steps

    with ThreadPoolExecutor(2) as pool:
        steps = [each.result() for each in [pool.submit(work), pool.submit(work)]]

    assert min(steps) > 0
    assert Counter(inbox.recipients) == {
        f"b{number}@buyers.example": 1 for number in range(_MAILS)
    }
    assert all(mail.sent_at for mail in mails())


def test_a_worker_killed_before_its_commit_sends_the_same_mail_again(
    add_mail: Callable[..., None],
    killer: tuple[Killer, int],
    mails: Mails,
    database_url: str,
    clock: HeldClock,
    tmp_path: Path,
) -> None:
    """The server has it, the outbox cannot know: same Message-ID, same bytes."""
    inbox, port = killer
    # The command has the real clock.
    clock.now = datetime.now(UTC)
    settings = {"SMTP_URL": f"smtp://127.0.0.1:{port}", "POLL_SECONDS": "0.05"}
    installation = Installation(tmp_path / "home", database_url, settings)
    with installation.start("work") as process:
        inbox.pid = process.pid
        add_mail()
        process.wait(60)
    (killed,) = mails()
    assert process.returncode == -signal.SIGKILL
    assert killed.sent_at is None

    with installation.start("work"):
        wait_until(lambda: mails()[0].sent_at is not None)
        add_mail("b@buyers.example")
        wait_until(lambda: mails()[1].sent_at is not None)

    first, again, other = inbox.mails
    assert first["Message-ID"] == again["Message-ID"] != other["Message-ID"]
    assert first["Date"] == again["Date"]
    assert first.as_bytes() == again.as_bytes()
