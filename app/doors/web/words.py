"""Words of the protocol as the pages show them: reasons, components, statuses, events.

They are marked here, so that the catalogues have them; templates translate them where
they are shown.
"""

from __future__ import annotations

from app.doors.web.pages import N_
from app.intake.desk_feeds import CancelReason, RefundReason

CANCEL_REASONS = {
    CancelReason.NO_INVENTORY: N_("No Inventory"),
    CancelReason.BUYER_CANCELED: N_("Buyer Cancelled"),
    CancelReason.GENERAL_ADJUSTMENT: N_("General Adjustment"),
    CancelReason.PRICING_ERROR: N_("Pricing Error"),
    CancelReason.SHIPPING_ADDRESS_UNDELIVERABLE: N_("Shipping Address Undeliverable"),
    CancelReason.CUSTOMER_EXCHANGE: N_("Customer Exchange"),
}
"""Source: feed-vocabulary 6."""

REFUND_REASONS = {
    RefundReason.CUSTOMER_RETURN: N_("Customer Return"),
    RefundReason.GENERAL_ADJUSTMENT: N_("General Adjustment"),
    RefundReason.NO_INVENTORY: N_("No Inventory"),
    RefundReason.CUSTOMER_CANCEL: N_("Customer Cancel"),
    RefundReason.EXCHANGE: N_("Exchange"),
    RefundReason.DIFFERENT_ITEM: N_("Different Item"),
    RefundReason.UNDELIVERABLE: N_("Undeliverable"),
    RefundReason.REFUSED_DELIVERY: N_("Refused Delivery"),
    RefundReason.PRICE_ERROR: N_("Price Error"),
    RefundReason.OTHER: N_("Other reason"),
}

REASONS: dict[str, str] = {
    **{reason.value: name for reason, name in REFUND_REASONS.items()},
    **{reason.value: name for reason, name in CANCEL_REASONS.items()},
}
"""Every reason that a note or an effect may carry; others are shown as they are."""

COMPONENTS = {
    "Principal": N_("Item price"),
    "Shipping": N_("Shipping"),
    "Tax": N_("Tax"),
    "ShippingTax": N_("Shipping tax"),
    "GiftWrap": N_("Gift wrap"),
    "GiftWrapTax": N_("Gift wrap tax"),
    "Goodwill": N_("Goodwill"),
    "RestockingFee": N_("Restocking fee"),
    "ReturnShipping": N_("Return shipping"),
}

STATUSES = (
    N_("PendingAvailability"),
    N_("Pending"),
    N_("Unshipped"),
    N_("PartiallyShipped"),
    N_("Shipped"),
    N_("Canceled"),
    N_("Unfulfillable"),
)

ACTIONS = {
    "cancel": N_("Cancellation"),
    "refund": N_("Refund"),
    "ship": N_("Shipment"),
}

EVENTS = {
    "ImportOrder": N_("The order was put in"),
    "StoreMerchantIds": N_("The order was taken over as %(merchant_order_id)s"),
    "CancelItem": N_("%(quantity)s cancelled"),
    "RecordShipment": N_("A parcel was sent"),
    "CorrectShipment": N_("The data of a parcel were corrected"),
    "ChargeOrder": N_("The buyer was charged"),
    "PostRefund": N_("The buyer was refunded"),
    "Credit": N_("The buyer was credited before the charge"),
    "HoldRefund": N_("A refund waits for the first shipment"),
    "LapseRefund": N_("A refund lapsed with the order"),
}
