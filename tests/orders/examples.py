"""Orders as JSON, to change in one place and put in."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

SELLER = "A1SELLER000001"
ORDER_ID = "026-1234567-1234567"
CODE_A, CODE_B = "00000000000001", "00000000000002"


def item(code: str = CODE_A, **changes: Any) -> dict[str, Any]:
    """Return an item: 3 units for 30.00 and shipping of 6.00."""
    return {
        "amazon_order_item_code": code,
        "quantity_ordered": 3,
        "price": {"Principal": "30.00", "Shipping": "6.00"},
        **changes,
    }


def order(amazon_order_id: str = ORDER_ID, **changes: Any) -> dict[str, Any]:
    """Return an unshipped order of one item."""
    return {
        "amazon_order_id": amazon_order_id,
        "marketplace_id": "ATVPDKIKX0DER",
        "purchase_date": "2026-11-01T10:00:00Z",
        "currency": "USD",
        "items": [item()],
        **changes,
    }


def file_of(*orders: Any) -> BytesIO:
    """Return a file of orders, indented as people write them."""
    return BytesIO(json.dumps(orders, indent=2).encode())


def report_item(code: str = CODE_A, quantity: object = 3, more: str = "") -> str:
    """Return an Item of an OrderReport: 30.00 and no tax, less 1.50."""
    return f"""\
    <Item>
      <AmazonOrderItemCode>{code}</AmazonOrderItemCode>
      <SKU>MUG-7</SKU>
      <Title>Mug</Title>
      <Quantity>{quantity}</Quantity>
      <ItemPrice>
        <Component><Type>Principal</Type>
          <Amount currency="USD">30.00</Amount></Component>
        <Component><Type>Tax</Type><Amount currency="USD">0.00</Amount></Component>
      </ItemPrice>
      <ItemFees/>
      <Promotion>
        <PromotionClaimCode>AUTUMN</PromotionClaimCode>
        <MerchantPromotionID>Autumn sale</MerchantPromotionID>
        <Component><Type>Principal</Type>
          <Amount currency="USD">-1.50</Amount></Component>
        <Component><Type>Shipping</Type><Amount currency="USD">0.00</Amount></Component>
      </Promotion>{more}
    </Item>"""


def report(
    amazon_order_id: str = ORDER_ID,
    items: str = "",
    date: str = "2026-11-01T10:00:00+01:00",
    marketplace: str = "",
) -> str:
    """Return an OrderReport of one item."""
    name = f"<MarketplaceName>{marketplace}</MarketplaceName>" if marketplace else ""
    return f"""\
  <OrderReport>
    <AmazonOrderID>{amazon_order_id}</AmazonOrderID>
    <AmazonSessionID>{amazon_order_id}</AmazonSessionID>
    <OrderDate>{date}</OrderDate>
    <OrderPostedDate>{date}</OrderPostedDate>{name}
    <BillingData>
      <BuyerEmailAddress>ada@buyers.example</BuyerEmailAddress>
      <BuyerName>Ada
        Morgan</BuyerName>
    </BillingData>
{items or report_item()}
  </OrderReport>"""


def envelope(*reports: str, before: str = "") -> BytesIO:
    """Return an AmazonEnvelope of OrderReports."""
    messages = "\n".join(
        f"<Message><MessageID>{number}</MessageID>\n{content}</Message>"
        for number, content in enumerate(reports, 1)
    )
    return BytesIO(
        f'<?xml version="1.0" encoding="UTF-8"?>{before}\n'
        "<AmazonEnvelope><Header><DocumentVersion>1.01</DocumentVersion>"
        "<MerchantIdentifier>M_SELLER_1</MerchantIdentifier></Header>"
        f"<MessageType>OrderReport</MessageType>\n{messages}\n"
        "</AmazonEnvelope>\n".encode()
    )
