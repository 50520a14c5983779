"""What a message is told whose order the seller does not have."""

from __future__ import annotations

from app.feedtypes.wording import unknown_order
from app.model.feed import Rules
from tests.feedtypes.judging import (
    ITEM_A,
    ORDER_ID,
    acknowledgement,
    adjusted,
    adjustment,
    read,
)


def test_an_unknown_order_is_named_by_both_ids_that_the_message_states() -> None:
    """The seller's own id finds the record in the seller's books, also of a Failure."""
    _, body = read(acknowledgement("Failure", own_id="A-1"), Rules.STRICT)

    problem = unknown_order(body)

    assert problem.text == (
        f"Order {ORDER_ID} (MerchantOrderID A-1) is not an order of this seller."
    )
    assert problem.amazon_order_id == ORDER_ID


def test_an_empty_merchant_order_id_is_shown_as_empty() -> None:
    """The schema lets it be empty or blank, and as the only key it names no order."""
    line = adjusted(ITEM_A, "Other", ("Principal", "1.00"))
    by_amazon_id = f"<AmazonOrderID>{ORDER_ID}</AmazonOrderID>"
    message = adjustment(line).replace(
        by_amazon_id, "<MerchantOrderID> </MerchantOrderID>"
    )
    _, body = read(message)

    problem = unknown_order(body)

    assert body.merchant_order_id == ""
    assert problem.text.startswith('MerchantOrderID "" stands for no order')
    assert problem.amazon_order_id is None
