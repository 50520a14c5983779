"""What must hold of an order that is put in, beyond the shape of its JSON.

Every fault says where it stands, what was found and what would be right. Source:
design D4 (invariants), docs/reference/orders.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from app.model.money import MINOR_UNIT_DECIMALS, Money, minor_units
from app.model.order import Order, OrderStatus, status_of
from app.model.order_items import ZERO, OrderItem
from app.model.order_shape import (
    PRICE_COMPONENTS,
    Location,
    OrderShape,
    expected_at,
)
from app.model.times import from_iso

AMOUNT_LIMIT = 10**15
"""Amounts stay below this many minor units, so that sums of them fit the database."""

_NOT_BY_UNITS = (
    OrderStatus.PENDING,
    OrderStatus.PENDING_AVAILABILITY,
    OrderStatus.UNFULFILLABLE,
)
_MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with an order's JSON: where, and why."""

    location: Location
    text: str

    @property
    def path(self) -> str:
        """The place as it is written: items[0].price.Principal."""
        return path_of(self.location)


class OrderInvalid(ValueError):
    """An order cannot be put in; `faults` says everything that is wrong with it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        """Keep the faults, at least one."""
        super().__init__("; ".join(f"{fault.path} {fault.text}" for fault in faults))
        self.faults = tuple(faults)


def path_of(location: Location) -> str:
    """Write a place in an order's JSON; the order itself is "the order"."""
    path = "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" for part in location
    )
    return path.removeprefix(".") or "the order"


