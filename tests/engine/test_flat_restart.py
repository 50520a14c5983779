"""A flat file that fails in the middle goes on behind its last batch."""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import text

from app.store.backends import Database
from app.store.orders import load_orders
from tests.running import SELLER_ID, Installation, wait_until_done

FEED_TYPE = "_POST_FLAT_FILE_ORDER_ACKNOWLEDGEMENT_DATA_"
SETTINGS = {"BATCH_MESSAGES": "1", "ATTEMPTS": "2", "RETRY_FIRST_SECONDS": "0"}
ORDERS = [f"026-1234567-000000{number}" for number in (1, 2, 3)]


def _item(code: str) -> dict[str, object]:
    return {
        "amazon_order_item_code": code,
        "sku": "MUG",
        "asin": "B000000001",
        "title": "Stoneware mug",
        "quantity_ordered": 1,
        "price": {"Principal": "20.00"},
    }


def _write_orders(path: Path) -> None:
    orders = [
        {
            "amazon_order_id": order_id,
            "marketplace_id": "ATVPDKIKX0DER",
            "purchase_date": "2026-11-01T10:00:00Z",
            "currency": "USD",
            "items": [_item(f"{place:013}{order_id[-1]}") for place in (1, 2)],
        }
        for order_id in ORDERS
    ]
    path.write_text(json.dumps(orders), encoding="utf-8")


def _refuse_place(database: Database, place: int) -> None:
    """Take the place of an effect of the first feed, so that it cannot be written."""
    with database.write() as connection:
        connection.execute(
            text(
                "INSERT INTO effect (seller_id, source, place, position, cause,"
                " amazon_order_id, kind, content, happened_at) SELECT seller_id,"
                " 'feed 50000000001', :place, 0, cause, 'none', kind, content,"
                " happened_at FROM effect WHERE amazon_order_id = :order_id"
            ),
            {"place": place, "order_id": ORDERS[0]},
        )


def test_a_cancellation_file_that_is_given_up_counts_records(
    database_url: str, database: Database, tmp_path: Path
) -> None:
    """Each order has two records, three apart: 5002 stands on the first of them.

    The place of a message is that of its last record, so the second order's is 4: it
    cannot be written, and what is behind it is left, while the first stays cancelled.
    """
    _write_orders(tmp_path / "orders.json")
    home = Installation(tmp_path / "home", database_url, SETTINGS)
    keys = home.create_seller(seller_id=SELLER_ID)
    home.run("orders", "import", tmp_path / "orders.json", "--seller-id", SELLER_ID)
    _refuse_place(database, 4)
    feed = tmp_path / "cancel.txt"
    feed.write_text(
        "order-id\tcancellation-reason-code\tamazon-order-item-code\n"
        + "".join(
            f"{order_id}\tNoInventory\t{place:013}{order_id[-1]}\n"
            for place in (1, 2)
            for order_id in ORDERS
        ),
        encoding="utf-8",
    )

    with home.serve() as url, keys.client(url) as client:
        submitted = client.submit(feed, FEED_TYPE, content_type="text/plain")
        wait_until_done(client, submitted)
        report = client.report(submitted).decode()

    lines = report.splitlines()
    assert lines[1:3] == [
        "\tNumber of records processed\t\t6",
        "\tNumber of records successful\t\t2",
    ]
    assert [line.split("\t")[0:4:3] for line in lines[5:]] == [
        ["2", "5002"],
        ["3", "5002"],
    ]
    with database.read() as connection:
        kept = load_orders(connection, SELLER_ID, ORDERS)
    assert [kept[order_id].status.value for order_id in ORDERS] == [
        "Canceled",
        "Unshipped",
        "Unshipped",
    ]
