"""Orders written as OrderReport XML; what is written can be imported again.

Source: feed-vocabulary 2.6. What the service does not keep (addresses, phone numbers,
fees) is left out or empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.sax.saxutils import escape

from app.intake.orders import ItemView, OrderView
from app.model.marketplaces import MARKETPLACES
from app.model.money import Money
from app.model.order_items import Promotion
from app.model.shares import share_of_amount
from app.model.times import to_iso

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class XmlReport:
    """An AmazonEnvelope with one OrderReport a message."""

    content_type = "text/xml;charset=UTF-8"

    def __init__(self, seller_id: str) -> None:
        """Begin with MessageID 1."""
        self._seller_id = seller_id
        self._messages = 0

    def head(self) -> str:
        """Write what comes before the first order."""
        return f"""<?xml version="1.0" encoding="UTF-8"?>
<AmazonEnvelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:noNamespaceSchemaLocation="amzn-envelope.xsd">
	<Header>
		<DocumentVersion>1.01</DocumentVersion>
		<MerchantIdentifier>{_text(self._seller_id)}</MerchantIdentifier>
	</Header>
	<MessageType>OrderReport</MessageType>
"""

    def order(self, view: OrderView) -> str:
        """Write one order, as the next message."""
        self._messages += 1
        order = view.order
        marketplace = MARKETPLACES.get(order.marketplace_id)
        name = marketplace.sales_channel if marketplace else order.marketplace_id
        placed = to_iso(order.purchase_date)
        return f"""\
	<Message>
		<MessageID>{self._messages}</MessageID>
		<OrderReport>
			<AmazonOrderID>{_text(order.amazon_order_id)}</AmazonOrderID>
			<AmazonSessionID>{_text(order.amazon_order_id)}</AmazonSessionID>
			<OrderDate>{placed}</OrderDate>
			<OrderPostedDate>{placed}</OrderPostedDate>
			<MarketplaceName>{_text(name)}</MarketplaceName>
			<BillingData>
				<BuyerEmailAddress>{_text(order.buyer.email)}</BuyerEmailAddress>
				<BuyerName>{_text(order.buyer.name)}</BuyerName>
			</BillingData>
			<FulfillmentData>
				<FulfillmentMethod>Ship</FulfillmentMethod>
				<FulfillmentServiceLevel>Standard</FulfillmentServiceLevel>
			</FulfillmentData>
{"".join(_items(view))}		</OrderReport>
	</Message>
"""

    def tail(self) -> str:
        """Write what comes behind the last order."""
        return "</AmazonEnvelope>\n"


def _items(view: OrderView) -> Iterator[str]:
    currency = view.order.currency
    for item in view.items:
        if item.quantity_ordered:
            yield _item(item, currency)


def _item(view: ItemView, currency: str) -> str:
    item = view.item
    prices = "".join(
        _component(name, f"{Money(amount, currency)}", "\t\t\t\t\t")
        for name, amount in view.amounts.items()
    )
    promotions = "".join(_promotion(each, view, currency) for each in item.promotions)
    return f"""\
			<Item>
				<AmazonOrderItemCode>{item.amazon_order_item_code}</AmazonOrderItemCode>
				<SKU>{_text(item.sku)}</SKU>
				<Title>{_text(item.title)}</Title>
				<Quantity>{view.quantity_ordered}</Quantity>
				<ItemPrice>
{prices}				</ItemPrice>
				<ItemFees/>
{promotions}			</Item>
"""


def _promotion(promotion: Promotion, view: ItemView, currency: str) -> str:
    """Write a discount, negative, for the units that are left."""
    item = view.item
    left = promotion.amount - share_of_amount(
        promotion.amount,
        currency,
        ordered=item.quantity_ordered,
        quantity=item.quantity_cancelled,
    )
    amount = _component(promotion.component, f"{Money(-left, currency)}", "\t\t\t\t\t")
    claim_code = _text(promotion.promotion_claim_code or "")
    own_id = _text(promotion.merchant_promotion_id or "")
    return f"""\
				<Promotion>
					<PromotionClaimCode>{claim_code}</PromotionClaimCode>
					<MerchantPromotionID>{own_id}</MerchantPromotionID>
{amount}				</Promotion>
"""


def _component(name: str, money: str, indent: str) -> str:
    amount, _, currency = money.partition(" ")
    return (
        f"{indent}<Component>\n{indent}\t<Type>{name}</Type>\n"
        f'{indent}\t<Amount currency="{currency}">{amount}</Amount>\n'
        f"{indent}</Component>\n"
    )


def _text(text: str) -> str:
    """Escape a text; what XML 1.0 does not know becomes U+FFFD."""
    return escape(_ILLEGAL.sub("\ufffd", text), {"\r": "&#13;"})
