"""How the values of schema-valid elements are read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.feedtypes.values import MOST_UNITS, date_time, normalized, optional, quantity

PACIFIC = ZoneInfo("America/Los_Angeles")


def test_line_ends_in_an_id_become_blanks_and_are_not_trimmed() -> None:
    """These types replace white space and keep it. Source: feed-vocabulary 2.1."""
    assert normalized(" A\t1\r\nB ") == " A 1  B "


@pytest.mark.parametrize("text", [None, "", "   ", "\n\t"])
def test_an_empty_or_blank_id_counts_as_absent(text: str | None) -> None:
    """The schema lets an id be empty; an empty id can stand for nothing."""
    assert optional(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", 1),
        (" +007\n", 7),
        ("99999999999999999999999", 99999999999999999999999),
        ("0" * 5000 + "3", 3),
    ],
)
def test_a_quantity_is_read_by_its_value(text: str, expected: int) -> None:
    """A sign, leading zeros and blanks are legal. Source: feed-vocabulary 2.1."""
    assert quantity(text) == expected


def test_an_endless_quantity_is_read_as_one_over_every_ceiling() -> None:
    """The schema has no upper bound, and Python refuses to read 5,000 digits."""
    assert quantity("9" * 5000) == MOST_UNITS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20T10:00:00Z", datetime(2026, 11, 20, 10, tzinfo=UTC)),
        ("2026-11-20T10:00:00+02:00", datetime(2026, 11, 20, 8, tzinfo=UTC)),
        ("2026-11-20T10:00:00", datetime(2026, 11, 20, 18, tzinfo=UTC)),
        ("2026-07-20T10:00:00", datetime(2026, 7, 20, 17, tzinfo=UTC)),
        (" 2026-11-20T24:00:00 ", datetime(2026, 11, 21, 8, tzinfo=UTC)),
        ("2026-12-31T24:00:00.000Z", datetime(2027, 1, 1, tzinfo=UTC)),
        (
            "2026-11-20T10:00:00.1234567Z",
            datetime(2026, 11, 20, 10, 0, 0, 123456, tzinfo=UTC),
        ),
        ("2026-11-20T10:00:00-14:00", datetime(2026, 11, 21, tzinfo=UTC)),
    ],
)
def test_a_date_time_without_a_zone_is_local_time(
    text: str, expected: datetime
) -> None:
    """The literals of feed-vocabulary 2.4, summer and winter time told apart."""
    assert date_time(text, PACIFIC) == expected


@pytest.mark.parametrize(
    "text",
    [
        "12026-01-01T00:00:00Z",
        "99999999999-01-01T00:00:00",
        "9999-12-31T24:00:00",
        "9999-12-31T23:00:00-14:00",
    ],
)
def test_a_year_past_9999_is_the_end_of_time(text: str) -> None:
    """The schema allows it; it is in the future, and must not be an internal error."""
    assert date_time(text, PACIFIC) == datetime.max.replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["-0001-01-01T00:00:00", "0001-01-01T00:00:00+14:00"])
def test_a_year_before_1_is_the_beginning_of_time(text: str) -> None:
    """The schema allows it; it is before every order."""
    assert date_time(text, PACIFIC) == datetime.min.replace(tzinfo=UTC)


OFFSETS = st.integers(-14 * 60, 14 * 60).map(
    lambda minutes: timezone(timedelta(minutes=minutes))
)


@given(st.datetimes(timezones=OFFSETS))
def test_a_date_time_with_a_zone_means_one_moment(moment: datetime) -> None:
    """Whatever offset a seller writes, the moment is the same in UTC."""
    read = date_time(moment.isoformat(), PACIFIC)

    # At the ends of time the moment may be one that UTC has no year for.
    assert read == moment or moment.year in (1, 9999)
