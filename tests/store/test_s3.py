"""Documents in a bucket: whole or none, checked, and an outage is no damage."""

from __future__ import annotations

import hashlib
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest

from app.store.backends import is_outage
from app.store.documents import DocumentDamaged, DocumentsUnreachable
from app.store.s3 import S3Documents
from tests.buckets import Bucket
from tests.queues import QueueServer, closed_origin

CONTENT = b"<AmazonEnvelope/>" * 200_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def store(bucket: Bucket, tmp_path: Path, ids: Callable[[], str]) -> S3Documents:
    return bucket.documents(tmp_path / "spool", ids)


def stored(store: S3Documents, content: bytes = CONTENT) -> str:
    with store.new() as writer:
        for start in range(0, len(content), 65_536):
            writer.write(content[start : start + 65_536])
        return writer.commit()


def spooled(tmp_path: Path) -> list[Path]:
    return [*(tmp_path / "spool").iterdir()]


def test_a_document_comes_back_as_it_went(
    store: S3Documents, bucket: Bucket, tmp_path: Path
) -> None:
    """Its bytes and digest; nothing of it stays on this machine."""
    document_id = stored(store)

    with store.open_checked(document_id, SHA256) as document:
        assert document.read(7) == CONTENT[:7]
        assert document.seek(0, 2) == len(CONTENT)
        document.seek(0)
        assert document.read() == CONTENT
    assert bucket.keys() == [f"feeds/{document_id}"]
    assert spooled(tmp_path) == []


def test_nothing_is_in_the_bucket_before_the_commit(
    store: S3Documents, bucket: Bucket, tmp_path: Path
) -> None:
    """The gate reads a document that may yet be refused; then nothing is kept."""
    with store.new() as writer:
        writer.write(b"short")
        with writer.open() as document:
            assert document.read() == b"short"
        assert writer.sha256 == hashlib.sha256(b"short").hexdigest()

    assert bucket.keys() == []
    assert spooled(tmp_path) == []


def test_other_nodes_read_what_one_has_written(
    store: S3Documents, bucket: Bucket, tmp_path: Path, ids: Callable[[], str]
) -> None:
    """Nodes share the bucket and nothing else."""
    elsewhere = bucket.documents(tmp_path / "another-node", ids)

    with elsewhere.open_checked(stored(store), SHA256) as document:
        assert document.read() == CONTENT


def test_a_document_whose_bytes_changed_is_damaged(
    store: S3Documents, bucket: Bucket, tmp_path: Path
) -> None:
    """The verdict was given on other bytes (design D2.3)."""
    document_id = stored(store)
    bucket.client.put_object(
        Bucket=bucket.name, Key=f"feeds/{document_id}", Body=CONTENT[:-1] + b"!"
    )

    with pytest.raises(DocumentDamaged, match="has SHA-256"):
        store.open_checked(document_id, SHA256)
    assert spooled(tmp_path) == []


def test_a_deleted_document_is_missing_which_is_damage(store: S3Documents) -> None:
    """Deleting it twice is no error: retention may be interrupted and run again."""
    document_id = stored(store, b"x")

    store.delete(document_id)
    store.delete(document_id)

    with pytest.raises(DocumentDamaged, match="is missing"):
        store.open(document_id)


def test_a_bucket_that_is_not_there_is_an_outage(
    queues: QueueServer, tmp_path: Path, ids: Callable[[], str]
) -> None:
    """No feed is lost by a wrong name or a missing right: workers wait."""
    store = S3Documents("s3://no-such-bucket", queues.origin, tmp_path / "spool", ids)
    writer = store.new()

    for use in (lambda: store.open("x"), writer.commit, store.check):
        with pytest.raises(DocumentsUnreachable, match="no-such-bucket") as raised:
            use()
        assert is_outage(raised.value)
    writer.discard()


def test_a_server_that_is_not_there_is_an_outage(
    tmp_path: Path, ids: Callable[[], str]
) -> None:
    """The process starts without it, and waits."""
    store = S3Documents("s3://bucket/feeds", closed_origin(), tmp_path / "spool", ids)

    with pytest.raises(DocumentsUnreachable):
        store.open("x")


def test_an_answer_that_is_cut_is_an_outage_and_hands_nothing_on(
    tmp_path: Path, ids: Callable[[], str]
) -> None:
    """The server ends in the middle of a body that it had announced as longer."""
    listening = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        with listening.accept()[0] as connection:
            connection.recv(65_536)
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n"
                b"Content-Type: text/xml\r\n\r\n" + b"<cut" * 1000
            )

    server = Thread(target=answer)
    server.start()
    origin = f"http://127.0.0.1:{listening.getsockname()[1]}"
    store = S3Documents("s3://bucket", origin, tmp_path / "spool", ids)

    with pytest.raises(DocumentsUnreachable):
        store.open("x")
    server.join()
    listening.close()
    assert spooled(tmp_path) == []


@pytest.mark.parametrize("url", ["s3:/bucket", "s3://Bucket/x", "https://bucket"])
def test_a_url_of_another_form_is_refused(
    url: str, tmp_path: Path, ids: Callable[[], str]
) -> None:
    """By its name, when the process starts."""
    with pytest.raises(ValueError, match="is not of the form s3://bucket/prefix"):
        S3Documents(url, "", tmp_path / "spool", ids)


def test_the_sweep_removes_only_old_documents_that_nothing_knows(
    bucket: Bucket, tmp_path: Path, ids: Callable[[], str]
) -> None:
    """What others keep in the bucket, or is named otherwise, is not touched."""
    fixed = [f"{prefix}{ids()[2:]}" for prefix in ("aa", "ab", "ac", "ff")]
    store = bucket.documents(tmp_path / "spool", iter(fixed).__next__)
    for _ in fixed:
        stored(store, b"x")
    store.check()
    for key in ("feeds/readme.txt", fixed[1], f"feeds/deeper/{fixed[1]}"):
        bucket.client.put_object(Bucket=bucket.name, Key=key, Body=b"x")
    before = bucket.keys()
    known = [fixed[0], "ab00", fixed[3], "zz"]

    young = store.sweep(known, datetime.now(UTC) - timedelta(hours=24))
    swept = store.sweep(known, datetime.now(UTC) + timedelta(hours=1))

    assert (young, swept) == (0, 2)
    gone = {f"feeds/{fixed[1]}", f"feeds/{fixed[2]}"}
    assert set(before) - set(bucket.keys()) == gone


def test_the_sweep_clears_what_a_killed_process_left_in_the_spool(
    store: S3Documents, tmp_path: Path
) -> None:
    """A process killed while it receives a feed discards nothing."""
    writer = store.new()
    writer.write(b"half a feed")

    assert store.sweep([], datetime.now(UTC) + timedelta(hours=1)) == 1
    assert spooled(tmp_path) == []
    writer.discard()


def test_a_large_document_is_never_held_whole(bucket: Bucket, tmp_path: Path) -> None:
    """In a process of its own with 16 MB to spare, 40 MB go in and come out."""
    code = f"""
import resource
from uuid import uuid4
from pathlib import Path
from app.store.s3 import S3Documents

store = S3Documents({bucket.url!r}, {bucket.endpoint!r}, Path({str(tmp_path)!r}),
                    lambda: str(uuid4()))
store.check()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with store.new() as writer:
    for _ in range(40):
        writer.write(bytes(1_000_000))
    sha256 = writer.sha256
    document_id = writer.commit()
store.open_checked(document_id, sha256).close()
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert after - before < 16_000, after - before
"""

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
