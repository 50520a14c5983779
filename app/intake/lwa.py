"""Login with Amazon (LWA): the clients of the Selling Partner API and their tokens.

Source: sp-api-wire 1.1, 1.2. A client acts for the seller whose refresh token it has,
or for no seller, within a scope.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.intake.accounts import AccountError
from app.intake.outages import outages_refused
from app.store import accounts, audit, lwa
from app.store.backends import Database
from app.store.bulk import Connection

LIFE = timedelta(hours=1)
"""How long an access token holds; some clients use one for 3,200 s, come what may."""

NOTIFICATIONS = "sellingpartnerapi::notifications"
ROTATION = "sellingpartnerapi::client_credential:rotation"
SCOPES = (NOTIFICATIONS, ROTATION)
"""What a client may ask for without a seller."""

# Long enough to tell "expired" from "unknown" to whoever comes back the next day.
_REMEMBERED = timedelta(days=1)
_CAPITALS = string.ascii_uppercase + string.digits


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """What an application is set up with; the secrets are shown this once.

    `refresh_token` is None where only a secret was made, `client_secret` where only
    a refresh token was.
    """

    client_id: str
    client_secret: str | None = None
    refresh_token: str | None = None


@dataclass(frozen=True, slots=True)
class ClientView:
    """A client as it is listed."""

    client_id: str
    name: str
    created_at: datetime
    revoked_at: datetime | None
    seller_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Granted:
    """A new access token and how many seconds it holds."""

    access_token: str
    expires_in: int


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom an access token was made for; without a seller it has scopes."""

    client_id: str
    seller_id: str | None
    scopes: frozenset[str]


class GrantRefused(Exception):
    """No access token is given; `error` is the word of OAuth, the text says why."""

    def __init__(self, error: str, description: str) -> None:
        """Keep both."""
        super().__init__(description)
        self.error = error


class TokenRefused(Exception):
    """An access token is not (or no longer) in force; the text says why."""


