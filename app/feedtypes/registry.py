"""The feed types, written out: those that are served, and every name MWS knew."""

from __future__ import annotations

from dataclasses import replace

from app.feedtypes import (
    flat_acknowledgement,
    flat_adjustment,
    flat_fulfillment,
    order_acknowledgement,
    order_adjustment,
    order_fulfillment,
)
from app.model.feed import FeedType

ORDER_ACKNOWLEDGEMENT = FeedType(
    name="OrderAcknowledgement",
    mws="_POST_ORDER_ACKNOWLEDGEMENT_DATA_",
    message_type="OrderAcknowledgement",
    parse=order_acknowledgement.parse,
    merchant_order_id=order_acknowledgement.merchant_order_id,
    handle=order_acknowledgement.handle,
)
ORDER_ADJUSTMENT = FeedType(
    name="OrderAdjustment",
    mws="_POST_PAYMENT_ADJUSTMENT_DATA_",
    message_type="OrderAdjustment",
    parse=order_adjustment.parse,
    handle=order_adjustment.handle,
    reads_amounts=True,
)
ORDER_FULFILLMENT = FeedType(
    name="OrderFulfillment",
    mws="_POST_ORDER_FULFILLMENT_DATA_",
    message_type="OrderFulfillment",
    parse=order_fulfillment.parse,
    handle=order_fulfillment.handle,
    reads_history=True,
)

XML_FEED_TYPES = (ORDER_ACKNOWLEDGEMENT, ORDER_ADJUSTMENT, ORDER_FULFILLMENT)
"""The feed types that are served as XML."""

# Judged as their XML twins are; only the reading differs.
FLAT_FILE_FEED_TYPES = (
    replace(
        ORDER_ACKNOWLEDGEMENT,
        name="FlatFileOrderAcknowledgement",
        mws="_POST_FLAT_FILE_ORDER_ACKNOWLEDGEMENT_DATA_",
        flat_file=flat_acknowledgement.FLAT_FILE,
    ),
    replace(
        ORDER_ADJUSTMENT,
        name="FlatFilePaymentAdjustment",
        mws="_POST_FLAT_FILE_PAYMENT_ADJUSTMENT_DATA_",
        flat_file=flat_adjustment.FLAT_FILE,
    ),
    replace(
        ORDER_FULFILLMENT,
        name="FlatFileFulfillment",
        mws="_POST_FLAT_FILE_FULFILLMENT_DATA_",
        flat_file=flat_fulfillment.FLAT_FILE,
    ),
)
"""The feed types that are served as tab-separated text."""

FEED_TYPES = (*XML_FEED_TYPES, *FLAT_FILE_FEED_TYPES)
"""The feed types that are served."""

MWS_NAMES = frozenset(
    (
        "_POST_PRODUCT_DATA_",
        "_POST_INVENTORY_AVAILABILITY_DATA_",
        "_POST_PRODUCT_OVERRIDES_DATA_",
        "_POST_PRODUCT_PRICING_DATA_",
        "_POST_PRODUCT_IMAGE_DATA_",
        "_POST_PRODUCT_RELATIONSHIP_DATA_",
        "_POST_STD_ACES_DATA_",
        "_POST_FLAT_FILE_INVLOADER_DATA_",
        "_POST_FLAT_FILE_LISTINGS_DATA_",
        "_POST_FLAT_FILE_BOOKLOADER_DATA_",
        "_POST_FLAT_FILE_CONVERGENCE_LISTINGS_DATA_",
        "_POST_FLAT_FILE_PRICEANDQUANTITYONLY_UPDATE_DATA_",
        "_POST_UIEE_BOOKLOADER_DATA_",
        "_POST_ORDER_ACKNOWLEDGEMENT_DATA_",
        "_POST_PAYMENT_ADJUSTMENT_DATA_",
        "_POST_ORDER_FULFILLMENT_DATA_",
        "_POST_INVOICE_CONFIRMATION_DATA_",
        "_POST_EXPECTED_SHIP_DATE_SOD_",
        "_POST_FLAT_FILE_ORDER_ACKNOWLEDGEMENT_DATA_",
        "_POST_FLAT_FILE_PAYMENT_ADJUSTMENT_DATA_",
        "_POST_FLAT_FILE_FULFILLMENT_DATA_",
        "_POST_EXPECTED_SHIP_DATE_SOD_FLAT_FILE_",
        "_POST_FULFILLMENT_ORDER_REQUEST_DATA_",
        "_POST_FULFILLMENT_ORDER_CANCELLATION_REQUEST_DATA_",
        "_POST_FBA_INBOUND_CARTON_CONTENTS_",
        "_POST_FLAT_FILE_FULFILLMENT_ORDER_REQUEST_DATA_",
        "_POST_FLAT_FILE_FULFILLMENT_ORDER_CANCELLATION_REQUEST_DATA_",
        "_POST_FLAT_FILE_FBA_CREATE_INBOUND_PLAN_",
        "_POST_FLAT_FILE_FBA_UPDATE_INBOUND_PLAN_",
        "_POST_FLAT_FILE_FBA_CREATE_REMOVAL_",
        "_RFQ_UPLOAD_FEED_",
        "_POST_EASYSHIP_DOCUMENTS_",
        "_UPLOAD_VAT_INVOICE_",
    )
)
"""Every FeedType that MWS knew, served here or not. Source: mws-wire 5.1."""

REMOVED = frozenset(
    (
        "_POST_PRODUCT_DATA_",
        "_POST_INVENTORY_AVAILABILITY_DATA_",
        "_POST_PRODUCT_OVERRIDES_DATA_",
        "_POST_PRODUCT_PRICING_DATA_",
        "_POST_PRODUCT_IMAGE_DATA_",
        "_POST_PRODUCT_RELATIONSHIP_DATA_",
        "_POST_FLAT_FILE_INVLOADER_DATA_",
        "_POST_FLAT_FILE_BOOKLOADER_DATA_",
        "_POST_FLAT_FILE_CONVERGENCE_LISTINGS_DATA_",
        "_POST_FLAT_FILE_LISTINGS_DATA_",
        "_POST_FLAT_FILE_PRICEANDQUANTITYONLY_UPDATE_DATA_",
        "_POST_UIEE_BOOKLOADER_DATA_",
    )
)
"""Those that MWS's successor takes and ends FATAL. Source: sp-api-wire 3.3."""

_BY_MWS = {feed_type.mws: feed_type for feed_type in FEED_TYPES}


def by_mws(name: str) -> FeedType | None:
    """Return the feed type of a FeedType parameter, None if it is not served."""
    return _BY_MWS.get(name)


def twin_of(feed_type: FeedType) -> FeedType:
    """Return the flat-file type of an XML type, or the XML type of a flat-file type."""
    others = XML_FEED_TYPES if feed_type.flat_file else FLAT_FILE_FEED_TYPES
    (twin,) = (each for each in others if each.message_type == feed_type.message_type)
    return twin
