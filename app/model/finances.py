"""Financial events: what moved money between buyer and seller, as plain values.

Amounts have the seller's sign: charges are positive, refunds negative, and a discount
is the other way round. Source: mws-wire 9.1, sp-api-wire 6.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from app.model.effects import Components
from app.model.money import MINOR_UNIT_DECIMALS
from app.model.order_items import ZERO

# Source: mws-wire 9.1 (ChargeType). What MWS had no type for keeps its own name.
CHARGE_TYPES = {
    "Shipping": "ShippingCharge",
    "GiftWrap": "Giftwrap",
    "GiftWrapTax": "GiftwrapTax",
    "COD": "CODItemCharge",
    "CODFee": "CODItemCharge",
    "CODTax": "CODItemTaxCharge",
}

PERIOD = timedelta(days=14)
"""How long a financial event group takes up events (decision 0012)."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_GROUP_ID = re.compile(r"(?P<currency>[A-Z]{3})(?P<start>\d{8})", re.ASCII)


class EventKind(StrEnum):
    """What happened: units left and the order was charged, or money was given back."""

    SHIPMENT = "Shipment"
    REFUND = "Refund"


@dataclass(frozen=True, slots=True)
class PromotionMoved:
    """A discount that was granted (negative) or taken back (positive)."""

    promotion_id: str | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class EventItem:
    """What an event moved for one line of an order.

    `quantity` is the units shipped, or those that a refund is about (0 if it does not
    say). `charges` pairs charge types with amounts. `order_adjustment_item_id` is set
    in refunds.
    """

    amazon_order_item_code: str
    sku: str
    quantity: int
    charges: Components = ()
    promotions: tuple[PromotionMoved, ...] = ()
    order_adjustment_item_id: str | None = None

    @property
    def net(self) -> Decimal:
        """What the seller gains by it."""
        charged = sum((amount for _, amount in self.charges), start=ZERO)
        return charged + sum((each.amount for each in self.promotions), start=ZERO)


@dataclass(frozen=True, slots=True)
class FinancialEvent:
    """One shipment or refund of an order; `posted_at` is aware UTC."""

    kind: EventKind
    amazon_order_id: str
    merchant_order_id: str | None
    marketplace_id: str
    currency: str
    posted_at: datetime
    items: tuple[EventItem, ...]

    @property
    def net(self) -> Decimal:
        """What the seller gains by it, in the order's currency."""
        return sum((item.net for item in self.items), start=ZERO)


@dataclass(frozen=True, slots=True)
class FinancialEventGroup:
    """The events of one currency that were posted in one period of 14 days.

    `number` counts periods from 1970-01-01; `total` is what the seller gained.
    """

    number: int
    currency: str
    total: Decimal = ZERO

    @property
    def group_id(self) -> str:
        """The FinancialEventGroupId: the currency and the first day."""
        return f"{self.currency}{self.start:%Y%m%d}"

    @property
    def start(self) -> datetime:
        """When the first event can be posted to it."""
        return _EPOCH + self.number * PERIOD

    @property
    def end(self) -> datetime:
        """When it is closed: events posted then belong to the next one."""
        return self.start + PERIOD


def period_of(moment: datetime) -> int:
    """Return the number of the period that a time lies in."""
    return (moment - _EPOCH) // PERIOD


def read_group_id(text: str) -> FinancialEventGroup | None:
    """Return the group of that id, its total not known, or None if there is none."""
    match = _GROUP_ID.fullmatch(text)
    if match is None or match["currency"] not in MINOR_UNIT_DECIMALS:
        return None
    try:
        start = datetime.strptime(match["start"], "%Y%m%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    group = FinancialEventGroup(period_of(start), match["currency"])
    return group if group.start == start else None


def charges_of(amounts: Iterable[tuple[str, Decimal]]) -> Components:
    """Return the amounts of components by charge type; one type may stand for two."""
    charges: dict[str, Decimal] = {}
    for component, amount in amounts:
        name = CHARGE_TYPES.get(component, component)
        charges[name] = charges.get(name, ZERO) + amount
    return tuple(charges.items())
