"""Orders put in: all of a file or none of it, the same again without effect."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO

import pytest

from app.intake.order_import import ImportRefused, import_orders
from app.model.effects import StoreMerchantIds
from app.model.order import OrderStatus
from app.model.order_json import order_to_json
from app.store.accounts import add_seller
from app.store.backends import Database
from app.store.changes import save_changes
from app.store.ledger import replay
from app.store.order_book import Imported
from app.store.orders import find_order_ids, load_orders
from tests.orders.examples import (
    CODE_A,
    ORDER_ID,
    SELLER,
    envelope,
    file_of,
    item,
    order,
    report,
)

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
Put = Callable[[BytesIO], Imported]


@pytest.fixture
def put(database: Database, ids: Callable[[], str]) -> Put:
    """Put a file in for a seller that exists."""
    with database.write() as connection:
        add_seller(connection, SELLER, "Shop", NOW)

    def import_file(document: BytesIO) -> Imported:
        return import_orders(
            database, document, SELLER, source=f"import {ids()}", now=NOW
        )

    return import_file


def _ids(database: Database) -> list[str]:
    with database.read() as connection:
        return find_order_ids(connection, SELLER, limit=10_000)


def _order_id(number: int) -> str:
    return f"026-0000000-{number:07d}"


def test_orders_of_both_kinds_of_file_are_there_afterwards(
    put: Put, database: Database
) -> None:
    """JSON carries any state; a report carries new orders."""
    shipped = order(
        items=[item(quantity_shipped=1, refunded={"Principal": "10.00"})],
        shipments=[{"fulfillment_date": "2026-11-02T00:00:00Z", "items": {CODE_A: 1}}],
    )

    done = [put(file_of(shipped)), put(envelope(report(_order_id(1))))]

    assert done == [Imported(1, 0), Imported(1, 0)]
    with database.read() as connection:
        ids = [ORDER_ID, _order_id(1)]
        kept = load_orders(connection, SELLER, ids, history=True)
        assert kept == replay(connection, SELLER, ids)
    assert kept[ORDER_ID].status is OrderStatus.PARTIALLY_SHIPPED
    written = order_to_json(kept[ORDER_ID])
    assert written["charged"] == "36.00"
    assert written["shipments"] == shipped["shipments"]


def test_the_same_orders_again_change_nothing(put: Put, database: Database) -> None:
    """An import that was cut off from its answer can be repeated, however written."""
    put(file_of(order()))
    written_out = order(status="Unshipped", fulfillment_channel="MFN")

    done = put(file_of(written_out, order(_order_id(1)), order(_order_id(1))))

    assert done == Imported(added=1, unchanged=2)
    assert sorted(_ids(database)) == [_order_id(1), ORDER_ID]


def test_the_same_order_again_leaves_what_became_of_it(
    put: Put, database: Database
) -> None:
    """The opening entry is compared, not the order as feeds have changed it."""
    put(file_of(order()))
    with database.write() as connection:
        before = load_orders(connection, SELLER, [ORDER_ID], lock=True)[ORDER_ID]
        after = before.after(StoreMerchantIds(merchant_order_id="A-1"))
        save_changes(connection, [(before, after)], NOW)

    done = put(file_of(order()))

    assert done == Imported(added=0, unchanged=1)
    with database.read() as connection:
        kept = load_orders(connection, SELLER, [ORDER_ID])[ORDER_ID]
    assert kept.merchant_order_id == "A-1"


def test_a_known_order_with_other_content_puts_nothing_in(
    put: Put, database: Database
) -> None:
    """Which of two contents is right is not for an import to say."""
    put(file_of(order()))
    document = file_of(order(_order_id(1)), order(items=[item(quantity_ordered=4)]))
    lines = document.getvalue().decode().splitlines()
    begins = [n for n, line in enumerate(lines, 1) if line == "  {"]

    with pytest.raises(ImportRefused) as refused:
        put(document)

    assert [str(fault) for fault in refused.value.faults] == [
        f"line {begins[1]}: order {ORDER_ID} is known already, with other content"
    ]
    assert _ids(database) == [ORDER_ID]


def test_an_id_of_the_sellers_own_stands_for_one_order(
    put: Put, database: Database
) -> None:
    """Feeds name orders by it, so it cannot stand for two."""
    put(file_of(order(merchant_order_id="A-1")))

    with pytest.raises(ImportRefused) as refused:
        put(file_of(order(_order_id(1), merchant_order_id="A-1")))

    (fault,) = refused.value.faults
    assert fault.amazon_order_id == _order_id(1)
    assert f"MerchantOrderID A-1, which stands for order {ORDER_ID}" in fault.text
    assert _ids(database) == [ORDER_ID]


@pytest.mark.parametrize("place", [0, 2_500])
def test_one_fault_anywhere_keeps_the_whole_file_out(
    put: Put, database: Database, place: int
) -> None:
    """A file goes in whole, also when it takes several statements to write."""
    orders = [order(_order_id(number)) for number in range(3_000)]
    orders[place]["currency"] = "XXX"

    with pytest.raises(ImportRefused) as refused:
        put(file_of(*orders))

    assert [fault.amazon_order_id for fault in refused.value.faults] == [
        _order_id(place)
    ]
    assert _ids(database) == []


def test_many_faults_are_listed_in_part_and_counted(put: Put) -> None:
    """A file of the wrong kind has a fault in every order."""
    orders = [order(_order_id(number), currency="XXX") for number in range(25)]

    with pytest.raises(ImportRefused) as refused:
        put(file_of(*orders))

    assert len(refused.value.faults) == 20
    assert refused.value.more == 5


def test_a_file_that_breaks_off_puts_nothing_in(put: Put, database: Database) -> None:
    """The orders before the break are whole, but the file is not."""
    document = BytesIO(file_of(order(), order(_order_id(1))).getvalue()[:-20])

    with pytest.raises(ImportRefused) as refused:
        put(document)

    assert "the file ends within the order" in str(refused.value)
    assert _ids(database) == []
