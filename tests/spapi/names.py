"""The fields of answers as Amazon publishes them, written down from the fact sheet.

A line is an operation and the fields that its answer may have; `*` marks those that it
always has, and indented fields lie within the one above. Source: sp-api-wire 2 to 6;
for what 6 names in prose alone, the published models.
"""

from __future__ import annotations

PUBLISHED = """
createFeedDocument: *feedDocumentId *url
createFeed: *feedId
getFeeds: *feeds nextToken
  feeds: *feedId *feedType marketplaceIds *createdTime *processingStatus
  feeds: processingStartTime processingEndTime resultFeedDocumentId
getFeed: *feedId *feedType marketplaceIds *createdTime *processingStatus
getFeed: processingStartTime processingEndTime resultFeedDocumentId
cancelFeed:
getFeedDocument: *feedDocumentId *url compressionAlgorithm
getOrders: *payload
  payload: *Orders NextToken LastUpdatedBefore CreatedBefore
  payload.Orders: *AmazonOrderId SellerOrderId *PurchaseDate *LastUpdateDate
  payload.Orders: *OrderStatus FulfillmentChannel SalesChannel OrderTotal
  payload.Orders: NumberOfItemsShipped NumberOfItemsUnshipped MarketplaceId OrderType
  payload.Orders: BuyerInfo
  payload.Orders.OrderTotal: CurrencyCode Amount
  payload.Orders.BuyerInfo: BuyerEmail BuyerName
getOrder: *payload
  payload: *AmazonOrderId SellerOrderId *PurchaseDate *LastUpdateDate
  payload: *OrderStatus FulfillmentChannel SalesChannel OrderTotal
  payload: NumberOfItemsShipped NumberOfItemsUnshipped MarketplaceId OrderType
  payload: BuyerInfo
  payload.OrderTotal: CurrencyCode Amount
  payload.BuyerInfo: BuyerEmail BuyerName
getOrderItems: *payload
  payload: *AmazonOrderId *OrderItems
  payload.OrderItems: *ASIN *OrderItemId SellerSKU Title *QuantityOrdered
  payload.OrderItems: QuantityShipped ItemPrice ShippingPrice ItemTax ShippingTax
  payload.OrderItems: ShippingDiscount PromotionDiscount PromotionIds CODFee
  payload.OrderItems: BuyerRequestedCancel BuyerInfo
  payload.OrderItems.ItemPrice: CurrencyCode Amount
  payload.OrderItems.ShippingPrice: CurrencyCode Amount
  payload.OrderItems.ItemTax: CurrencyCode Amount
  payload.OrderItems.ShippingTax: CurrencyCode Amount
  payload.OrderItems.ShippingDiscount: CurrencyCode Amount
  payload.OrderItems.PromotionDiscount: CurrencyCode Amount
  payload.OrderItems.CODFee: CurrencyCode Amount
  payload.OrderItems.BuyerRequestedCancel: IsBuyerRequestedCancel BuyerCancelReason
  payload.OrderItems.BuyerInfo: GiftWrapPrice GiftWrapTax
  payload.OrderItems.BuyerInfo.GiftWrapPrice: CurrencyCode Amount
  payload.OrderItems.BuyerInfo.GiftWrapTax: CurrencyCode Amount
getOrderBuyerInfo: *payload
  payload: *AmazonOrderId BuyerEmail BuyerName
getOrderAddress: *payload
  payload: *AmazonOrderId ShippingAddress
  payload.ShippingAddress: *Name
confirmShipment:
searchOrders: *orders pagination lastUpdatedBefore createdBefore
  pagination: nextToken
  orders: *orderId orderAliases *createdTime *lastUpdatedTime *salesChannel buyer
  orders: recipient proceeds fulfillment *orderItems packages
  orders.orderAliases: aliasId aliasType
  orders.salesChannel: channelName marketplaceId marketplaceName
  orders.buyer: buyerName buyerEmail
  orders.recipient: deliveryAddress
  orders.recipient.deliveryAddress: name
  orders.proceeds: grandTotal
  orders.proceeds.grandTotal: amount currencyCode
  orders.fulfillment: fulfillmentStatus fulfilledBy
  orders.orderItems: *orderItemId *quantityOrdered *product proceeds promotion
  orders.orderItems: cancellation fulfillment
  orders.orderItems.product: asin title sellerSku
  orders.orderItems.proceeds: proceedsTotal
  orders.orderItems.proceeds.proceedsTotal: amount currencyCode
  orders.orderItems.promotion: breakdowns
  orders.orderItems.promotion.breakdowns: promotionId
  orders.orderItems.cancellation: cancellationRequest cancellationExecution
  orders.orderItems.cancellation.cancellationRequest: requester cancelReason
  orders.orderItems.cancellation.cancellationExecution: cancelledBy cancelReason
  orders.orderItems.fulfillment: quantityFulfilled quantityUnfulfilled
  orders.packages: packageReferenceId shipTime carrier shippingService trackingNumber
  orders.packages: packageItems
  orders.packages.packageItems: orderItemId quantity
listFinancialEvents: *payload
  payload: NextToken FinancialEvents
  payload.FinancialEvents: ShipmentEventList RefundEventList
  payload.FinancialEvents.ShipmentEventList: AmazonOrderId SellerOrderId
  payload.FinancialEvents.ShipmentEventList: MarketplaceName PostedDate
  payload.FinancialEvents.ShipmentEventList: ShipmentItemList
  payload.FinancialEvents.ShipmentEventList: ShipmentItemAdjustmentList
getMarketplaceParticipations: *payload
  payload: *marketplace *participation
  payload.marketplace: *id *name *countryCode *defaultCurrencyCode
  payload.marketplace: *defaultLanguageCode *domainName
  payload.participation: *isParticipating *hasSuspendedListings
createDestination: *payload
  payload: *name *destinationId *resource
  payload.resource: sqs
  payload.resource.sqs: *arn
getDestination: *payload
  payload: *name *destinationId *resource
  payload.resource: sqs
  payload.resource.sqs: *arn
getDestinations: *payload
  payload: *name *destinationId *resource
  payload.resource: sqs
  payload.resource.sqs: *arn
deleteDestination: payload
createSubscription: *payload
  payload: *subscriptionId *payloadVersion *destinationId processingDirective
  payload.processingDirective: eventFilter
  payload.processingDirective.eventFilter: *eventFilterType orderChangeTypes
getSubscription: *payload
  payload: *subscriptionId *payloadVersion *destinationId processingDirective
  payload.processingDirective: eventFilter
  payload.processingDirective.eventFilter: *eventFilterType orderChangeTypes
getSubscriptionById: *payload
  payload: *subscriptionId *payloadVersion *destinationId processingDirective
  payload.processingDirective: eventFilter
  payload.processingDirective.eventFilter: *eventFilterType orderChangeTypes
getSubscriptions: *payload
  payload: *subscriptions
  payload.subscriptions: *subscriptionId *payloadVersion *destinationId
  payload.subscriptions: processingDirective
  payload.subscriptions.processingDirective: eventFilter
  payload.subscriptions.processingDirective.eventFilter: *eventFilterType
  payload.subscriptions.processingDirective.eventFilter: orderChangeTypes
deleteSubscriptionById: payload
sendTestNotification: payload
getToken: *access_token *token_type *expires_in refresh_token
"""

