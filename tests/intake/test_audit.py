"""The audit log finds whatever was changed behind its back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import Connection, Engine, delete, event, insert, select, update

from app.intake.accounts import Accounts
from app.intake.audit import AuditDesk, Verdict
from app.store import audit
from app.store.audit import Head
from app.store.backends import Database, open_database
from app.store.tables import audit_head, audit_link, effect
from tests.ledgers import write

SELLER, OTHER = "A1SELLER000001", "A1OTHER0000001"

LINK, HEAD, EFFECT = audit_link.c, audit_head.c, effect.c


@pytest.fixture
def filled(database: Database, accounts: Accounts) -> Database:
    """Two sellers with keys and effects: links 1 to 3 are keys, 4 to 6 effects."""
    accounts.create_seller("Books", SELLER)
    accounts.create_seller("Toys", OTHER)
    for first in (1, 4, 7):
        with database.write() as connection:
            write(connection, SELLER, "feed 1", range(first, first + 3))
    with database.write() as connection:
        write(connection, OTHER, "feed 2", range(1, 3))
    return database


def verify(database: Database, *noted: Head) -> Verdict:
    return AuditDesk(database).verify(noted)


def test_a_log_that_nobody_touched_is_whole(filled: Database) -> None:
    """Every link and every effect is looked at, and the heads are told."""
    verdict = verify(filled)

    assert verdict.faults == ()
    assert (verdict.links, verdict.effects) == (10, 11)
    assert [(head.seller_id, head.number) for head in verdict.heads] == [
        (OTHER, 4),
        (SELLER, 6),
    ]
    assert verify(filled, *verdict.heads).faults == ()


def test_what_changes_an_account_is_in_its_chain(
    database: Database, accounts: Accounts
) -> None:
    """Each change by its name, none of the secrets; what is of all, at the operator."""
    made = accounts.create_seller("Books", SELLER, merchant_tokens=["M_BOOKS_1"])
    other = accounts.create_seller("Toys", OTHER)
    accounts.set_contact(SELLER, "books@example.com", "de")
    accounts.authorise_developer(SELLER, OTHER)
    rotated = accounts.rotate(SELLER)
    accounts.revoke(made.access_key_id)
    accounts.revoke_authorisation(made.auth_token or "")
    accounts.reseal()

    with database.read() as connection:
        of_seller = audit.links(connection, SELLER)
        of_operator = audit.links(connection, audit.OPERATOR)
    assert [link.kind for link in of_seller] == [
        *("CreateSeller", "CreateAccessKey", "CreateAuthToken"),
        *("SetContact", "CreateAuthToken", "CreateAccessKey"),
        *("RevokeAccessKey", "RevokeAuthToken"),
    ]
    assert "M_BOOKS_1" in of_seller[0].content
    assert "books@example.com" in of_seller[3].content
    assert [(link.kind, link.content) for link in of_operator] == [
        ("Reseal", '{"secrets": 3}')
    ]
    told = "".join(link.content for link in [*of_seller, *of_operator])
    secrets = [made.secret, made.auth_token, rotated.secret, other.secret]
    assert not [each for each in secrets if each and each in told]
    assert verify(database).faults == ()


def test_a_log_that_grows_meanwhile_is_whole(filled: Database) -> None:
    """Workers go on: what is committed behind a head that was read was not added."""
    writer = open_database(filled.engine.url.render_as_string(hide_password=False))
    begun: list[str] = []

    def grow(
        connection: Connection, cursor: object, statement: str, *_: object
    ) -> None:
        if not begun and "FROM audit_head" in statement:
            begun.append(statement)
            with writer.write() as other:
                write(other, SELLER, "feed 1", range(20, 23))

    event.listen(Engine, "after_cursor_execute", grow)
    try:
        verdict = verify(filled)
    finally:
        event.remove(Engine, "after_cursor_execute", grow)
    writer.close()

    assert begun
    assert verdict.faults == ()
    assert verify(filled).effects == verdict.effects + 3


def change_an_effect(connection: Connection) -> None:
    changed = update(effect).where(EFFECT.place == 5, EFFECT.source == "feed 1")
    connection.execute(changed.values(content='{"quantity":2}'))


def move_an_effect(connection: Connection) -> None:
    changed = update(effect).where(EFFECT.place == 5, EFFECT.source == "feed 1")
    connection.execute(changed.values(seller_id=OTHER))


def remove_an_effect(connection: Connection) -> None:
    removed = delete(effect).where(EFFECT.place == 5, EFFECT.source == "feed 1")
    connection.execute(removed)


def add_an_effect(connection: Connection) -> None:
    query = select(effect).where(EFFECT.place == 5, EFFECT.source == "feed 1")
    row = dict(connection.execute(query).one()._mapping)
    del row["effect_id"]
    connection.execute(insert(effect), row | {"source": "feed 9"})


def change_a_link(connection: Connection) -> None:
    chosen = (LINK.seller_id == SELLER, LINK.number == 2)
    connection.execute(update(audit_link).where(*chosen).values(cause="nobody"))


def forge_a_link(connection: Connection) -> None:
    """Change a link and give it the hash that fits: the next one gives it away."""
    first, second, *_ = audit.links(connection, SELLER)
    forged = replace(second, cause="nobody").hash_after(first.hash)
    chosen = (LINK.seller_id == SELLER, LINK.number == 2)
    values = {"cause": "nobody", "hash": forged}
    connection.execute(update(audit_link).where(*chosen).values(values))


def remove_a_link(connection: Connection) -> None:
    chosen = (LINK.seller_id == SELLER, LINK.number == 2)
    connection.execute(delete(audit_link).where(*chosen))


def cut_the_end_off(connection: Connection) -> None:
    chosen = (LINK.seller_id == SELLER, LINK.number == 6)
    connection.execute(delete(audit_link).where(*chosen))
    connection.execute(delete(effect).where(EFFECT.place > 6))


@pytest.mark.parametrize(
    ("tamper", "fault"),
    [
        (change_an_effect, "link 5: effects of feed 1, places 4 to 6 were changed"),
        (move_an_effect, "link 5: effects of feed 1, places 4 to 6 were changed"),
        (remove_an_effect, "link 5: the ledger has 2 effects of feed 1, places 4 to 6"),
        (add_an_effect, "an effect of feed 9, place 5, is in the ledger and in no"),
        (change_a_link, "link 2: its hash does not follow from its content"),
        (forge_a_link, "link 3: its hash does not follow from its content"),
        (remove_a_link, "link 3: the links from 2 on are missing"),
        (cut_the_end_off, "the chain ends at link 5, its head says 6"),
    ],
)
def test_what_was_changed_is_named(
    filled: Database, tamper: Callable[[Connection], None], fault: str
) -> None:
    """An edit, a removed row, an added one, a cut-off end; with where it is."""
    with filled.write() as connection:
        tamper(connection)

    faults = verify(filled).faults

    assert fault in faults[0]
    # Nothing else of the log is called wrong: an effect that moved is missed and found.
    assert len(faults) == (2 if tamper is move_an_effect else 1), faults


def test_noted_heads_show_an_end_that_was_cut_off_with_its_head(
    filled: Database,
) -> None:
    """Who can write all tables can make a shorter chain look whole, but not here."""
    noted = verify(filled).heads
    with filled.write() as connection:
        cut_the_end_off(connection)
        fifth = audit.links(connection, SELLER, after=4)[0].hash
        shorter = update(audit_head).where(HEAD.seller_id == SELLER)
        connection.execute(shorter.values(number=5, hash=fifth))

    unaware, aware = verify(filled), verify(filled, *noted)

    assert unaware.faults == ()
    (fault,) = aware.faults
    assert fault.startswith(f"seller {SELLER}: link 6, noted with hash ")


def test_no_secret_is_in_the_log(database: Database, accounts: Accounts) -> None:
    """It says which key was made and revoked, and never what opens anything."""
    made = accounts.create_seller("Books", SELLER)
    second = accounts.rotate(SELLER)
    accounts.revoke(made.access_key_id)
    assert made.auth_token is not None
    accounts.revoke_authorisation(made.auth_token)

    links = AuditDesk(database).links(SELLER)

    assert [link.kind for link in links] == [
        "CreateSeller",
        "CreateAccessKey",
        "CreateAuthToken",
        "CreateAccessKey",
        "RevokeAccessKey",
        "RevokeAuthToken",
    ]
    told = "".join(link.content for link in links)
    assert made.access_key_id in told
    for secret in (made.secret, second.secret, made.auth_token):
        assert secret not in told
