"""Feeds as text, for tests to break."""

from __future__ import annotations

from io import BytesIO

from app.engine.gate import check
from app.engine.pieces import Limits
from app.feedtypes import registry
from app.model.feed import Rules, Verdict

XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
ORDER_ID = "<AmazonOrderID>026-1234567-1234567</AmazonOrderID>"
ITEM_CODE = "<AmazonOrderItemCode>12345678901234</AmazonOrderItemCode>"
LIMITS = Limits()


def feed(
    messages: str,
    message_type: str = "OrderAcknowledgement",
    *,
    version: str = "1.01",
    merchant: str = "A1SELLER000001",
    after_header: str = "",
    after_type: str = "",
) -> str:
    """Return a whole feed; its messages begin on line 7."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<AmazonEnvelope {XSI}>\n"
        f"<Header><DocumentVersion>{version}</DocumentVersion>"
        f"<MerchantIdentifier>{merchant}</MerchantIdentifier></Header>{after_header}\n"
        f"<MessageType>{message_type}</MessageType>\n"
        f"{after_type}\n"
        f"{messages}</AmazonEnvelope>\n"
    )


def message(payload: str, message_id: str = "1", operation: str = "") -> str:
    """Return one Message, a line of its own."""
    return (
        f"<Message><MessageID>{message_id}</MessageID>{operation}{payload}</Message>\n"
    )


def acknowledgement(
    status: str = "Success", order: str = ORDER_ID, items: str = ""
) -> str:
    """Return the payload of an acknowledgement."""
    return (
        f"<OrderAcknowledgement>{order}<StatusCode>{status}</StatusCode>{items}"
        "</OrderAcknowledgement>"
    )


def item(inside: str = "", code: str = ITEM_CODE) -> str:
    """Return an Item of an acknowledgement or of a fulfilment."""
    return f"<Item>{code}{inside}</Item>"


def adjustment(item: str = "", *, order: str = ORDER_ID, before: str = "") -> str:
    """Return the payload of an adjustment of one item, by default the smallest."""
    item = item or f"{ITEM_CODE}<AdjustmentReason>CustomerReturn</AdjustmentReason>"
    return (
        f"<OrderAdjustment>{order}{before}<AdjustedItem>{item}</AdjustedItem>"
        "</OrderAdjustment>"
    )


def refund(
    amount: str = '<Amount currency="USD">10.00</Amount>',
    component: str = "Principal",
    reason: str = "CustomerReturn",
    after: str = "",
) -> str:
    """Return the payload of an adjustment that gives one amount back."""
    return adjustment(
        f"{ITEM_CODE}<AdjustmentReason>{reason}</AdjustmentReason>"
        f"<ItemPriceAdjustments><Component><Type>{component}</Type>{amount}"
        f"</Component></ItemPriceAdjustments>{after}"
    )


def fulfillment(
    date: str = "2026-11-24T12:00:00Z",
    after: str = "",
    *,
    order: str = ORDER_ID,
    before: str = "",
) -> str:
    """Return the payload of a shipment confirmation."""
    return (
        f"<OrderFulfillment>{order}{before}<FulfillmentDate>{date}</FulfillmentDate>"
        f"{after}</OrderFulfillment>"
    )


def acknowledgements(count: int, first: int = 1) -> str:
    """Return that many valid messages, a line each."""
    return "".join(
        message(acknowledgement(), str(number))
        for number in range(first, first + count)
    )


def verdict_of(
    document: str | bytes,
    *,
    rules: Rules = Rules.STANDARD,
    limits: Limits = LIMITS,
    charset: str | None = None,
    sent_as: str | None = None,
    identifiers: frozenset[str] | None = None,
) -> Verdict:
    """Run the gate over a document; `sent_as` is the MWS name of a feed type."""
    data = document if isinstance(document, bytes) else document.encode()
    feed_type = registry.by_mws(sent_as) if sent_as else None
    return check(
        BytesIO(data),
        rules=rules,
        limits=limits,
        charset=charset,
        feed_type=feed_type,
        other_feed_types=registry.FEED_TYPES,
        identifiers=identifiers,
    )
