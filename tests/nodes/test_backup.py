"""Backups made while feeds run, and put back into the other kind of database."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import func, select

from app.intake import backup
from app.intake.accounts import Caller
from app.intake.feed_requests import FeedRequest
from app.intake.order_import import import_orders
from app.main import Service, build, documents_of
from app.settings import Settings
from app.store import dump
from app.store.backends import open_database
from app.store.documents import DocumentDamaged
from app.store.ledger import replay
from app.store.orders import load_orders
from app.store.tables import effect, feed_submission
from benchmarks.feeds import SELLER_ID, order_id, write_feed, write_orders
from tests.buckets import Bucket
from tests.waiting import eventually

ORDERS = 200
FEEDS = 4
KEY = Fernet.generate_key().decode()


def now() -> datetime:
    return datetime.now(UTC)


def settings(home: Path, url: str, **more: Any) -> Settings:
    given = {"batch_messages": 5, "poll_seconds": 0.05, "secret_key": KEY, **more}
    return Settings(home=home, database_url=url, **given)


@contextmanager
def service(chosen: Settings) -> Iterator[Service]:
    """Put a process together, and take it down."""
    made = build(chosen, now, lambda: str(uuid4()))
    try:
        yield made
    finally:
        made.close()


@contextmanager
def working(running: Service) -> Iterator[None]:
    running.worker.start()
    try:
        yield
    finally:
        running.worker.stop()


def put_in(running: Service, folder: Path) -> Caller:
    """Make a seller with orders."""
    made = running.accounts.create_seller("Shop", SELLER_ID)
    write_orders(folder / "orders.json", ORDERS)
    with (folder / "orders.json").open("rb") as document:
        import_orders(
            running.database, document, SELLER_ID, source="import test", now=now()
        )
    return Caller(made.access_key_id, SELLER_ID)


def submit(running: Service, caller: Caller, folder: Path) -> int:
    """Submit a feed that cancels every order."""
    feed = folder / "feed.xml"
    write_feed(feed, "cancel", ORDERS, ORDERS)
    content = feed.read_bytes()
    md5 = base64.b64encode(hashlib.md5(content).digest()).decode()
    request = FeedRequest("_POST_ORDER_ACKNOWLEDGEMENT_DATA_", str(uuid4()), md5)
    return running.intake.submit(caller, request, [content])[0].feed_submission_id


def cancelled(running: Service) -> int:
    query = select(func.count()).where(effect.c.kind == "CancelItem")
    with running.database.read() as connection:
        number: int = connection.execute(query).scalar_one()
    return number


def statuses(running: Service) -> list[str]:
    with running.database.read() as connection:
        return list(connection.scalars(select(feed_submission.c.status)))


def digests(running: Service) -> dict[str, str]:
    """Return the SHA-256 of each table's rows."""
    found = {}
    with running.database.snapshot() as connection:
        for table in dump.dumped_tables():
            content = hashlib.sha256()
            for line in dump.dump(connection, table):
                content.update(line)
            found[table.name] = content.hexdigest()
    return found


@pytest.mark.parametrize("source", ["sqlite", "postgresql"])
def test_a_backup_made_while_feeds_run_goes_on_elsewhere(
    source: str, sqlite_url: str, postgresql_url: str, bucket: Bucket, tmp_path: Path
) -> None:
    """From files to a bucket and back, from SQLite to PostgreSQL and back.

    Every digest is the same; then the restored service ends what was begun, and
    every order was cancelled once.
    """
    in_bucket = {"documents_url": bucket.url, "documents_endpoint": bucket.endpoint}
    if source == "sqlite":
        first = settings(tmp_path / "first", sqlite_url)
        second = settings(tmp_path / "second", postgresql_url, **in_bucket)
    else:
        first = settings(tmp_path / "first", postgresql_url, **in_bucket)
        second = settings(tmp_path / "second", f"sqlite:///{tmp_path}/never.db")
    folder = tmp_path / "backup"
    with service(first) as running:
        caller = put_in(running, tmp_path)
        last = [submit(running, caller, tmp_path) for _ in range(FEEDS)][-1]
        with working(running):
            eventually(lambda: cancelled(running) >= 20)
            made = backup.back_up(running.database, running.documents, folder, now())
            at_end = cancelled(running)

    restored = backup.restore(
        second.database, open_database, lambda ids: documents_of(second, ids), folder
    )

    manifest = json.loads((folder / "manifest.json").read_text())
    held = {each["name"]: each["content_sha256"] for each in manifest["tables"]}
    assert made.documents == restored.documents >= FEEDS
    assert (made.gone, restored.rows) == (0, made.rows)
    with service(second) as running:
        assert digests(running) == held
        assert 20 <= cancelled(running) <= at_end
        assert "_IN_PROGRESS_" in statuses(running)
        _check_documents(running)
        assert running.accounts.key_in_force(caller.access_key_id)
        with working(running):
            eventually(lambda: set(statuses(running)) == {"_DONE_"}, 120)
        assert cancelled(running) == ORDERS
        ids = [order_id(number) for number in range(1, ORDERS + 1)]
        with running.database.read() as connection:
            kept = load_orders(connection, SELLER_ID, ids, history=True)
            assert kept == replay(connection, SELLER_ID, ids)
        assert running.audit.verify().faults == ()
        assert submit(running, caller, tmp_path) > last


