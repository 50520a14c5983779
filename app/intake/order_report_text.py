"""Orders written as tab-separated text, a line for each item.

The columns are those of MWS's flat-file order reports as far as the service has
something to put in; see docs/decisions/0011.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from app.intake.orders import ItemView, OrderView
from app.model.marketplaces import MARKETPLACES
from app.model.money import Money
from app.model.times import to_iso

_BASE = (
    "order-id",
    "order-item-id",
    "purchase-date",
    "payments-date",
    "buyer-email",
    "buyer-name",
    "buyer-phone-number",
    "sku",
    "product-name",
    "quantity-purchased",
    "currency",
    "item-price",
    "item-tax",
    "shipping-price",
    "shipping-tax",
    "ship-service-level",
    "recipient-name",
    "ship-address-1",
    "ship-address-2",
    "ship-address-3",
    "ship-city",
    "ship-state",
    "ship-postal-code",
    "ship-country",
    "ship-phone-number",
    "sales-channel",
)
_CONVERGED = (
    *_BASE[:15],
    "gift-wrap-price",
    "gift-wrap-tax",
    "item-promotion-discount",
    "ship-promotion-discount",
    *_BASE[15:],
    "order-status",
    "quantity-shipped",
)

_PRICES = {
    "item-price": "Principal",
    "item-tax": "Tax",
    "shipping-price": "Shipping",
    "shipping-tax": "ShippingTax",
    "gift-wrap-price": "GiftWrap",
    "gift-wrap-tax": "GiftWrapTax",
}
_DISCOUNTS = {
    "item-promotion-discount": "Principal",
    "ship-promotion-discount": "Shipping",
}


class TextReport:
    """One header line, then a line for each item with units left."""

    content_type = "text/plain;charset=UTF-8"

    def __init__(self, *, converged: bool) -> None:
        """Choose the columns; the converged report has some more."""
        self._columns = _CONVERGED if converged else _BASE

    def head(self) -> str:
        """Write the names of the columns."""
        return "\t".join(self._columns) + "\r\n"

    def order(self, view: OrderView) -> str:
        """Write the lines of one order."""
        return "".join(
            self._line(view, item) for item in view.items if item.quantity_ordered
        )

    def tail(self) -> str:
        """Nothing comes behind the last line."""
        return ""

    def _line(self, view: OrderView, item: ItemView) -> str:
        values = _values(view, item)
        cells = (_cell(values.get(name, "")) for name in self._columns)
        return "\t".join(cells) + "\r\n"


def _values(view: OrderView, line: ItemView) -> dict[str, str]:
    order, item = view.order, line.item
    marketplace = MARKETPLACES.get(order.marketplace_id)
    placed = to_iso(order.purchase_date.replace(microsecond=0)).replace("Z", "+00:00")
    return {
        "order-id": order.amazon_order_id,
        "order-item-id": item.amazon_order_item_code,
        "purchase-date": placed,
        "payments-date": placed,
        "buyer-email": order.buyer.email,
        "buyer-name": order.buyer.name,
        "sku": item.sku,
        "product-name": item.title,
        "quantity-purchased": str(line.quantity_ordered),
        "currency": order.currency,
        **_amounts(_PRICES, line.amounts, order.currency),
        **_amounts(_DISCOUNTS, line.discounts, order.currency),
        "ship-service-level": "Standard",
        "recipient-name": order.buyer.name,
        "sales-channel": marketplace.sales_channel if marketplace else "",
        "order-status": order.status,
        "quantity-shipped": str(item.quantity_shipped),
    }


def _amounts(
    names: Mapping[str, str], amounts: Mapping[str, Decimal], currency: str
) -> dict[str, str]:
    return {
        name: str(Money(amounts[component], currency)).removesuffix(f" {currency}")
        for name, component in names.items()
        if component in amounts
    }


def _cell(text: str) -> str:
    """Keep tabs and line ends out of values, since nothing escapes them."""
    return " ".join(text.split())
