"""Sellers, access keys and tokens: who may do what (design D7)."""

from __future__ import annotations

import hashlib
import re
import secrets
import string
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from app.errors import ErrorCode, ServiceError
from app.intake.mail.message import AddressInvalid, parse_address
from app.intake.mail.words import languages
from app.intake.outages import outages_refused
from app.intake.seals import SealBroken, Seals
from app.model.marketplaces import MARKETPLACES
from app.store import accounts, audit, webhooks
from app.store.backends import Database
from app.store.bulk import Connection
from app.store.health import set_contact

# Accounts are made and changed by whoever may run commands.
_CAUSE = "operator"

DEFAULT_MARKETPLACES = ("ATVPDKIKX0DER",)

_OPENED = 1_000
"""How many secrets of access keys are kept unsealed in memory."""

_SELLER_ID = re.compile("[A-Z0-9]{10,20}")
_MERCHANT_TOKEN = re.compile(r"[\w.-]{1,50}", re.ASCII)
_CAPITALS = string.ascii_uppercase + string.digits
_SECRET = string.ascii_letters + string.digits + "+/"


class AccountError(ValueError):
    """An account cannot be made or changed as asked; the text says why."""


class AccountTaken(AccountError):
    """There is a seller of that id already."""


class AccountUnknown(AccountError):
    """There is no such seller, or no such key in force."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a seller's system is set up with; the secrets are shown this once.

    `auth_token` is None where only a key was made.
    """

    seller_id: str
    access_key_id: str
    secret: str
    auth_token: str | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and for which seller.

    `authorised_by` is the SHA-256 of the MWSAuthToken, None for the key's own seller.
    """

    access_key_id: str
    seller_id: str
    authorised_by: str | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """An access key in force, its secret, and the developer whose it is, a seller."""

    access_key_id: str
    developer_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyView:
    """An access key as it is listed, without its secret."""

    access_key_id: str
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class AccountView:
    """A seller as it is listed."""

    seller_id: str
    name: str
    created_at: datetime
    marketplace_ids: tuple[str, ...]
    merchant_tokens: tuple[str, ...]
    access_keys: tuple[KeyView, ...]


class Accounts:
    """Makes accounts, and says who may act for whom."""

    def __init__(
        self, database: Database, seals: Seals, clock: Callable[[], datetime]
    ) -> None:
        """Keep accounts in a database, their secrets sealed."""
        self._database = database
        self._seals = seals
        # Which key is in force is asked for every call, what it is sealed with is not.
        self._opened = lru_cache(_OPENED)(seals.open)
        self._clock = clock

    def create_seller(
        self,
        name: str,
        seller_id: str | None = None,
        marketplaces: Iterable[str] = DEFAULT_MARKETPLACES,
        merchant_tokens: Iterable[str] = (),
        cause: str = _CAUSE,
    ) -> Credentials:
        """Make a seller with an access key and an MWSAuthToken of their own.

        `cause` is who asked for it, for the audit log. Raises AccountError if the
        id is taken, or something has no valid form.
        """
        seller_id = seller_id or f"A{_random(_CAPITALS, 13)}"
        marketplaces = dict.fromkeys(marketplaces)
        tokens = dict.fromkeys(merchant_tokens)
        _check(name, seller_id, marketplaces, tokens)
        now = self._clock()
        with self._database.write() as connection:
            if accounts.find_seller(connection, seller_id) is not None:
                raise AccountTaken(f"seller id {seller_id} is taken")
            accounts.add_seller(connection, seller_id, name, now)
            accounts.add_marketplaces(connection, seller_id, marketplaces)
            accounts.add_merchant_tokens(connection, seller_id, tokens)
            audit.note(
                connection,
                seller_id,
                "CreateSeller",
                {
                    "name": name,
                    "marketplace_ids": [*marketplaces],
                    "merchant_tokens": [*tokens],
                },
                cause=cause,
                now=now,
            )
            access_key_id, secret = self._add_key(connection, seller_id, now, cause)
            auth_token = _add_token(connection, seller_id, seller_id, now, cause)
        return Credentials(seller_id, access_key_id, secret, auth_token)

    def authorise_developer(self, seller_id: str, developer_id: str) -> str:
        """Let another seller's keys act for this one; return the MWSAuthToken.

        Raises AccountError if one of the two is unknown.
        """
        with self._database.write() as connection:
            _existing(connection, seller_id)
            _existing(connection, developer_id)
            return _add_token(
                connection, seller_id, developer_id, self._clock(), _CAUSE
            )

    def rotate(self, seller_id: str, cause: str = _CAUSE) -> Credentials:
        """Make a new access key; the old ones stay in force until they are revoked.

        Raises AccountError if the seller is unknown.
        """
        with self._database.write() as connection:
            _existing(connection, seller_id)
            access_key_id, secret = self._add_key(
                connection, seller_id, self._clock(), cause
            )
        return Credentials(seller_id, access_key_id, secret)

    def revoke(self, access_key_id: str, cause: str = _CAUSE) -> None:
        """End an access key at once; raises AccountError if it is not in force."""
        now = self._clock()
        with self._database.write() as connection:
            seller_id = accounts.revoke_access_key(connection, access_key_id, now)
            if seller_id is None:
                raise AccountUnknown(f"access key {access_key_id} is not in force")
            revoked = {"access_key_id": access_key_id}
            audit.note(
                connection,
                seller_id,
                "RevokeAccessKey",
                revoked,
                cause=cause,
                now=now,
            )

    def reseal(self) -> int:
        """Seal every secret anew, with the first seal key; return how many.

        Those of access keys and of webhooks: after it the other seal keys are not
        needed any more. Raises AccountError if a secret is sealed with a key that is
        not at hand: nothing is changed then.
        """
        with self._database.write() as connection:
            keys = accounts.list_access_keys(connection)
            for key in keys:
                sealed = self._resealed(key.access_key_id, key.sealed_secret)
                accounts.replace_secret(connection, key.access_key_id, sealed)
            endpoints = webhooks.endpoints(connection)
            for endpoint in endpoints:
                name, earlier = endpoint.endpoint_id, endpoint.earlier_secret
                webhooks.change(
                    connection,
                    name,
                    sealed_secret=self._resealed(name, endpoint.sealed_secret),
                    earlier_secret=earlier and self._resealed(name, earlier),
                )
            number = len(keys) + len(endpoints)
            audit.note(
                connection,
                audit.OPERATOR,
                "Reseal",
                {"secrets": number},
                cause=_CAUSE,
                now=self._clock(),
            )
        return number

    def _resealed(self, name: str, sealed: str) -> str:
        try:
            return self._seals.reseal(sealed)
        except SealBroken as error:
            raise AccountError(
                f"the secret of {name} is sealed with a key that is not in "
                "FEEDGATE_SECRET_KEY"
            ) from error

    def revoke_authorisation(self, auth_token: str) -> None:
        """End what an MWSAuthToken allows; raises AccountError if it is unknown."""
        now, digest = self._clock(), _digest(auth_token)
        with self._database.write() as connection:
            seller_id = accounts.revoke_auth_token(connection, digest, now)
            if seller_id is None:
                raise AccountError("the MWSAuthToken is not in force")
            audit.note(
                connection,
                seller_id,
                "RevokeAuthToken",
                {"sha256": digest},
                cause=_CAUSE,
                now=now,
            )

    def set_contact(self, seller_id: str, email: str, language: str = "en") -> None:
        """Set the address that a seller is warned at (account health), and how.

        Raises AccountError if the seller is unknown, or for an address or a language
        that is none.
        """
        if language not in languages():
            raise AccountError(
                f"mails are not written in {language!r}, but in "
                f"{', '.join(languages())}"
            )
        try:
            address = parse_address(email).addr_spec
        except AddressInvalid as error:
            raise AccountError(str(error)) from error
        with self._database.write() as connection:
            _existing(connection, seller_id)
            set_contact(connection, seller_id, address, language)
            audit.note(
                connection,
                seller_id,
                "SetContact",
                {"email": address, "language": language},
                cause=_CAUSE,
                now=self._clock(),
            )

    def list(
        self, *, after: str = "", limit: int | None = None
    ) -> tuple[AccountView, ...]:
        """Return sellers behind an id with their keys, by seller id."""
        with self._database.read() as connection:
            return _views(connection, accounts.list_sellers(connection, after, limit))

    def find(self, seller_id: str) -> AccountView | None:
        """Return a seller with their keys, if there is one of that id."""
        with self._database.read() as connection:
            seller = accounts.find_seller(connection, seller_id)
            return None if seller is None else _views(connection, [seller])[0]

    @outages_refused
    def key_in_force(self, access_key_id: str) -> Key | None:
        """Return a key with its secret; None if it is unknown or was revoked.

        Raises SealBroken if it was sealed with a key that this process does not have.
        """
        with self._database.glance() as reader:
            key = accounts.find_access_key(reader, access_key_id)
        if key is None or key.revoked_at is not None:
            return None
        try:
            secret = self._opened(key.sealed_secret)
        except SealBroken as error:
            raise SealBroken(
                f"the secret of {access_key_id} is sealed with a key that is not in "
                "FEEDGATE_SECRET_KEY (or in secret.key of the data folder)"
            ) from error
        return Key(access_key_id, key.seller_id, secret)

    @outages_refused
    def authorise(self, key: Key, seller_id: str, auth_token: str | None) -> Caller:
        """Prove that a key, whose signature was right, may act for a seller.

        Its own seller needs no MWSAuthToken; a token that is given must be right.
        Raises ServiceError (AccessDenied), whether the seller exists or not.
        """
        digest = None if auth_token is None else _digest(auth_token)
        caller = Caller(key.access_key_id, seller_id, digest)
        if self.may_still(key, caller):
            return caller
        raise ServiceError(
            ErrorCode.ACCESS_DENIED,
            f'Access key {key.access_key_id} may not act for seller "{seller_id[:60]}"'
            + (" with this MWSAuthToken." if auth_token else " without MWSAuthToken."),
        )

    @outages_refused
    def may_still(self, key: Key, caller: Caller) -> bool:
        """Whether what allowed a caller, beside the key, is still in force."""
        if caller.authorised_by is None:
            return key.developer_id == caller.seller_id
        with self._database.glance() as reader:
            token = accounts.find_auth_token(reader, caller.authorised_by)
        return (
            token is not None
            and token.revoked_at is None
            and token.seller_id == caller.seller_id
            and token.developer_id == key.developer_id
        )

    @outages_refused
    def identifiers(self, seller_id: str) -> frozenset[str]:
        """Return what a feed of the seller may carry as MerchantIdentifier (D3)."""
        with self._database.read() as connection:
            tokens = accounts.merchant_tokens(connection, seller_id)
        return frozenset((seller_id, *tokens))

    @outages_refused
    def sells_in(self, seller_id: str) -> frozenset[str]:
        """Return the marketplaces of a seller."""
        with self._database.read() as connection:
            return frozenset(accounts.marketplaces(connection, seller_id))

    def _add_key(
        self, connection: Connection, seller_id: str, now: datetime, cause: str
    ) -> tuple[str, str]:
        access_key_id = f"AKIA{_random(_CAPITALS, 16)}"
        secret = _random(_SECRET, 40)
        sealed = self._seals.seal(secret)
        accounts.add_access_key(connection, access_key_id, seller_id, sealed, now)
        made = {"access_key_id": access_key_id}
        audit.note(connection, seller_id, "CreateAccessKey", made, cause=cause, now=now)
        return access_key_id, secret


def _views(
    connection: Connection, sellers: Sequence[accounts.Seller]
) -> tuple[AccountView, ...]:
    """Return sellers, who follow each other by id, as they are listed."""
    if not sellers:
        return ()
    found = accounts.holdings(connection, sellers[0].seller_id, sellers[-1].seller_id)
    return tuple(
        AccountView(
            seller.seller_id,
            seller.name,
            seller.created_at,
            tuple(found[seller.seller_id].marketplace_ids),
            tuple(found[seller.seller_id].merchant_tokens),
            tuple(
                KeyView(key.access_key_id, key.created_at, key.revoked_at)
                for key in found[seller.seller_id].access_keys
            ),
        )
        for seller in sellers
    )


def _check(
    name: str, seller_id: str, marketplaces: Iterable[str], tokens: Iterable[str]
) -> None:
    if not name.strip():
        raise AccountError("a seller needs a name")
    if not _SELLER_ID.fullmatch(seller_id):
        raise AccountError(
            f'seller id "{seller_id}" must be 10 to 20 capital letters and digits'
        )
    for marketplace_id in marketplaces:
        if marketplace_id not in MARKETPLACES:
            raise AccountError(
                f'marketplace "{marketplace_id}" is unknown: use one of '
                + ", ".join(sorted(MARKETPLACES))
            )
    for token in tokens:
        if not _MERCHANT_TOKEN.fullmatch(token):
            raise AccountError(
                f'merchant token "{token}" must be 1 to 50 letters, digits, _ . or -'
            )


def _existing(connection: Connection, seller_id: str) -> None:
    if accounts.find_seller(connection, seller_id) is None:
        raise AccountUnknown(f'there is no seller "{seller_id}"')


def _add_token(
    connection: Connection,
    seller_id: str,
    developer_id: str,
    now: datetime,
    cause: str,
) -> str:
    token = f"amzn.mws.{uuid.UUID(bytes=secrets.token_bytes(16), version=4)}"
    digest = _digest(token)
    accounts.add_auth_token(connection, digest, seller_id, developer_id, now)
    audit.note(
        connection,
        seller_id,
        "CreateAuthToken",
        {"sha256": digest, "developer_id": developer_id},
        cause=cause,
        now=now,
    )
    return token


def _digest(auth_token: str) -> str:
    return hashlib.sha256(auth_token.encode()).hexdigest()


def _random(alphabet: str, length: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))
