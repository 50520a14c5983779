"""The adjustment file: the flat-file twin of an OrderAdjustment."""

from __future__ import annotations

from collections.abc import Sequence

from app.feedtypes.adjustment_amounts import ComponentAmount, PromotionAdjustment
from app.feedtypes.adjustment_lines import AdjustedItem
from app.feedtypes.flat_values import Cells
from app.feedtypes.order_adjustment import OrderAdjustment
from app.model.feed import Problem
from app.model.flatfile import Column, FlatFile, Record, Vocabulary

_COMPONENTS = {
    "item-price-adj": "Principal",
    "item-tax-adj": "Tax",
    "shipping-price-adj": "Shipping",
    "shipping-tax-adj": "ShippingTax",
    "gift-wrap-price-adj": "GiftWrap",
    "gift-wrap-tax-adj": "GiftWrapTax",
}
_PROMOTIONS = {
    "item-promotion-adj": ("item-promotion-id", "Principal"),
    "ship-promotion-adj": ("ship-promotion-id", "Shipping"),
}
_PROMOTION_ID_LENGTH = 80
_MONEY = "signed, with a decimal point, two decimals, no thousands mark"


def _amount(name: str, component: str) -> Column:
    return Column(
        name,
        f"{component} given back for the whole line, not for one unit.",
        _MONEY,
        "10.00" if name == "item-price-adj" else "0.00",
        required_strict=True,
    )


COLUMNS = (
    Column(
        "order-id",
        "The order that is adjusted.",
        "3, 7 and 7 digits with hyphens",
        "026-1234567-1234567",
        required=True,
    ),
    Column(
        "order-item-id",
        "The item of the order.",
        "14 digits",
        "12345678901234",
        required=True,
    ),
    Column(
        "adjustment-reason-code",
        "Why. NoInventory and CustomerCancel are the two that cancel units.",
        "NoInventory, CustomerCancel, CustomerReturn, GeneralAdjustment, CouldNotShip, "
        "DifferentItem, Abandoned, PriceError and the others of the XML feed",
        "CustomerReturn",
        required=True,
    ),
    Column(
        "currency", "The currency of the amounts.", "ISO 4217", "USD", required=True
    ),
    *(_amount(name, component) for name, component in _COMPONENTS.items()),
    Column(
        "item-promotion-adj",
        "Promotion on the price that is taken back; leave the column out if unused.",
        "negative, otherwise like the amounts",
    ),
    Column("item-promotion-id", "The promotion meant.", "at most 80 characters"),
    Column(
        "ship-promotion-adj",
        "Promotion on shipping that is taken back; leave the column out if unused.",
        "negative, otherwise like the amounts",
    ),
    Column("ship-promotion-id", "The promotion meant.", "at most 80 characters"),
    Column(
        "quantity-cancelled",
        "Units that cannot be shipped and are cancelled. Without amounts, their share "
        "of what the buyer pays is given back.",
        "a whole number from 1, or empty",
        required_strict=True,
    ),
)


def read(
    records: Sequence[Record], words: Vocabulary
) -> tuple[OrderAdjustment | None, list[Problem]]:
    """Read one record as the adjustment of one item. Source: feed-vocabulary 7.2."""
    (record,) = records
    cells = Cells(record, words)
    order_id = cells.order_id()
    code = cells.item_code("order-item-id", required=True)
    reason = cells.one_of(
        "adjustment-reason-code",
        words.adjustment_reasons,
        "AdjustmentReason",
        required=True,
    )
    currency = cells.one_of("currency", words.currencies, "currency", required=False)
    components = []
    for column, component in _COMPONENTS.items():
        amount = cells.amount(column)
        if amount is not None:
            components.append(ComponentAmount(component, amount, currency))
    promotions = _promotions(cells, currency)
    if (components or promotions) and "currency" not in record.values:
        cells.missing("currency", f"one of {', '.join(words.currencies)}")
    item = AdjustedItem(
        amazon_order_item_code=code,
        merchant_order_item_id=None,
        merchant_adjustment_item_id=None,
        reason=reason or "",
        components=tuple(components),
        promotions=promotions,
        quantity_cancelled=cells.quantity("quantity-cancelled"),
    )
    if cells.problems:
        return None, cells.problems
    return OrderAdjustment(order_id, None, (item,)), []


def _promotions(cells: Cells, currency: str | None) -> tuple[PromotionAdjustment, ...]:
    promotions = []
    for column, (id_column, component) in _PROMOTIONS.items():
        amount = cells.amount(column)
        own_id = cells.text(id_column, _PROMOTION_ID_LENGTH)
        if amount is not None:
            part = ComponentAmount(component, amount, currency)
            promotions.append(PromotionAdjustment(None, own_id, (part,)))
        elif own_id is not None and column not in cells.record.values:
            cells.missing(column, f"the amount of promotion {own_id}")
    return tuple(promotions)


FLAT_FILE = FlatFile(
    title="adjustment file",
    sheet="BatchRefunds",
    mark="adjustment-reason-code",
    columns=COLUMNS,
    read=read,
)
