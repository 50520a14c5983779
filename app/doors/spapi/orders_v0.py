"""Orders v0: orders and their items, wrapped in `payload`, spelt as in MWS."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from app.doors.spapi.callers import SellerCaller, limited
from app.doors.spapi.errors import REFUSALS, invalid, not_found
from app.doors.spapi.order_filters import own_marketplaces, read_span
from app.doors.spapi.orders_v0_shapes import (
    Address,
    Buyer,
    CancelWish,
    GetOrderAddressResponse,
    GetOrderBuyerInfoResponse,
    GetOrderItemsResponse,
    GetOrderResponse,
    GetOrdersResponse,
    ItemBuyerInfo,
    Money,
    Order,
    OrderAddress,
    OrderBuyerInfo,
    OrderItem,
    OrderItemsList,
    OrdersList,
    Status,
)
from app.doors.spapi.parts import Parts, SpApi
from app.doors.spapi.values import Moment, Text, csv
from app.intake.accounts import Caller
from app.intake.order_lists import OrderPage, Wanted
from app.intake.orders import ItemView, OrderView
from app.model.marketplaces import MARKETPLACES
from app.model.money import Money as Amount
from app.model.order import OrderStatus

SECTION = "orders/v0"
PENDING = (OrderStatus.PENDING, OrderStatus.PENDING_AVAILABILITY)

router = APIRouter(prefix=f"/{SECTION}", tags=["Orders v0"], responses=REFUSALS)


class OrdersQuery(BaseModel):
    """The filters of getOrders; those that nothing here has are ignored."""

    MarketplaceIds: Annotated[list[str] | None, csv(1, 50)] = None
    CreatedAfter: Moment | None = None
    CreatedBefore: Moment | None = None
    LastUpdatedAfter: Moment | None = None
    LastUpdatedBefore: Moment | None = None
    OrderStatuses: Annotated[list[Status] | None, csv(1, 8)] = None
    FulfillmentChannels: Annotated[list[Literal["AFN", "MFN"]] | None, csv(1, 2)] = None
    PaymentMethods: Annotated[
        list[Literal["COD", "CVS", "Other"]] | None, csv(1, 3)
    ] = None
    SellerOrderId: Text | None = None
    BuyerEmail: Text | None = None
    AmazonOrderIds: Annotated[list[str] | None, csv(1, 50)] = None
    MaxResultsPerPage: Annotated[int, Field(ge=1, le=100)] = 100
    NextToken: str | None = None


@router.get(
    "/orders",
    operation_id="getOrders",
    response_model_exclude_none=True,
    dependencies=[limited(f"{SECTION}/getOrders", "0.0167", 20, restore_seconds=60)],
)
def get_orders(
    query: Annotated[OrdersQuery, Query()], caller: SellerCaller, parts: Parts
) -> GetOrdersResponse:
    """List orders, oldest first, by purchase or by last change; or those named."""
    if query.NextToken is not None:
        page = parts.order_lists.list_next(caller, query.NextToken)
        return GetOrdersResponse(payload=_page(page))
    if not query.MarketplaceIds:
        raise invalid(
            "Request has missing or invalid parameters.", "MarketplaceIds is missing;"
        )
    marketplaces = own_marketplaces(
        "MarketplaceIds", query.MarketplaceIds, caller, parts
    )
    if query.AmazonOrderIds is not None:
        found = parts.orders.get_orders(caller.seller_id, query.AmazonOrderIds)
        return GetOrdersResponse(
            payload=OrdersList(
                Orders=[
                    write_order(view)
                    for view in found
                    if view.order.marketplace_id in marketplaces
                ]
            )
        )
    wanted = _wanted(query, marketplaces, parts)
    page = parts.order_lists.list(caller, wanted, query.MaxResultsPerPage)
    return GetOrdersResponse(payload=_page(page))


@router.get(
    "/orders/{orderId}",
    operation_id="getOrder",
    response_model_exclude_none=True,
    dependencies=[limited(f"{SECTION}/getOrder", "0.5", 30)],
)
def get_order(orderId: str, caller: SellerCaller, parts: Parts) -> GetOrderResponse:
    """Tell of one order."""
    return GetOrderResponse(payload=write_order(_view(orderId, caller, parts)))


@router.get(
    "/orders/{orderId}/orderItems",
    operation_id="getOrderItems",
    response_model_exclude_none=True,
    dependencies=[limited(f"{SECTION}/getOrderItems", "0.5", 30)],
)
def get_order_items(
    orderId: str, caller: SellerCaller, parts: Parts
) -> GetOrderItemsResponse:
    """Tell of all items of an order."""
    view = _view(orderId, caller, parts)
    return GetOrderItemsResponse(
        payload=OrderItemsList(
            AmazonOrderId=view.order.amazon_order_id,
            OrderItems=[_item(item, view) for item in view.items],
        )
    )


@router.get(
    "/orders/{orderId}/buyerInfo",
    operation_id="getOrderBuyerInfo",
    response_model_exclude_none=True,
    dependencies=[limited(f"{SECTION}/getOrderBuyerInfo", "0.5", 30)],
)
def get_order_buyer_info(
    orderId: str, caller: SellerCaller, parts: Parts
) -> GetOrderBuyerInfoResponse:
    """Tell who bought; of a pending order nothing."""
    view = _view(orderId, caller, parts)
    buyer = _buyer(view) or Buyer()
    return GetOrderBuyerInfoResponse(
        payload=OrderBuyerInfo(
            AmazonOrderId=view.order.amazon_order_id,
            BuyerEmail=buyer.BuyerEmail,
            BuyerName=buyer.BuyerName,
        )
    )


@router.get(
    "/orders/{orderId}/address",
    operation_id="getOrderAddress",
    response_model_exclude_none=True,
    dependencies=[limited(f"{SECTION}/getOrderAddress", "0.5", 30)],
)
def get_order_address(
    orderId: str, caller: SellerCaller, parts: Parts
) -> GetOrderAddressResponse:
    """Tell where an order goes; of a pending one nothing."""
    view = _view(orderId, caller, parts)
    buyer = _buyer(view)
    name = None if buyer is None else buyer.BuyerName
    return GetOrderAddressResponse(
        payload=OrderAddress(
            AmazonOrderId=view.order.amazon_order_id,
            ShippingAddress=Address(Name=name) if name else None,
        )
    )


def _view(order_id: str, caller: Caller, parts: SpApi) -> OrderView:
    view = None
    if "\0" not in order_id:
        view = parts.orders.get_order(caller.seller_id, order_id)
    if view is None:
        raise not_found("order of that id")
    return view


def _wanted(query: OrdersQuery, marketplaces: tuple[str, ...], parts: SpApi) -> Wanted:
    names = ("CreatedAfter", "CreatedBefore", "LastUpdatedAfter", "LastUpdatedBefore")
    if query.SellerOrderId is not None:
        excluded = (
            *("FulfillmentChannels", "OrderStatuses", "PaymentMethods"),
            *("LastUpdatedAfter", "LastUpdatedBefore", "BuyerEmail"),
        )
        for name in excluded:
            if getattr(query, name) is not None:
                raise invalid(
                    "Invalid request parameters.",
                    f"SellerOrderId cannot be combined with {name}.",
                )
    times = (
        *(query.CreatedAfter, query.CreatedBefore),
        *(query.LastUpdatedAfter, query.LastUpdatedBefore),
    )
    span = read_span(names, times, parts.clock())
    # InvoiceUnconfirmed is a status that no order here has.
    statuses = None
    if query.OrderStatuses is not None:
        given = set(query.OrderStatuses) - {"InvoiceUnconfirmed"}
        statuses = [OrderStatus(name) for name in sorted(given)]
    # Orders here are all paid by other means than COD and CVS.
    if query.PaymentMethods is not None and "Other" not in query.PaymentMethods:
        statuses = []
    return Wanted(
        span.after,
        span.before,
        marketplaces,
        span.by_update,
        statuses,
        query.FulfillmentChannels,
        query.BuyerEmail,
        query.SellerOrderId,
    )


def _page(page: OrderPage) -> OrdersList:
    before, by_update = page.wanted.before, page.wanted.by_update
    return OrdersList(
        Orders=[write_order(view) for view in page.orders],
        NextToken=page.next_token,
        LastUpdatedBefore=before if by_update else None,
        CreatedBefore=None if by_update else before,
    )


def write_order(view: OrderView) -> Order:
    """Write an order; a pending one shows neither its buyer nor what it costs."""
    order = view.order
    marketplace = MARKETPLACES.get(order.marketplace_id)
    return Order(
        AmazonOrderId=order.amazon_order_id,
        SellerOrderId=order.merchant_order_id or order.amazon_order_id,
        PurchaseDate=order.purchase_date,
        LastUpdateDate=view.updated_at,
        OrderStatus=order.status.value,
        FulfillmentChannel=order.fulfillment_channel,
        SalesChannel=marketplace.sales_channel if marketplace else None,
        OrderTotal=None
        if order.status in PENDING
        else _money(view.total, order.currency),
        NumberOfItemsShipped=sum(item.quantity_shipped for item in order.items),
        NumberOfItemsUnshipped=sum(item.open for item in order.items),
        MarketplaceId=order.marketplace_id,
        BuyerInfo=_buyer(view),
    )


def _buyer(view: OrderView) -> Buyer | None:
    buyer = view.order.buyer
    if view.order.status in PENDING or not (buyer.email or buyer.name):
        return None
    return Buyer(BuyerEmail=buyer.email or None, BuyerName=buyer.name or None)


def _item(view: ItemView, order: OrderView) -> OrderItem:
    item = view.item
    asked = order.order.buyer_requested_cancel
    shown = order.order.status not in PENDING
    prices = _Prices(view.amounts if shown else {}, order.order.currency)
    discounts = _Prices(view.discounts if shown else {}, order.order.currency)
    ids = [each.merchant_promotion_id for each in item.promotions]
    wrap = ItemBuyerInfo(
        GiftWrapPrice=prices.of("GiftWrap"), GiftWrapTax=prices.of("GiftWrapTax")
    )
    return OrderItem(
        ASIN=item.asin,
        OrderItemId=item.amazon_order_item_code,
        SellerSKU=item.sku or None,
        Title=item.title or None,
        QuantityOrdered=view.quantity_ordered,
        QuantityShipped=item.quantity_shipped,
        ItemPrice=prices.of("Principal"),
        ShippingPrice=prices.of("Shipping"),
        ItemTax=prices.of("Tax"),
        ShippingTax=prices.of("ShippingTax"),
        ShippingDiscount=discounts.of("Shipping"),
        PromotionDiscount=discounts.of("Principal"),
        PromotionIds=[each for each in ids if each] or None if shown else None,
        CODFee=prices.of("CODFee"),
        BuyerRequestedCancel=CancelWish(
            IsBuyerRequestedCancel="false" if asked is None else "true",
            BuyerCancelReason=asked or None,
        ),
        BuyerInfo=wrap if wrap.GiftWrapPrice or wrap.GiftWrapTax else None,
    )


class _Prices:
    """The parts of a line's price, each as money."""

    def __init__(self, amounts: Mapping[str, Decimal], currency: str) -> None:
        self._amounts = amounts
        self._currency = currency

    def of(self, component: str) -> Money | None:
        """Return one part, if the line has it."""
        amount = self._amounts.get(component)
        return None if amount is None else _money(amount, self._currency)


def _money(amount: Decimal, currency: str) -> Money:
    return Money(CurrencyCode=currency, Amount=Amount(amount, currency).text)
