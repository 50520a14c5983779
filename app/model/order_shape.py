"""The JSON shape of an order, and the JSON Schema that is published of it.

The descriptions are what error messages say was expected, so the schema, the messages
and the check are one text. Source: docs/reference/orders.md.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, WithJsonSchema

from app.model.money import MINOR_UNIT_DECIMALS
from app.model.order import OrderStatus

PriceComponent = Literal[
    "Principal",
    "Shipping",
    "Tax",
    "ShippingTax",
    "RestockingFee",
    "RestockingFeeTax",
    "GiftWrap",
    "GiftWrapTax",
    "Surcharge",
    "ReturnShipping",
    "Goodwill",
    "ExportCharge",
    "COD",
    "CODTax",
    "Other",
    "FreeReplacementReturnShipping",
    "CODFee",
]
"""The types of a price, in the order they are written. Source: feed-vocabulary 2.3."""

PRICE_COMPONENTS: tuple[str, ...] = get_args(PriceComponent)

# Neither the report (XML 1.0) nor PostgreSQL can hold these characters.
_TEXT = r"^[^\x00-\x1f\ufffe\uffff]*$"
_TIME = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})$"
)


def _text(least: int, most: int) -> Any:
    bounds = f"{least} to {most}" if least else f"at most {most}"
    return Field(
        min_length=least,
        max_length=most,
        pattern=_TEXT,
        description=f"{bounds} characters, without control characters",
    )


def _number(least: int) -> Any:
    most = 999_999_999
    return Field(
        ge=least, le=most, description=f"a whole number from {least} to {most}"
    )


def _of(pattern: str, description: str, **extra: Any) -> Any:
    return Field(pattern=pattern, description=description, json_schema_extra=extra)


def _list(description: str) -> Any:
    # A factory: pydantic would make a deep copy of an empty list for every order.
    return Field(default_factory=list, description=description)


_AMOUNTS_TEXT = 'an object of amounts, such as {"Principal": "30.00"}'
_AMOUNTS: Any = Field(description=_AMOUNTS_TEXT)
_AMOUNTS_IF_ANY: Any = Field(default_factory=dict, description=_AMOUNTS_TEXT)
_CURRENCIES = sorted(MINOR_UNIT_DECIMALS)

AmazonOrderId = Annotated[
    str,
    _of(
        r"^[0-9A-Za-z]{3}-[0-9]{7}-[0-9]{7}$",
        "3, 7 and 7 digits with hyphens, such as 026-1234567-1234567",
    ),
]
MarketplaceId = Annotated[
    str, _of(r"^[0-9A-Z]{10,20}$", "a MarketplaceId, such as ATVPDKIKX0DER")
]
ItemCode = Annotated[str, _of(r"^[0-9]{14}$", "exactly 14 digits")]
Name = Annotated[str, _text(1, 50)]
Text = Annotated[str, _text(0, 500)]
Moment = Annotated[
    str,
    _of(
        _TIME,
        "a date and time with its zone, such as 2026-11-24T12:00:00Z",
        format="date-time",
    ),
]
Amount = Annotated[
    str,
    _of(
        r"^[0-9]{1,15}(\.[0-9]{1,4})?$",
        'an amount of 0 or more, such as "30.00"',
    ),
]
SignedAmount = Annotated[
    str,
    _of(
        r"^-?[0-9]{1,15}(\.[0-9]{1,4})?$",
        'an amount, such as "30.00" or "-3.00"',
    ),
]
Currency = Annotated[
    str, _of(f"^({'|'.join(_CURRENCIES)})$", f"one of {', '.join(_CURRENCIES)}")
]
Reason = Annotated[
    str, _of(r"^[A-Za-z]{1,40}$", "the name of a reason, such as NoInventory")
]
Status = Annotated[
    OrderStatus,
    Field(strict=False, description=f"one of {', '.join(OrderStatus)}"),
    WithJsonSchema({"type": "string", "enum": [str(status) for status in OrderStatus]}),
]


class Shape(BaseModel):
    """What the parts have in common: no other names, no guessing of types."""

    model_config = ConfigDict(extra="forbid", strict=True)


class BuyerShape(Shape):
    """Who bought; both may be empty."""

    name: Text = ""
    email: Text = ""


class PromotionShape(Shape):
    """A discount on an item; amounts are positive."""

    promotion_claim_code: Annotated[str, _text(6, 12)] = ""
    merchant_promotion_id: Annotated[str, _text(1, 80)] = ""
    component: Annotated[
        Literal["Principal", "Shipping"], Field(description="Principal or Shipping")
    ]
    amount: Amount
    taken_back: Amount = "0"
    held: Amount = "0"


class ItemShape(Shape):
    """One line of an order; amounts are for the line, not for a unit."""

    amazon_order_item_code: ItemCode
    merchant_order_item_id: Name = ""
    sku: Annotated[str, _text(0, 40)] = ""
    asin: Annotated[str, _text(0, 20)] = ""
    title: Text = ""
    quantity_ordered: Annotated[int, _number(1)]
    quantity_shipped: Annotated[int, _number(0)] = 0
    quantity_cancelled: Annotated[int, _number(0)] = 0
    price: Annotated[dict[PriceComponent, Amount], _AMOUNTS]
    promotions: Annotated[list[PromotionShape], _list("a list of promotions")]
    refunded: Annotated[dict[PriceComponent, SignedAmount], _AMOUNTS_IF_ANY]
    held: Annotated[dict[PriceComponent, SignedAmount], _AMOUNTS_IF_ANY]


class CancellationShape(Shape):
    """Units of an item that were cancelled together."""

    amazon_order_item_code: ItemCode
    quantity: Annotated[int, _number(1)]
    reason: Reason = ""
    restock: Annotated[bool, Field(description="true or false")] = False


class ShipmentShape(Shape):
    """One confirmed parcel."""

    fulfillment_date: Moment
    carrier_code: Name = ""
    carrier_name: Name = ""
    shipping_method: Name = ""
    tracking_number: Name = ""
    items: Annotated[
        dict[ItemCode, Annotated[int, _number(1)]],
        Field(
            min_length=1,
            description="an object of units by item code, such as "
            '{"00000000000001": 1}',
        ),
    ]


class AdjustmentShape(Shape):
    """A MerchantAdjustmentItemID that was accepted, and what it said."""

    amazon_order_item_code: ItemCode
    merchant_adjustment_item_id: Name
    content: Annotated[str, _of(_TEXT, "text without control characters")]


class OrderShape(Shape):
    """One order of one seller."""

    amazon_order_id: AmazonOrderId
    merchant_order_id: Name = ""
    marketplace_id: MarketplaceId
    fulfillment_channel: Annotated[
        Literal["MFN", "AFN"], Field(description="MFN or AFN")
    ] = "MFN"
    # Left out, it follows from the units.
    status: Status = None  # type: ignore[assignment] # never read from JSON
    purchase_date: Moment
    currency: Currency
    buyer: Annotated[
        BuyerShape, Field(description="an object with the buyer's name and email")
    ] = BuyerShape()
    buyer_requested_cancel: Annotated[str, _text(1, 500)] = ""
    # Left out, an order is charged when any of it is shipped.
    charged: Amount = ""
    items: Annotated[
        list[ItemShape], Field(min_length=1, description="a list of 1 item or more")
    ]
    cancellations: Annotated[list[CancellationShape], _list("a list of cancellations")]
    shipments: Annotated[list[ShipmentShape], _list("a list of shipments")]
    adjustments: Annotated[
        list[AdjustmentShape], _list("a list of accepted adjustments")
    ]


Location = tuple[str | int, ...]
"""Where in an order's JSON something stands: names and positions from 0."""


