"""Every table in a backup, from either database; backups of earlier releases."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    MetaData,
    func,
    make_url,
    select,
)

from app.intake import backup
from app.intake.audit import AuditDesk
from app.model.feed import Verdict
from app.store import dump, effect_stream, feeds
from app.store.backends import (
    Database,
    newest_revision,
    open_database,
    revision_of,
)
from app.store.documents import FileDocuments
from app.store.effect_stream import Cursor
from app.store.feeds import document_ids
from app.store.ledger import replay
from app.store.orders import load_orders
from app.store.tables import FIRST_FEED_SUBMISSION_ID, metadata, orders
from tests import postgres
from tests.earlier import OTHER, SELLER, copy_rows, fill, migrate_to
from tests.everything import NOW, fill_every_table
from tests.queued import FEED


def put(documents: Path, document_id: str) -> tuple[str, int]:
    """Store a document under an id; return digest and size of what is in it."""
    with FileDocuments(documents, lambda: document_id).new() as writer:
        writer.write(document_id.encode() * 9)
        writer.commit()
    return writer.sha256, writer.size


def contents(documents: FileDocuments, ids: list[str]) -> dict[str, str]:
    """Return the SHA-256 of documents."""
    found = {}
    for each in ids:
        with documents.open(each) as document:
            found[each] = hashlib.sha256(document.read()).hexdigest()
    return found


def state(database: Database, documents: FileDocuments) -> dict[str, Any]:
    """Return digests of everything that a backup must bring back."""
    with database.snapshot() as connection:
        tables = {
            table.name: hashlib.sha256(b"".join(dump.dump(connection, table)))
            for table in dump.dumped_tables()
        }
        numbers = dump.last_numbers(connection)
        ids = [*document_ids(connection)]
    digests = {name: each.hexdigest() for name, each in tables.items()}
    return {**digests, **contents(documents, ids), "last numbers": numbers}


def restore(folder: Path, url: str, documents: Path) -> backup.Summary:
    return backup.restore(
        url, open_database, lambda ids: FileDocuments(documents, ids), folder
    )


OTHERS = {"sqlite": "postgresql", "postgresql": "sqlite"}


@pytest.fixture
def unmigrated(postgresql_url: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The URL of a database without tables, of each kind."""
    with postgres.new_database(make_url(postgresql_url)) as url:
        yield {"sqlite": f"sqlite:///{tmp_path}/new.db", "postgresql": url}


@pytest.mark.parametrize("source", ["sqlite", "postgresql"])
def test_every_table_and_every_document_comes_back_in_the_other_database(
    source: str,
    request: pytest.FixtureRequest,
    unmigrated: dict[str, str],
    tmp_path: Path,
) -> None:
    """And from there a second backup says the same, whatever is added to the tables."""
    documents = FileDocuments(tmp_path / "documents", lambda: "")
    with closing(open_database(request.getfixturevalue(f"{source}_url"))) as database:
        with database.write() as connection:
            fill_every_table(connection)
            ids = [*document_ids(connection)]
        for each in ids:
            put(tmp_path / "documents", each)
        made = backup.back_up(database, documents, tmp_path / "backup", NOW)
        before = state(database, documents)

    target = unmigrated[OTHERS[source]]
    restored = restore(tmp_path / "backup", target, tmp_path / "restored")

    copies = FileDocuments(tmp_path / "restored", lambda: "")
    with closing(open_database(target)) as database:
        after = state(database, copies)
        again = backup.back_up(database, copies, tmp_path / "again", NOW)
    assert after == before
    assert restored.rows == made.rows == 2 * len(dump.dumped_tables())
    assert again == made
    # Two feeds, and of one: its processing report, a report, and an upload.
    assert made.documents == len(ids) == len(set(ids)) == 5


