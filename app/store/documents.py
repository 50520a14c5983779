"""The document store: feeds and reports, whole and durable once they are committed.

Here as files in a folder; s3.py keeps them in a bucket.
"""

from __future__ import annotations

import base64
import hashlib
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from io import BufferedRandom, BufferedReader
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self, TypeVar

T = TypeVar("T")
D = TypeVar("D", BufferedRandom, BufferedReader)


class DocumentDamaged(Exception):
    """A document is missing, or its bytes are not those that were stored."""


class DocumentsUnreachable(Exception):
    """The document store itself is missing: an outage, not a damaged document."""


class DocumentWriter(Protocol):
    """Takes one new document in, piece by piece; as a context it discards leftovers.

    `size` is in bytes, of what was written so far.
    """

    size: int

    @property
    def md5(self) -> bytes:
        """The raw MD5 of what was written."""

    @property
    def sha256(self) -> str:
        """The SHA-256 of what was written, hexadecimal."""

    def write(self, piece: bytes) -> object:
        """Append bytes. Raises OSError if there is no room."""

    def open(self) -> BinaryIO:
        """Open what was written so far for reading, before it is committed."""

    def commit(self) -> str:
        """Make the document durable and return its id. Raises OSError."""

    def discard(self) -> None:
        """Keep nothing; after `commit` this does nothing."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Documents(Protocol):
    """Where feeds and reports are kept."""

    def new(self) -> DocumentWriter:
        """Begin a document. Raises OSError if there is no room."""

    def open(self, document_id: str) -> BinaryIO:
        """Open a document for reading. Raises DocumentDamaged if it is missing."""

    def open_checked(self, document_id: str, sha256: str) -> BinaryIO:
        """Open a document whose bytes still have that SHA-256 (design D2.3).

        Raises DocumentDamaged if they do not, or if it is missing.
        """

    def delete(self, document_id: str) -> None:
        """Remove a document; one that is not there is no error."""

    def check(self) -> None:
        """Write and keep nothing of note, to see that documents can be written.

        Raises OSError or DocumentsUnreachable if they cannot.
        """

    def sweep(self, known: Iterable[str], older_than: datetime) -> int:
        """Remove old documents that nothing knows of; return how many.

        A crash between a document and its transaction leaves such an orphan.
        `known` holds every id in use, ascending, read after `older_than` was long past.
        """


def md5_base64(digest: bytes) -> str:
    """Write a raw MD5 as Content-MD5 has it."""
    return base64.b64encode(digest).decode("ascii")


_SHELVES = tuple(f"{number:02x}" for number in range(256))


class FileDocuments:
    """Documents as files `folder/ab/<id>`, in a shelf of the id's first two digits.

    The shelves are all made at the start: a document has no new folder to wait for.
    Earlier releases had `folder/ab/cd/<id>`, which is still read.
    """

    def __init__(self, folder: Path, ids: Callable[[], str]) -> None:
        """Keep documents in `folder`, which is made if it is not there."""
        self._folder = folder
        self._incoming = folder / "incoming"
        self._ids = ids
        make_folder(self._incoming)
        missing = set(_SHELVES).difference(os.listdir(folder))
        for name in missing:
            (folder / name).mkdir(exist_ok=True)
        if missing:
            _fsync_folder(folder)

    def new(self) -> FileDocumentWriter:
        """Begin a document under a temporary name."""
        document_id = self._ids()
        temporary = self._incoming / document_id
        try:
            return FileDocumentWriter(document_id, temporary, self._path(document_id))
        except FileNotFoundError as error:
            raise DocumentsUnreachable(f"{self._folder} is not there") from error

    def open(self, document_id: str) -> BufferedReader:
        """Open a document for reading."""
        for path in self._places(document_id):
            with suppress(FileNotFoundError):
                return path.open("rb")
        if not self._incoming.is_dir():
            raise DocumentsUnreachable(f"{self._folder} is not there")
        raise DocumentDamaged(f"document {document_id} is missing")

    def open_checked(self, document_id: str, sha256: str) -> BufferedReader:
        """Open a document after its bytes were compared with their SHA-256."""
        return checked(self.open(document_id), document_id, sha256)

    def delete(self, document_id: str) -> None:
        """Remove a document."""
        for path in self._places(document_id):
            path.unlink(missing_ok=True)

    def check(self) -> None:
        """Write a file and remove it; it needs no wait for the disk."""
        with self.new() as writer:
            writer.write(b"check")
            writer.open().close()

    def sweep(self, known: Iterable[str], older_than: datetime) -> int:
        """Remove old orphans by walking the files and the ids in use side by side."""
        orphans = unknown(self._files(), known, lambda path: path.name)
        swept = sum(_remove_if_older(path, older_than) for path in orphans)
        return swept + sweep_folder(self._incoming, older_than)

    def _files(self) -> Iterator[Path]:
        """Every document, ascending by id."""
        for shelf in sorted(self._folder.glob("??")):
            files = [
                path
                for each in shelf.iterdir()
                for path in (each.iterdir() if each.is_dir() else (each,))
            ]
            yield from sorted(files, key=lambda path: path.name)

    def _places(self, document_id: str) -> tuple[Path, Path]:
        """Return where a document lies, or lay in earlier releases."""
        path = self._path(document_id)
        return path, path.parent / document_id[2:4] / document_id

    def _path(self, document_id: str) -> Path:
        return self._folder / document_id[:2] / document_id


class SpooledWriter(ABC):
    """A document on its way in, in a file of its own; see DocumentWriter."""

    def __init__(self, document_id: str, temporary: Path) -> None:
        """Write to `temporary`, which must not be there."""
        self.size = 0
        self._document_id = document_id
        self._temporary = temporary
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha256 = hashlib.sha256()
        self._file = temporary.open("xb")

    @property
    def md5(self) -> bytes:
        """The raw MD5 of what was written."""
        return self._md5.digest()

    @property
    def sha256(self) -> str:
        """The SHA-256 of what was written, hexadecimal."""
        return self._sha256.hexdigest()

    def write(self, piece: bytes) -> None:
        """Append bytes."""
        self._file.write(piece)
        self._md5.update(piece)
        self._sha256.update(piece)
        self.size += len(piece)

    def open(self) -> BinaryIO:
        """Open what was written so far for reading."""
        self._file.flush()
        return self._temporary.open("rb")

    @abstractmethod
    def commit(self) -> str:
        """Make the document durable and return its id."""

    def discard(self) -> None:
        """Keep nothing of a document that was not committed."""
        # Closing writes what is buffered, for which a full disk has no room.
        with suppress(OSError):
            self._file.close()
        self._temporary.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Discard what was not committed."""
        self.discard()


