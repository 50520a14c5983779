"""Statements over many rows; on both databases, in every way that they are put."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.store import bulk
from app.store.backends import Database
from app.store.tables import bind_moment, outbox, seller
from tests.held import NOON

ROWS = 550


def _put(database: Database, numbers: Sequence[int]) -> None:
    moment = bind_moment(NOON, database.dialect_name)
    rows = [(f"A{number:03d}", f"Seller {number}", moment) for number in numbers]
    with database.write() as connection:
        bulk.insert(connection, seller, ("seller_id", "name", "created_at"), rows)


def _rename(database: Database, names: dict[str, str]) -> None:
    rows = [(name, seller_id) for seller_id, name in names.items()]
    with database.write() as connection:
        bulk.update(connection, seller, ("seller_id",), ("name",), rows)


def _names(database: Database) -> dict[str, str]:
    with database.read() as connection:
        rows = connection.execute(select(seller.c.seller_id, seller.c.name))
        return {row.seller_id: row.name for row in rows}


@pytest.mark.parametrize("count", [1, 250, 251, ROWS])
def test_every_row_is_put_in(database: Database, count: int) -> None:
    """Also where they do not fill the last statement."""
    _put(database, range(count))

    assert _names(database) == {f"A{n:03d}": f"Seller {n}" for n in range(count)}


def test_one_broken_key_puts_in_none(database: Database) -> None:
    """The last row is in the last statement: those before are undone with it."""
    with pytest.raises(IntegrityError):
        _put(database, [*range(ROWS), 0])

    assert _names(database) == {}


@pytest.mark.parametrize("different", [1, 3, ROWS])
def test_rows_get_their_own_values(database: Database, different: int) -> None:
    """Whether many rows get the same values, or each its own."""
    _put(database, range(ROWS))
    names = {f"A{n:03d}": f'It\'s "{n % different}"' for n in range(0, ROWS, 2)}

    _rename(database, names)

    untouched = {f"A{n:03d}": f"Seller {n}" for n in range(1, ROWS, 2)}
    assert _names(database) == names | untouched


@pytest.mark.parametrize("different", [1, ROWS])
def test_a_row_that_is_missing_is_told(database: Database, different: int) -> None:
    """Its caller had read it under its lock: nothing of the change is kept."""
    _put(database, range(ROWS))
    before = _names(database)
    names = {f"A{n:03d}": f"New {n % different}" for n in range(ROWS + 1)}

    with pytest.raises(LookupError, match=f"{ROWS} of {ROWS + 1} rows updated"):
        _rename(database, names)

    assert _names(database) == before


# PostgreSQL keeps no NUL; everything else must come back as it was put in.
TEXTS = (None, "", "null", '[1, "\\"]', "\x01\x1f\x7f\t\n", "\u2028é𝄞", "'%s' ? :a")


def test_rows_are_read_as_they_were_written(database: Database) -> None:
    """Whatever their values are, and in the order that is asked for."""
    _put(database, [1, 2])
    moment = bind_moment(NOON, database.dialect_name)
    largest = 2**63 - 1
    wanted = [(largest - n, text) for n, text in enumerate(TEXTS)]
    rows = [
        (seller_id, f"feed {seller_id}", place, kind, "", text, moment, moment)
        for place, text in [*wanted, (-largest - 1, "lowest")]
        for seller_id in ("A001", "A002")
        for kind in ("Refund", "Dispatch", "Other")
    ]
    names = ("seller_id", "source", "place", "kind", "recipient", "content")
    with database.write() as connection:
        bulk.insert(connection, outbox, (*names, "created_at", "run_after"), rows)

    with database.read() as connection:
        read = bulk.select_in(
            connection,
            "SELECT place, kind, content FROM outbox",
            "A001",
            "kind",
            ["Refund", "Dispatch", "no such kind"],
            "ORDER BY place DESC, kind",
        )

    assert read == [
        (place, kind, text)
        for place, text in [*wanted, (-largest - 1, "lowest")]
        for kind in ("Dispatch", "Refund")
    ]


@pytest.mark.parametrize("different", [False, True])
def test_rows_are_changed_to_the_very_values(
    database: Database, different: bool
) -> None:
    """Text, numbers, times and nothing; whether each row has its own or not."""
    _put(database, [1])
    names = ("seller_id", "source", "place", "kind", "recipient", "created_at")
    before = bind_moment(NOON, database.dialect_name)
    texts = TEXTS * 50 if different else TEXTS[4:5] * 50
    later = NOON + timedelta(microseconds=1)
    after = bind_moment(later, database.dialect_name)
    keys = [("A001", "feed 1", place, "Refund") for place in range(len(texts))]
    with database.write() as connection:
        rows = [(*key, "", before, before) for key in keys]
        bulk.insert(connection, outbox, (*names, "run_after"), rows)

    with database.write() as connection:
        bulk.update(
            connection,
            outbox,
            names[:4],
            ("content", "attempts", "run_after"),
            [(text, 7, after, *key) for text, key in zip(texts, keys, strict=True)],
        )

    columns = (outbox.c.content, outbox.c.attempts, outbox.c.run_after)
    with database.read() as connection:
        read = connection.execute(select(*columns).order_by(outbox.c.place)).all()
    assert read == [(text, 7, later) for text in texts]


def test_no_row_is_read_where_there_is_none(database: Database) -> None:
    """Neither of another seller, nor of no names at all."""
    _put(database, [1])
    query = "SELECT name FROM seller"

    with database.read() as connection:
        of_nobody = bulk.select_in(connection, query, "A002", "seller_id", ["A001"])
        of_no_name = bulk.select_in(connection, query, "A001", "seller_id", [])

    assert [*of_nobody, *of_no_name] == []
