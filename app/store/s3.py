"""Documents in a bucket that speaks the protocol of S3, through boto3.

A document is one object, put by one request: it is there whole, or not at all. On its
way in or out it lies in a file of the spool, never in memory. Keys and region come
from boto3's own chain: environment, files, the role of the machine.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from io import BufferedRandom
from pathlib import Path
from typing import Any, BinaryIO

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from app.store.documents import (
    DocumentDamaged,
    DocumentsUnreachable,
    SpooledWriter,
    checked,
    make_folder,
    md5_base64,
    sweep_folder,
    unknown,
)

_URL = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?")
_DOCUMENT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CHECK = "check"
_PIECE_BYTES = 1_048_576
_CONNECT_SECONDS = 5
_READ_SECONDS = 60
_ATTEMPTS = 3
_CONNECTIONS = 50


class S3Documents:
    """Documents as objects `prefix/<id>` of a bucket."""

    def __init__(
        self, url: str, endpoint: str, spool: Path, ids: Callable[[], str]
    ) -> None:
        """Keep documents under `url`, s3://bucket/prefix; nothing is asked yet.

        `endpoint` is the URL of the server, empty for that of AWS or of
        AWS_ENDPOINT_URL_S3. Raises ValueError for a URL of another form, or where a
        credential or an endpoint cannot be used.
        """
        found = _URL.fullmatch(url)
        if found is None:
            raise ValueError(f'"{url}" is not of the form s3://bucket/prefix')
        self._bucket = found[1]
        prefix = (found[2] or "").strip("/")
        self._prefix = f"{prefix}/" if prefix else ""
        self._spool = spool
        self._ids = ids
        make_folder(spool)
        try:
            self._client = _connect(endpoint)
        except (BotoCoreError, ValueError) as error:
            raise ValueError(f"the store of documents: {error}") from error

    def new(self) -> S3DocumentWriter:
        """Begin a document in the spool."""
        document_id = self._ids()
        temporary = self._spool / document_id
        return S3DocumentWriter(document_id, temporary, self._put)

    def open(self, document_id: str) -> BufferedRandom:
        """Fetch a document into the spool, and open it there."""
        document = tempfile.TemporaryFile(dir=self._spool)  # noqa: SIM115 # returned
        try:
            with self._reached():
                found = self._client.get_object(
                    Bucket=self._bucket, Key=self._key(document_id)
                )
                with closing(found["Body"]) as body:
                    # A body that is cut raises IncompleteReadError at its end.
                    for piece in body.iter_chunks(_PIECE_BYTES):
                        document.write(piece)
            document.seek(0)
        except BaseException as error:
            document.close()
            if isinstance(error, _Absent):
                raise DocumentDamaged(f"document {document_id} is missing") from error
            raise
        return document

    def open_checked(self, document_id: str, sha256: str) -> BufferedRandom:
        """Open a document after its bytes were compared with their SHA-256."""
        return checked(self.open(document_id), document_id, sha256)

    def delete(self, document_id: str) -> None:
        """Remove a document."""
        with self._reached():
            self._client.delete_object(Bucket=self._bucket, Key=self._key(document_id))

    def check(self) -> None:
        """Put an object that is always the same one."""
        with self._reached():
            self._client.put_object(
                Bucket=self._bucket, Key=f"{self._prefix}{_CHECK}", Body=b"check"
            )

    def sweep(self, known: Iterable[str], older_than: datetime) -> int:
        """Remove old orphans by walking the objects and the ids in use side by side.

        S3 lists keys ascending by their bytes. What is not named as a document is not
        ours and stays.
        """
        swept = 0
        for document_id, written in unknown(self._listed(), known, lambda row: row[0]):
            if written < older_than:
                self.delete(document_id)
                swept += 1
        return swept + sweep_folder(self._spool, older_than)

    def _listed(self) -> Iterator[tuple[str, datetime]]:
        """Yield every document with the time when it was written."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix, Delimiter="/"
        )
        with self._reached():
            for page in pages:
                for each in page.get("Contents", ()):
                    name = each["Key"].removeprefix(self._prefix)
                    if _DOCUMENT_ID.fullmatch(name):
                        yield name, each["LastModified"]

    def _put(self, document_id: str, content: BinaryIO, md5: bytes) -> None:
        """Store an object; the server compares the MD5 before it keeps anything."""
        with self._reached():
            self._client.put_object(
                Bucket=self._bucket,
                Key=self._key(document_id),
                Body=content,
                ContentMD5=md5_base64(md5),
            )

    def _key(self, document_id: str) -> str:
        return f"{self._prefix}{document_id}"

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """Tell an object that is not there from a store that cannot be used.

        Whatever else goes wrong says nothing about a document: no bucket, keys that
        are refused, an answer that is cut, 500 and 503. Workers wait for its end.
        """
        try:
            yield
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "NoSuchKey":
                raise _Absent from error
            raise self._out_of_reach(error) from error
        except BotoCoreError as error:
            raise self._out_of_reach(error) from error

    def _out_of_reach(self, error: Exception) -> DocumentsUnreachable:
        return DocumentsUnreachable(f"bucket {self._bucket}: {error}")


class S3DocumentWriter(SpooledWriter):
    """Becomes an object of the bucket."""

    def __init__(
        self,
        document_id: str,
        temporary: Path,
        put: Callable[[str, BinaryIO, bytes], None],
    ) -> None:
        """Write to `temporary` until `commit` hands it to `put`."""
        super().__init__(document_id, temporary)
        self._put = put

    def commit(self) -> str:
        """Send the document; it is durable once the server has answered."""
        with self.open() as content:
            self._put(self._document_id, content, self.md5)
        self.discard()
        return self._document_id


class _Absent(Exception):
    """There is no such object."""


def _connect(endpoint: str) -> Any:
    session = boto3.session.Session()
    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"total_max_attempts": _ATTEMPTS, "mode": "standard"},
        max_pool_connections=_CONNECTIONS,
        # Content-MD5 guards what is sent; other stores know no newer checksums.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path"} if endpoint else {},
    )
    return session.client(
        "s3",
        endpoint_url=endpoint or None,
        region_name=session.region_name or "us-east-1",
        config=config,
    )
