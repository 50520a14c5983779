"""What `feedgate doctor` looks at: each check says how it is, or what to do."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.intake.seals import KEY_FILE, SealBroken, Seals
from app.store import accounts, webhooks
from app.store.backends import Database, newest_revision, now_of, revision_of
from app.store.census import take_census
from app.store.documents import DocumentDamaged, Documents

_MOST_SECONDS_APART = 60
_SHOWN = 3
_GIB = 1_073_741_824


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, what was found, and what to do if that is not well."""

    name: str
    is_well: bool
    found: str
    advice: str = ""


class _Sick(Exception):
    """A check failed: what was found, and what to do."""

    def __init__(self, found: str, advice: str) -> None:
        super().__init__(found)
        self.found, self.advice = found, advice


@dataclass(frozen=True, slots=True)
class Doctor:
    """Looks at the parts of an installation.

    `database` and `documents` open them, or raise; `folders` are those that must have
    `free_bytes` of room.
    """

    database: Callable[[], Database]
    documents: Callable[[], Documents]
    clock: Callable[[], datetime]
    secret_key: str
    home: Path
    folders: tuple[Path, ...]
    free_bytes: int = _GIB

    def checks(self) -> Iterator[Check]:
        """Look at one thing after the other; those behind a dead database fail too."""
        for name, look in (
            ("database", self._database),
            ("schema", self._schema),
            ("documents", self._documents),
            ("clock", self._clock),
            ("keys", self._keys),
            ("webhooks", self._webhooks),
            ("disk", self._disk),
            ("workers", self._workers),
        ):
            try:
                yield Check(name, True, look())
            except _Sick as sick:
                yield Check(name, False, sick.found, sick.advice)
            except Exception as error:
                reason = str(getattr(error, "orig", None) or error).strip()
                yield Check(name, False, reason.splitlines()[0], _ADVICE[name])

    def _database(self) -> str:
        with self._opened() as database:
            now_of(database)
            return f"{database.dialect_name} answers"

    def _schema(self) -> str:
        newest = newest_revision()
        with self._opened() as database:
            found = revision_of(database)
        if found != newest:
            raise _Sick(
                f"revision {found or 'none'}, expected {newest}",
                "Run `feedgate migrate` (a newer revision: install its release).",
            )
        return f"revision {found}"

    def _documents(self) -> str:
        store = self.documents()
        with store.new() as writer:
            writer.write(b"feedgate doctor")
            sha256 = writer.sha256
            document_id = writer.commit()
        try:
            store.open_checked(document_id, sha256).close()
        except DocumentDamaged as error:
            raise _Sick(str(error), "The store does not keep what it takes.") from error
        finally:
            store.delete(document_id)
        return "a document was written, read and removed"

    def _clock(self) -> str:
        with self._opened() as database:
            theirs = now_of(database)
        apart = abs((self.clock() - theirs).total_seconds())
        if apart > _MOST_SECONDS_APART:
            raise _Sick(
                f"{apart:.0f} s apart from the database's",
                "Run a time service (NTP) on both machines: signatures are refused "
                "by a clock that is wrong.",
            )
        return f"{apart:.1f} s apart from the database's"

    def _keys(self) -> str:
        with self._opened() as database, database.read() as connection:
            sealed = [
                (key.access_key_id, key.sealed_secret)
                for key in accounts.list_access_keys(connection)
                if key.revoked_at is None
            ]
        return self._opening("access keys", sealed, "`feedgate accounts rotate`")

    def _webhooks(self) -> str:
        now = self.clock()
        with self._opened() as database, database.read() as connection:
            sealed = [
                (endpoint.endpoint_id, secret)
                for endpoint in webhooks.endpoints(connection)
                for secret in endpoint.live_secrets(now)
            ]
        return self._opening("webhook secrets", sealed, "`feedgate webhooks rotate`")

    def _opening(self, what: str, sealed: list[tuple[str, str]], remedy: str) -> str:
        """Open what was sealed, pairs of whose it is and the text."""
        seals = self._seals()
        if seals is None:
            if sealed:
                raise _Sick(
                    f"{self.home / KEY_FILE} is missing, which {len(sealed)} {what} "
                    "are sealed with",
                    "Bring the file back, or set FEEDGATE_SECRET_KEY.",
                )
            return "none is needed yet"
        closed = [name for name, text in sealed if not _opens(seals, text)]
        if closed:
            more = f" and {len(closed) - _SHOWN} more" if len(closed) > _SHOWN else ""
            raise _Sick(
                f"{len(closed)} of {len(sealed)} {what} do not open: "
                f"{', '.join(closed[:_SHOWN])}{more}",
                "Add the key that they were sealed with to FEEDGATE_SECRET_KEY, or "
                f"make new ones with {remedy}.",
            )
        return f"{len(sealed)} {what} open"

    def _seals(self) -> Seals | None:
        """Return the seals as they are; a missing key file is not made here."""
        given = [key.strip() for key in self.secret_key.split(",") if key.strip()]
        if given:
            return Seals(given)
        path = self.home / KEY_FILE
        if not path.exists():
            return None
        if path.stat().st_mode & 0o077:
            raise _Sick(
                f"others may read {path}", f"Run `chmod 600 {path}`, and rotate keys."
            )
        return Seals([path.read_text("ascii").strip()])

    def _disk(self) -> str:
        least: tuple[int, Path] | None = None
        for folder in self.folders:
            there = _existing(folder)
            free = shutil.disk_usage(there).free
            if free < self.free_bytes:
                raise _Sick(
                    f"{free / _GIB:.1f} GiB free at {folder}",
                    f"Make room: {self.free_bytes / _GIB:.1f} GiB at least.",
                )
            least = min(least or (free, there), (free, there))
        return "no folder" if least is None else f"{least[0] / _GIB:.1f} GiB free"

    def _workers(self) -> str:
        with self._opened() as database, database.read() as connection:
            census = take_census(connection)
        waiting = sum(each.waiting for each in census.queued)
        if waiting and not census.workers:
            raise _Sick(
                f"{waiting} feeds wait, and no worker is on the roster",
                "Start `feedgate work`, or `feedgate serve` with --workers.",
            )
        return f"{census.workers} on the roster, {waiting} feeds wait"

    def _opened(self) -> closing[Database]:
        return closing(self.database())


def _opens(seals: Seals, text: str) -> bool:
    try:
        seals.open(text)
    except SealBroken:
        return False
    return True


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder


_DATABASE = "Start the database, and check FEEDGATE_DATABASE_URL and FEEDGATE_HOME."
_SEALED = "Check FEEDGATE_SECRET_KEY: 44 characters each, separated by commas."
_ADVICE = {
    "database": _DATABASE,
    "schema": _DATABASE,
    "documents": "Check FEEDGATE_DOCUMENTS or FEEDGATE_DOCUMENTS_URL, that the folder "
    "or bucket is there, and that this user may write.",
    "clock": _DATABASE,
    "keys": _SEALED,
    "webhooks": _SEALED,
    "disk": "Check that the folders can be read.",
    "workers": _DATABASE,
}
