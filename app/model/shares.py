"""The share of a price that belongs to cancelled units."""

from __future__ import annotations

from decimal import Decimal

from app.model.money import from_minor_units, minor_units


def share(total: int, ordered: int, cancelled_before: int, quantity: int) -> int:
    """Return what belongs to `quantity` units of a line, cancelled after others.

    `total` is the amount of the whole line in minor units. Every unit has the same
    part of it, rounded down; the unit that leaves every ordered one cancelled has the
    remainder too. Source: design D4: 10.00 for 3 units is 3.33, 3.33, 3.34.
    """
    unit = total // ordered
    if cancelled_before + quantity == ordered:
        return total - unit * cancelled_before
    return unit * quantity


def share_of_amount(
    amount: Decimal,
    currency: str,
    *,
    ordered: int,
    quantity: int,
    cancelled_before: int = 0,
) -> Decimal:
    """Return the same share for an amount, with the decimals of its currency.

    With the default `cancelled_before` it is what all `quantity` cancelled units have
    together. Raises ValueError if the amount is finer than its currency.
    """
    total = minor_units(amount, currency)
    if total is None:
        raise ValueError(f"{amount} is finer than {currency} allows")
    units = share(total, ordered, cancelled_before, quantity)
    return from_minor_units(units, currency)
