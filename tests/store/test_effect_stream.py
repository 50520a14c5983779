"""The stream of effects: each once, in order, whatever commits when."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.store import audit
from app.store.backends import Database, open_database
from app.store.effect_stream import (
    Cursor,
    Told,
    is_any_unplaced,
    newest,
    place_links,
    read_effects,
)
from tests.held import NOON
from tests.ledgers import order_id, write

SELLER, OTHER = "A1SELLER000001", "A1OTHER0000001"


def read_on(
    database: Database, after: Cursor, *, limit: int = 3, seller_id: str | None = None
) -> list[Told]:
    """Read to the end, a few at a time, as a consumer does."""
    with database.write() as connection:
        place_links(connection)
    told: list[Told] = []
    while True:
        with database.read() as connection:
            more = read_effects(connection, after, limit=limit, seller_id=seller_id)
        told += more
        if len(more) < limit:
            return told
        after = Cursor.read(str(more[-1].cursor))


def names(told: list[Told]) -> list[tuple[str, str]]:
    return [(each.seller_id, each.amazon_order_id) for each in told]


def test_every_effect_comes_once_and_in_order(database: Database) -> None:
    """Also where a page ends within a link, and links of other things lie between."""
    with database.write() as connection:
        write(connection, SELLER, "feed 1", range(1, 6))
        write(connection, OTHER, "feed 2", range(10, 12))
        audit.note(connection, SELLER, "CreateAccessKey", {}, cause="x", now=NOON)
    with database.write() as connection:
        write(connection, SELLER, "feed 1", range(6, 8))

    told = read_on(database, Cursor())

    of_seller = [(SELLER, order_id(n)) for n in range(1, 6)]
    of_other = [(OTHER, order_id(n)) for n in (10, 11)]
    later = [(SELLER, order_id(n)) for n in (6, 7)]
    assert names(told) == [*of_seller, *of_other, *later]
    assert names(read_on(database, Cursor(), seller_id=OTHER)) == of_other
    assert read_on(database, told[-1].cursor) == []
    first = told[0]
    assert (first.source, first.message_id, first.cause) == ("feed 1", "1", "key")
    assert first.happened_at == datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert first.effect.kind == "CancelItem"


def test_what_is_committed_late_is_not_missed(postgresql_url: str) -> None:
    """The first transaction has the lower ids, and commits after it was read on."""
    slow, fast = open_database(postgresql_url), open_database(postgresql_url)
    with slow.write() as connection:
        write(connection, SELLER, "feed 1", range(1, 3))
        with fast.write() as other:
            write(other, OTHER, "feed 2", range(1, 3))
        before = read_on(fast, Cursor())

    after = read_on(fast, before[-1].cursor)

    assert {each.seller_id for each in before} == {OTHER}
    assert {each.seller_id for each in after} == {SELLER}
    assert len(before) == len(after) == 2
    slow.close()
    fast.close()


def test_new_readers_may_begin_at_the_end(database: Database) -> None:
    """A consumer that wants no history begins behind it, and misses nothing then."""
    with database.write() as connection:
        empty = newest(connection)
        write(connection, SELLER, "feed 1", range(1, 4))
        place_links(connection)
        end = newest(connection)
        unplaced_before = is_any_unplaced(connection)
        write(connection, SELLER, "feed 1", range(4, 6))
        unplaced = is_any_unplaced(connection)

    assert empty == Cursor()
    assert (unplaced_before, unplaced) == (False, True)
    assert names(read_on(database, Cursor.read(str(end)))) == [
        (SELLER, order_id(4)),
        (SELLER, order_id(5)),
    ]


@pytest.mark.parametrize(
    "text", ["", "1", "1.2", "1.2.3.4", "a.b.c", "-1.0.0", "١.0.0"]
)
def test_what_is_no_cursor_is_refused(text: str) -> None:
    """Cursors come back from consumers, who may mix them up."""
    with pytest.raises(ValueError, match=r"numbers|int\(\)"):
        Cursor.read(text)
