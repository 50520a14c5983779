"""Accounts: who is who, and who may act for whom."""

from __future__ import annotations

import re

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text

from app.errors import ErrorCode, ServiceError
from app.intake.accounts import AccountError, Accounts, Caller, Credentials, Key
from app.intake.seals import SealBroken, Seals
from app.intake.tokens import NextTokens
from app.store.backends import Database
from tests.held import NOON, HeldClock


def _key(accounts: Accounts, made: Credentials) -> Key:
    """Return the key that was made, which is in force."""
    key = accounts.key_in_force(made.access_key_id)
    assert key is not None
    return key


def test_a_new_seller_gets_credentials_of_the_usual_form(accounts: Accounts) -> None:
    """Clients check the shapes of ids and keys (mws-wire 2.1, 10)."""
    made = accounts.create_seller("Books & more")

    assert re.fullmatch("A[A-Z0-9]{13}", made.seller_id)
    assert re.fullmatch("AKIA[A-Z0-9]{16}", made.access_key_id)
    assert re.fullmatch("[A-Za-z0-9+/]{40}", made.secret)
    assert made.auth_token is not None
    assert re.fullmatch(
        "amzn[.]mws[.][0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", made.auth_token
    )
    assert _key(accounts, made).secret == made.secret


def test_no_secret_is_readable_in_the_database(
    accounts: Accounts, database: Database
) -> None:
    """A copy of the database lets nobody sign."""
    made = accounts.create_seller("Books")

    with database.read() as connection:
        rows = [
            *connection.execute(text("SELECT * FROM access_key")),
            *connection.execute(text("SELECT * FROM auth_token")),
        ]
    assert made.access_key_id in str(rows)
    assert made.secret not in str(rows)
    assert made.auth_token is not None
    assert made.auth_token not in str(rows)


def test_an_account_is_listed_with_everything_but_its_secrets(
    accounts: Accounts, clock: HeldClock
) -> None:
    """An operator sees which keys are in force."""
    made = accounts.create_seller(
        "Books", "A1SELLER000001", ["A1PA6795UKMFR9"], ["M_BOOKS_1", "M_BOOKS_1"]
    )
    clock.advance(60)
    second = accounts.rotate("A1SELLER000001")
    accounts.revoke(made.access_key_id)

    (view,) = accounts.list()

    assert (view.seller_id, view.name) == ("A1SELLER000001", "Books")
    assert view.created_at == NOON
    assert view.marketplace_ids == ("A1PA6795UKMFR9",)
    assert view.merchant_tokens == ("M_BOOKS_1",)
    keys = [(key.access_key_id, key.revoked_at) for key in view.access_keys]
    assert keys == [(made.access_key_id, clock.now), (second.access_key_id, None)]
    assert made.secret not in repr(view)
    assert accounts.identifiers(view.seller_id) == {"A1SELLER000001", "M_BOOKS_1"}
    assert accounts.sells_in(view.seller_id) == {"A1PA6795UKMFR9"}


def test_keys_are_changed_with_an_overlap_and_revoked_at_once(
    accounts: Accounts,
) -> None:
    """The old key works until it is revoked, so that no call fails in between."""
    first = accounts.create_seller("Books")

    second = accounts.rotate(first.seller_id)

    assert _key(accounts, first).secret == first.secret
    assert _key(accounts, second).secret == second.secret
    accounts.revoke(first.access_key_id)
    assert accounts.key_in_force(first.access_key_id) is None
    assert _key(accounts, second).developer_id == first.seller_id


@pytest.mark.parametrize(
    ("name", "seller_id", "marketplaces", "tokens", "words"),
    [
        (" ", None, (), (), "name"),
        ("B", "a1seller000001", (), (), "capital letters"),
        ("B", "A1", (), (), "10 to 20"),
        ("B", None, ("XYZ",), (), "ATVPDKIKX0DER"),
        ("B", None, (), ("M 1",), "merchant token"),
        ("B", "A1TAKEN000000", (), (), "taken"),
    ],
)
def test_an_account_of_the_wrong_form_is_not_made(
    accounts: Accounts,
    name: str,
    seller_id: str | None,
    marketplaces: tuple[str, ...],
    tokens: tuple[str, ...],
    words: str,
) -> None:
    """The text says what would be right, and nothing is half-made."""
    accounts.create_seller("Other", "A1TAKEN000000")

    with pytest.raises(AccountError, match=words):
        accounts.create_seller(name, seller_id, marketplaces, tokens)

    assert len(accounts.list()) == 1


