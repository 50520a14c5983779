"""health by hand: the same figures as tables, JSON and CSV."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.orders.examples import CODE_A, SELLER, item, order


@pytest.fixture
def filled(feedgate: Command, tmp_path: Path) -> Command:
    """A seller of two orders of yesterday; a unit of the second was cancelled."""
    day = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    told = {"amazon_order_item_code": CODE_A, "quantity": 1, "reason": "NoInventory"}
    orders = [
        order("026-1234567-0000001", purchase_date=day),
        order(
            "026-1234567-0000002",
            purchase_date=day,
            items=[item(quantity_cancelled=1)],
            cancellations=[told],
        ),
    ]
    file = tmp_path / "orders.json"
    file.write_text(json.dumps(orders))
    for arguments in (
        ("migrate",),
        ("accounts", "create", "Mugs", "--seller-id", SELLER),
        ("orders", "import", str(file), "--seller-id", SELLER),
    ):
        assert feedgate(*arguments).code == 0
    return feedgate


def test_the_figures_in_each_format(filled: Command) -> None:
    """All formats tell the same."""
    table = filled("health", "--seller-id", SELLER).out
    figures = filled("health", "--seller-id", SELLER, "--format", "json").json
    daily = filled("health", "--seller-id", SELLER, "--days", "2", "--format", "csv")

    assert "Cancel rate 50.00 % (1 of 2 orders" in table
    assert "ABOVE the target" in table
    assert "026-1234567-0000002" in table
    assert figures["cancel_rate"]["percent"] == "50.00"
    (behind,) = figures["cancelled_orders"]
    assert behind["chosen_reasons"] == behind["reasons"] == ["NoInventory"]
    lines = daily.out.splitlines()
    assert lines[0] == "day,percent,cancelled,orders,on_target"
    assert [line.split(",", 1)[1] for line in lines[1:]] == ["50.00,1,2,no"] * 2


def test_who_is_warned_and_how(filled: Command) -> None:
    """A seller or a language that is none is named."""
    contact = ("accounts", "contact", SELLER, "me@shop.example", "--language")

    assert filled(*contact, "zh_Hans").code == 0
    refused = filled(*contact, "xx")
    unknown = filled("health", "--seller-id", "A1NOBODY000001")

    assert refused.code != 0
    assert "en, de, fr, zh_Hans" in refused.err
    assert unknown.code != 0
    assert unknown.sentences == ["feedgate: There is no seller A1NOBODY000001."]
