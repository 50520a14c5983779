"""The table of marketplaces."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.model.marketplaces import MARKETPLACES, Marketplace, zone_of
from app.model.money import MINOR_UNIT_DECIMALS


@pytest.mark.parametrize(
    "marketplace", MARKETPLACES.values(), ids=lambda m: m.country_code
)
def test_each_marketplace_has_a_known_currency_and_zone(
    marketplace: Marketplace,
) -> None:
    """An order must not fail on its marketplace long after it was put in."""
    assert marketplace.currency in MINOR_UNIT_DECIMALS

    assert (
        datetime(2026, 6, 1, tzinfo=zone_of(marketplace.marketplace_id)).utcoffset()
        is not None
    )


@pytest.mark.parametrize(
    ("marketplace_id", "month", "hours"),
    [
        ("ATVPDKIKX0DER", 1, -8),
        ("ATVPDKIKX0DER", 7, -7),
        ("A1PA6795UKMFR9", 7, 2),
        ("A1VC38T7YXB528", 7, 9),
    ],
)
def test_local_time_follows_daylight_saving(
    marketplace_id: str, month: int, hours: int
) -> None:
    """A FulfillmentDate without a zone is read in this time, an hour off is refused."""
    moment = datetime(2026, month, 1, tzinfo=zone_of(marketplace_id))

    assert moment.utcoffset() == timedelta(hours=hours)


def test_a_marketplace_that_is_not_listed_keeps_utc() -> None:
    """Orders of marketplaces opened later still have to be shipped."""
    assert zone_of("A0UNKNOWN00000") is UTC