@lru_cache(maxsize=1)
def schema() -> dict[str, Any]:
    """Return the published JSON Schema of a file of orders."""
    content = _tidied(TypeAdapter(list[OrderShape]).json_schema())
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Orders of one seller",
        "description": "What `feedgate orders import` reads and what `feedgate orders "
        "show --format json` writes. What units, amounts and status say together is "
        "checked beyond this schema.",
        **content,
    }


def _tidied(node: Any) -> Any:
    """Drop what pydantic adds and no reader needs, and close what it leaves open.

    Dropped are titles that repeat a name, and defaults that stand for "left out", which
    are no values of their field. Names outside a pattern are refused, so they are here.
    """
    if isinstance(node, list):
        return [_tidied(part) for part in node]
    if not isinstance(node, dict):
        return node
    tidied = {
        name: _tidied(part)
        for name, part in node.items()
        if not (name == "title" and isinstance(part, str))
        and not (name == "default" and part in ("", None, [], {}))
    }
    if "patternProperties" in tidied:
        tidied["additionalProperties"] = False
    return tidied


def expected_at(location: Location) -> str:
    """Return what the schema's description says belongs at a place of an order."""
    node = schema()["items"]
    text = ""
    for part in location:
        node = _definition(node) | node
        if isinstance(part, int):
            node = node.get("items")
        else:
            node = node.get("properties", {}).get(part) or _values(node)
        if not isinstance(node, dict):
            break
        text = node.get("description") or text
    return text


def _definition(node: dict[str, Any]) -> dict[str, Any]:
    name = str(node.get("$ref", "")).rpartition("/")[2]
    return dict(schema()["$defs"].get(name, {}))


def _values(node: dict[str, Any]) -> Any:
    """Return the schema of the values of an object whose names are free."""
    by_pattern = node.get("patternProperties", {})
    return next(iter(by_pattern.values()), node.get("additionalProperties"))
