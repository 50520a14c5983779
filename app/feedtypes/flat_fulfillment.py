"""The shipping confirmation file: the flat-file twin of an OrderFulfillment."""

from __future__ import annotations

from collections.abc import Sequence

from app.feedtypes.flat_values import Cells
from app.feedtypes.fulfillment_units import FulfilledItem
from app.feedtypes.order_fulfillment import OrderFulfillment
from app.model.effects import Tracking
from app.model.feed import Problem
from app.model.flatfile import Column, FlatFile, Record, Vocabulary

_NULL = "NULL"
_FROM = "ship-from-address-"
# Longest values, and whether the address of the XML twin must have the part.
_ADDRESS = {
    f"{_FROM}name": (50, True),
    f"{_FROM}line1": (60, True),
    f"{_FROM}line2": (60, False),
    f"{_FROM}line3": (60, False),
    f"{_FROM}city": (50, False),
    f"{_FROM}county": (50, False),
    f"{_FROM}state-or-region": (50, False),
    "ship-from-postalcode": (50, False),
    "ship-from-countrycode": (2, True),
}
_KEEPS = "In a correction an empty cell keeps what was sent before, NULL deletes it."

COLUMNS = (
    Column(
        "order-id",
        "The order that was shipped, or a part of it.",
        "3, 7 and 7 digits with hyphens",
        "026-1234567-1234567",
        required=True,
    ),
    Column(
        "order-item-id",
        "The item in the parcel; empty: the rest of the order.",
        "14 digits, or empty",
        "12345678901234",
    ),
    Column(
        "quantity",
        "The units of the item in the parcel; empty: all that are left.",
        "a whole number from 1, or empty",
        "1",
    ),
    Column(
        "ship-date",
        "The day on which the parcel went out, in the marketplace's zone.",
        "yyyy-mm-dd",
        "2026-11-24",
        required=True,
    ),
    Column(
        "carrier-code",
        f"The carrier. {_KEEPS}",
        "a carrier code of the list, in any case, or Other",
        "UPS",
        required=True,
    ),
    Column(
        "carrier-name",
        f"The carrier's name where the code is Other. {_KEEPS}",
        "at most 50 characters",
    ),
    Column(
        "tracking-number",
        f"The number that the buyer follows the parcel by. {_KEEPS}",
        "at most 50 characters",
        "1Z999AA10123456784",
    ),
    Column(
        "ship-method",
        f"The carrier's service. {_KEEPS}",
        "at most 50 characters",
        "Ground",
    ),
    Column(
        "transparency-code",
        "The Transparency code of a unit.",
        "AZ: or ZA: and 26 characters, or 38 characters",
        newer=True,
    ),
    *(
        Column(
            name,
            "Where the parcel comes from; checked, and not kept.",
            "two letters, ISO 3166" if most == 2 else f"at most {most} characters",
            newer=True,
        )
        for name, (most, _) in _ADDRESS.items()
    ),
    Column(
        "ship-from-supply-source-id",
        "The place that the parcel comes from; not used.",
        "at most 50 characters",
        newer=True,
    ),
)


def read(
    records: Sequence[Record], words: Vocabulary
) -> tuple[OrderFulfillment | None, list[Problem]]:
    """Read one record as one shipment. Source: feed-vocabulary 7.3."""
    (record,) = records
    cells = Cells(record, words)
    order_id = cells.order_id()
    code = cells.item_code("order-item-id")
    count = cells.quantity("quantity")
    if "quantity" in record.values and "order-item-id" not in record.values:
        cells.missing("order-item-id", "the item that the quantity is of")
    ship_date = cells.date("ship-date")
    tracking = Tracking(
        _carrier_code(cells, words),
        _or_null(cells.text("carrier-name", 50)),
        _or_null(cells.text("ship-method", 50)),
        _or_null(cells.text("tracking-number", 50)),
    )
    transparency_code = cells.text("transparency-code", 50)
    _check_address(cells)
    if cells.problems:
        return None, cells.problems
    item = FulfilledItem(
        code, None, count, (transparency_code,) if transparency_code else ()
    )
    return OrderFulfillment(
        order_id, None, ship_date, tracking, None, (item,) if code else (), keeps=True
    ), []


def _carrier_code(cells: Cells, words: Vocabulary) -> str | None:
    """Find a carrier code whatever its case (feed-vocabulary 7.3)."""
    value = cells.record.values.get("carrier-code")
    if value is None or value == _NULL:
        return _or_null(value)
    spelled = words.carriers.get(value.casefold())
    if spelled is None:
        cells.refuse(
            "carrier-code",
            "a carrier code of the list such as UPS, or Other",
            "For a carrier that is not listed write Other and its carrier-name.",
        )
    return spelled


def _or_null(value: str | None) -> str | None:
    """Return "" for NULL, which deletes; None for an empty cell, which keeps."""
    return "" if value == _NULL else value


def _check_address(cells: Cells) -> None:
    given = [name for name in _ADDRESS if name in cells.record.values]
    for name, (most, needed) in _ADDRESS.items():
        value = cells.text(name, most)
        if value is None and needed and given:
            cells.missing(name, f"a value, since {given[0]} has one")
        elif name == "ship-from-countrycode" and value and len(value) == 1:
            cells.refuse(name, "two letters")


FLAT_FILE = FlatFile(
    title="shipping confirmation file",
    sheet="ShippingConfirmation",
    mark="ship-date",
    columns=COLUMNS,
    read=read,
)
