"""Feeds and orders for the benchmarks: as large as asked for, made piece by piece."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

SELLER_ID = "A1BENCHMARK001"
MARKETPLACE_ID = "ATVPDKIKX0DER"


def order_id(number: int) -> str:
    """Return the AmazonOrderID of the numbered order."""
    return f"026-{number // 10_000_000:07d}-{number % 10_000_000:07d}"


def item_code(number: int) -> str:
    """Return the AmazonOrderItemCode of the numbered order's only item."""
    return f"{number:014d}"


def write_orders(path: Path, count: int) -> None:
    """Write `count` unshipped orders of one item and two components as JSON."""
    with path.open("w", encoding="utf-8") as file:
        file.write("[\n")
        for number in range(1, count + 1):
            order = {
                "amazon_order_id": order_id(number),
                "marketplace_id": MARKETPLACE_ID,
                "purchase_date": "2026-11-01T10:00:00Z",
                "currency": "USD",
                "buyer": {"name": f"Buyer {number}", "email": f"b{number}@example.com"},
                "items": [
                    {
                        "amazon_order_item_code": item_code(number),
                        "sku": f"SKU-{number % 500}",
                        "asin": "B000000001",
                        "title": "Stoneware mug, 350 ml",
                        "quantity_ordered": 2,
                        "price": {"Principal": "20.00", "Shipping": "4.00"},
                    }
                ],
            }
            file.write(json.dumps(order))
            file.write(",\n" if number < count else "\n")
        file.write("]\n")


def _envelope(message_type: str) -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<AmazonEnvelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:noNamespaceSchemaLocation="amzn-envelope.xsd">
  <Header>
    <DocumentVersion>1.01</DocumentVersion>
    <MerchantIdentifier>{SELLER_ID}</MerchantIdentifier>
  </Header>
  <MessageType>{message_type}</MessageType>
"""


def _cancel(place: int, number: int) -> str:
    return f"""  <Message>
    <MessageID>{place}</MessageID>
    <OperationType>Update</OperationType>
    <OrderAcknowledgement>
      <AmazonOrderID>{order_id(number)}</AmazonOrderID>
      <StatusCode>Failure</StatusCode>
      <Item>
        <AmazonOrderItemCode>{item_code(number)}</AmazonOrderItemCode>
        <CancelReason>NoInventory</CancelReason>
      </Item>
    </OrderAcknowledgement>
  </Message>
"""


def _acknowledge(place: int, number: int) -> str:
    return f"""  <Message>
    <MessageID>{place}</MessageID>
    <OperationType>Update</OperationType>
    <OrderAcknowledgement>
      <AmazonOrderID>{order_id(number)}</AmazonOrderID>
      <MerchantOrderID>ERP-{number:09d}</MerchantOrderID>
      <StatusCode>Success</StatusCode>
      <Item>
        <AmazonOrderItemCode>{item_code(number)}</AmazonOrderItemCode>
        <MerchantOrderItemID>ERP-{number:09d}-1</MerchantOrderItemID>
      </Item>
    </OrderAcknowledgement>
  </Message>
"""


def _refund(place: int, number: int) -> str:
    return f"""  <Message>
    <MessageID>{place}</MessageID>
    <OperationType>Update</OperationType>
    <OrderAdjustment>
      <AmazonOrderID>{order_id(number)}</AmazonOrderID>
      <ActionType>Refund</ActionType>
      <AdjustedItem>
        <AmazonOrderItemCode>{item_code(number)}</AmazonOrderItemCode>
        <AdjustmentReason>CustomerReturn</AdjustmentReason>
        <ItemPriceAdjustments>
          <Component>
            <Type>Principal</Type>
            <Amount currency="USD">10.00</Amount>
          </Component>
          <Component>
            <Type>Shipping</Type>
            <Amount currency="USD">2.00</Amount>
          </Component>
        </ItemPriceAdjustments>
      </AdjustedItem>
    </OrderAdjustment>
  </Message>
"""


_MESSAGES = {
    "cancel": ("OrderAcknowledgement", _cancel),
    "acknowledge": ("OrderAcknowledgement", _acknowledge),
    "refund": ("OrderAdjustment", _refund),
}

FEED_TYPES = {
    "cancel": "_POST_ORDER_ACKNOWLEDGEMENT_DATA_",
    "acknowledge": "_POST_ORDER_ACKNOWLEDGEMENT_DATA_",
    "refund": "_POST_PAYMENT_ADJUSTMENT_DATA_",
}
"""The FeedType that each kind of feed is submitted as."""

# Values of an enumeration, and one that is in none.
_REASONS = ("NoInventory", "CustomerReturn")
_NO_REASON = "NoReason"


def pieces(
    kind: str, messages: int, orders: int, *, first: int = 1, bad_every: int = 0
) -> Iterator[bytes]:
    """Yield a feed of `messages` messages that walk over `orders` orders in turn.

    `kind` is one of FEED_TYPES; the walk begins with order `first`. Of `bad_every`
    messages one has a reason that the schema does not know.
    """
    message_type, message = _MESSAGES[kind]
    yield _envelope(message_type).encode()
    for begin in range(1, messages + 1, 1_000):
        texts = []
        for place in range(begin, min(begin + 1_000, messages + 1)):
            text = message(place, (place + first - 2) % orders + 1)
            if bad_every and place % bad_every == 0:
                for reason in _REASONS:
                    text = text.replace(reason, _NO_REASON)
            texts.append(text)
        yield "".join(texts).encode()
    yield b"</AmazonEnvelope>\n"


def write_feed(
    path: Path,
    kind: str,
    messages: int,
    orders: int,
    *,
    first: int = 1,
    bad_every: int = 0,
) -> int:
    """Write such a feed to a file and return its size in bytes."""
    with path.open("wb") as file:
        for piece in pieces(kind, messages, orders, first=first, bad_every=bad_every):
            file.write(piece)
    return path.stat().st_size


def messages_in(kind: str, size: int) -> int:
    """Return how many messages make a feed of at most `size` bytes."""
    thousand = sum(len(piece) for piece in pieces(kind, 1_000, 1_000))
    # Numbers grow: a MessageID of seven digits takes five bytes more than one of two.
    return size // (thousand // 1_000 + 5)
