"""The document store: whole documents or none, and nothing left over."""

from __future__ import annotations

import base64
import errno
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from app.store.backends import is_outage
from app.store.documents import (
    DocumentDamaged,
    DocumentsUnreachable,
    FileDocuments,
    md5_base64,
)
from tests.held import NOON

CONTENT = b"<AmazonEnvelope/>" * 10_000


def stored(documents: FileDocuments, content: bytes = CONTENT) -> str:
    with documents.new() as writer:
        writer.write(content)
        return writer.commit()


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_document_is_read_back_as_it_was_written(documents: FileDocuments) -> None:
    """In the pieces that it arrived in, without ever being held whole."""
    with documents.new() as writer:
        for start in range(0, len(CONTENT), 1_000):
            writer.write(CONTENT[start : start + 1_000])
        document_id = writer.commit()

    with documents.open(document_id) as document:
        assert document.read() == CONTENT


def test_digests_and_size_are_those_of_what_was_written(
    documents: FileDocuments,
) -> None:
    """Content-MD5 is checked against them, and the engine checks the SHA-256."""
    with documents.new() as writer:
        writer.write(CONTENT[:7])
        writer.write(CONTENT[7:])

        assert writer.size == len(CONTENT)
        assert writer.sha256 == hashlib.sha256(CONTENT).hexdigest()
        expected = base64.b64encode(hashlib.md5(CONTENT).digest()).decode()
        assert md5_base64(writer.md5) == expected


def test_what_was_written_can_be_read_before_it_is_committed(
    documents: FileDocuments,
) -> None:
    """The gate reads a document that may yet be refused."""
    with documents.new() as writer:
        writer.write(b"short")
        with writer.open() as document:
            assert document.read() == b"short"


def test_a_document_that_is_not_committed_leaves_nothing(
    documents: FileDocuments, tmp_path: Path
) -> None:
    """A wrong Content-MD5 keeps nothing, nor does a client that hangs up."""
    with documents.new() as writer:
        writer.write(CONTENT)

    assert files_in(tmp_path) == []


def test_a_committed_document_survives_the_end_of_its_writer(
    documents: FileDocuments, tmp_path: Path
) -> None:
    """It lies under its own id, and only there."""
    document_id = stored(documents)

    folder = tmp_path / "documents" / document_id[:2]
    assert files_in(tmp_path) == [folder / document_id]


