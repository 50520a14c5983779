"""Keys of the Admin API: plain rows, the secret only as its SHA-256."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, or_, select, update

from app.store.tables import admin_key

_key = admin_key.c


@dataclass(frozen=True, slots=True)
class AdminKey:
    """A key as it is kept; `scopes` are separated by blanks."""

    key_id: str
    name: str
    sha256: str
    scopes: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    def is_in_force(self, now: datetime) -> bool:
        """Whether it is neither revoked nor past its time."""
        return self.revoked_at is None and (
            self.expires_at is None or now < self.expires_at
        )


def add(connection: Connection, key: AdminKey) -> None:
    """Add a key."""
    connection.execute(insert(admin_key), asdict(key))


def find(connection: Connection, key_id: str) -> AdminKey | None:
    """Return the key of an id, in force or not."""
    row = connection.execute(select(admin_key).where(_key.key_id == key_id)).first()
    return None if row is None else AdminKey(*row)


def list_keys(connection: Connection) -> list[AdminKey]:
    """Return all keys, oldest first."""
    query = select(admin_key).order_by(_key.created_at, _key.key_id)
    return [AdminKey(*row) for row in connection.execute(query)]


def is_any_in_force(connection: Connection, now: datetime) -> bool:
    """Whether there is a key that may be used."""
    query = select(_key.key_id).where(
        _key.revoked_at.is_(None), or_(_key.expires_at.is_(None), _key.expires_at > now)
    )
    return connection.execute(query.limit(1)).first() is not None


def revoke(connection: Connection, key_id: str, now: datetime) -> bool:
    """End a key; False if there is none of that id that was not revoked before."""
    changed = connection.execute(
        update(admin_key)
        .where(_key.key_id == key_id, _key.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    return changed.rowcount == 1
