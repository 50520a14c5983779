"""Sellers, their access keys and tokens, and where they sell: plain rows.

Secrets arrive sealed and tokens as digests; what they mean is the intake's business.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Table,
    bindparam,
    insert,
    select,
    update,
)

from app.store.glances import Reader, fetch
from app.store.tables import (
    access_key,
    auth_token,
    marketplace_participation,
    merchant_token,
    seller,
)

# Every call asks for these: they are made once.
_ACCESS_KEY = select(access_key).where(access_key.c.access_key_id == bindparam("id"))
_AUTH_TOKEN = select(auth_token).where(auth_token.c.token_sha256 == bindparam("digest"))
_MERCHANT_TOKENS = (
    select(merchant_token.c.token)
    .where(merchant_token.c.seller_id == bindparam("id"))
    .order_by(merchant_token.c.token)
)
_MARKETPLACES = (
    select(marketplace_participation.c.marketplace_id)
    .where(marketplace_participation.c.seller_id == bindparam("id"))
    .order_by(marketplace_participation.c.marketplace_id)
)


@dataclass(frozen=True, slots=True)
class Seller:
    """An account that feeds and orders belong to."""

    seller_id: str
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A key of a developer, who is a seller; in force until it is revoked."""

    access_key_id: str
    seller_id: str
    sealed_secret: str
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Holdings:
    """What belongs to a seller: marketplaces and tokens by text, oldest key first."""

    marketplace_ids: list[str] = field(default_factory=list)
    merchant_tokens: list[str] = field(default_factory=list)
    access_keys: list[AccessKey] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class AuthToken:
    """What a seller gave a developer, so that the developer may act for the seller."""

    token_sha256: str
    seller_id: str
    developer_id: str
    created_at: datetime
    revoked_at: datetime | None


def add_seller(
    connection: Connection, seller_id: str, name: str, now: datetime
) -> None:
    """Add a seller. Raises IntegrityError if the id is taken."""
    row = {"seller_id": seller_id, "name": name, "created_at": now}
    connection.execute(insert(seller), row)


def find_seller(connection: Connection, seller_id: str) -> Seller | None:
    """Return a seller, if there is one of that id."""
    query = select(seller).where(seller.c.seller_id == seller_id)
    row = connection.execute(query).first()
    return None if row is None else Seller(*row)


def list_sellers(
    connection: Connection, after: str = "", limit: int | None = None
) -> list[Seller]:
    """Return sellers behind an id, by id: all of them, or at most `limit`."""
    query = select(seller).where(seller.c.seller_id > after)
    rows = connection.execute(query.order_by(seller.c.seller_id).limit(limit))
    return [Seller(*row) for row in rows]


def holdings(connection: Connection, first: str, last: str) -> dict[str, Holdings]:
    """Return what the sellers from one id to another have, by seller."""
    found: dict[str, Holdings] = defaultdict(Holdings)

    def rows(table: Table, *order: str) -> Iterable[Any]:
        query = select(table).where(table.c.seller_id.between(first, last))
        return connection.execute(query.order_by(*(table.c[name] for name in order)))

    for row in rows(marketplace_participation, "marketplace_id"):
        found[row.seller_id].marketplace_ids.append(row.marketplace_id)
    for row in rows(merchant_token, "token"):
        found[row.seller_id].merchant_tokens.append(row.token)
    for row in rows(access_key, "created_at", "access_key_id"):
        found[row.seller_id].access_keys.append(AccessKey(*row))
    return found


def add_merchant_tokens(
    connection: Connection, seller_id: str, tokens: Iterable[str]
) -> None:
    """Add merchant tokens, which feeds may carry as MerchantIdentifier (design D3)."""
    rows = [{"seller_id": seller_id, "token": token} for token in tokens]
    if rows:
        connection.execute(insert(merchant_token), rows)


def merchant_tokens(connection: Connection, seller_id: str) -> list[str]:
    """Return a seller's merchant tokens in their order as text."""
    return list(connection.scalars(_MERCHANT_TOKENS, {"id": seller_id}))


def add_marketplaces(
    connection: Connection, seller_id: str, marketplace_ids: Iterable[str]
) -> None:
    """Add marketplaces that a seller sells in."""
    rows = [{"seller_id": seller_id, "marketplace_id": id_} for id_ in marketplace_ids]
    if rows:
        connection.execute(insert(marketplace_participation), rows)


def marketplaces(connection: Connection, seller_id: str) -> list[str]:
    """Return the ids of the marketplaces that a seller sells in."""
    return list(connection.scalars(_MARKETPLACES, {"id": seller_id}))


def add_access_key(
    connection: Connection,
    access_key_id: str,
    seller_id: str,
    sealed_secret: str,
    now: datetime,
) -> None:
    """Add an access key of a seller. Raises IntegrityError if there is no such one."""
    row = {"access_key_id": access_key_id, "seller_id": seller_id}
    row |= {"sealed_secret": sealed_secret}
    connection.execute(insert(access_key), row | {"created_at": now})


def find_access_key(reader: Reader, access_key_id: str) -> AccessKey | None:
    """Return an access key, revoked or not, if there is one of that id."""
    rows = fetch(reader, _ACCESS_KEY, {"id": access_key_id})
    return AccessKey(*rows[0]) if rows else None


def list_access_keys(connection: Connection) -> list[AccessKey]:
    """Return all access keys, oldest first."""
    query = select(access_key)
    query = query.order_by(access_key.c.created_at, access_key.c.access_key_id)
    return [AccessKey(*row) for row in connection.execute(query)]


def replace_secret(
    connection: Connection, access_key_id: str, sealed_secret: str
) -> None:
    """Store the secret of an access key as it is sealed now."""
    row = access_key.c.access_key_id == access_key_id
    values = {"sealed_secret": sealed_secret}
    connection.execute(update(access_key).where(row).values(values))


def revoke_access_key(
    connection: Connection, access_key_id: str, now: datetime
) -> str | None:
    """End an access key and return its seller; None if none of that id is in force."""
    revoked = connection.execute(
        update(access_key)
        .where(
            access_key.c.access_key_id == access_key_id,
            access_key.c.revoked_at.is_(None),
        )
        .values(revoked_at=now)
        .returning(access_key.c.seller_id)
    ).first()
    return None if revoked is None else str(revoked.seller_id)


def add_auth_token(
    connection: Connection,
    token_sha256: str,
    seller_id: str,
    developer_id: str,
    now: datetime,
) -> None:
    """Let a developer act for a seller; the token's SHA-256 is hexadecimal."""
    row = {"token_sha256": token_sha256, "seller_id": seller_id}
    row |= {"developer_id": developer_id}
    connection.execute(insert(auth_token), row | {"created_at": now})


def find_auth_token(reader: Reader, token_sha256: str) -> AuthToken | None:
    """Return a token, revoked or not, if there is one of that digest."""
    rows = fetch(reader, _AUTH_TOKEN, {"digest": token_sha256})
    return AuthToken(*rows[0]) if rows else None


def revoke_auth_token(
    connection: Connection, token_sha256: str, now: datetime
) -> str | None:
    """End a token and return its seller; None if none of that digest is in force."""
    revoked = connection.execute(
        update(auth_token)
        .where(
            auth_token.c.token_sha256 == token_sha256, auth_token.c.revoked_at.is_(None)
        )
        .values(revoked_at=now)
        .returning(auth_token.c.seller_id)
    ).first()
    return None if revoked is None else str(revoked.seller_id)
