"""Keys of the Admin API: made, listed, revoked, and asked who calls.

A key is its id, a dot and 43 random characters. It has 256 random bits, so a plain
SHA-256 of it is kept: there is nothing to guess (decision 0031).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from app.intake.outages import outages_refused
from app.store import admin_keys, audit
from app.store.admin_keys import AdminKey as AdminKey
from app.store.backends import Database

_CAUSE = "operator"
_ID_CHARACTERS = string.ascii_uppercase + string.digits
_KEY = re.compile(r"(FGADM[A-Z0-9]{12})\.[\w-]{43}", re.ASCII)
_NAME = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,100}")


class Scope(StrEnum):
    """What a key may do."""

    ORDERS_WRITE = "orders:write"
    ORDERS_READ = "orders:read"
    SUBMISSIONS_READ = "submissions:read"
    ACCOUNTS_READ = "accounts:read"
    ACCOUNTS_WRITE = "accounts:write"
    EFFECTS_READ = "effects:read"


class AdminKeyError(ValueError):
    """A key cannot be made or revoked as asked; the text says why."""


class AdminKeys:
    """Makes keys, and says whose a presented one is."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        """Keep keys in a database."""
        self._database = database
        self._clock = clock

    def create(
        self, name: str, scopes: Iterable[Scope], lasts: timedelta | None = None
    ) -> tuple[AdminKey, str]:
        """Make a key; return it as it is kept, and the text that is shown this once.

        Raises AdminKeyError for a name or a duration that cannot be, or no scope.
        """
        granted = " ".join(sorted(set(scopes)))
        if not name.strip() or not _NAME.fullmatch(name):
            raise AdminKeyError(
                "a key needs a name of 1 to 100 characters without control characters"
            )
        if not granted:
            raise AdminKeyError(f"a key needs a scope: {', '.join(Scope)}")
        now = self._clock()
        try:
            expires_at = None if lasts is None else now + lasts
        except OverflowError as error:
            raise AdminKeyError("the key would outlast the calendar") from error
        key_id = "FGADM" + "".join(secrets.choice(_ID_CHARACTERS) for _ in range(12))
        text = f"{key_id}.{secrets.token_urlsafe(32)}"
        key = AdminKey(key_id, name, _digest(text), granted, now, expires_at, None)
        with self._database.write() as connection:
            admin_keys.add(connection, key)
            content = {"key_id": key_id, "name": name, "scopes": granted}
            audit.note(
                connection,
                audit.OPERATOR,
                "CreateAdminKey",
                content,
                cause=_CAUSE,
                now=now,
            )
        return key, text

    def list(self) -> list[AdminKey]:
        """Return all keys, oldest first."""
        with self._database.read() as connection:
            return admin_keys.list_keys(connection)

    def revoke(self, key_id: str) -> None:
        """End a key at once; raises AdminKeyError if there is none to end."""
        now = self._clock()
        with self._database.write() as connection:
            if not admin_keys.revoke(connection, key_id, now):
                raise AdminKeyError(
                    f'there is no admin key "{key_id[:60]}" that could be revoked'
                )
            content = {"key_id": key_id}
            audit.note(
                connection,
                audit.OPERATOR,
                "RevokeAdminKey",
                content,
                cause=_CAUSE,
                now=now,
            )

    @outages_refused
    def find(self, text: str) -> AdminKey | None:
        """Return the key in force that a text is, if it is one."""
        shape = _KEY.fullmatch(text)
        if shape is None:
            return None
        with self._database.read() as connection:
            key = admin_keys.find(connection, shape[1])
        if key is None or not key.is_in_force(self._clock()):
            return None
        return key if hmac.compare_digest(key.sha256, _digest(text)) else None

    @outages_refused
    def is_still_in_force(self, key: AdminKey) -> bool:
        """Whether a key that was found before may be used now."""
        with self._database.read() as connection:
            now_kept = admin_keys.find(connection, key.key_id)
        return now_kept is not None and now_kept.is_in_force(self._clock())

    @outages_refused
    def is_any_in_force(self) -> bool:
        """Whether the Admin API is on."""
        with self._database.read() as connection:
            return admin_keys.is_any_in_force(connection, self._clock())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