def _check_documents(running: Service) -> None:
    columns = feed_submission.c
    query = select(columns.document_id, columns.sha256)
    with running.database.read() as connection:
        for document_id, sha256 in connection.execute(query).all():
            running.documents.open_checked(document_id, sha256).close()


@pytest.fixture
def backed_up(sqlite_url: str, tmp_path: Path) -> Iterator[tuple[Service, Path]]:
    """A service with one feed that waits, and its backup."""
    folder = tmp_path / "backup"
    with service(settings(tmp_path / "home", sqlite_url)) as running:
        submit(running, put_in(running, tmp_path), tmp_path)
        backup.back_up(running.database, running.documents, folder, now())
        yield running, folder


def put_back(folder: Path, tmp_path: Path, url: str = "") -> None:
    chosen = settings(tmp_path / "elsewhere", url or f"sqlite:///{tmp_path}/new.db")
    backup.restore(
        chosen.database, open_database, lambda ids: documents_of(chosen, ids), folder
    )


@pytest.mark.parametrize(
    "damage", ["tables/orders.jsonl.gz", "documents.jsonl", "documents"]
)
def test_a_damaged_backup_restores_nothing(
    backed_up: tuple[Service, Path], tmp_path: Path, damage: str
) -> None:
    """One byte in a table, in the list of documents, or in a document."""
    _, folder = backed_up
    path = folder / damage
    if path.is_dir():
        [path] = (each for each in path.rglob("*") if each.is_file())
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)

    with pytest.raises(backup.BackupError, match="damaged"):
        put_back(folder, tmp_path)

    files = [*(tmp_path / "elsewhere").rglob("*")]
    assert not [each for each in files if each.is_file()]
    url = f"sqlite:///{tmp_path}/new.db"
    with closing(open_database(url)) as database, database.read() as connection:
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master").all()
        assert not names or dump.is_empty(connection)


def test_a_backup_that_was_not_finished_is_none(
    backed_up: tuple[Service, Path], tmp_path: Path
) -> None:
    """The manifest is written last."""
    _, folder = backed_up
    (folder / "manifest.json").unlink()

    with pytest.raises(backup.BackupError, match="not finished"):
        put_back(folder, tmp_path)


def test_what_is_there_already_is_never_mixed_with_a_backup(
    backed_up: tuple[Service, Path], tmp_path: Path, sqlite_url: str
) -> None:
    """Neither a folder that holds something nor a database that does."""
    running, folder = backed_up

    with pytest.raises(backup.BackupError, match="is not empty"):
        backup.back_up(running.database, running.documents, folder, now())
    with pytest.raises(backup.BackupError, match="is not empty"):
        put_back(folder, tmp_path, sqlite_url)


def test_a_document_that_is_missing_is_told_unless_retention_removed_it(
    backed_up: tuple[Service, Path], tmp_path: Path
) -> None:
    """A backup that silently lacks a document would be found out too late."""
    running, _ = backed_up
    with running.database.read() as connection:
        document_id = connection.scalar(select(feed_submission.c.document_id))
    assert document_id is not None
    running.documents.delete(document_id)
    with pytest.raises(DocumentDamaged):
        running.documents.open(document_id)

    with pytest.raises(backup.BackupError, match=f"such as {document_id}"):
        backup.back_up(running.database, running.documents, tmp_path / "b", now())

    assert not (tmp_path / "b" / "manifest.json").exists()
