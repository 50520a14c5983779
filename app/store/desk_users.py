"""Users of the desk, their sessions, and how often a sign-in failed: plain rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.store.tables import desk_session, desk_sign_in, desk_user


@dataclass(frozen=True, slots=True)
class User:
    """Who may sign in for a seller; the hash is Argon2's, with its parameters."""

    login: str
    seller_id: str
    password_hash: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A session and the seller of its user; in force until `expires_at`."""

    session_sha256: str
    login: str
    csrf_token: str
    created_at: datetime
    expires_at: datetime
    seller_id: str


def add_user(connection: Connection, user: User) -> None:
    """Add a user. Raises IntegrityError if the login is taken."""
    connection.execute(
        insert(desk_user),
        {
            "login": user.login,
            "seller_id": user.seller_id,
            "password_hash": user.password_hash,
            "created_at": user.created_at,
        },
    )


def find_user(connection: Connection, login: str) -> User | None:
    """Return the user of a login, if there is one."""
    query = select(desk_user).where(desk_user.c.login == login)
    row = connection.execute(query).first()
    return None if row is None else User(*row)


def list_users(connection: Connection) -> list[User]:
    """Return all users by login."""
    query = select(desk_user).order_by(desk_user.c.login)
    return [User(*row) for row in connection.execute(query)]


def remove_user(connection: Connection, login: str) -> bool:
    """Remove a user with all sessions; False if there is none."""
    end_sessions(connection, login)
    removed = connection.execute(delete(desk_user).where(desk_user.c.login == login))
    return removed.rowcount == 1


def set_password(connection: Connection, login: str, password_hash: str) -> bool:
    """Give a user another password; False if there is none of that login."""
    changed = connection.execute(
        update(desk_user)
        .where(desk_user.c.login == login)
        .values(password_hash=password_hash)
    )
    return changed.rowcount == 1


def add_session(
    connection: Connection,
    session_sha256: str,
    login: str,
    csrf_token: str,
    *,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Begin a session, and drop those that are over."""
    connection.execute(delete(desk_session).where(desk_session.c.expires_at <= now))
    connection.execute(
        insert(desk_session),
        {
            "session_sha256": session_sha256,
            "login": login,
            "csrf_token": csrf_token,
            "created_at": now,
            "expires_at": expires_at,
        },
    )


def find_session(
    connection: Connection, session_sha256: str, now: datetime
) -> Session | None:
    """Return a session that is in force."""
    query = (
        select(desk_session, desk_user.c.seller_id)
        .join(desk_user, desk_user.c.login == desk_session.c.login)
        .where(
            desk_session.c.session_sha256 == session_sha256,
            desk_session.c.expires_at > now,
        )
    )
    row = connection.execute(query).first()
    return None if row is None else Session(*row)


def prolong(connection: Connection, session_sha256: str, expires_at: datetime) -> None:
    """Let a session that is used last until then."""
    connection.execute(
        update(desk_session)
        .where(desk_session.c.session_sha256 == session_sha256)
        .values(expires_at=expires_at)
    )


def end_session(connection: Connection, session_sha256: str) -> None:
    """End one session."""
    mine = desk_session.c.session_sha256 == session_sha256
    connection.execute(delete(desk_session).where(mine))


def end_sessions(connection: Connection, login: str) -> None:
    """End every session of a user."""
    connection.execute(delete(desk_session).where(desk_session.c.login == login))


def count_attempt(
    connection: Connection, bucket: str, *, now: datetime, since: datetime
) -> int:
    """Count an attempt; return how many there were since, this one included.

    One statement, so that processes that count at once miss none.
    """
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    row = desk_sign_in.c
    fresh = row.window_start <= since
    statement = (
        dialect.insert(desk_sign_in)
        .values(bucket=bucket, failures=1, window_start=now)
        .on_conflict_do_update(
            index_elements=[row.bucket],
            set_={
                "failures": case((fresh, 1), else_=row.failures + 1),
                "window_start": case((fresh, now), else_=row.window_start),
            },
        )
        .returning(row.failures)
    )
    counted: int = connection.execute(statement).scalar_one()
    return counted


def forget_attempts(connection: Connection, bucket: str, *, before: datetime) -> None:
    """Forget a bucket, and all whose window is over."""
    row = desk_sign_in.c
    over = (row.bucket == bucket) | (row.window_start <= before)
    connection.execute(delete(desk_sign_in).where(over))
