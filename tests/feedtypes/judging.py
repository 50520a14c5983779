"""Orders to judge, and messages as they arrive: XML that the schema accepts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from lxml import etree

from app.feedtypes.registry import XML_FEED_TYPES
from app.model.effects import Refund
from app.model.feed import FeedType, Judging, Outcome, Rules
from app.model.order import Order, status_of
from app.model.order_items import ZERO, Component, OrderItem, Promotion
from app.resources import xsd_folder

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ORDER_ID = "026-1234567-1234567"
ITEM_A = "00000000000001"
ITEM_B = "00000000000002"
ITEM_C = "00000000000003"


def item(
    code: str,
    ordered: int,
    prices: Mapping[str, str],
    *,
    promotions: tuple[Promotion, ...] = (),
    own_id: str | None = None,
    shipped: int = 0,
    cancelled: int = 0,
) -> OrderItem:
    """Return a line of an order; prices are those of all its units together."""
    components = {name: Component(Decimal(amount)) for name, amount in prices.items()}
    paid = sum((Decimal(amount) for amount in prices.values()), start=ZERO)
    return OrderItem(
        amazon_order_item_code=code,
        quantity_ordered=ordered,
        quantity_shipped=shipped,
        quantity_cancelled=cancelled,
        merchant_order_item_id=own_id,
        paid=paid - sum(promotion.amount for promotion in promotions),
        components=components,
        promotions=promotions,
    )


def order(*items: OrderItem, **values: Any) -> Order:
    """Return an order; if any unit is shipped it is charged."""
    fields: dict[str, Any] = {
        "seller_id": "A1SELLER000001",
        "amazon_order_id": ORDER_ID,
        "marketplace_id": "ATVPDKIKX0DER",
        "purchase_date": datetime(2026, 11, 1, 10, tzinfo=UTC),
        "currency": "USD",
        "status": status_of(items),
        "items": items,
        "charged": any(each.quantity_shipped for each in items),
    }
    return Order(**{**fields, **values})


def o1(**values: Any) -> Order:
    """Return order O1 of feed-vocabulary 8: 60.00 USD in two lines."""
    return order(
        item(ITEM_A, 1, {"Principal": "20.00", "Shipping": "4.00"}),
        item(ITEM_B, 3, {"Principal": "30.00", "Shipping": "6.00"}),
        **values,
    )


def discounted(shipped: int = 0) -> Order:
    """Return an order of 2 units for 20.00 less a promotion of 5.00, and one more."""
    coupon = Promotion("COUPON1", None, "Principal", Decimal("5.00"))
    return order(
        item(ITEM_A, 2, {"Principal": "20.00"}, promotions=(coupon,), shipped=shipped),
        item(ITEM_B, 1, {"Principal": "1.00"}),
    )


def thirds(shipped: int = 0) -> Order:
    """Return an order of 3 units for 10.00, beside one unit that keeps it open."""
    return order(
        item(ITEM_A, 3, {"Principal": "10.00"}, shipped=shipped),
        item(ITEM_B, 1, {"Principal": "1.00"}),
    )


@cache
def _schema(rules: Rules) -> etree.XMLSchema:
    folder = xsd_folder() / "strict" if rules is Rules.STRICT else xsd_folder()
    return etree.XMLSchema(file=str(folder / "AmazonEnvelope.xsd"))


_PARSER = etree.XMLParser(remove_comments=True, remove_pis=True)


def read(xml: str, rules: Rules = Rules.STANDARD) -> tuple[FeedType, Any]:
    """Parse a message that the schema of the rules accepts; tell its feed type too."""
    element = etree.fromstring(xml, _PARSER)
    _schema(rules).assertValid(element)
    (feed_type,) = (each for each in XML_FEED_TYPES if each.message_type == element.tag)
    return feed_type, feed_type.parse(element)


def judge(
    judged: Order, xml: str, rules: Rules = Rules.STANDARD, **values: Any
) -> Outcome:
    """Judge a message against an order, at noon of 2026-11-24 UTC."""
    feed_type, body = read(xml, rules)
    return feed_type.handle(body, judged, Judging(rules, NOW, **values))


def after(judged: Order, outcome: Outcome) -> Order:
    """Fold the effects of an outcome into its order."""
    for effect in outcome.effects:
        judged = judged.after(effect)
    return judged


def accept(judged: Order, xml: str, rules: Rules = Rules.STANDARD) -> Order:
    """Judge a message that is accepted, and return the order afterwards."""
    outcome = judge(judged, xml, rules)
    assert not outcome.refused, outcome.problems
    return after(judged, outcome)


def numbers(outcome: Outcome) -> list[int]:
    """Return the codes of an outcome's problems, in order."""
    return [problem.code.number for problem in outcome.problems]


