"""Who may sign in to the desk, and their sessions."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.intake.accounts import AccountError, Caller
from app.intake.outages import outages_refused
from app.store import accounts, audit, desk_users
from app.store.backends import Database
from app.store.bulk import Connection

LEAST_PASSWORD = 12
MOST_PASSWORD = 200
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{0,34}")

# Argon2id as OWASP's password storage page advises at least: some 25 ms, and little
# enough memory that sign-ins cannot exhaust it.
_PASSES = 2
_KIBIBYTES = 19_456

# Attempts that one window allows. A login alone gets many, so that a stranger elsewhere
# cannot keep its owner out; a guesser from one place is stopped early.
_MOST_FROM_PLACE = 50
_MOST_OF_LOGIN = 100


class SignInRefused(Exception):
    """The login and password do not belong together."""


class SignInThrottled(Exception):
    """There were too many attempts: this one was not looked at."""


@dataclass(frozen=True, slots=True)
class DeskUserView:
    """A user as listed."""

    login: str
    seller_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A user of the desk in a session; `csrf_token` is what its forms carry."""

    login: str
    seller_id: str
    csrf_token: str

    @property
    def caller(self) -> Caller:
        """The user as whoever submits a feed; the ledger names this as the cause."""
        return Caller(f"desk {self.login}", self.seller_id)


class DeskUsers:
    """Makes users, signs them in, and keeps their sessions in the database."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        *,
        session: timedelta,
        throttle: timedelta,
        most_failures: int,
    ) -> None:
        """Sessions end that long after their last use.

        `most_failures` of one login from one place are let through in a `throttle`.
        """
        self._database = database
        self._clock = clock
        self._session = session
        self._throttle = throttle
        self._most_failures = most_failures
        self._hasher = PasswordHasher(
            time_cost=_PASSES, memory_cost=_KIBIBYTES, parallelism=1
        )
        self._nobody = ""

    def create(self, seller_id: str, login: str, password: str | None = None) -> str:
        """Make a user and return the password, which is made up if none is given.

        Raises AccountError if the seller is unknown, the login taken or out of form,
        or the password too short.
        """
        if not _LOGIN.fullmatch(login):
            raise AccountError(
                f'login "{login}" must be 1 to 35 small letters, digits, and . _ @ -, '
                "a letter or digit first"
            )
        password = _usable(password)
        hashed = self._hasher.hash(password)
        with self._database.write() as connection:
            if accounts.find_seller(connection, seller_id) is None:
                raise AccountError(f'there is no seller "{seller_id}"')
            if desk_users.find_user(connection, login) is not None:
                raise AccountError(f'login "{login}" is taken')
            user = desk_users.User(login, seller_id, hashed, self._clock())
            desk_users.add_user(connection, user)
            self._note(connection, user, "CreateDeskUser")
        return password

    def list(self) -> tuple[DeskUserView, ...]:
        """Return all users by login."""
        with self._database.read() as connection:
            return tuple(
                DeskUserView(user.login, user.seller_id, user.created_at)
                for user in desk_users.list_users(connection)
            )

    def remove(self, login: str) -> None:
        """Remove a user and end the sessions; raises AccountError if there is none."""
        with self._database.write() as connection:
            user = _existing(connection, login)
            desk_users.remove_user(connection, login)
            self._note(connection, user, "RemoveDeskUser")

    def reset_password(self, login: str, password: str | None = None) -> str:
        """Give a user another password, end the sessions, and return the password.

        Raises AccountError if there is no such user or the password is too short.
        """
        password = _usable(password)
        hashed = self._hasher.hash(password)
        with self._database.write() as connection:
            user = _existing(connection, login)
            desk_users.set_password(connection, login, hashed)
            desk_users.end_sessions(connection, login)
            self._note(connection, user, "ChangeDeskPassword")
        return password

    @outages_refused
    def sign_in(self, login: str, password: str, place: str) -> str:
        """Begin a session and return its secret, for the cookie.

        `place` is the address that the user comes from. Raises SignInThrottled after
        too many attempts, and SignInRefused, whether the login exists or not.
        """
        login = login.strip().lower()
        now = self._clock()
        bucket = _digest(f"{login}\n{place}")
        with self._database.write() as connection:
            self._count(connection, bucket, self._most_failures, now)
            self._count(connection, _digest(f"place {place}"), _MOST_FROM_PLACE, now)
            self._count(connection, _digest(f"login {login}"), _MOST_OF_LOGIN, now)
        with self._database.read() as connection:
            user = desk_users.find_user(connection, login)
        if not self._is_right(user, password):
            raise SignInRefused
        assert user is not None
        secret = secrets.token_urlsafe(32)
        with self._database.write() as connection:
            before = now - self._throttle
            desk_users.forget_attempts(connection, bucket, before=before)
            desk_users.add_session(
                connection,
                _digest(secret),
                user.login,
                secrets.token_urlsafe(32),
                now=now,
                expires_at=now + self._session,
            )
        return secret

    @outages_refused
    def session_of(self, secret: str) -> SignedIn | None:
        """Return who is signed in by a cookie, and let the session last on."""
        now = self._clock()
        name = _digest(secret)
        with self._database.read() as connection:
            session = desk_users.find_session(connection, name, now)
        if session is None:
            return None
        # Not on every page: a write waits for the batch of a worker on SQLite.
        if session.expires_at < now + self._session * 0.8:
            with self._database.write() as connection:
                desk_users.prolong(connection, name, now + self._session)
        return SignedIn(session.login, session.seller_id, session.csrf_token)

    @outages_refused
    def sign_out(self, secret: str) -> None:
        """End a session, if it is one."""
        with self._database.write() as connection:
            desk_users.end_session(connection, _digest(secret))

    def _note(self, connection: Connection, user: desk_users.User, kind: str) -> None:
        audit.note(
            connection,
            user.seller_id,
            kind,
            {"login": user.login},
            cause="operator",
            now=self._clock(),
        )

    def _count(
        self, connection: Connection, bucket: str, most: int, now: datetime
    ) -> None:
        since = now - self._throttle
        if desk_users.count_attempt(connection, bucket, now=now, since=since) > most:
            raise SignInThrottled

    def _is_right(self, user: desk_users.User | None, password: str) -> bool:
        """Check a password; an unknown login takes as long as a known one."""
        if not self._nobody:
            self._nobody = self._hasher.hash(secrets.token_urlsafe(16))
        hashed = self._nobody if user is None else user.password_hash
        try:
            self._hasher.verify(hashed, password[:MOST_PASSWORD])
        except (VerificationError, InvalidHashError):
            return False
        return user is not None


def _existing(connection: Connection, login: str) -> desk_users.User:
    user = desk_users.find_user(connection, login)
    if user is None:
        raise AccountError(f'there is no desk user "{login}"')
    return user


def _usable(password: str | None) -> str:
    if password is None:
        return secrets.token_urlsafe(12)
    if not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD:
        raise AccountError(
            f"a password needs {LEAST_PASSWORD} to {MOST_PASSWORD} characters, "
            f"this one has {len(password)}"
        )
    return password


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