def test_a_document_is_durable_before_its_id_is_given_out(
    documents: FileDocuments, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The file, and its name in its folder: it outlives a power failure."""
    synced: list[Path] = []
    fsync = os.fsync

    def watch(descriptor: int) -> None:
        synced.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watch)
    document_id = stored(documents)

    shelf = tmp_path / "documents" / document_id[:2]
    assert synced == [shelf / document_id, shelf]


def test_the_shelves_are_durable_before_there_is_a_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of folders made meanwhile, a document would have to wait for each."""
    synced: list[Path] = []
    monkeypatch.setattr(
        os,
        "fsync",
        lambda descriptor: synced.append(
            Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        ),
    )
    folder = tmp_path / "documents"

    FileDocuments(folder, lambda: str(uuid4()))
    of_new = synced[:]
    FileDocuments(folder, lambda: str(uuid4()))

    assert of_new[-1] == folder
    assert synced == of_new
    assert len(list(folder.glob("??"))) == 256


def test_a_document_of_an_earlier_release_is_found_swept_and_removed(
    documents: FileDocuments, tmp_path: Path
) -> None:
    """It had a folder more; both kinds are walked in one order of ids."""
    ids = sorted(stored(documents) for _ in range(600))
    root = tmp_path / "documents"
    for document_id in ids[::2]:
        shelf = root / document_id[:2]
        older = shelf / document_id[2:4]
        older.mkdir(exist_ok=True)
        (shelf / document_id).rename(older / document_id)

    with documents.open(ids[0]) as document:
        assert document.read() == CONTENT
    later = datetime.now(UTC) + timedelta(days=1)
    swept = documents.sweep([each for each in ids if each not in ids[10:14]], later)
    documents.delete(ids[20])

    kept = {path.name for path in files_in(tmp_path)}
    assert swept == 4
    assert kept == set(ids) - set(ids[10:14]) - {ids[20]}


def test_a_deleted_document_is_gone_and_deleting_it_twice_is_no_error(
    documents: FileDocuments,
) -> None:
    """Retention may be interrupted and run again."""
    document_id = stored(documents)

    documents.delete(document_id)
    documents.delete(document_id)

    with pytest.raises(DocumentDamaged, match="is missing"):
        documents.open(document_id)


def test_a_document_is_opened_for_the_engine_only_with_the_bytes_it_had(
    documents: FileDocuments, tmp_path: Path
) -> None:
    """The verdict that the worker trusts was given on exactly these bytes (D2.3)."""
    document_id = stored(documents)
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    with documents.open_checked(document_id, sha256) as document:
        assert document.read() == CONTENT

    [path] = files_in(tmp_path)
    path.write_bytes(CONTENT[:-1] + b"!")

    with pytest.raises(DocumentDamaged, match="has SHA-256"):
        documents.open_checked(document_id, sha256)


def test_a_store_that_is_not_there_is_an_outage_and_no_damage(
    documents: FileDocuments, tmp_path: Path
) -> None:
    """A volume that is not mounted has lost no feed: workers wait for it."""
    document_id = stored(documents)
    (tmp_path / "documents").rename(tmp_path / "elsewhere")
    (tmp_path / "documents").mkdir()

    with pytest.raises(DocumentsUnreachable) as reading:
        documents.open(document_id)
    with pytest.raises(DocumentsUnreachable) as writing:
        documents.new()

    assert is_outage(reading.value)
    assert is_outage(writing.value)


def test_a_full_disk_is_an_outage_and_leaves_nothing(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk, in a process of its own."""
    code = f"""
import resource
from pathlib import Path
from uuid import uuid4
from uuid import uuid4
from app.store.backends import is_outage
from app.store.documents import FileDocuments

resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
documents = FileDocuments(Path({str(tmp_path)!r}), lambda: str(uuid4()))
try:
    with documents.new() as writer:
        writer.write(bytes(200_000))
        writer.commit()
except OSError as error:
    assert is_outage(error), error
else:
    raise AssertionError("there was room")
"""

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert files_in(tmp_path) == []


def test_a_document_that_cannot_be_synced_leaves_nothing(
    documents: FileDocuments, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Some disks are found full or broken only then; no id was given out."""
    stored(documents)
    [kept] = files_in(tmp_path)

    def broken(descriptor: int) -> None:
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="broken"):
        stored(documents)

    assert files_in(tmp_path) == [kept]


# Orphans


def age(path: Path, written: datetime) -> None:
    os.utime(path, (written.timestamp(), written.timestamp()))


def test_the_sweep_removes_only_what_is_old_and_unknown(
    documents: FileDocuments, tmp_path: Path, ids: Callable[[], str]
) -> None:
    """A young document may belong to a submission that is being accepted just now."""
    fixed = [f"{prefix}{ids()[2:]}" for prefix in ("aa", "ab", "ac", "ff")]
    store = FileDocuments(tmp_path / "documents", iter(fixed).__next__)
    kept, orphan, young, also_kept = (stored(store, b"x") for _ in range(4))
    old = datetime.now(UTC) - timedelta(hours=25)
    for path in files_in(tmp_path):
        if path.name != young:
            age(path, old)

    swept = documents.sweep(
        [kept, "ab00-of-another-store", also_kept, "zz"],
        datetime.now(UTC) - timedelta(hours=24),
    )

    assert swept == 1
    left = sorted(path.name for path in files_in(tmp_path))
    assert left == [kept, young, also_kept]
    assert orphan not in left


def test_the_sweep_removes_uploads_that_were_never_finished(
    documents: FileDocuments, tmp_path: Path
) -> None:
    """A process killed while it receives a feed discards nothing."""
    abandoned, running = documents.new(), documents.new()
    for writer in (abandoned, running):
        writer.write(b"half a feed")
        writer.open().close()
    first, second = sorted(files_in(tmp_path))
    age(first, NOON - timedelta(hours=25))
    age(second, NOON)

    swept = documents.sweep([], NOON - timedelta(hours=24))

    assert swept == 1
    assert files_in(tmp_path) == [second]
    abandoned.discard()
    running.discard()


def test_a_store_that_goes_while_a_document_is_written_is_not_made_anew(
    documents: FileDocuments, tmp_path: Path
) -> None:
    """What was written beside a mount point would be hidden once it is back."""
    away = tmp_path / "away"
    with documents.new() as writer:
        writer.write(b"feed")
        (tmp_path / "documents").rename(away)

        with pytest.raises(DocumentsUnreachable, match="not there"):
            writer.commit()

    assert not (tmp_path / "documents").exists()
