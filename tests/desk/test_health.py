"""Account health on the desk: figures, drawing, orders behind them, and files."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from app.doors.web.plot import draw
from app.intake.health import CancelRate
from tests.desk.conftest import Browser, Place, desk_at

ORDER = "026-1000001-0000001"


@pytest.fixture(scope="module")
def cancelled(
    migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Place, Browser]]:
    """A desk on which ada cancelled an item of an order, for a wrong price."""
    home = tmp_path_factory.mktemp("health")
    copy = shutil.copy(migrated_sqlite, home / "feedgate.db")
    with (
        desk_at(home, f"sqlite:///{copy}") as place,
        place.browse() as browser,
    ):
        browser.sign_in()
        browser.get(f"/desk/orders/{ORDER}/cancel")
        browser.send(scope="items", reason="PricingError", quantity__71000000000001="1")
        place.work()
        assert "Done: the order was changed." in place.result_of(browser)
        yield place, browser


def test_the_figure_and_what_is_behind_it(cancelled: tuple[Place, Browser]) -> None:
    """The reason is the one chosen on the page, not the document's."""
    _, browser = cancelled
    browser.get("/desk/health?days=7")

    assert browser.page.status_code == 200
    assert "33.33%" in browser.text
    assert "Not on target: it must be under 2.5%." in browser.text
    (link,) = browser.root.xpath("//section[@aria-labelledby='behind']//th/a")
    assert link.text == ORDER
    assert browser.get(link.get("href")).status_code == 200
    browser.get("/desk/health")
    behind = browser.root.xpath("//section[@aria-labelledby='behind']//tbody")[0]
    assert "Pricing Error" in behind.text_content()
    assert "Customer Cancel" not in behind.text_content()


def test_the_drawing_has_a_text_and_a_table(cancelled: tuple[Place, Browser]) -> None:
    """Every day of the window is in both; nothing that the policy forbids is there."""
    _, browser = cancelled
    browser.get("/desk/health?days=10")
    (drawing,) = browser.root.xpath("//svg")

    assert drawing.get("role") == "img"
    named = drawing.get("aria-labelledby").split()
    texts = [browser.root.xpath(f"//*[@id='{name}']")[0].text for name in named]
    assert "the highest is 33.33%" in texts[1]
    assert len(drawing.xpath(".//polyline/@points")[0].split()) == 10
    assert len(browser.root.xpath("//details//tbody/tr")) == 10
    assert not browser.root.xpath("//*[@style] | //style | //script[not(@src)]")


def test_files_have_the_figures_of_the_page(cancelled: tuple[Place, Browser]) -> None:
    """JSON whole, CSV by table."""
    _, browser = cancelled
    figures = json.loads(browser.get("/desk/health/health.json?days=7").text)
    daily = list(
        csv.DictReader(browser.get("/desk/health/cancel-rate.csv").text.split())
    )
    orders = browser.get("/desk/health/cancelled-orders.csv")

    assert figures["cancel_rate"]["percent"] == "33.33"
    assert len(figures["daily"]) == 7
    (behind,) = figures["cancelled_orders"]
    assert behind["reasons"] == ["CustomerCancel"]
    assert behind["chosen_reasons"] == ["PricingError"]
    assert len(daily) == 30
    assert daily[-1]["percent"] == "33.33"
    assert orders.headers["content-disposition"].startswith("attachment")
    assert orders.text.splitlines()[1].startswith(ORDER)
    assert browser.get("/desk/health/refunds.csv").text.startswith("currency,amount")
    assert browser.get("/desk/health/other.csv").status_code == 404


@pytest.mark.parametrize("days", ["0", "367", "-1", "x", "", "99999999999"])
def test_a_wrong_number_of_days_is_marked(
    cancelled: tuple[Place, Browser], days: str
) -> None:
    """In the page, beside the field."""
    _, browser = cancelled
    browser.get(f"/desk/health?days={days}")

    assert browser.page.status_code == 400
    assert "1 to 366" in browser.problems()["days"]


def test_another_seller_and_another_language(cancelled: tuple[Place, Browser]) -> None:
    """Bob has no orders; days and words are Chinese for who asks for it."""
    place, _ = cancelled
    with place.browse("zh-CN") as browser:
        browser.sign_in("bob")
        browser.get("/desk/health")

        assert "账户状况" in browser.text
        assert "2026年11月24日" in browser.text
        assert ORDER not in browser.page.text
        figures = json.loads(browser.get("/desk/health/health.json").text)
        assert figures["cancelled_orders"] == []


def test_the_drawing_stays_in_its_frame() -> None:
    """The scale grows with the rate; one day is a line, too."""
    day = date(2026, 11, 24)
    for cancelled, scale in ((0, "5"), (4, "5"), (7, "10"), (100, "100")):
        plot = draw([CancelRate(day, 100, cancelled)])
        (start, end) = (point.split(",") for point in plot.line.split())
        assert start[1] == end[1]
        assert 0 <= float(end[1]) <= plot.bottom
        assert plot.percents[-1].percent == Decimal(scale)