class Lwa:
    """Makes clients, gives them tokens, and knows these again."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        """Keep everything in a database, so that every process knows of it."""
        self._database = database
        self._clock = clock

    def create_client(
        self, name: str, seller_id: str | None = None
    ) -> ClientCredentials:
        """Make a client, with a refresh token of a seller if one is named.

        Raises AccountError for an empty name or an unknown seller.
        """
        if not name.strip():
            raise AccountError("a client needs a name")
        now = self._clock()
        client_id, secret = f"amzn1.oa2-client.{_random()}", _new_secret()
        refresh_token = None
        with self._database.write() as connection:
            client = lwa.Client(client_id, name, _digest(secret), now, None)
            lwa.add_client(connection, client)
            made = {"client_id": client_id, "name": name}
            self._note(connection, audit.OPERATOR, "CreateClient", made)
            if seller_id is not None:
                refresh_token = self._authorise(connection, client_id, seller_id)
        return ClientCredentials(client_id, secret, refresh_token)

    def authorise_client(self, client_id: str, seller_id: str) -> ClientCredentials:
        """Let a client act for a seller; raises AccountError if one is unknown."""
        with self._database.write() as connection:
            _existing(connection, client_id)
            token = self._authorise(connection, client_id, seller_id)
        return ClientCredentials(client_id, refresh_token=token)

    def rotate_secret(self, client_id: str) -> ClientCredentials:
        """Give a client another secret; the old one ends at once.

        Raises AccountError if the client is not in force.
        """
        secret = _new_secret()
        with self._database.write() as connection:
            _existing(connection, client_id)
            lwa.set_secret(connection, client_id, _digest(secret))
            changed = {"client_id": client_id}
            self._note(connection, audit.OPERATOR, "ChangeClientSecret", changed)
        return ClientCredentials(client_id, secret)

    def revoke_client(self, client_id: str) -> None:
        """End a client and all of its tokens; raises AccountError if it has ended."""
        with self._database.write() as connection:
            if not lwa.revoke_client(connection, client_id, self._clock()):
                raise AccountError(f"client {client_id} is not in force")
            ended = {"client_id": client_id}
            self._note(connection, audit.OPERATOR, "RevokeClient", ended)

    def revoke_authorisation(self, client_id: str, seller_id: str) -> None:
        """End what a client may do for a seller, access tokens included.

        Raises AccountError if it may do nothing for that seller.
        """
        now = self._clock()
        with self._database.write() as connection:
            if not lwa.revoke_refresh_tokens(connection, client_id, seller_id, now):
                raise AccountError(
                    f'client {client_id} has no refresh token of seller "{seller_id}"'
                )
            ended = {"client_id": client_id}
            self._note(connection, seller_id, "RevokeRefreshTokens", ended)

    def revoke_token(self, token: str) -> None:
        """End one access or refresh token; raises AccountError if it has ended."""
        digest, now = _digest(token), self._clock()
        with self._database.write() as connection:
            if not (
                lwa.revoke_access_token(connection, digest, now)
                or lwa.revoke_refresh_token(connection, digest, now)
            ):
                raise AccountError("the token is not in force")
            ended = {"sha256": digest}
            self._note(connection, audit.OPERATOR, "RevokeToken", ended)

    def list(self) -> tuple[ClientView, ...]:
        """Return all clients and whom they may act for, oldest first."""
        with self._database.read() as connection:
            return tuple(
                ClientView(
                    client.client_id,
                    client.name,
                    client.created_at,
                    client.revoked_at,
                    tuple(lwa.sellers_of(connection, client.client_id)),
                )
                for client in lwa.list_clients(connection)
            )

    @outages_refused
    def grant_by_refresh_token(
        self, client_id: str, client_secret: str, refresh_token: str
    ) -> Granted:
        """Give an access token for the seller of a refresh token.

        Raises GrantRefused: `invalid_client`, or `invalid_grant` for a refresh token
        that is unknown, revoked, or another client's.
        """
        digest = _digest(refresh_token)
        self._check_client(client_id, client_secret)
        with self._database.read() as connection:
            found = lwa.find_refresh_token(connection, digest)
        if (
            found is None
            or found.revoked_at is not None
            or found.client_id != client_id
        ):
            raise GrantRefused(
                "invalid_grant",
                "refresh_token is unknown, was revoked, or is another client's",
            )
        return self._grant(client_id, digest, "")

    @outages_refused
    def grant_by_scope(
        self, client_id: str, client_secret: str, scopes: str
    ) -> Granted:
        """Give an access token that acts for no seller, but within scopes.

        Raises GrantRefused: `invalid_client` or `invalid_scope`.
        """
        self._check_client(client_id, client_secret)
        for scope in scopes.split():
            if scope not in SCOPES:
                raise GrantRefused(
                    "invalid_scope",
                    f'scope "{scope[:60]}" is unknown; use {" or ".join(SCOPES)}',
                )
        return self._grant(client_id, None, " ".join(scopes.split()))

    @outages_refused
    def bearer_of(self, access_token: str) -> Bearer:
        """Return whom an access token was made for; raises TokenRefused."""
        with self._database.read() as connection:
            found = lwa.find_access_token(connection, _digest(access_token))
        if found is None or found.revoked:
            raise TokenRefused(
                "The access token you provided is revoked, malformed or invalid."
            )
        if found.expires_at <= self._clock():
            # npm's amazon-sp-api gets a new one only where it reads these words.
            raise TokenRefused("The access token you provided has expired.")
        return Bearer(found.client_id, found.seller_id, frozenset(found.scopes.split()))

    def _authorise(self, connection: Connection, client_id: str, seller_id: str) -> str:
        if accounts.find_seller(connection, seller_id) is None:
            raise AccountError(f'there is no seller "{seller_id}"')
        token = f"Atzr|{secrets.token_urlsafe(48)}"
        now = self._clock()
        digest = _digest(token)
        lwa.add_refresh_token(connection, digest, client_id, seller_id, now)
        made = {"client_id": client_id, "sha256": digest}
        self._note(connection, seller_id, "CreateRefreshToken", made)
        return token

    def _note(
        self,
        connection: Connection,
        seller_id: str,
        kind: str,
        content: Mapping[str, object],
    ) -> None:
        now = self._clock()
        audit.note(connection, seller_id, kind, content, cause="operator", now=now)

    def _check_client(self, client_id: str, client_secret: str) -> None:
        with self._database.read() as connection:
            client = lwa.find_client(connection, client_id)
        known = client is not None and client.revoked_at is None
        expected = client.secret_sha256 if client is not None else ""
        if not hmac.compare_digest(_digest(client_secret), expected) or not known:
            raise GrantRefused(
                "invalid_client",
                "client_id is unknown or was revoked, or client_secret is wrong",
            )

    def _grant(
        self, client_id: str, refresh_token_sha256: str | None, scopes: str
    ) -> Granted:
        token = f"Atza|{secrets.token_urlsafe(96)}"
        now = self._clock()
        with self._database.write() as connection:
            lwa.forget_access_tokens(connection, now - _REMEMBERED)
            lwa.add_access_token(
                connection,
                _digest(token),
                client_id,
                refresh_token_sha256,
                scopes,
                now + LIFE,
            )
        return Granted(token, int(LIFE.total_seconds()))


def _existing(connection: Connection, client_id: str) -> None:
    client = lwa.find_client(connection, client_id)
    if client is None or client.revoked_at is not None:
        raise AccountError(f'client "{client_id}" is not in force')


def _new_secret() -> str:
    # No character that form encoding changes: some clients write forms raw.
    return f"amzn1.oa2-cs.v1.{secrets.token_hex(32)}"


def _random() -> str:
    return "".join(secrets.choice(_CAPITALS) for _ in range(20))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
