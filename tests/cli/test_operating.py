"""feeds, dead-letters, backup, restore and doctor, as an operator calls them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import insert, text, update

from app.intake.doctor import Doctor
from app.model.feed import Verdict
from app.store import feeds
from app.store.backends import Database, open_database
from app.store.documents import FileDocuments
from app.store.tables import feed_submission, notification, outbox
from tests.cli.conftest import Command, Done
from tests.queued import FEED
from tests.queues import closed_origin

SELLER = FEED.seller_id
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def home(feedgate: Command, tmp_path: Path) -> Path:
    """A data folder with a seller."""
    assert feedgate("accounts", "create", "Shop", "--seller-id", SELLER).code == 0
    return tmp_path / "home"


@pytest.fixture
def database(home: Path) -> Iterator[Database]:
    with closing(open_database(f"sqlite:///{home}/feedgate.db")) as opened:
        yield opened


def add_feed(database: Database, **values: object) -> int:
    """Queue a feed and change its row."""
    with database.write() as connection:
        submission, _ = feeds.accept(
            connection,
            replace(FEED),
            Verdict(messages=3),
            now=NOW,
            window=timedelta(0),
        )
        feed = submission.feed_submission_id
        if values:
            connection.execute(
                update(feed_submission)
                .where(feed_submission.c.feed_submission_id == feed)
                .values(**values)
            )
    return feed


def test_feeds_are_listed_and_shown_whosever_they_are(
    feedgate: Command, database: Database
) -> None:
    """By seller, by status, and those given up; with what is known of one."""
    waiting = add_feed(database)
    dead = add_feed(database, given_up=True, status="_DONE_")

    def listed(*options: str) -> list[int]:
        found = feedgate("feeds", "list", "--format", "json", *options).json
        return [each["feed_submission_id"] for each in found]

    assert listed() == [dead, waiting]
    assert listed("--given-up") == [dead]
    assert listed("--status", "_SUBMITTED_") == [waiting]
    assert listed("--seller-id", "A1ANOTHER00001") == []
    shown = feedgate("feeds", "show", str(dead), "--format", "json").json
    assert (shown["given_up"], shown["messages"]) == (True, 3)
    assert shown["submitted_at"] == "2026-11-24T12:00:00Z"
    table = feedgate("feeds", "list").out
    assert f"{dead}" in table
    assert "given up" in table


def test_a_feed_that_waits_can_be_recalled_and_another_cannot(
    feedgate: Command, database: Database
) -> None:
    """As its seller could: once a batch is applied there is no way back."""
    waiting, begun = add_feed(database), add_feed(database, progress=1)

    done = feedgate("feeds", "cancel", str(waiting))
    refused = feedgate("feeds", "cancel", str(begun))

    assert (done.code, done.out) == (0, f"Feed {waiting} is cancelled.\n")
    assert refused.code == 2
    assert f"Feed {begun} is _SUBMITTED_: only a feed of which nothing" in refused.err
    shown = feedgate("feeds", "show", str(waiting), "--format", "json").json
    assert shown["status"] == "_CANCELLED_"


def test_only_what_was_given_up_is_begun_anew(
    feedgate: Command, database: Database
) -> None:
    """tests/engine/test_given_up.py follows one to its second report."""
    waiting = add_feed(database)

    refused = feedgate("feeds", "retry", str(waiting))
    unknown = feedgate("feeds", "retry", "1")

    assert refused.code == unknown.code == 2
    assert f"Feed {waiting} is _SUBMITTED_, and was not given up" in refused.err
    assert "There is no such feed submission" in unknown.err
    with database.read() as connection:
        assert connection.scalar(text("SELECT queued FROM feed_lane")) == 1


def test_dead_letters_of_every_kind_are_listed_and_tried_once_more(
    feedgate: Command, database: Database
) -> None:
    """A mail server that was down for days, a queue that was renamed."""
    feed = add_feed(database, given_up=True, status="_DONE_", completed_at=NOW)
    row: dict[str, Any] = {"seller_id": SELLER, "created_at": NOW, "given_up_at": NOW}
    mail = {"source": "feed 1", "place": 1, "kind": "refund", "recipient": "b@e.com"}
    note = {"notification_type": "T", "channel": "SQS", "address": "https://queue"}
    with database.write() as connection:
        more = {"run_after": NOW, "error": "550 no such box"}
        connection.execute(insert(outbox), row | mail | more)
        more = {"unique_id": "u", "payload": "", "last_error": "403"}
        connection.execute(insert(notification), row | note | more)

    listed = feedgate("dead-letters", "list", "--format", "json").json
    retried = [
        feedgate("dead-letters", "retry", each["kind"], str(each["number"])).code
        for each in listed
    ]
    again = feedgate("dead-letters", "retry", "mail", "1")

    assert [(each["kind"], each["number"]) for each in listed] == [
        ("feed", feed),
        ("mail", 1),
        ("notification", 1),
    ]
    assert [each["reason"] for each in listed[1:]] == ["550 no such box", "403"]
    assert retried == [0, 0, 0]
    assert feedgate("dead-letters", "list", "--format", "json").json == []
    assert again.code == 2
    assert "There is no mail 1 that was given up" in again.err
    with database.read() as connection:
        assert connection.scalar(text("SELECT queued FROM feed_lane")) == 2


def test_a_backup_is_made_and_put_back_by_two_commands(
    feedgate: Command, home: Path, tmp_path: Path
) -> None:
    """tests/nodes/test_backup.py looks into it; the keys stay apart."""
    made = feedgate("backup", tmp_path / "backup")
    again = feedgate("backup", tmp_path / "backup")
    elsewhere = tmp_path / "elsewhere"
    restored = feedgate("restore", tmp_path / "backup", HOME=elsewhere)
    without_key = feedgate("doctor", "--format", "json", HOME=elsewhere)
    shutil.copy(home / "secret.key", elsewhere)
    healthy = feedgate("doctor", "--format", "json", HOME=elsewhere)
    accounts = feedgate("accounts", "list", "--format", "json", HOME=elsewhere)

    assert (made.code, restored.code) == (0, 0), made.err + restored.err
    assert "0 documents" in made.out
    assert again.code == 2
    assert "is not empty: give a new folder" in again.err
    assert failed(without_key) == ["keys"]
    assert failed(healthy) == []
    assert [each["seller_id"] for each in accounts.json] == [SELLER]


def failed(done: Done) -> list[str]:
    """Return the checks that failed; the exit code must say the same."""
    names = [check["name"] for check in done.json if not check["is_well"]]
    assert done.code == (1 if names else 0)
    for check in done.json:
        assert check["is_well"] or check["advice"].endswith(".")
    return names


def examined(feedgate: Command, *options: str, **settings: object) -> list[str]:
    return failed(feedgate("doctor", "--format", "json", *options, **settings))


def test_the_doctor_finds_nothing_on_a_sound_installation(
    feedgate: Command, home: Path
) -> None:
    """Each check is named, and nothing is left behind."""
    before = sorted(home.rglob("*"))
    done = feedgate("doctor")

    assert done.code == 0
    names = [line.split()[0] for line in done.out.splitlines()[1:]]
    assert names == [
        *("database", "schema", "documents", "clock", "keys", "webhooks"),
        *("disk", "workers"),
    ]
    files = [path for path in sorted(home.rglob("*")) if path.is_file()]
    assert [each for each in files if each not in before and "-" not in each.name] == []


def test_the_doctor_names_each_ill_and_its_cure(
    feedgate: Command, home: Path, database: Database, tmp_path: Path
) -> None:
    """One after the other; everything else stays well."""
    occupied = tmp_path / "file"
    occupied.write_text("no folder")
    other_key = "q3jTz4tq8gJm1O4p0mA5o0cJc0Gf3v1yC2d0k5bQe7M="

    assert examined(feedgate, "--free-gib", "9999999") == ["disk"]
    assert examined(feedgate, DOCUMENTS=occupied / "documents") == ["documents"]
    assert examined(feedgate, SECRET_KEY=other_key) == ["keys"]
    assert examined(feedgate, SECRET_KEY="short") == ["keys", "webhooks"]
    (home / "secret.key").chmod(0o644)
    assert examined(feedgate) == ["keys", "webhooks"]
    (home / "secret.key").chmod(0o600)
    add_feed(database)
    assert examined(feedgate) == ["workers"]
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert examined(feedgate) == ["schema", "workers"]


def test_the_doctor_names_what_no_key_at_hand_opens(
    feedgate: Command, home: Path
) -> None:
    """A webhook that is sealed with a lost key signs nothing, and nobody would know."""
    key, other = (Fernet.generate_key().decode() for _ in range(2))
    url = "https://shop.example/hooks"

    def ills(keys: str) -> dict[str, tuple[str, str]]:
        done = feedgate("doctor", "--format", "json", SECRET_KEY=keys)
        failed(done)
        return {
            check["name"]: (check["found"], check["advice"])
            for check in done.json
            if not check["is_well"]
        }

    def added(keys: str) -> str:
        command = ("webhooks", "add", SELLER, url, "--format", "json")
        name: str = feedgate(*command, SECRET_KEY=keys).json["endpoint_id"]
        return name

    file = home / "secret.key"
    own = file.read_text().strip()
    with_own, with_key = added(own), added(key)
    feedgate("webhooks", "rotate", with_own, SECRET_KEY=f"{own},{key}")
    file.unlink()

    assert ills(f"{own},{key}") == {}
    assert ills("").keys() == {"keys", "webhooks"}
    [(found, advice)] = ills(own).values()
    assert found == f"1 of 3 webhook secrets do not open: {with_key}"
    assert advice.endswith("or make new ones with `feedgate webhooks rotate`.")
    assert "Add the key that they were sealed with to FEEDGATE_SECRET_KEY" in advice
    found, _ = ills(other)["webhooks"]
    assert found.startswith("3 of 3 webhook secrets do not open: ")
    assert with_own in found
    assert ills(other).keys() == {"keys", "webhooks"}
    feedgate("webhooks", "rotate", with_key, "--overlap-hours", "0", SECRET_KEY=own)
    assert ills(own) == {}


def test_the_doctor_does_not_need_a_database_to_say_so(
    feedgate: Command, tmp_path: Path
) -> None:
    """One that is not there, and one that nobody answers for; neither is made."""
    missing = feedgate("doctor", "--format", "json")
    port = closed_origin().rpartition(":")[2]
    url = f"postgresql+psycopg://127.0.0.1:{port}/feedgate"
    away = feedgate("doctor", "--format", "json", DATABASE_URL=url)

    of_database = ["database", "schema", "clock", "keys", "webhooks", "workers"]
    assert failed(missing) == failed(away) == of_database
    assert "`feedgate serve` makes it" in missing.json[0]["found"]
    assert "refused" in away.json[0]["found"]
    assert not (tmp_path / "home" / "feedgate.db").exists()


def test_the_doctor_tells_a_clock_that_is_wrong(
    feedgate: Command, postgresql_url: str, tmp_path: Path
) -> None:
    """Signatures are refused by it; PostgreSQL's clock may be another machine's."""
    well = feedgate("doctor", "--format", "json", DATABASE_URL=postgresql_url)
    late = Doctor(
        lambda: open_database(postgresql_url),
        lambda: FileDocuments(tmp_path / "documents", lambda: str(uuid4())),
        lambda: datetime.now(UTC) - timedelta(hours=1),
        "",
        tmp_path,
        (),
    )

    assert failed(well) == []
    assert well.json[0]["found"] == "postgresql answers"
    [sick] = [check for check in late.checks() if not check.is_well]
    assert sick.name == "clock"
    assert sick.found.startswith("3600 s apart")
