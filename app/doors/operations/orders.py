"""Orders 2013-09-01: what a seller sees of orders."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from app.doors.answers import Answer, element, leaf
from app.doors.call import (
    SERVICE_STATUS_QUOTA,
    Call,
    Services,
    operation,
    service_status,
)
from app.doors.query import shown
from app.doors.sections import ORDERS, ORDERS_BACK_END
from app.errors import ErrorCode, ServiceError
from app.intake.orders import ItemView, OrderView
from app.intake.quotas import Quota
from app.model.marketplaces import MARKETPLACES
from app.model.money import Money
from app.model.order import OrderStatus
from app.model.times import to_iso

MOST_ORDER_IDS = 50
ITEMS_QUOTA = Quota(30, 2, shared="ListOrderItems")

_PENDING = (OrderStatus.PENDING, OrderStatus.PENDING_AVAILABILITY)

# Source: mws-wire 8.5, in its order; the prices are those of the whole line.
_PRICES = {
    "ItemPrice": "Principal",
    "ShippingPrice": "Shipping",
    "GiftWrapPrice": "GiftWrap",
    "ItemTax": "Tax",
    "ShippingTax": "ShippingTax",
    "GiftWrapTax": "GiftWrapTax",
}
_DISCOUNTS = {"ShippingDiscount": "Shipping", "PromotionDiscount": "Principal"}


@operation("GetOrder", ORDERS, ORDERS_BACK_END, Quota(6, 60))
def get_order(call: Call, services: Services) -> Answer:
    """Return the orders named, up to 50; ids that are none of the seller's are absent.

    No recording shows MWS's answer to an unknown id; its successor's getOrder answers
    200 with an empty payload (amzn/selling-partner-api-models issue 2939).
    """
    ids = call.numbered("AmazonOrderId.Id", most=MOST_ORDER_IDS)
    if not ids:
        raise call.lacks("AmazonOrderId.Id.1")
    orders = services.orders.get_orders(call.caller.seller_id, ids)
    return call.answer(element("Orders", *map(write_order, orders)))


@operation("ListOrderItems", ORDERS, ORDERS_BACK_END, ITEMS_QUOTA)
def list_order_items(call: Call, services: Services) -> Answer:
    """Return all items of one order; there is never a second page."""
    amazon_order_id = call.required("AmazonOrderId")
    view = services.orders.get_order(call.caller.seller_id, amazon_order_id)
    if view is None:
        raise ServiceError(
            ErrorCode.INVALID_PARAMETER,
            f'AmazonOrderId is "{shown(amazon_order_id)}", which is not an order of '
            "this seller.",
        )
    return call.answer(
        leaf("AmazonOrderId", view.order.amazon_order_id),
        element("OrderItems", *(_item(item, view) for item in view.items)),
    )


@operation("ListOrderItemsByNextToken", ORDERS, ORDERS_BACK_END, ITEMS_QUOTA)
def list_order_items_by_next_token(call: Call, services: Services) -> Answer:
    """Refuse every token: ListOrderItems gives none, since it lists all at once."""
    call.required("NextToken")
    raise ServiceError(
        ErrorCode.NEXT_TOKEN_CORRUPTED,
        "The NextToken was not made by ListOrderItems, which answers with all items "
        "at once.",
    )


@operation("GetServiceStatus", ORDERS, ORDERS_BACK_END, SERVICE_STATUS_QUOTA)
def get_service_status(call: Call, services: Services) -> Answer:
    """Say that the section is served."""
    return service_status(call)


def write_order(view: OrderView) -> str:
    """Write an order, its elements in the order of mws-wire 8.4.

    A pending order shows neither its buyer nor what it costs.
    """
    order = view.order
    pending = order.status in _PENDING
    marketplace = MARKETPLACES.get(order.marketplace_id)
    return element(
        "Order",
        leaf("AmazonOrderId", order.amazon_order_id),
        leaf("SellerOrderId", order.merchant_order_id),
        leaf("PurchaseDate", _seconds(order.purchase_date)),
        leaf("LastUpdateDate", _seconds(view.updated_at)),
        leaf("OrderStatus", order.status),
        leaf("FulfillmentChannel", order.fulfillment_channel),
        leaf("SalesChannel", marketplace and marketplace.sales_channel),
        "" if pending else _money("OrderTotal", view.total, order.currency),
        leaf("NumberOfItemsShipped", sum(i.quantity_shipped for i in order.items)),
        leaf("NumberOfItemsUnshipped", sum(item.open for item in order.items)),
        leaf("MarketplaceId", order.marketplace_id),
        "" if pending else leaf("BuyerEmail", order.buyer.email or None),
        "" if pending else leaf("BuyerName", order.buyer.name or None),
        leaf("OrderType", "StandardOrder"),
    )


def _item(view: ItemView, order: OrderView) -> str:
    """Write an order item, its elements in the order of mws-wire 8.5."""
    item = view.item
    prices = () if order.order.status in _PENDING else _prices(view, order)
    return element(
        "OrderItem",
        leaf("ASIN", item.asin),
        leaf("OrderItemId", item.amazon_order_item_code),
        leaf("SellerSKU", item.sku or None),
        leaf("Title", item.title or None),
        leaf("QuantityOrdered", view.quantity_ordered),
        leaf("QuantityShipped", item.quantity_shipped),
        *prices,
    )


def _prices(view: ItemView, order: OrderView) -> tuple[str, ...]:
    currency = order.order.currency
    promotion_ids = [
        leaf("PromotionId", promotion.merchant_promotion_id)
        for promotion in view.item.promotions
    ]
    return (
        *_amounts(_PRICES, view.amounts, currency),
        *_amounts(_DISCOUNTS, view.discounts, currency),
        element("PromotionIds", *promotion_ids) if any(promotion_ids) else "",
        *_amounts({"CODFee": "CODFee"}, view.amounts, currency),
    )


def _amounts(
    names: Mapping[str, str], amounts: Mapping[str, Decimal], currency: str
) -> list[str]:
    return [
        _money(name, amounts[component], currency)
        for name, component in names.items()
        if component in amounts
    ]


def _money(name: str, amount: Decimal, currency: str) -> str:
    # Nothing but these two children: boto refuses a third (mws-wire 8.4).
    text = str(Money(amount, currency)).removesuffix(f" {currency}")
    return element(name, leaf("CurrencyCode", currency), leaf("Amount", text))


def _seconds(moment: datetime) -> str:
    """Write a time as the Orders section did, without a fraction."""
    return to_iso(moment.replace(microsecond=0))
