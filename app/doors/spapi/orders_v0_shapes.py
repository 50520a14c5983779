"""The answers of Orders v0, in the names of sp-api-wire 5.1 and 5.2."""

from __future__ import annotations

from typing import Literal

from app.doors.spapi.values import Answer, ZuluMoment

Status = Literal[
    "PendingAvailability",
    "Pending",
    "Unshipped",
    "PartiallyShipped",
    "Shipped",
    "InvoiceUnconfirmed",
    "Canceled",
    "Unfulfillable",
]


class Money(Answer):
    """An amount, as text."""

    CurrencyCode: str
    Amount: str


class Buyer(Answer):
    """Who bought."""

    BuyerEmail: str | None = None
    BuyerName: str | None = None


class Order(Answer):
    """An order, without its items."""

    AmazonOrderId: str
    SellerOrderId: str
    PurchaseDate: ZuluMoment
    LastUpdateDate: ZuluMoment
    OrderStatus: Status
    FulfillmentChannel: str
    SalesChannel: str | None = None
    OrderTotal: Money | None = None
    NumberOfItemsShipped: int
    NumberOfItemsUnshipped: int
    MarketplaceId: str
    OrderType: str = "StandardOrder"
    BuyerInfo: Buyer | None = None


class OrdersList(Answer):
    """A page of orders, oldest first; the last one has no NextToken."""

    Orders: list[Order]
    NextToken: str | None = None
    LastUpdatedBefore: ZuluMoment | None = None
    CreatedBefore: ZuluMoment | None = None


class CancelWish(Answer):
    """Whether the buyer asked for cancellation: texts, not booleans."""

    IsBuyerRequestedCancel: Literal["true", "false"]
    BuyerCancelReason: str | None = None


class ItemBuyerInfo(Answer):
    """What the buyer pays for gift wrap."""

    GiftWrapPrice: Money | None = None
    GiftWrapTax: Money | None = None


class OrderItem(Answer):
    """A line of an order, without its cancelled units (design D4)."""

    ASIN: str
    OrderItemId: str
    SellerSKU: str | None = None
    Title: str | None = None
    QuantityOrdered: int
    QuantityShipped: int
    ItemPrice: Money | None = None
    ShippingPrice: Money | None = None
    ItemTax: Money | None = None
    ShippingTax: Money | None = None
    ShippingDiscount: Money | None = None
    PromotionDiscount: Money | None = None
    PromotionIds: list[str] | None = None
    CODFee: Money | None = None
    BuyerRequestedCancel: CancelWish
    BuyerInfo: ItemBuyerInfo | None = None


class OrderItemsList(Answer):
    """All items of an order; there is never a second page."""

    AmazonOrderId: str
    OrderItems: list[OrderItem]


class OrderBuyerInfo(Answer):
    """Who bought an order."""

    AmazonOrderId: str
    BuyerEmail: str | None = None
    BuyerName: str | None = None


class Address(Answer):
    """Where to send it: the name is all that orders here hold."""

    Name: str


class OrderAddress(Answer):
    """Where to send an order."""

    AmazonOrderId: str
    ShippingAddress: Address | None = None


class GetOrdersResponse(Answer):
    """The answer of getOrders."""

    payload: OrdersList


class GetOrderResponse(Answer):
    """The answer of getOrder."""

    payload: Order


class GetOrderItemsResponse(Answer):
    """The answer of getOrderItems."""

    payload: OrderItemsList


class GetOrderBuyerInfoResponse(Answer):
    """The answer of getOrderBuyerInfo."""

    payload: OrderBuyerInfo


class GetOrderAddressResponse(Answer):
    """The answer of getOrderAddress."""

    payload: OrderAddress
