"""The rows of accounts; on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from app.store import accounts
from app.store.accounts import AccessKey, AuthToken, Seller
from app.store.backends import Database
from tests.held import NOON
from tests.queued import SELLER

DEVELOPER = "A9DEVELOPER0001"
LATER = NOON + timedelta(days=1)


@pytest.fixture(autouse=True)
def sellers(database: Database) -> None:
    """A seller and a developer, who is a seller too."""
    with database.write() as connection:
        accounts.add_seller(connection, SELLER, "Séller & Söhne", NOON)
        accounts.add_seller(connection, DEVELOPER, "Developer", LATER)


def test_sellers_are_found_by_id_and_listed(database: Database) -> None:
    """Names are whatever people call themselves."""
    with database.read() as connection:
        found = accounts.find_seller(connection, SELLER)
        missing = accounts.find_seller(connection, "A0NOBODY")
        listed = accounts.list_sellers(connection)

    assert found == Seller(SELLER, "Séller & Söhne", NOON)
    assert missing is None
    assert listed == [found, Seller(DEVELOPER, "Developer", LATER)]


def test_a_seller_id_is_taken_once(database: Database) -> None:
    """Otherwise two accounts would see each other's orders."""
    with database.write() as connection, pytest.raises(IntegrityError):
        accounts.add_seller(connection, SELLER, "Impostor", NOON)


def test_tokens_and_marketplaces_are_kept_by_seller(database: Database) -> None:
    """Old feeds carry merchant tokens, several a seller (D3)."""
    with database.write() as connection:
        accounts.add_merchant_tokens(connection, SELLER, ["M_B_2", "M_A_1"])
        accounts.add_merchant_tokens(connection, SELLER, [])
        accounts.add_marketplaces(connection, SELLER, ["ATVPDKIKX0DER"])
        accounts.add_marketplaces(connection, SELLER, [])

    with database.read() as connection:
        assert accounts.merchant_tokens(connection, SELLER) == ["M_A_1", "M_B_2"]
        assert accounts.marketplaces(connection, SELLER) == ["ATVPDKIKX0DER"]
        assert accounts.merchant_tokens(connection, DEVELOPER) == []
        assert accounts.marketplaces(connection, DEVELOPER) == []


def test_access_keys_are_found_listed_and_revoked_once(database: Database) -> None:
    """A revoked key is still found: the door says that it was revoked."""
    with database.write() as connection:
        accounts.add_access_key(connection, "AKIA2", SELLER, "sealed 2", LATER)
        accounts.add_access_key(connection, "AKIA1", SELLER, "sealed 1", NOON)
        accounts.add_access_key(connection, "AKIA9", DEVELOPER, "sealed 9", NOON)
        revoked = accounts.revoke_access_key(connection, "AKIA1", LATER)
        again = accounts.revoke_access_key(connection, "AKIA1", LATER)

    first = AccessKey("AKIA1", SELLER, "sealed 1", NOON, LATER)
    second = AccessKey("AKIA2", SELLER, "sealed 2", LATER, None)
    assert (revoked, again) == (SELLER, None)
    with database.read() as connection:
        assert accounts.find_access_key(connection, "AKIA1") == first
        assert accounts.find_access_key(connection, "AKIA0") is None
        held = accounts.holdings(connection, SELLER, SELLER)
        assert held[SELLER].access_keys == [first, second]
        assert [*held] == [SELLER]
        assert len(accounts.list_access_keys(connection)) == 3


def test_auth_tokens_let_a_developer_act_for_a_seller_until_revoked(
    database: Database,
) -> None:
    """Only the digest is kept: the token itself is a secret."""
    digest = "c" * 64
    with database.write() as connection:
        accounts.add_auth_token(connection, digest, SELLER, DEVELOPER, NOON)
        in_force = accounts.find_auth_token(connection, digest)
        revoked = accounts.revoke_auth_token(connection, digest, LATER)
        again = accounts.revoke_auth_token(connection, digest, LATER)

    assert in_force == AuthToken(digest, SELLER, DEVELOPER, NOON, None)
    assert (revoked, again) == (SELLER, None)
    with database.read() as connection:
        ended = accounts.find_auth_token(connection, digest)
        assert ended == AuthToken(digest, SELLER, DEVELOPER, NOON, LATER)
        assert accounts.find_auth_token(connection, "d" * 64) is None


def test_keys_and_tokens_belong_to_sellers_that_exist(database: Database) -> None:
    """The database itself refuses a key of nobody, on SQLite as well."""
    with database.write() as connection, pytest.raises(IntegrityError):
        accounts.add_access_key(connection, "AKIA0", "A0NOBODY", "sealed", NOON)
