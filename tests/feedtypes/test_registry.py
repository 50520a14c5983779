"""The list of feed types."""

from __future__ import annotations

import pytest

from app.feedtypes import registry
from app.model.feed import FeedType


@pytest.mark.parametrize("feed_type", registry.FEED_TYPES, ids=lambda each: each.name)
def test_a_feed_type_is_found_by_the_name_that_mws_gave_it(
    feed_type: FeedType,
) -> None:
    """SubmitFeed names it so, and knows it for a FeedType of MWS."""
    assert registry.by_mws(feed_type.mws) is feed_type
    assert feed_type.mws in registry.MWS_NAMES


def test_a_feed_type_that_is_not_served_is_known_by_name_only() -> None:
    """So that a refusal can tell one that is not served from one that never was."""
    assert registry.by_mws("_POST_PRODUCT_DATA_") is None
    assert "_POST_PRODUCT_DATA_" in registry.MWS_NAMES