_ITEM = """
SellerSKU OrderItemId OrderAdjustmentItemId QuantityShipped ItemChargeList
ItemChargeAdjustmentList PromotionList PromotionAdjustmentList
ItemChargeList.ChargeType ItemChargeList.ChargeAmount
ItemChargeList.ChargeAmount.CurrencyCode ItemChargeList.ChargeAmount.CurrencyAmount
ItemChargeAdjustmentList.ChargeType ItemChargeAdjustmentList.ChargeAmount
ItemChargeAdjustmentList.ChargeAmount.CurrencyCode
ItemChargeAdjustmentList.ChargeAmount.CurrencyAmount
PromotionList.PromotionType PromotionList.PromotionId PromotionList.PromotionAmount
PromotionList.PromotionAmount.CurrencyCode
PromotionList.PromotionAmount.CurrencyAmount
PromotionAdjustmentList.PromotionType PromotionAdjustmentList.PromotionId
PromotionAdjustmentList.PromotionAmount
PromotionAdjustmentList.PromotionAmount.CurrencyCode
PromotionAdjustmentList.PromotionAmount.CurrencyAmount
"""

# Operations whose answer is that of another one, or a part of it.
_SAME = {
    "listFinancialEventsByOrderId": ("listFinancialEvents", "", ""),
    "getOrder2026": ("searchOrders", "orders", "order"),
}


def published() -> dict[str, dict[str, bool]]:
    """Return, for each operation, its fields by path, and whether they are needed."""
    found: dict[str, dict[str, bool]] = {}
    for line in PUBLISHED.strip().splitlines():
        head, _, names = line.partition(":")
        if line.startswith(" "):
            prefix = f"{head.strip()}."
        else:
            prefix = ""
            fields = found.setdefault(head, {})
        for name in names.split():
            fields[prefix + name.lstrip("*")] = name.startswith("*")
    events = found["listFinancialEvents"]
    for kind in ("ShipmentEventList", "RefundEventList"):
        place = f"payload.FinancialEvents.{kind}"
        for name in list(events):
            if name.startswith("payload.FinancialEvents.ShipmentEventList."):
                events[name.replace("ShipmentEventList", kind)] = False
        for items in ("ShipmentItemList", "ShipmentItemAdjustmentList"):
            events |= {f"{place}.{items}.{name}": False for name in _ITEM.split()}
    for operation, (other, old, new) in _SAME.items():
        found[operation] = {
            new + name[len(old) :]: needed
            for name, needed in found[other].items()
            if name.startswith(old) and (not old or name.split(".")[0] == old)
        }
    return found