def test_what_is_not_there_cannot_be_changed(accounts: Accounts) -> None:
    """A typing error on the command line is told, not swallowed."""
    made = accounts.create_seller("Books")
    accounts.revoke(made.access_key_id)

    with pytest.raises(AccountError, match="no seller"):
        accounts.rotate("A1NOBODY00000")
    with pytest.raises(AccountError, match="not in force"):
        accounts.revoke(made.access_key_id)
    with pytest.raises(AccountError, match="no seller"):
        accounts.authorise_developer(made.seller_id, "A1NOBODY00000")
    with pytest.raises(AccountError, match="not in force"):
        accounts.revoke_authorisation("amzn.mws.none")


def test_a_key_acts_for_its_own_seller_with_or_without_a_token(
    accounts: Accounts,
) -> None:
    """MWSAuthToken is optional there, but a wrong one is an error (design D7)."""
    made = accounts.create_seller("Books")
    other = accounts.create_seller("Toys")

    key = _key(accounts, made)

    without = accounts.authorise(key, made.seller_id, None)
    within = accounts.authorise(key, made.seller_id, made.auth_token)

    assert (without.seller_id, within.seller_id) == (made.seller_id, made.seller_id)
    for token in ("amzn.mws.wrong", other.auth_token):
        with pytest.raises(ServiceError) as refused:
            accounts.authorise(key, made.seller_id, token)
        assert refused.value.code is ErrorCode.ACCESS_DENIED


def test_a_developer_acts_for_a_seller_who_gave_a_token(accounts: Accounts) -> None:
    """Neither without the token, nor with it for another seller, nor afterwards."""
    developer = accounts.create_seller("Developer")
    seller = accounts.create_seller("Books")
    other = accounts.create_seller("Toys")
    token = accounts.authorise_developer(seller.seller_id, developer.seller_id)

    theirs = _key(accounts, developer)

    caller = accounts.authorise(theirs, seller.seller_id, token)

    assert caller.seller_id == seller.seller_id
    assert accounts.may_still(theirs, caller)
    for key, seller_id, given in (
        (theirs, seller.seller_id, None),
        (theirs, seller.seller_id, seller.auth_token),
        (theirs, other.seller_id, token),
        (theirs, "A1NOBODY00000", token),
        (_key(accounts, other), seller.seller_id, token),
    ):
        with pytest.raises(ServiceError) as refused:
            accounts.authorise(key, seller_id, given)
        assert refused.value.code is ErrorCode.ACCESS_DENIED
    accounts.revoke_authorisation(token)
    assert not accounts.may_still(theirs, caller)


def test_a_lost_seal_key_is_named(accounts: Accounts, database: Database) -> None:
    """An operator who changed the key must read why nothing works any more."""
    made = accounts.create_seller("Books")
    stranger = Accounts(database, Seals([Fernet.generate_key().decode()]), HeldClock())

    with pytest.raises(SealBroken, match="FEEDGATE_SECRET_KEY"):
        stranger.key_in_force(made.access_key_id)


CALLER = Caller("AKIAEXAMPLE0KEY00001", "A1SELLER000001")


def test_a_next_token_opens_for_its_caller_and_operation_only(seals: Seals) -> None:
    """It is bound to access key and seller, whatever authorised them (design D7)."""
    tokens = NextTokens(seals)
    token = tokens.seal("List", CALLER, {"before": 7})

    assert tokens.open("List", CALLER, token) == {"before": 7}
    assert tokens.caller_of(token) == CALLER
    for operation, caller, text_ in (
        ("Other", CALLER, token),
        ("List", Caller("AKIAOTHER", CALLER.seller_id), token),
        ("List", Caller(CALLER.access_key_id, "A1OTHER"), token),
        ("List", CALLER, token[:-6]),
        ("List", CALLER, "none"),
    ):
        with pytest.raises(ServiceError) as refused:
            tokens.open(operation, caller, text_)
        assert refused.value.code is ErrorCode.NEXT_TOKEN_CORRUPTED
    assert tokens.caller_of("none") is None
