"""Backups: all tables as of one moment, and every document that they name.

A folder: `tables/<name>.jsonl.gz`, `documents/`, and `manifest.json`, which is written
last, so that a backup that has none is not whole.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from app.model.times import to_iso
from app.store import dump
from app.store.backends import Database, migrate, newest_revision, revision_of
from app.store.documents import DocumentDamaged, Documents, FileDocuments
from app.store.feeds import document_ids

_FORMAT = 1
_MANIFEST = "manifest.json"
_PIECE_BYTES = 1_048_576


class BackupError(Exception):
    """A backup cannot be made or used; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a backup holds; `gone` were removed by retention while it was made."""

    rows: int
    documents: int
    document_bytes: int
    gone: int


class NextId:
    """The id of the next document of a store that only copies."""

    def __init__(self) -> None:
        """Start with none."""
        self.value = ""

    def __call__(self) -> str:
        """Return it."""
        return self.value


def back_up(
    database: Database, documents: Documents, folder: Path, now: datetime
) -> Summary:
    """Write a backup into a new folder, while feeds may go on.

    Documents are durable before a row names them and are never changed, so those that
    the snapshot names are all there afterwards. Raises BackupError.
    """
    if folder.exists() and any(folder.iterdir()):
        raise BackupError(f"{folder} is not empty: give a new folder")
    revision = revision_of(database)
    if revision != newest_revision():
        raise BackupError(
            f"the database is at revision {revision}: run `feedgate migrate` first"
        )
    (folder / "tables").mkdir(parents=True)
    listed = folder / "documents.jsonl"
    wanted = folder / "wanted"
    with database.snapshot() as connection:
        tables = [
            _write_table(folder, table.name, table.c.keys(), rows)
            for table in dump.dumped_tables()
            for rows in [dump.dump(connection, table)]
        ]
        numbers = dump.last_numbers(connection)
        with closing(document_ids(connection)) as ids, wanted.open("w") as file:
            file.writelines(f"{document_id}\n" for document_id in ids)
    copied = _copy_documents(database, documents, folder, wanted, listed)
    wanted.unlink()
    manifest = {
        "format": _FORMAT,
        "made_at": to_iso(now),
        "revision": revision,
        "database": database.dialect_name,
        "tables": tables,
        "last_numbers": numbers,
        "documents": {"number": copied.documents, "sha256": _sha256_of(listed)},
    }
    _write_through(folder / "tables", listed)
    (folder / _MANIFEST).write_text(f"{json.dumps(manifest, indent=2)}\n")
    _write_through(folder, folder / _MANIFEST)
    return Summary(
        sum(table["rows"] for table in tables),
        copied.documents,
        copied.document_bytes,
        copied.gone,
    )


def restore(
    url: str,
    open_database: Callable[[str], Database],
    open_documents: Callable[[NextId], Documents],
    folder: Path,
) -> Summary:
    """Put a backup into an empty database, of either kind, and a document store.

    Everything is compared with its digest before anything is written; the tables come
    in one transaction. Raises BackupError.
    """
    manifest = _read_manifest(folder)
    for table in manifest["tables"]:
        if _sha256_of(_table_file(folder, table["name"])) != table["sha256"]:
            raise BackupError(f"table {table['name']} of the backup is damaged")
    if _sha256_of(folder / "documents.jsonl") != manifest["documents"]["sha256"]:
        raise BackupError("the list of documents of the backup is damaged")
    database = open_database(url)
    try:
        _prepare(url, database, manifest["revision"])
        number, size = _restore_documents(folder, open_documents)
        with database.write() as connection:
            rows = sum(
                dump.load(
                    connection,
                    table["name"],
                    table["columns"],
                    _lines(_table_file(folder, table["name"])),
                )
                for table in manifest["tables"]
            )
            dump.go_on_behind(connection, manifest["last_numbers"])
    finally:
        database.close()
    migrate(url)
    return Summary(rows, number, size, 0)


def _prepare(url: str, database: Database, revision: str) -> None:
    """See that a database is empty and at the revision of the backup."""
    found = revision_of(database)
    if found is None:
        migrate(url, revision)
    elif found != revision:
        raise BackupError(
            f"the backup is of revision {revision}, the database of {found}: give a "
            "database that was never migrated"
        )
    with database.read() as connection:
        if not dump.is_empty(connection):
            raise BackupError("the database is not empty: give an empty one")


def _write_table(
    folder: Path, name: str, columns: list[str], lines: Iterable[bytes]
) -> dict[str, Any]:
    path, rows, content = _table_file(folder, name), 0, hashlib.sha256()
    with gzip.open(path, "wb", compresslevel=6) as file:
        for line in lines:
            file.write(line)
            content.update(line)
            rows += 1
    return {
        "name": name,
        "columns": columns,
        "rows": rows,
        "sha256": _sha256_of(path),
        # Of the lines themselves: equal for equal rows, whatever compressed them.
        "content_sha256": content.hexdigest(),
    }


def _copy_documents(
    database: Database, documents: Documents, folder: Path, wanted: Path, listed: Path
) -> Summary:
    next_id = NextId()
    copies = FileDocuments(folder / "documents", next_id)
    number = size = 0
    missing: list[str] = []
    with wanted.open() as ids, listed.open("w") as file:
        for line in ids:
            next_id.value = line.strip()
            try:
                with documents.open(next_id.value) as document:
                    sha256, length = _copy(document, copies)
            except DocumentDamaged:
                missing.append(next_id.value)
                continue
            number, size = number + 1, size + length
            file.write(json.dumps([next_id.value, sha256, length]) + "\n")
    if missing:
        _check_removed(database, missing)
    return Summary(0, number, size, len(missing))


def _check_removed(database: Database, missing: list[str]) -> None:
    """Accept that documents are missing only if nothing names them any more."""
    with database.read() as connection, closing(document_ids(connection)) as ids:
        still = set(missing) & set(ids)
    if still:
        raise BackupError(
            f"{len(still)} documents are missing from the document store, such as "
            f"{min(still)}: bring them back, or `feedgate feeds list` shows whose "
            "they are"
        )


def _copy(document: BinaryIO, target: Documents) -> tuple[str, int]:
    with target.new() as writer:
        while piece := document.read(_PIECE_BYTES):
            writer.write(piece)
        sha256, size = writer.sha256, writer.size
        writer.commit()
    return sha256, size


def _restore_documents(
    folder: Path, open_documents: Callable[[NextId], Documents]
) -> tuple[int, int]:
    """Compare every document with its digest, then put all into the store."""
    copies = FileDocuments(folder / "documents", NextId())
    listed = folder / "documents.jsonl"
    for line in _lines(listed):
        document_id, sha256, _ = json.loads(line)
        try:
            copies.open_checked(document_id, sha256).close()
        except DocumentDamaged as error:
            raise BackupError(f"the backup is damaged: {error}") from error
    next_id = NextId()
    target = open_documents(next_id)
    number = total = 0
    for line in _lines(listed):
        next_id.value, _, size = json.loads(line)
        with copies.open(next_id.value) as document:
            _copy(document, target)
        number, total = number + 1, total + size
    return number, total


def _write_through(*paths: Path) -> None:
    """Have files, and folders with the files in them, survive a loss of power."""
    for path in paths:
        if path.is_dir():
            _write_through(*(each for each in path.iterdir() if each.is_file()))
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _read_manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / _MANIFEST).read_bytes())
    except FileNotFoundError:
        raise BackupError(
            f"{folder} has no {_MANIFEST}: it is no backup, or one that was not "
            "finished"
        ) from None
    except ValueError as error:
        raise BackupError(f"{folder / _MANIFEST} is damaged: {error}") from error
    if manifest.get("format") != _FORMAT:
        raise BackupError(f"the backup has format {manifest.get('format')}, not 1")
    return manifest


def _table_file(folder: Path, name: str) -> Path:
    return folder / "tables" / f"{name}.jsonl.gz"


def _lines(path: Path) -> Iterator[bytes]:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        yield from file


def _sha256_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise BackupError(f"{path} is missing from the backup") from None
