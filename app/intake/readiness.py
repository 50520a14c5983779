"""Whether a process can do its work: what proxies and supervisors ask all the time."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from threading import Lock

from app.store.backends import Database, newest_revision, revision_of
from app.store.documents import Documents

_log = logging.getLogger(__name__)

STOPPING = "stopping: this process is about to end"


class Readiness:
    """Looks at database and document store, at most once in a few seconds.

    Anybody may ask, so a look must not cost more for being asked for often, and what is
    wrong is told without names of hosts; the log has those.
    """

    def __init__(
        self, database: Database, documents: Documents, *, keep_seconds: float = 5
    ) -> None:
        """Keep what was found for `keep_seconds`."""
        self._database = database
        self._documents = documents
        self._keep_seconds = keep_seconds
        self._newest = newest_revision()
        self._lock = Lock()
        self._found: tuple[str, ...] = ()
        self._look_at = 0.0
        self._stopping = False

    def stop(self) -> None:
        """Say from now on that the process ends."""
        self._stopping = True

    def faults(self) -> tuple[str, ...]:
        """Return what keeps the process from its work; nothing if it is ready."""
        if self._stopping:
            return (STOPPING,)
        with self._lock:
            if time.monotonic() >= self._look_at:
                self._found = tuple(self._look())
                self._look_at = time.monotonic() + self._keep_seconds
            return self._found

    def _look(self) -> Iterator[str]:
        yield from _failing("database", "it does not answer", self._check_schema)
        yield from _failing("documents", "they cannot be written", self._check_store)

    def _check_schema(self) -> str:
        found = revision_of(self._database)
        if found == self._newest:
            return ""
        return f"it is at revision {found}, not {self._newest}: run feedgate migrate"

    def _check_store(self) -> str:
        self._documents.check()
        return ""


def _failing(name: str, otherwise: str, check: Callable[[], str]) -> Iterator[str]:
    try:
        fault = check()
    except Exception as error:
        # The driver's own error: SQLAlchemy's text has the statement's values.
        _log.warning("not ready, %s: %s", name, getattr(error, "orig", None) or error)
        fault = otherwise
    if fault:
        yield f"{name}: {fault}"