def texts(outcome: Outcome) -> list[str]:
    """Return the texts of an outcome's problems, in order."""
    return [problem.text for problem in outcome.problems]


def refund_of(outcome: Outcome) -> Refund:
    """Return the one refund, posted or held, of an outcome."""
    (refund,) = (each for each in outcome.effects if isinstance(each, Refund))
    return refund


def acknowledgement(status: str, items: str = "", own_id: str = "") -> str:
    """Write an OrderAcknowledgement of the order; `items` is XML."""
    own = f"<MerchantOrderID>{own_id}</MerchantOrderID>" if own_id else ""
    return (
        f"<OrderAcknowledgement><AmazonOrderID>{ORDER_ID}</AmazonOrderID>{own}"
        f"<StatusCode>{status}</StatusCode>{items}</OrderAcknowledgement>"
    )


def acknowledged(
    code: str,
    reason: str | None = None,
    *,
    own_id: str | None = None,
    quantity: int | None = None,
) -> str:
    """Write an Item of an acknowledgement."""
    parts = [f"<AmazonOrderItemCode>{code}</AmazonOrderItemCode>"]
    if own_id is not None:
        parts.append(f"<MerchantOrderItemID>{own_id}</MerchantOrderItemID>")
    if reason is not None:
        parts.append(f"<CancelReason>{reason}</CancelReason>")
    if quantity is not None:
        parts.append(f"<Quantity>{quantity}</Quantity>")
    return f"<Item>{''.join(parts)}</Item>"


def adjustment(items: str, action: str | None = None) -> str:
    """Write an OrderAdjustment of the order; `items` is XML."""
    action_type = f"<ActionType>{action}</ActionType>" if action else ""
    return (
        f"<OrderAdjustment><AmazonOrderID>{ORDER_ID}</AmazonOrderID>{action_type}"
        f"{items}</OrderAdjustment>"
    )


def adjusted(
    code: str,
    reason: str,
    *components: tuple[str, str],
    cancelled: int | None = None,
    own_id: str | None = None,
    promotions: str = "",
    quantity: int | None = None,
) -> str:
    """Write an AdjustedItem; components are pairs of type and amount."""
    parts = [f"<AmazonOrderItemCode>{code}</AmazonOrderItemCode>"]
    if own_id is not None:
        parts.append(f"<MerchantAdjustmentItemID>{own_id}</MerchantAdjustmentItemID>")
    parts.append(f"<AdjustmentReason>{reason}</AdjustmentReason>")
    if components:
        inner = "".join(component(*each) for each in components)
        parts.append(f"<ItemPriceAdjustments>{inner}</ItemPriceAdjustments>")
    parts.append(promotions)
    if cancelled is not None:
        parts.append(f"<QuantityCancelled>{cancelled}</QuantityCancelled>")
    if quantity is not None:
        parts.append(f"<Quantity>{quantity}</Quantity>")
    return f"<AdjustedItem>{''.join(parts)}</AdjustedItem>"


def component(kind: str, amount: str, currency: str | None = None) -> str:
    """Write a Component of an adjustment."""
    attribute = f' currency="{currency}"' if currency else ""
    inner = f"<Type>{kind}</Type><Amount{attribute}>{amount}</Amount>"
    return f"<Component>{inner}</Component>"


def promotion(
    amount: str, kind: str = "Principal", *, claim: str = "", own_id: str = ""
) -> str:
    """Write a PromotionAdjustments element of one component."""
    parts = ""
    if claim:
        parts += f"<PromotionClaimCode>{claim}</PromotionClaimCode>"
    if own_id:
        parts += f"<MerchantPromotionID>{own_id}</MerchantPromotionID>"
    inner = parts + component(kind, amount)
    return f"<PromotionAdjustments>{inner}</PromotionAdjustments>"


def fulfillment(
    items: str = "",
    *,
    date: str = "2026-11-20T10:00:00Z",
    data: str = "<CarrierCode>UPS</CarrierCode>",
) -> str:
    """Write an OrderFulfillment of the order; `items` and `data` are XML."""
    carrier = f"<FulfillmentData>{data}</FulfillmentData>" if data else ""
    return (
        f"<OrderFulfillment><AmazonOrderID>{ORDER_ID}</AmazonOrderID>"
        f"<FulfillmentDate>{date}</FulfillmentDate>{carrier}{items}</OrderFulfillment>"
    )


def fulfilled(code: str, quantity: int | None = None) -> str:
    """Write an Item of a fulfilment."""
    count = "" if quantity is None else f"<Quantity>{quantity}</Quantity>"
    return f"<Item><AmazonOrderItemCode>{code}</AmazonOrderItemCode>{count}</Item>"
