"""What a feed can be about, by the MessageType of its envelope."""

from __future__ import annotations

ORDER_MESSAGE_TYPES = frozenset(
    ("OrderAcknowledgement", "OrderAdjustment", "OrderFulfillment")
)

MESSAGE_TYPES = frozenset(
    (
        "ACES",
        "CartonContentsRequest",
        "CatPIL",
        "CharacterData",
        "Customer",
        "CustomerReport",
        "EasyShipDocument",
        "EnhancedContent",
        "ExternalCustomer",
        "ExternalOrder",
        "FulfillmentCenter",
        "FulfillmentOrderCancellationRequest",
        "FulfillmentOrderRequest",
        "Image",
        "Inventory",
        "InvoiceConfirmation",
        "Item",
        "Listings",
        "Local",
        "Loyalty",
        "MSVat",
        "MultiChannelOrderReport",
        "NavigationReport",
        "Offer",
        "OrderAcknowledgement",
        "OrderAdjustment",
        "OrderFulfillment",
        "OrderNotificationReport",
        "OrderReport",
        "OrderSourcingOnDemand",
        "Override",
        "PIES",
        "PendingOrderReport",
        "PointOfSale",
        "Price",
        "ProcessingReport",
        "Product",
        "ProductImage",
        "Promotion",
        "PurchaseConfirmation",
        "Relationship",
        "ReverseItem",
        "RichContent",
        "SalesAdjustment",
        "SalesHistory",
        "SettlementReport",
        "StandardProduct",
        "Store",
        "StoreStockMovement",
        "TestOrderRequest",
        "TradeInPrice",
        "WebstoreItem",
    )
)
"""Every MessageType that MWS knew. Source: feed-vocabulary 1.4."""


def feed_of(message_type: str) -> str:
    """Return "an OrderFulfillment feed", with the article that fits."""
    article = "an" if message_type[:1] in "AEIOU" else "a"
    return f"{article} {message_type} feed"
