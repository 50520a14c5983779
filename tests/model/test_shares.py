"""The share of a price that belongs to cancelled units."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model.shares import share, share_of_amount


def test_thirds_of_ten_cancelled_one_by_one_leave_nothing_over() -> None:
    """The example of design D4: the last unit has the remainder."""
    shares = [share(1000, 3, cancelled_before, 1) for cancelled_before in (0, 1, 2)]

    assert shares == [333, 333, 334]


def test_the_last_open_unit_has_no_remainder_if_others_were_shipped() -> None:
    """Shipped units keep the remainder: with two shipped the third has 3.33."""
    third = share(1000, 3, cancelled_before=0, quantity=1)

    assert third == 333


@given(
    st.integers(0, 10**12),
    st.lists(st.integers(1, 5), min_size=1, max_size=6),
)
def test_units_cancelled_in_any_steps_get_the_whole_price(
    total: int, steps: list[int]
) -> None:
    """However a line is cancelled to its end, the buyer gets all of it back."""
    ordered = sum(steps)
    before = [sum(steps[:place]) for place in range(len(steps))]

    shares = [
        share(total, ordered, cancelled, step)
        for cancelled, step in zip(before, steps, strict=True)
    ]

    assert sum(shares) == total
    unit = total // ordered
    assert shares[:-1] == [unit * step for step in steps[:-1]]


@given(
    st.integers(0, 10**12),
    st.integers(1, 50),
    st.data(),
)
def test_cancelled_units_have_the_same_share_together_as_one_by_one(
    total: int, ordered: int, data: st.DataObject
) -> None:
    """The Orders APIs take the shares off in one sum, feeds post them one by one."""
    cancelled = data.draw(st.integers(0, ordered))

    together = share(total, ordered, 0, cancelled)

    assert together == sum(
        share(total, ordered, before, 1) for before in range(cancelled)
    )


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [("10.00", "USD", "3.33"), ("1000", "JPY", "333"), ("10", "USD", "3.33")],
)
def test_a_share_has_the_decimals_of_its_currency(
    amount: str, currency: str, expected: str
) -> None:
    """Yen have no decimals: 1000 JPY for 3 units is 333 JPY a unit."""
    part = share_of_amount(Decimal(amount), currency, ordered=3, quantity=1)

    assert str(part) == expected


def test_an_amount_finer_than_its_currency_has_no_share() -> None:
    """Half a yen in the books is a bug, and must not be rounded away."""
    with pytest.raises(ValueError, match=r"10\.5 is finer than JPY allows"):
        share_of_amount(Decimal("10.5"), "JPY", ordered=3, quantity=1)
