"""The migrations make what app/store/tables.py describes."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, make_url, text

from app.resources import migrations_folder
from app.store.backends import Database, migrate, newest_revision, open_database
from app.store.tables import metadata
from tests import postgres

_COLUMNS = """
    SELECT table_name, column_name, data_type, character_maximum_length, is_nullable,
           column_default, is_identity, identity_generation, identity_start
    FROM information_schema.columns WHERE table_schema = 'public'
"""
_CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
"""
_INDEXES = """
    SELECT tablename, indexname, indexdef
    FROM pg_indexes WHERE schemaname = 'public'
"""


def test_a_migrated_sqlite_file_has_the_tables_as_described(
    sqlite_url: str, tmp_path: Path
) -> None:
    """The code is written against tables.py; users have what migrations made."""
    described = create_engine(f"sqlite:///{tmp_path / 'described.db'}")
    metadata.create_all(described)

    migrated = _sqlite_schema(Path(make_url(sqlite_url).database or ""))

    assert migrated == _sqlite_schema(tmp_path / "described.db")
    described.dispose()


def _sqlite_schema(path: Path) -> dict[str, str]:
    connection = sqlite3.connect(path)
    rows = connection.execute(
        "SELECT name, sql FROM sqlite_master"
        " WHERE sql IS NOT NULL AND name <> 'alembic_version'"
    ).fetchall()
    connection.close()
    # A column that a migration adds comes without the line breaks of the others.
    return {
        name: re.sub(r"\s*([,()]|\s)\s*", r"\1", re.sub(r"\s+", " ", sql))
        for name, sql in rows
    }


def test_a_migrated_postgresql_database_has_the_tables_as_described(
    postgresql_url: str,
) -> None:
    """The same for PostgreSQL, whose catalogues tell more than its DDL."""
    engine = create_engine(postgresql_url)
    migrated = _postgresql_schema(postgresql_url)

    with engine.begin() as connection:
        connection.execute(text("ALTER SCHEMA public RENAME TO kept"))
        connection.execute(text("CREATE SCHEMA public"))
        metadata.create_all(connection)
    try:
        described = _postgresql_schema(postgresql_url)
    finally:
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("ALTER SCHEMA kept RENAME TO public"))
        engine.dispose()

    assert migrated == described


def _postgresql_schema(url: str) -> set[tuple[object, ...]]:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = {
            tuple(row)
            for query in (_COLUMNS, _CONSTRAINTS, _INDEXES)
            for row in connection.execute(text(query))
            if row[0] != "alembic_version"
        }
    engine.dispose()
    return found


def test_processes_that_start_at_once_migrate_a_sqlite_file_once(
    tmp_path: Path,
) -> None:
    """`serve` and `work` may come up together, on a machine that had neither."""
    url = f"sqlite:///{tmp_path / 'new' / 'feedgate.db'}"

    ended = _migrate_in_processes(url, 3)

    assert ended == [0, 0, 0]
    assert _revisions(url) == [_newest()]


def test_nodes_that_start_at_once_migrate_a_postgresql_database_once(
    postgresql_url: str,
) -> None:
    """So may several nodes."""
    with postgres.new_database(make_url(postgresql_url)) as url:
        ended = _migrate_in_processes(url, 3)

        assert ended == [0, 0, 0]
        assert _revisions(url) == [_newest()]


def test_the_newest_revision_is_found_without_alembic() -> None:
    """A service that has nothing to migrate starts, and rests, without it."""
    assert newest_revision() == _newest()


def _newest() -> str | None:
    """Return the revision that migrating must lead to."""
    return ScriptDirectory(str(migrations_folder())).get_current_head()


def _migrate_in_processes(url: str, count: int) -> list[int]:
    code = f"from app.store.backends import migrate; migrate({url!r})"
    command = [sys.executable, "-c", code]
    starting = [subprocess.Popen(command) for _ in range(count)]
    return [process.wait() for process in starting]


def _revisions(url: str) -> list[str]:
    database = open_database(url)
    with database.read() as connection:
        found = connection.scalars(text("SELECT version_num FROM alembic_version"))
        revisions = list(found)
    database.close()
    return revisions


def test_migrating_a_migrated_database_keeps_its_rows(
    database: Database, database_url: str, add_feed: Callable[..., int]
) -> None:
    """`make run` migrates at every start."""
    feed = add_feed()

    migrate(database_url)

    assert feed == 50_000_000_001
    assert add_feed() == 50_000_000_002


@pytest.mark.parametrize(
    "url", ["mysql://localhost/x", "sqlite://", "sqlite:///:memory:"]
)
def test_a_url_that_no_backend_takes_is_refused_by_name(url: str) -> None:
    """A database in memory would be another one for each connection."""
    with pytest.raises(ValueError, match=r"sqlite|SQLite"):
        open_database(url)