class FileDocumentWriter(SpooledWriter):
    """Becomes a file of the folder by its new name."""

    def __init__(self, document_id: str, temporary: Path, final: Path) -> None:
        """Write to `temporary` until `commit` makes it `final`."""
        super().__init__(document_id, temporary)
        self._final = final

    def commit(self) -> str:
        """Write bytes and name through to the disk, before anybody knows the name.

        The file is synced under its last name: that takes the name along, so that the
        folder, synced behind it, has nothing more to wait for.
        """
        self._file.flush()
        try:
            self._temporary.replace(self._final)
            os.fsync(self._file.fileno())
            _fsync_folder(self._final.parent)
        except BaseException as error:
            with suppress(OSError):
                self._final.unlink(missing_ok=True)
            if isinstance(error, FileNotFoundError):
                gone = f"{self._final.parent} is not there any more"
                raise DocumentsUnreachable(gone) from error
            raise
        self._file.close()
        return self._document_id


def checked(document: D, document_id: str, sha256: str) -> D:
    """Return an open document at its start, its bytes having that SHA-256.

    Closes it and raises DocumentDamaged if they have another.
    """
    try:
        found = hashlib.file_digest(document, hashlib.sha256).hexdigest()
        if found != sha256:
            raise DocumentDamaged(
                f"document {document_id} has SHA-256 {found}, not {sha256}"
            )
        document.seek(0)
    except BaseException:
        document.close()
        raise
    return document


def unknown(
    stored: Iterable[T], known: Iterable[str], id_of: Callable[[T], str]
) -> Iterator[T]:
    """Yield what is stored under no known id; both ascend by id."""
    ids_in_use = iter(known)
    in_use = next(ids_in_use, None)
    for each in stored:
        while in_use is not None and in_use < id_of(each):
            in_use = next(ids_in_use, None)
        if id_of(each) != in_use:
            yield each


def sweep_folder(folder: Path, older_than: datetime) -> int:
    """Remove what crashed processes left in a folder; return how many."""
    return sum(_remove_if_older(path, older_than) for path in folder.iterdir())


def make_folder(folder: Path) -> None:
    """Make a folder so that it is still there after a loss of power."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _fsync_folder(folder.parent)


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_if_older(path: Path, older_than: datetime) -> bool:
    try:
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        if written >= older_than:
            return False
        path.unlink()
    except FileNotFoundError:
        # Another node sweeps the same folder.
        return False
    return True
