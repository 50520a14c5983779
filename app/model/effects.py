"""The effects: what can happen to an order, one entry of its ledger each.

An order is the fold of its effects (`Order.after`), from ImportOrder on. Amounts are
in the order's currency. Source: house-style ("The tree"), design D4.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from functools import cache
from json.encoder import encode_basestring
from typing import Any, ClassVar, NamedTuple, Self

from app.model.times import from_iso, to_iso

Components = tuple[tuple[str, Decimal], ...]
"""Pairs of component type and amount, at most one pair a type."""

PromotionAmounts = tuple[tuple[int, Decimal], ...]
"""Pairs of the promotion's place in its item, from 0, and the amount taken back.

Taken back is positive here: it makes the refund smaller.
"""


class AdjustmentKey(NamedTuple):
    """The seller's own id of an adjustment, and what it said, in canonical form."""

    merchant_adjustment_item_id: str
    content: str


def _read_amounts(value: list[list[Any]]) -> tuple[tuple[Any, Decimal], ...]:
    return tuple((name, Decimal(amount)) for name, amount in value)


_READERS: dict[str, Callable[[Any], Any]] = {
    "components": _read_amounts,
    "promotions": _read_amounts,
    "direct_payments": _read_amounts,
    "items": lambda value: tuple((code, given) for code, given in value),
    "transparency_codes": tuple,
    "amount": Decimal,
    "fulfillment_date": from_iso,
    "adjustment": lambda value: AdjustmentKey(*value),
}


# Feeds make effects by the ten thousand, and JSON's encoder takes longer to begin than
# to write one: so their JSON is put together here.
def _write(value: str | int | tuple[Any, ...]) -> str:
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, tuple):
        return f"[{','.join([_write(each) for each in value])}]"
    return "true" if value is True else str(value)


def _write_components(value: Components) -> str:
    pairs = [f'[{encode_basestring(name)},"{amount!s}"]' for name, amount in value]
    return f"[{','.join(pairs)}]"


def _write_promotions(value: PromotionAmounts) -> str:
    pairs = [f'[{place},"{amount!s}"]' for place, amount in value]
    return f"[{','.join(pairs)}]"


_WRITERS: dict[str, Callable[[Any], str]] = {
    "components": _write_components,
    "promotions": _write_promotions,
    "direct_payments": _write_components,
    "amount": lambda value: f'"{value!s}"',
    "fulfillment_date": lambda value: f'"{to_iso(value)}"',
}


@cache
def _writers(kind: str) -> tuple[tuple[str, str, Callable[[Any], str]], ...]:
    """Return the fields of a kind of effect, each as name, key and writer."""
    names = [field.name for field in fields(EFFECTS[kind])]
    return tuple((name, f'"{name}":', _WRITERS.get(name, _write)) for name in names)


@dataclass(frozen=True, slots=True)
class Effect:
    """One entry of an order's ledger."""

    kind: ClassVar[str]

    @property
    def item(self) -> str | None:
        """The AmazonOrderItemCode that the effect is about, if it is about one."""
        return getattr(self, "amazon_order_item_code", None)

    def to_content(self) -> str:
        """Write the effect as JSON, its empty fields left out."""
        parts = []
        for name, key, write in _writers(self.kind):
            value = getattr(self, name)
            if value is not None and value != () and value is not False:
                parts.append(key + write(value))
        return f"{{{','.join(parts)}}}"

    @classmethod
    def from_content(cls, content: str) -> Self:
        """Read back what `to_content` wrote."""
        values = json.loads(content)
        for name, reader in _READERS.items():
            if name in values:
                values[name] = reader(values[name])
        return cls(**values)


@dataclass(frozen=True, slots=True)
class ImportOrder(Effect):
    """The opening entry: the order as it was put in, in the JSON shape of imports."""

    kind: ClassVar[str] = "ImportOrder"
    order: str

    def to_content(self) -> str:
        """Return the order's own JSON."""
        return self.order

    @classmethod
    def from_content(cls, content: str) -> Self:
        """Take the order's own JSON."""
        return cls(content)


