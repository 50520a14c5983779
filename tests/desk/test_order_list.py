"""The list of orders, and the words of its pages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from app.doors.web.language import FOLDER
from app.intake.desk_orders import DeskOrders, OrderSearch
from app.intake.order_import import import_orders
from app.model.order import OrderStatus
from app.store.backends import Database
from tests.desk.conftest import SELLER, Browser, Place, orders_file
from tests.held import NOON

WEB = Path(__file__).parents[2] / "app" / "doors" / "web"


@pytest.fixture
def filled(database: Database) -> Callable[..., list[str]]:
    """The orders on each database; ask for the ids that a search finds."""
    from app.store.accounts import add_seller

    with database.write() as connection:
        add_seller(connection, SELLER, "Books", NOON)
    document = BytesIO(json.dumps(orders_file()).encode())
    import_orders(database, document, SELLER, source="import 1", now=NOON)

    def find(seller_id: str = SELLER, **search: object) -> list[str]:
        wanted = OrderSearch(**search)  # type: ignore[arg-type] # fields by name
        found = DeskOrders(database).search(seller_id, wanted)
        return [view.order.amazon_order_id[-1] for view in found.views]

    return find


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("026-1000001-0000001", ["1"]),
        ("1000002", ["2"]),
        ("so-1002", ["2"]),
        ("ADA@buyers", ["1", "4"]),
        ("陈晓明", ["3"]),
        ("mug-white", ["1"]),
        ("BOOK_8", ["2"]),
        ("BOOKX8", []),
        ("b0desk0006", ["4"]),
        ("%", []),
        ("_", []),
        ("'; --", []),
    ],
)
def test_orders_are_found_by_what_is_known_of_them(
    filled: Callable[..., list[str]], text: str, found: list[str]
) -> None:
    """Ids, buyers, SKUs and ASINs; signs of patterns are plain signs."""
    assert filled(text=text) == found
    assert filled("A1OTHER0000001", text=text) == []


def test_orders_are_filtered_by_status_and_date(
    filled: Callable[..., list[str]],
) -> None:
    """Newest first; the end of the time is excluded."""
    assert filled() == ["3", "1", "4", "2"]
    assert filled(status=OrderStatus.UNSHIPPED) == ["1", "4"]
    since, before = NOON - timedelta(days=3), NOON - timedelta(days=1)
    assert filled(since=since, before=before) == ["4"]


def test_pages_follow_each_other_both_ways(database: Database) -> None:
    """Every order is on one page, also those of one moment."""
    from app.store.accounts import add_seller

    with database.write() as connection:
        add_seller(connection, SELLER, "Books", NOON)
    (one, *_) = orders_file()
    orders = []
    for number in range(60):
        item = one["items"][0] | {"amazon_order_item_code": f"{number:014d}"}
        same = {"amazon_order_id": f"026-0000000-{number:07d}", "items": [item]}
        orders.append(one | same)
    document = BytesIO(json.dumps(orders).encode())
    import_orders(database, document, SELLER, source="import 1", now=NOON)
    desk = DeskOrders(database)
    pages, last = [], None
    for _ in range(3):
        page = desk.search(SELLER, OrderSearch(), older_than=last)
        pages.append(page)
        last = page.last
    seen = [view.order.amazon_order_id for page in pages for view in page.views]

    assert seen == sorted((order["amazon_order_id"] for order in orders), reverse=True)
    assert [(page.has_newer, page.has_older) for page in pages] == [
        (False, True),
        (True, True),
        (True, False),
    ]
    back = desk.search(SELLER, OrderSearch(), newer_than=pages[2].first)
    assert back.views == pages[1].views


def test_what_a_buyer_is_called_stays_text(desk: Place, browser: Browser) -> None:
    """The page has no script but its own."""
    for address in ("/desk/orders?q=%3Cscript%3E", "/desk/orders/026-1000002-0000002"):
        browser.get(address)
        assert "<script>alert(1)</script>" in browser.text
        scripts = browser.root.xpath("//script")
        assert [script.get("src") for script in scripts] == ["/desk/static/desk.js"]


def _marked() -> set[str]:
    method = [("templates/**.html", "jinja2"), ("**.py", "python")]
    keywords = {"_": None, "N_": None}
    found = extract_from_dir(WEB, method, {}, keywords=keywords)
    return {entry[2] for entry in found if isinstance(entry[2], str)}


def test_every_word_of_the_pages_is_in_chinese() -> None:
    """And the catalogue has none that nobody shows."""
    with (FOLDER / "zh_Hans/LC_MESSAGES/messages.po").open("rb") as file:
        catalogue = read_po(file)
    known = {entry.id for entry in catalogue if entry.id and entry.string}

    assert known == _marked() - {"%(reason)s"}


def test_chinese_is_written_with_its_own_punctuation() -> None:
    """Full-width signs beside Chinese characters; source: GB/T 15834."""
    with (FOLDER / "zh_Hans/LC_MESSAGES/messages.po").open("rb") as file:
        said = [str(entry.string) for entry in read_po(file)]
    texts = [re.sub(r"%\([a-z_]+\)s", "1", text) for text in said]
    beside = r"[\u4e00-\u9fff][,:;?!()]|[,:;?!()] ?[\u4e00-\u9fff]|[\u4e00-\u9fff]\.$"

    assert [text for text in texts if re.search(beside, text)] == []


def test_translations_name_the_values_of_their_originals() -> None:
    """A name that is misspelt would be an error on the page."""
    for path in FOLDER.glob("*/LC_MESSAGES/messages.po"):
        with path.open("rb") as file:
            for entry in read_po(file):
                assert list(entry.check()) == [], entry.id
