"""Hints for mistakes that sellers make again and again. Source: design D3."""

from __future__ import annotations

# Reason words of the other feed, or of the help pages, and what was meant.
_CANCEL_REASONS = {
    "CustomerCancel": "BuyerCanceled",
    "CustomerCancelled": "BuyerCanceled",
    "BuyerCancelled": "BuyerCanceled",
    "Exchange": "CustomerExchange",
    "PriceError": "PricingError",
    "Undeliverable": "ShippingAddressUndeliverable",
}
_ADJUSTMENT_REASONS = {
    "BuyerCanceled": "CustomerCancel",
    "BuyerCancelled": "CustomerCancel",
    "CustomerCancelled": "CustomerCancel",
    "CustomerExchange": "Exchange",
    "PricingError": "PriceError",
    "ShippingAddressUndeliverable": "Undeliverable",
}
_AMOUNTS = (
    "ItemPriceAdjustments",
    "PromotionAdjustments",
    "DirectPaymentAdjustments",
)


def hint_for_value(element: str, value: str, expected: str) -> str | None:
    """Return a sentence about a value that the schema refused, if there is one.

    `expected` is what the schema expects, in words.
    """
    value = value.strip()
    if element == "StatusCode" and value == "Failed" and "Failed" not in expected:
        return "Under the strict rules say Failure."
    reasons = {
        "CancelReason": _CANCEL_REASONS,
        "AdjustmentReason": _ADJUSTMENT_REASONS,
    }
    meant = reasons.get(element, {}).get(value)
    # The strict rules have fewer reasons.
    if meant is None or meant not in expected:
        return None
    return f"Did you mean {meant}?"


def hint_for_element(parent: str, element: str, before: list[str]) -> str | None:
    """Return a sentence about an element that was not expected, if there is one.

    `before` names the elements in front of it, under the same parent.
    """
    if element == "QuantityCancelled" and "Quantity" in before:
        return "QuantityCancelled comes before Quantity."
    if parent in _AMOUNTS and element in ("Type", "Amount"):
        return "Type and Amount belong into a Component element."
    return None
