"""Orders written as tab-separated text, a line for each item.

The columns and their order are those of MWS's flat-file order reports; the ones that
the service has nothing for are empty. Sources: docs/decisions/0011.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from app.intake.orders import ItemView, OrderView
from app.model.marketplaces import MARKETPLACES
from app.model.money import Money
from app.model.times import to_iso

_ORDERS = (
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
    "delivery-start-date",
    "delivery-end-date",
    "delivery-time-zone",
    "delivery-Instructions",
    "sales-channel",
)
_CONVERGED = (
    "payments-status",
    "order-id",
    "order-item-id",
    "payments-date",
    "payments-transaction-id",
    "item-name",
    "listing-id",
    "sku",
    "price",
    "shipping-fee",
    "quantity-purchased",
    "total-price",
    "purchase-date",
    "batch-id",
    "buyer-email",
    "buyer-name",
    "recipient-name",
    "ship-address-1",
    "ship-address-2",
    "ship-city",
    "ship-state",
    "ship-zip",
    "ship-country",
    "special-comments",
    "upc",
    "ship-method",
)

_PRICES = {
    "item-price": "Principal",
    "item-tax": "Tax",
    "shipping-price": "Shipping",
    "shipping-tax": "ShippingTax",
}
_CONVERGED_PRICES = {"price": "Principal", "shipping-fee": "Shipping"}


class TextReport:
    """One header line, then a line for each item with units left."""

    content_type = "text/plain;charset=UTF-8"

    def __init__(self, *, converged: bool) -> None:
        """Choose the report: the two have different columns and dates."""
        self._columns = _CONVERGED if converged else _ORDERS
        self._values = _converged_values if converged else _orders_values

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
        values = _values(view, item) | self._values(view, item)
        cells = (_cell(values.get(name, "")) for name in self._columns)
        return "\t".join(cells) + "\r\n"


def _values(view: OrderView, line: ItemView) -> dict[str, str]:
    """Return what both reports have, by the same names."""
    order = view.order
    return {
        "order-id": order.amazon_order_id,
        "order-item-id": line.item.amazon_order_item_code,
        "buyer-email": order.buyer.email,
        "buyer-name": order.buyer.name,
        "sku": line.item.sku,
        "quantity-purchased": str(line.quantity_ordered),
        "recipient-name": order.buyer.name,
    }


def _orders_values(view: OrderView, line: ItemView) -> dict[str, str]:
    order = view.order
    marketplace = MARKETPLACES.get(order.marketplace_id)
    placed = to_iso(order.purchase_date.replace(microsecond=0)).replace("Z", "+00:00")
    return {
        "purchase-date": placed,
        "payments-date": placed,
        "product-name": line.item.title,
        "currency": order.currency,
        **_amounts(_PRICES, line.amounts, order.currency),
        "ship-service-level": "Standard",
        "sales-channel": marketplace.sales_channel if marketplace else "",
    }


def _converged_values(view: OrderView, line: ItemView) -> dict[str, str]:
    """Return what the report of Marketplace sellers called otherwise."""
    currency = view.order.currency
    placed = f"{view.order.purchase_date:%Y-%m-%d %H:%M:%S} UTC"
    total = sum(line.amounts.values()) - sum(line.discounts.values())
    return {
        "purchase-date": placed,
        "payments-date": placed,
        "item-name": line.item.title,
        **_amounts(_CONVERGED_PRICES, line.amounts, currency),
        "total-price": _amount(Decimal(total), currency),
        "ship-method": "standard",
    }


def _amounts(
    names: Mapping[str, str], amounts: Mapping[str, Decimal], currency: str
) -> dict[str, str]:
    return {
        name: _amount(amounts[component], currency)
        for name, component in names.items()
        if component in amounts
    }


def _amount(amount: Decimal, currency: str) -> str:
    return str(Money(amount, currency)).removesuffix(f" {currency}")


def _cell(text: str) -> str:
    """Keep tabs and line ends out of values, since nothing escapes them."""
    return " ".join(text.split())
