"""Orders 2026-01-01: orders with their items, not wrapped. Source: sp-api-wire 5.5."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from app.doors.spapi.callers import SellerCaller, limited
from app.doors.spapi.errors import REFUSALS, not_found
from app.doors.spapi.order_filters import own_marketplaces, read_span
from app.doors.spapi.orders_2026_shapes import (
    Address,
    Buyer,
    CancellationExecution,
    CancellationRequest,
    GetOrderResponse,
    ItemCancellation,
    ItemFulfillment,
    ItemProceeds,
    ItemPromotion,
    Money,
    Order,
    OrderAlias,
    OrderFulfillment,
    OrderItem,
    OrderProceeds,
    Package,
    PackageItem,
    Pagination,
    Product,
    PromotionBreakdown,
    Recipient,
    SalesChannel,
    SearchOrdersResponse,
    Status,
)
from app.doors.spapi.orders_v0 import PENDING
from app.doors.spapi.parts import Parts
from app.doors.spapi.values import Moment, csv
from app.intake.order_lists import Wanted
from app.intake.orders import ItemView, OrderView
from app.model.marketplaces import MARKETPLACES
from app.model.money import Money as Amount
from app.model.order import OrderStatus

SECTION = "orders/2026-01-01"

router = APIRouter(prefix=f"/{SECTION}", tags=["Orders 2026-01-01"], responses=REFUSALS)

_STATUSES: dict[OrderStatus, Status] = {
    OrderStatus.PENDING_AVAILABILITY: "PENDING_AVAILABILITY",
    OrderStatus.PENDING: "PENDING",
    OrderStatus.UNSHIPPED: "UNSHIPPED",
    OrderStatus.PARTIALLY_SHIPPED: "PARTIALLY_SHIPPED",
    OrderStatus.SHIPPED: "SHIPPED",
    OrderStatus.CANCELED: "CANCELLED",
    OrderStatus.UNFULFILLABLE: "UNFULFILLABLE",
}
_BY_NAME = {name: status for status, name in _STATUSES.items()}
_CHANNELS: dict[str, Literal["MERCHANT", "AMAZON"]] = {
    "MFN": "MERCHANT",
    "AFN": "AMAZON",
}
Data = Literal[
    "BUYER",
    "RECIPIENT",
    "PROCEEDS",
    "EXPENSE",
    "PROMOTION",
    "CANCELLATION",
    "FULFILLMENT",
    "PACKAGES",
    "TAX",
    "PAYMENT",
    "FULFILLMENT_ORDERS",
]


class OrderQuery(BaseModel):
    """What of an order is told."""

    includedData: Annotated[list[Data] | None, csv(1, 11)] = None


class OrdersQuery(OrderQuery):
    """The filters of searchOrders; a paginationToken comes with all of them."""

    createdAfter: Moment | None = None
    createdBefore: Moment | None = None
    lastUpdatedAfter: Moment | None = None
    lastUpdatedBefore: Moment | None = None
    fulfillmentStatuses: Annotated[list[Status] | None, csv(1, 7)] = None
    marketplaceIds: Annotated[list[str] | None, csv(1, 50)] = None
    fulfilledBy: Annotated[list[Literal["MERCHANT", "AMAZON"]] | None, csv(1, 2)] = None
    maxResultsPerPage: Annotated[int, Field(ge=1, le=100)] = 100
    paginationToken: str | None = None


@router.get(
    "/orders",
    operation_id="searchOrders",
    response_model_exclude_none=True,
    dependencies=[
        limited(f"{SECTION}/searchOrders", "0.0056", 20, restore_seconds=180)
    ],
)
def search_orders(
    query: Annotated[OrdersQuery, Query()], caller: SellerCaller, parts: Parts
) -> SearchOrdersResponse:
    """List orders, oldest first, by when they were placed or last changed."""
    names = ("createdAfter", "createdBefore", "lastUpdatedAfter", "lastUpdatedBefore")
    times = (
        *(query.createdAfter, query.createdBefore),
        *(query.lastUpdatedAfter, query.lastUpdatedBefore),
    )
    span = read_span(names, times, parts.clock())
    marketplaces = own_marketplaces(
        "marketplaceIds", query.marketplaceIds, caller, parts
    )
    if query.paginationToken is not None:
        page = parts.order_lists.list_next(caller, query.paginationToken)
    else:
        statuses, fulfilled_by = query.fulfillmentStatuses, query.fulfilledBy
        wanted = Wanted(
            span.after,
            span.before,
            marketplaces,
            span.by_update,
            [_BY_NAME[name] for name in statuses] if statuses else None,
            [code for code, name in _CHANNELS.items() if name in fulfilled_by]
            if fulfilled_by
            else None,
        )
        page = parts.order_lists.list(caller, wanted, query.maxResultsPerPage)
    ids = [view.order.amazon_order_id for view in page.orders]
    views = parts.orders.get_orders(caller.seller_id, ids, history=True)
    included = query.includedData or ()
    before, by_update = page.wanted.before, page.wanted.by_update
    return SearchOrdersResponse(
        orders=[_order(view, included) for view in views],
        pagination=(page.next_token and Pagination(nextToken=page.next_token)) or None,
        lastUpdatedBefore=before if by_update else None,
        createdBefore=None if by_update else before,
    )


@router.get(
    "/orders/{orderId}",
    operation_id="getOrder2026",
    response_model_exclude_none=True,
    dependencies=[limited(f"{SECTION}/getOrder", "0.5", 30)],
)
def get_order(
    orderId: str,
    query: Annotated[OrderQuery, Query()],
    caller: SellerCaller,
    parts: Parts,
) -> GetOrderResponse:
    """Tell of one order."""
    view = None
    if "\0" not in orderId:
        view = parts.orders.get_order(caller.seller_id, orderId, history=True)
    if view is None:
        raise not_found("order of that id")
    return GetOrderResponse(order=_order(view, query.includedData or ()))


def _order(view: OrderView, included: Collection[str]) -> Order:
    """Write an order; a pending one shows neither its buyer nor what it costs."""
    order = view.order
    shown = order.status not in PENDING
    own_id, buyer = order.merchant_order_id, order.buyer
    marketplace = MARKETPLACES.get(order.marketplace_id)
    found = Order(
        orderId=order.amazon_order_id,
        orderAliases=[OrderAlias(aliasId=own_id)] if own_id else None,
        createdTime=order.purchase_date,
        lastUpdatedTime=view.updated_at,
        salesChannel=SalesChannel(
            marketplaceId=order.marketplace_id,
            marketplaceName=marketplace.sales_channel if marketplace else None,
        ),
        orderItems=[_item(item, view, included) for item in view.items],
    )
    if "BUYER" in included and shown and (buyer.name or buyer.email):
        found.buyer = Buyer(
            buyerName=buyer.name or None, buyerEmail=buyer.email or None
        )
    if "RECIPIENT" in included and shown and buyer.name:
        found.recipient = Recipient(deliveryAddress=Address(name=buyer.name))
    if "PROCEEDS" in included and shown:
        total = _money(view.total, order.currency)
        found.proceeds = OrderProceeds(grandTotal=total)
    if "FULFILLMENT" in included:
        found.fulfillment = OrderFulfillment(
            fulfillmentStatus=_STATUSES[order.status],
            fulfilledBy=_CHANNELS[order.fulfillment_channel],
        )
    if "PACKAGES" in included:
        found.packages = _packages(view)
    return found


def _item(view: ItemView, order: OrderView, included: Collection[str]) -> OrderItem:
    item = view.item
    found = OrderItem(
        orderItemId=item.amazon_order_item_code,
        quantityOrdered=view.quantity_ordered,
        product=Product(
            asin=item.asin, title=item.title or None, sellerSku=item.sku or None
        ),
    )
    shown = order.order.status not in PENDING
    if "PROCEEDS" in included and shown:
        total = _money(view.total, order.order.currency)
        found.proceeds = ItemProceeds(proceedsTotal=total)
    if "PROMOTION" in included and shown:
        ids = [promotion.merchant_promotion_id for promotion in item.promotions]
        breakdowns = [PromotionBreakdown(promotionId=each) for each in ids if each]
        found.promotion = ItemPromotion(breakdowns=breakdowns) if breakdowns else None
    if "CANCELLATION" in included:
        found.cancellation = _cancellation(view, order)
    if "FULFILLMENT" in included:
        found.fulfillment = ItemFulfillment(
            quantityFulfilled=item.quantity_shipped, quantityUnfulfilled=item.open
        )
    return found


def _cancellation(view: ItemView, order: OrderView) -> ItemCancellation | None:
    """Tell of the buyer's wish, and of the last cancellation of the line."""
    asked = order.order.buyer_requested_cancel
    code = view.item.amazon_order_item_code
    done = [
        each
        for each in order.order.cancellations
        if each.amazon_order_item_code == code
    ]
    if asked is None and not done:
        return None
    return ItemCancellation(
        cancellationRequest=None
        if asked is None
        else CancellationRequest(cancelReason=asked or None),
        # Every cancellation here is the seller's, or is done in the seller's name.
        cancellationExecution=CancellationExecution(
            cancelledBy="MERCHANT", cancelReason=done[-1].reason
        )
        if done
        else None,
    )


def _packages(view: OrderView) -> list[Package]:
    return [
        Package(
            packageReferenceId=str(number),
            shipTime=shipment.fulfillment_date,
            carrier=shipment.carrier_name or shipment.carrier_code,
            shippingService=shipment.shipping_method,
            trackingNumber=shipment.tracking_number,
            packageItems=[
                PackageItem(orderItemId=code, quantity=units)
                for code, units in shipment.items
            ],
        )
        for number, shipment in enumerate(view.order.shipments, 1)
    ]


def _money(amount: Decimal, currency: str) -> Money:
    return Money(amount=Amount(amount, currency).text, currencyCode=currency)
