"""Clients of the Selling Partner API and their tokens: plain rows.

Secrets and tokens arrive as digests; what they mean is the intake's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from app.store.tables import lwa_access_token, lwa_client, lwa_refresh_token

_client = lwa_client.c
_refresh = lwa_refresh_token.c
_access = lwa_access_token.c


@dataclass(frozen=True, slots=True)
class Client:
    """An application; in force until it is revoked."""

    client_id: str
    name: str
    secret_sha256: str
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """What a seller gave an application, so that it may act for the seller."""

    token_sha256: str
    client_id: str
    seller_id: str
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What one call is authorised by.

    `seller_id` is None for a token without a seller, which has `scopes` instead.
    `revoked` is so if the token itself, what it was made from, or its client is.
    """

    client_id: str
    seller_id: str | None
    scopes: str
    expires_at: datetime
    revoked: bool


def add_client(connection: Connection, client: Client) -> None:
    """Add a client. Raises IntegrityError if the id is taken."""
    connection.execute(
        insert(lwa_client),
        {name: getattr(client, name) for name in Client.__dataclass_fields__},
    )


def find_client(connection: Connection, client_id: str) -> Client | None:
    """Return a client, revoked or not, if there is one of that id."""
    query = select(lwa_client).where(_client.client_id == client_id)
    row = connection.execute(query).first()
    return None if row is None else Client(*row)


def list_clients(connection: Connection) -> list[Client]:
    """Return all clients, oldest first."""
    query = select(lwa_client).order_by(_client.created_at, _client.client_id)
    return [Client(*row) for row in connection.execute(query)]


def set_secret(connection: Connection, client_id: str, secret_sha256: str) -> None:
    """Give a client another secret; the old one ends at once."""
    statement = update(lwa_client).where(_client.client_id == client_id)
    connection.execute(statement.values(secret_sha256=secret_sha256))


def revoke_client(connection: Connection, client_id: str, now: datetime) -> bool:
    """End a client; False if there is none of that id that is in force."""
    statement = update(lwa_client).where(
        _client.client_id == client_id, _client.revoked_at.is_(None)
    )
    return connection.execute(statement.values(revoked_at=now)).rowcount == 1


def add_refresh_token(
    connection: Connection,
    token_sha256: str,
    client_id: str,
    seller_id: str,
    now: datetime,
) -> None:
    """Let a client act for a seller."""
    row = {"token_sha256": token_sha256, "client_id": client_id}
    row |= {"seller_id": seller_id}
    connection.execute(insert(lwa_refresh_token), row | {"created_at": now})


def find_refresh_token(
    connection: Connection, token_sha256: str
) -> RefreshToken | None:
    """Return a refresh token, revoked or not, if there is one of that digest."""
    query = select(lwa_refresh_token).where(_refresh.token_sha256 == token_sha256)
    row = connection.execute(query).first()
    return None if row is None else RefreshToken(*row)


def sellers_of(connection: Connection, client_id: str) -> list[str]:
    """Return the sellers that a client may act for, by id."""
    query = (
        select(_refresh.seller_id)
        .where(_refresh.client_id == client_id, _refresh.revoked_at.is_(None))
        .distinct()
    )
    return list(connection.scalars(query.order_by(_refresh.seller_id)))


def revoke_refresh_tokens(
    connection: Connection, client_id: str, seller_id: str, now: datetime
) -> int:
    """End all that a client has of a seller; return how many were in force."""
    statement = update(lwa_refresh_token).where(
        _refresh.client_id == client_id,
        _refresh.seller_id == seller_id,
        _refresh.revoked_at.is_(None),
    )
    return connection.execute(statement.values(revoked_at=now)).rowcount


def add_access_token(
    connection: Connection,
    token_sha256: str,
    client_id: str,
    refresh_token_sha256: str | None,
    scopes: str,
    expires_at: datetime,
) -> None:
    """Add an access token, of a refresh token or of its client alone."""
    row: dict[str, object] = {"token_sha256": token_sha256, "client_id": client_id}
    row |= {"refresh_token_sha256": refresh_token_sha256, "scopes": scopes}
    connection.execute(insert(lwa_access_token), row | {"expires_at": expires_at})


def find_access_token(connection: Connection, token_sha256: str) -> AccessToken | None:
    """Return an access token, in force or not, if there is one of that digest."""
    query = (
        select(
            _access.client_id,
            _refresh.seller_id,
            _access.scopes,
            _access.expires_at,
            _access.revoked_at,
            _refresh.revoked_at,
            _client.revoked_at,
        )
        .join_from(lwa_access_token, lwa_client)
        .outerjoin(
            lwa_refresh_token, _refresh.token_sha256 == _access.refresh_token_sha256
        )
        .where(_access.token_sha256 == token_sha256)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    client_id, seller_id, scopes, expires_at, *revoked = row
    return AccessToken(
        client_id,
        seller_id,
        scopes,
        expires_at,
        any(moment is not None for moment in revoked),
    )


def revoke_access_token(
    connection: Connection, token_sha256: str, now: datetime
) -> bool:
    """End an access token; False if there is none of that digest in force."""
    statement = update(lwa_access_token).where(
        _access.token_sha256 == token_sha256, _access.revoked_at.is_(None)
    )
    return connection.execute(statement.values(revoked_at=now)).rowcount == 1


def revoke_refresh_token(
    connection: Connection, token_sha256: str, now: datetime
) -> bool:
    """End a refresh token; False if there is none of that digest in force."""
    statement = update(lwa_refresh_token).where(
        _refresh.token_sha256 == token_sha256, _refresh.revoked_at.is_(None)
    )
    return connection.execute(statement.values(revoked_at=now)).rowcount == 1


def forget_access_tokens(connection: Connection, before: datetime) -> None:
    """Remove the access tokens that expired before a time."""
    connection.execute(delete(lwa_access_token).where(_access.expires_at < before))
