"""Secrets are planted, everything is called, and nothing that comes out has them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from app.intake.seals import KEY_FILE
from app.model.feed import FeedStatus
from app.store import listing
from tests.doors.caller import FEEDS, ORDERS, Caller, Reply, encoded
from tests.doors.conftest import ACKNOWLEDGEMENT, SELLER, Running, started
from tests.doors.vocabulary import operations
from tests.engine.documents import acknowledgements, feed
from tests.held import HeldClock
from tests.waiting import eventually

MAIL_PASSWORD = "planted-mail-password"
DESK_PASSWORD = "planted desk password 1"


@pytest.fixture
def running(
    sqlite_url: str, tmp_path: Path, clock: HeldClock, ids: Callable[[], str]
) -> Iterator[Running]:
    """A service that explains signatures, and has a password for mails."""
    given = {
        "database_url": sqlite_url,
        "explain": True,
        "smtp_url": f"smtp://me:{MAIL_PASSWORD}@127.0.0.1:1",
        "log_level": "debug",
    }
    with started(tmp_path / "home", clock, ids, **given) as running:
        yield running


def test_a_planted_secret_appears_nowhere(
    running: Running,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Not in the log at its lowest level, nor in answers, reports, pages or files."""
    users = running.service.desk_users
    users.create(SELLER, "ada", DESK_PASSWORD)
    token = running.service.accounts.authorise_developer(
        SELLER, running.other.seller_id
    )
    secrets = [
        *(running.caller.secret, running.other.secret, token),
        *(MAIL_PASSWORD, DESK_PASSWORD),
        (tmp_path / "home" / KEY_FILE).read_text().strip(),
    ]

    with caplog.at_level(logging.DEBUG):
        replies = [*_calls(running, token), *_desk(running), *_feeds(running)]
        replies += _breakdown(running)
    replies_text = "\n".join(f"{reply.headers}{reply.body!r}" for reply in replies)
    files = [
        path for path in tmp_path.rglob("*") if path.is_file() and path.name != KEY_FILE
    ]

    assert {reply.status for reply in replies} >= {200, 400, 403, 500}
    assert "Traceback" in caplog.text
    assert len(files) > 3
    for secret in secrets:
        assert secret not in caplog.text
        assert secret not in replies_text
        for path in files:
            assert secret.encode() not in path.read_bytes(), path


def _calls(running: Running, token: str) -> Iterator[Reply]:
    """Call every operation: rightly, in a seller's name, wrongly signed, mixed up."""
    mine, other = running.caller, running.other
    for operation in operations():
        path, name = operation.section.path, operation.name
        for caller, given in (
            (mine, {}),
            (other, {"SellerId": mine.seller_id, "MWSAuthToken": token}),
            (replace(mine, secret=other.secret), {"Marketplace": "x"}),
            (replace(mine, access_key_id=mine.secret), {}),
        ):
            yield caller.call(name, given, path=path)
        # Explained: what the client says it signed is compared, and holds no secret.
        yield _unsigned(mine, name, path, operation.section.version)


def _unsigned(caller: Caller, action: str, path: str, version: str) -> Reply:
    given = caller.parameters(action, version) | {"Signature": "AAAA"}
    headers = {"X-Feedgate-String-To-Sign": "POST\\nelsewhere\\n/\\nAction=x"}
    return caller.send("POST", path, encoded(given).encode(), headers)


def _desk(running: Running) -> Iterator[Reply]:
    """Sign in to the desk, wrongly and in a broken way."""
    send = running.caller.send
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for body in (
        encoded({"login": "ada", "password": DESK_PASSWORD}),
        encoded({"login": DESK_PASSWORD, "password": "ada"}),
        f"login=ada&password={DESK_PASSWORD}&%zz",
    ):
        yield send("POST", "/desk/sign-in", body.encode(), form)
    yield send("GET", "/desk/sign-in")


def _feeds(running: Running) -> Iterator[Reply]:
    """Have feeds processed, a bad one too, and fetch their reports."""
    caller = running.caller
    running.service.worker.start()
    documents = (
        ACKNOWLEDGEMENT.format(status="Success"),
        ACKNOWLEDGEMENT.format(status="Wrong"),
        feed(acknowledgements(2)),
        "<broken",
    )
    for document in documents:
        reply = caller.submit(document.encode())
        yield reply
        done = int(reply.text("FeedSubmissionId"))
        eventually(lambda done=done: _is_done(running, done))  # type: ignore[misc] # bound early
        yield caller.call(
            "GetFeedSubmissionResult", {"FeedSubmissionId": str(done)}, path=FEEDS
        )
    running.service.worker.stop()


def _is_done(running: Running, feed_submission_id: int) -> bool:
    with running.service.database.read() as connection:
        report = listing.report(connection, SELLER, feed_submission_id)
    return report is not None and report.status is FeedStatus.DONE


def _breakdown(running: Running) -> Iterator[Reply]:
    """Break the database, so that a bug's traceback is logged."""
    with running.service.database.write() as connection:
        connection.execute(text("ALTER TABLE orders RENAME TO gone"))
    yield running.caller.call(
        "GetOrder", {"AmazonOrderId.Id.1": "026-1234567-1234567"}, path=ORDERS
    )