@dataclass(frozen=True, slots=True)
class StoreMerchantIds(Effect):
    """The seller's own ids now stand for the order and its items."""

    kind: ClassVar[str] = "StoreMerchantIds"
    merchant_order_id: str | None = None
    items: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class CancelItem(Effect):
    """Units of an item, neither shipped nor cancelled before, are cancelled."""

    kind: ClassVar[str] = "CancelItem"
    amazon_order_item_code: str
    quantity: int
    reason: str | None = None
    restock: bool = False
    adjustment: AdjustmentKey | None = None

    def to_content(self) -> str:
        """Write it as JSON; by hand, since feeds cancel by the ten thousand."""
        if self.adjustment is not None:
            # A named call: slotted dataclasses are made anew, so bare super() fails.
            return Effect.to_content(self)
        reason = f',"reason":"{self.reason}"' if self.reason else ""
        restock = ',"restock":true' if self.restock else ""
        return (
            f'{{"amazon_order_item_code":"{self.amazon_order_item_code}"'
            f',"quantity":{self.quantity}{reason}{restock}}}'
        )


class Tracking(NamedTuple):
    """Who carries a parcel, and under which number."""

    carrier_code: str | None = None
    carrier_name: str | None = None
    shipping_method: str | None = None
    tracking_number: str | None = None


@dataclass(frozen=True, slots=True)
class RecordShipment(Effect):
    """Units left the seller; `items` pairs item codes with units."""

    kind: ClassVar[str] = "RecordShipment"
    items: tuple[tuple[str, int], ...]
    fulfillment_date: datetime
    carrier_code: str | None = None
    carrier_name: str | None = None
    shipping_method: str | None = None
    tracking_number: str | None = None
    merchant_fulfillment_id: str | None = None
    transparency_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CorrectShipment(Effect):
    """The carrier data of an earlier shipment is replaced; `shipment` counts from 0."""

    kind: ClassVar[str] = "CorrectShipment"
    shipment: int
    fulfillment_date: datetime
    carrier_code: str | None = None
    carrier_name: str | None = None
    shipping_method: str | None = None
    tracking_number: str | None = None


@dataclass(frozen=True, slots=True)
class ChargeOrder(Effect):
    """The buyer is charged for the whole order; its credits are settled with it."""

    kind: ClassVar[str] = "ChargeOrder"
    amount: Decimal


def net_of(components: Components, promotions: PromotionAmounts) -> Decimal:
    """Return what the buyer gets back: the components less the promotions."""
    net = Decimal(0)
    for _, amount in components:
        net += amount
    for _, amount in promotions:
        net -= amount
    return net


@dataclass(frozen=True, slots=True)
class Refund(Effect):
    """What refunds share: the item, the reason and the amounts.

    `number` counts the refunds of the order from 1, posted and held ones together.
    """

    number: int
    amazon_order_item_code: str
    reason: str
    components: Components = ()
    promotions: PromotionAmounts = ()
    direct_payments: Components = ()
    quantity: int | None = None
    adjustment: AdjustmentKey | None = None

    @property
    def net(self) -> Decimal:
        """What the buyer gets back."""
        return net_of(self.components, self.promotions)


@dataclass(frozen=True, slots=True)
class PostRefund(Refund):
    """A refund is posted; before the first shipment it is a credit.

    With `released` it is a held refund, of that number, that is posted now.
    """

    kind: ClassVar[str] = "PostRefund"
    released: bool = False


@dataclass(frozen=True, slots=True)
class HoldRefund(Refund):
    """A refund waits for the first shipment (strict rules)."""

    kind: ClassVar[str] = "HoldRefund"


@dataclass(frozen=True, slots=True)
class LapseRefund(Effect):
    """A credit or a held refund ends, since the order is cancelled uncharged."""

    kind: ClassVar[str] = "LapseRefund"
    number: int
    amazon_order_item_code: str


EFFECTS: dict[str, type[Effect]] = {
    effect.kind: effect
    for effect in (
        ImportOrder,
        StoreMerchantIds,
        CancelItem,
        RecordShipment,
        CorrectShipment,
        ChargeOrder,
        PostRefund,
        HoldRefund,
        LapseRefund,
    )
}


def read_effect(kind: str, content: str) -> Effect:
    """Read an entry of the ledger."""
    return EFFECTS[kind].from_content(content)
