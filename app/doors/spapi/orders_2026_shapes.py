"""The answers of Orders 2026-01-01, in the names of sp-api-wire 5.5."""

from __future__ import annotations

from typing import Literal

from app.doors.spapi.values import Answer, ZuluMoment

Status = Literal[
    "PENDING_AVAILABILITY",
    "PENDING",
    "UNSHIPPED",
    "PARTIALLY_SHIPPED",
    "SHIPPED",
    "CANCELLED",
    "UNFULFILLABLE",
]


class Money(Answer):
    """An amount, as text."""

    amount: str
    currencyCode: str


class OrderAlias(Answer):
    """Another name of an order."""

    aliasId: str
    aliasType: str = "SELLER_ORDER_ID"


class SalesChannel(Answer):
    """Where an order was placed."""

    channelName: str = "AMAZON"
    marketplaceId: str
    marketplaceName: str | None = None


class Buyer(Answer):
    """Who bought."""

    buyerName: str | None = None
    buyerEmail: str | None = None


class Address(Answer):
    """Where to send it: the name is all that orders here hold."""

    name: str


class Recipient(Answer):
    """Whom to send it to."""

    deliveryAddress: Address


class OrderProceeds(Answer):
    """What the buyer pays for the units that are left."""

    grandTotal: Money


class OrderFulfillment(Answer):
    """How far an order came."""

    fulfillmentStatus: Status
    fulfilledBy: Literal["MERCHANT", "AMAZON"]


class Product(Answer):
    """What was bought."""

    asin: str
    title: str | None = None
    sellerSku: str | None = None


class ItemProceeds(Answer):
    """What the buyer pays for the units of a line that are left."""

    proceedsTotal: Money


class PromotionBreakdown(Answer):
    """One discount."""

    promotionId: str


class ItemPromotion(Answer):
    """The discounts on a line."""

    breakdowns: list[PromotionBreakdown]


class CancellationRequest(Answer):
    """What the buyer asked for."""

    requester: Literal["BUYER"] = "BUYER"
    cancelReason: str | None = None


class CancellationExecution(Answer):
    """What became of it; how many units, the quantities tell."""

    cancelledBy: Literal["BUYER", "MERCHANT", "AMAZON"]
    cancelReason: str | None = None


class ItemCancellation(Answer):
    """Cancellations of a line."""

    cancellationRequest: CancellationRequest | None = None
    cancellationExecution: CancellationExecution | None = None


class ItemFulfillment(Answer):
    """Units of a line that are shipped, and that are to be."""

    quantityFulfilled: int
    quantityUnfulfilled: int


class OrderItem(Answer):
    """A line of an order, without its cancelled units (design D4)."""

    orderItemId: str
    quantityOrdered: int
    product: Product
    proceeds: ItemProceeds | None = None
    promotion: ItemPromotion | None = None
    cancellation: ItemCancellation | None = None
    fulfillment: ItemFulfillment | None = None


class PackageItem(Answer):
    """Units of one line in a parcel."""

    orderItemId: str
    quantity: int


class Package(Answer):
    """A parcel."""

    packageReferenceId: str
    shipTime: ZuluMoment
    carrier: str | None = None
    shippingService: str | None = None
    trackingNumber: str | None = None
    packageItems: list[PackageItem]


class Order(Answer):
    """An order with its items; the rest as `includedData` says."""

    orderId: str
    orderAliases: list[OrderAlias] | None = None
    createdTime: ZuluMoment
    lastUpdatedTime: ZuluMoment
    salesChannel: SalesChannel
    buyer: Buyer | None = None
    recipient: Recipient | None = None
    proceeds: OrderProceeds | None = None
    fulfillment: OrderFulfillment | None = None
    orderItems: list[OrderItem]
    packages: list[Package] | None = None


class Pagination(Answer):
    """Where a list goes on."""

    nextToken: str


class SearchOrdersResponse(Answer):
    """A page of orders, oldest first; the last one has no pagination."""

    orders: list[Order]
    pagination: Pagination | None = None
    lastUpdatedBefore: ZuluMoment | None = None
    createdBefore: ZuluMoment | None = None


class GetOrderResponse(Answer):
    """One order."""

    order: Order
