"""Feeds in the queue, for tests that need not know how they got there."""

from __future__ import annotations

from app.model.feed import Rules
from app.store.feeds import NewFeed

SELLER = "A1SELLER000001"
ACKNOWLEDGEMENT = "_POST_ORDER_ACKNOWLEDGEMENT_DATA_"
ADJUSTMENT = "_POST_PAYMENT_ADJUSTMENT_DATA_"

FEED = NewFeed(
    seller_id=SELLER,
    feed_type=ACKNOWLEDGEMENT,
    rules=Rules.STANDARD,
    skip_invalid=False,
    document_id="5a0c1b54-8f0e-4c7e-9d53-2a8a7c8f9a11",
    sha256="0" * 64,
    size=1,
    access_key_id="AKIAEXAMPLE",
)