def shown(value: Any) -> str:
    """Write a value of JSON into a message, cut to a readable length."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "..."


def read_shape(value: Any) -> OrderShape:
    """Read parsed JSON as the shape of an order; raises OrderInvalid."""
    try:
        shape = OrderShape.model_validate(value)
    except ValidationError as error:
        faults = [_fault_of(dict(each)) for each in error.errors(include_url=False)]
        raise OrderInvalid(faults) from None
    faults = list(_unreadable_times(shape))
    if faults:
        raise OrderInvalid(faults)
    return shape


def _fault_of(error: dict[str, Any]) -> Fault:
    location: Location = error["loc"]
    if location and location[-1] == "[key]":
        expected = "exactly 14 digits"
        if error["type"] == "literal_error":
            expected = f"one of {', '.join(PRICE_COMPONENTS)}"
        return Fault(location[:-1], f"is no name that is known, expected {expected}")
    if error["type"] == "missing":
        return Fault(location, f"is missing, expected {expected_at(location)}")
    if error["type"] == "extra_forbidden":
        return Fault(location, "is no name that is known here")
    found = shown(error["input"])
    if error["type"] == "model_type":
        return Fault(location, f"is {found}, expected an object")
    return Fault(location, f"is {found}, expected {expected_at(location)}")


def _unreadable_times(shape: OrderShape) -> Iterator[Fault]:
    places: list[tuple[Location, str]] = [(("purchase_date",), shape.purchase_date)]
    for place, shipment in enumerate(shape.shipments):
        location: Location = ("shipments", place, "fulfillment_date")
        places.append((location, shipment.fulfillment_date))
    for location, text in places:
        try:
            from_iso(text)
        except (ValueError, OverflowError):
            yield Fault(location, f"is {shown(text)}, which is no date of the calendar")


def check_order(order: Order, shape: OrderShape) -> None:
    """Refuse an order whose parts contradict each other; raises OrderInvalid.

    `shape` is what the order was read from.
    """
    # Amounts come first: what is too fine or too large would confuse the sums.
    faults = list(_amount_faults(order, shape))
    if not faults:
        for place, item in enumerate(order.items):
            faults.extend(_item_faults(item, order.currency, ("items", place)))
        faults.extend(_repeated_ids(order))
        faults.extend(_history_faults(order))
        faults.extend(_state_faults(order, shape))
    if faults:
        raise OrderInvalid(faults)


def _amount_faults(order: Order, shape: OrderShape) -> Iterator[Fault]:
    decimals = MINOR_UNIT_DECIMALS[order.currency]
    for location, text in _written_amounts(shape):
        units = minor_units(Decimal(text), order.currency)
        if units is None:
            allowed = f"{decimals} decimals" if decimals else "no decimals"
            yield Fault(
                location, f"is {shown(text)}, but {order.currency} has {allowed}"
            )
        elif abs(units) >= AMOUNT_LIMIT:
            limit = Decimal(AMOUNT_LIMIT).scaleb(-decimals)
            yield Fault(location, f"is {shown(text)}, expected less than {limit:f}")


def _written_amounts(shape: OrderShape) -> Iterator[tuple[Location, str]]:
    if shape.charged:
        yield ("charged",), shape.charged
    for place, item in enumerate(shape.items):
        for name in ("price", "refunded", "held"):
            for component, text in getattr(item, name).items():
                yield ("items", place, name, component), text
        for at, promotion in enumerate(item.promotions):
            for name in ("amount", "taken_back", "held"):
                location = ("items", place, "promotions", at, name)
                yield location, getattr(promotion, name)


def _item_faults(item: OrderItem, currency: str, at: Location) -> Iterator[Fault]:
    if item.open < 0:
        yield Fault(
            (*at, "quantity_ordered"),
            f"is {item.quantity_ordered}, but {item.quantity_shipped} shipped and "
            f"{item.quantity_cancelled} cancelled units are more",
        )
    for name, part in item.components.items():
        if part.left is not None and part.left < 0:
            given = Money(part.refunded + part.held, currency)
            price = Money(part.price or ZERO, currency)
            where = "refunded" if part.refunded else "held"
            yield Fault(
                (*at, where, name), f"comes to {given}, more than its price of {price}"
            )
    for place, promotion in enumerate(item.promotions):
        if promotion.left < 0:
            given = Money(promotion.taken_back + promotion.held, currency)
            amount = Money(promotion.amount, currency)
            where = "taken_back" if promotion.taken_back else "held"
            yield Fault(
                (*at, "promotions", place, where),
                f"comes to {given}, more than the promotion of {amount}",
            )
    if item.paid < 0:
        yield Fault(
            (*at, "promotions"),
            f"leave {Money(item.paid, currency)} to pay for the item, expected 0 or "
            "more",
        )
    elif item.left < 0:
        given = Money(item.refunded + item.held, currency)
        yield Fault(
            (*at, "refunded" if item.refunded else "held"),
            f"comes to {given}, more than the {Money(item.paid, currency)} paid for "
            "the item",
        )


def _repeated_ids(order: Order) -> Iterator[Fault]:
    for name in ("amazon_order_item_code", "merchant_order_item_id"):
        seen: dict[str, int] = {}
        for place, item in enumerate(order.items):
            value = getattr(item, name)
            if value is not None and value in seen:
                yield Fault(
                    ("items", place, name),
                    f"is {shown(value)}, the same as of items[{seen[value]}], expected "
                    "another for each item",
                )
            elif value is not None:
                seen[value] = place


def _history_faults(order: Order) -> Iterator[Fault]:
    shipped: dict[str, int] = {}
    cancelled: dict[str, int] = {}
    for place, shipment in enumerate(order.shipments):
        for code, units in shipment.items:
            at: Location = ("shipments", place, "items", code)
            yield from _units_fault(order, at, code, units, shipped, "quantity_shipped")
    for place, each in enumerate(order.cancellations):
        code = each.amazon_order_item_code
        at = ("cancellations", place, "amazon_order_item_code")
        yield from _units_fault(
            order, at, code, each.quantity, cancelled, "quantity_cancelled"
        )
    for place, (code, _) in enumerate(order.adjustments):
        if order.item(code) is None:
            at = ("adjustments", place, "amazon_order_item_code")
            yield Fault(at, f"is {shown(code)}, expected the code of an item")


def _units_fault(
    order: Order, at: Location, code: str, units: int, sums: dict[str, int], name: str
) -> Iterator[Fault]:
    item = order.item(code)
    if item is None:
        yield Fault(at, f"is {shown(code)}, expected the code of an item")
        return
    sums[code] = sums.get(code, 0) + units
    if sums[code] > getattr(item, name):
        yield Fault(
            at,
            f"brings item {code} to {sums[code]} units, expected at most its {name} of "
            f"{getattr(item, name)}",
        )


def _state_faults(order: Order, shape: OrderShape) -> Iterator[Fault]:
    derived = status_of(order.items)
    if order.status is not derived and order.status not in _NOT_BY_UNITS:
        yield Fault(
            ("status",),
            f'is "{order.status}", but the units make it "{derived}"',
        )
    if shape.charged and Decimal(shape.charged) != order.paid:
        yield Fault(
            ("charged",),
            f"is {shown(shape.charged)}, expected the price less promotions: "
            f"{Money(order.paid, order.currency)}",
        )
    if order.charged and any(_holds(item) for item in order.items):
        yield Fault(
            ("items",), "hold refunds, but refunds are held only until the charge"
        )
    if order.status is OrderStatus.CANCELED and order.pending_refunds:
        yield Fault(
            ("items",),
            "have refunds, but credits lapse when an order that was not charged is "
            "cancelled",
        )


def _holds(item: OrderItem) -> bool:
    return any(part.held for part in item.components.values()) or any(
        promotion.held for promotion in item.promotions
    )
