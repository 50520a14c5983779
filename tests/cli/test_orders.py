"""orders: in by file, out as table and JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command, Done
from tests.orders.examples import CODE_A, ORDER_ID, envelope, item, order, report

SELLER = "A1CORNERSHOP01"
OTHER_ID = "026-7654321-7654321"


@pytest.fixture
def shop(feedgate: Command) -> Command:
    """The command on a data folder with a seller in it."""
    assert feedgate("accounts", "create", "Shop", "--seller-id", SELLER).code == 0
    return feedgate


def _import(shop: Command, folder: Path, *orders: object) -> Done:
    path = folder / "orders.json"
    path.write_text(json.dumps(orders, indent=2), encoding="utf-8")
    return shop("orders", "import", path, "--seller-id", SELLER)


def test_what_goes_in_comes_out_in_the_same_shape(
    shop: Command, tmp_path: Path
) -> None:
    """An export can be put in elsewhere: `list` writes what `import` reads."""
    shipped = order(
        items=[item(quantity_shipped=1, title="Tässchen")],
        shipments=[{"fulfillment_date": "2026-11-02T00:00:00Z", "items": {CODE_A: 1}}],
    )
    done = _import(shop, tmp_path, shipped, order(OTHER_ID))
    listed = shop("orders", "list", "--seller-id", SELLER, "--format", "json")
    shown = shop("orders", "show", ORDER_ID, "--format", "json", SELLER_ID=SELLER)

    again = _import(shop, tmp_path, *listed.json)

    assert done.out == "2 orders were added, 0 were there already.\n"
    assert again.out == "0 orders were added, 2 were there already.\n"
    assert [each["amazon_order_id"] for each in listed.json] == [ORDER_ID, OTHER_ID]
    assert shown.json == listed.json[:1]
    assert shown.json[0]["shipments"] == shipped["shipments"]
    assert "Tässchen" in shown.out


def test_a_list_longer_than_a_page_is_one_list(shop: Command, tmp_path: Path) -> None:
    """Orders are read page by page; the reader must not notice."""
    orders = [order(f"026-0000000-{number:07d}") for number in range(1_001)]
    _import(shop, tmp_path, *orders)

    whole = shop("orders", "list", "--seller-id", SELLER, "--format", "json")
    part = shop(
        *("orders", "list", "--seller-id", SELLER, "--format", "json"),
        *("--limit", "501"),
    )

    ids = [each["amazon_order_id"] for each in whole.json]
    assert ids == [each["amazon_order_id"] for each in orders]
    assert json.dumps(whole.json, indent=2, ensure_ascii=False) + "\n" == whole.out
    assert part.json == whole.json[:501]


def test_a_seller_without_orders_has_an_empty_list(shop: Command) -> None:
    """A script reads JSON in any case."""
    done = shop("orders", "list", "--seller-id", SELLER, "--format", "json")

    assert done.out == "[]\n"


def test_tables_tell_ordered_shipped_cancelled_and_refunded_apart(
    shop: Command, tmp_path: Path
) -> None:
    """The Orders APIs fold them together (design D4); here they are told apart."""
    line = item(
        quantity_shipped=1, quantity_cancelled=1, refunded={"Principal": "10.00"}
    )
    _import(shop, tmp_path, order(items=[line]), order(OTHER_ID))

    listed = shop(
        *("orders", "list", "--seller-id", SELLER, "--status", "PartiallyShipped")
    )
    shown = shop("orders", "show", ORDER_ID, "--seller-id", SELLER)

    headings, row = (text.split() for text in listed.out.splitlines())
    assert headings[4:7] == ["Ordered", "Shipped", "Cancelled"]
    assert row[0] == ORDER_ID
    assert row[4:] == ["3", "1", "1", "36.00", "USD", "10.00", "USD"]
    facts = dict(
        line.split(maxsplit=1) for line in shown.out.splitlines() if line.strip()
    )
    assert facts["Charged"].split() == ["36.00", "USD"]
    assert facts[CODE_A].split()[:3] == ["3", "1", "1"]


def test_order_reports_are_put_in_like_json(shop: Command, tmp_path: Path) -> None:
    """The first character of the file tells what it is."""
    path = tmp_path / "report.xml"
    path.write_bytes(envelope(report(), report(OTHER_ID)).getvalue())

    done = shop("orders", "import", path, "--seller-id", SELLER)

    assert done.out == "2 orders were added, 0 were there already.\n"


def test_every_fault_of_a_file_is_a_sentence_of_its_own(
    shop: Command, tmp_path: Path
) -> None:
    """The lines can be gone through one by one; nothing was put in meanwhile."""
    done = _import(
        shop, tmp_path, order(), order(OTHER_ID, currency="usd", items=[item("1")])
    )

    start = f"feedgate: {tmp_path / 'orders.json'}, line "
    assert done.code == 2
    assert all(sentence.startswith(start) for sentence in done.sentences)
    assert [sentence.split(": ")[2][:38] for sentence in done.sentences] == [
        'currency is "usd", expected one of AED',
        'items[0].amazon_order_item_code is "1"',
    ]
    listed = shop("orders", "list", "--seller-id", SELLER, "--format", "json")
    assert listed.json == []