def back_up_earlier(url: str, folder: Path, documents: list[str]) -> dict[str, int]:
    """Write a backup as an earlier release did, of the tables that it had.

    Returns how many rows each table has.
    """
    (folder / "tables").mkdir(parents=True)
    lines = [
        json.dumps([each, *put(folder / "documents", each)]) + "\n"
        for each in documents
    ]
    (folder / "documents.jsonl").write_text("".join(lines))
    tables, numbers = [], {}
    with closing(open_database(url)) as database:
        revision = revision_of(database)
        with database.snapshot() as connection:
            known = MetaData()
            known.reflect(connection)
            for table in known.sorted_tables:
                if table.name not in metadata.tables or table.name in dump.LEFT_OUT:
                    continue
                rows = [*dump.dump(connection, table)]
                path = folder / "tables" / f"{table.name}.jsonl.gz"
                path.write_bytes(gzip.compress(b"".join(rows)))
                tables.append(
                    {
                        "name": table.name,
                        "columns": table.c.keys(),
                        "rows": len(rows),
                        "sha256": sha256_of(path),
                    }
                )
                for key in metadata.tables[table.name].primary_key:
                    if key.identity is not None:
                        largest = select(func.max(table.c[key.name]))
                        numbers[table.name] = connection.scalar(largest) or 0
    manifest = {
        "format": 1,
        "revision": revision,
        "tables": tables,
        "last_numbers": numbers,
        "documents": {
            "number": len(documents),
            "sha256": sha256_of(folder / "documents.jsonl"),
        },
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return {str(table["name"]): int(str(table["rows"])) for table in tables}


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("revision", ["0004", "0011", "0015"])
@pytest.mark.parametrize("source", ["sqlite", "postgresql"])
def test_a_backup_of_an_earlier_release_is_restored_and_brought_up(
    source: str,
    revision: str,
    sqlite_url: str,
    unmigrated: dict[str, str],
    tmp_path: Path,
) -> None:
    """Every row is there, the ledger replays, and the audit log is whole."""
    earlier, target = unmigrated[source], unmigrated[OTHERS[source]]
    migrate_to(earlier, revision)
    with (
        closing(open_database(sqlite_url)) as newest,
        closing(open_database(earlier)) as database,
    ):
        fill(newest)
        with newest.write() as connection:
            feeds.accept(
                connection, FEED, Verdict(messages=1), now=NOW, window=timedelta(0)
            )
        copy_rows(newest, database)
    rows = back_up_earlier(earlier, tmp_path / "backup", [FEED.document_id])
    assert {name for name, number in rows.items() if number} >= {
        *("seller", "orders", "order_item", "effect", "feed_submission", "feed_lane")
    }

    restored = restore(tmp_path / "backup", target, tmp_path / "restored")

    assert (restored.documents, restored.rows) == (1, sum(rows.values()))
    with closing(open_database(target)) as database:
        assert revision_of(database) == newest_revision()
        with database.read() as connection:
            for name, number in rows.items():
                count = select(func.count()).select_from(metadata.tables[name])
                # What later releases derive from it may have come to it.
                assert connection.execute(count).scalar_one() >= number, name
            for seller_id in (SELLER, OTHER):
                of_seller = orders.c.seller_id == seller_id
                ids = [
                    *connection.scalars(
                        select(orders.c.amazon_order_id).where(of_seller)
                    )
                ]
                kept = load_orders(connection, seller_id, ids, history=True)
                assert kept == replay(connection, seller_id, ids) != {}
        verdict = AuditDesk(database).verify()
        assert (verdict.faults, verdict.effects) == ((), rows["effect"])
        effect_stream.place_all(database)
        with database.read() as connection:
            told = effect_stream.read_effects(connection, Cursor(), limit=1_000)
        assert len(told) == rows["effect"]
        with database.write() as connection:
            accepted, _ = feeds.accept(
                connection, FEED, Verdict(messages=1), now=NOW, window=timedelta(0)
            )
    assert accepted.feed_submission_id == FIRST_FEED_SUBMISSION_ID + 1
