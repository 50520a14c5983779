"""Orders as JSON: what imports read, exports write and the ledger opens with.

An order has one canonical form, so two texts are equal exactly if the orders are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from app.model.effects import Components, HoldRefund, PostRefund, PromotionAmounts
from app.model.money import MINOR_UNIT_DECIMALS
from app.model.order import (
    Buyer,
    Cancellation,
    Order,
    PendingRefund,
    Shipment,
    status_of,
)
from app.model.order_checks import check_order, read_shape
from app.model.order_items import ZERO, Component, OrderItem, Promotion
from app.model.order_shape import (
    PRICE_COMPONENTS,
    ItemShape,
    OrderShape,
    PromotionShape,
)
from app.model.times import from_iso, to_iso

CREDIT_REASON = "GeneralAdjustment"
"""The reason of the credits that an imported order opens with: JSON has none."""


_RANK = {name: rank for rank, name in enumerate(PRICE_COMPONENTS)}
_ON_ONE_LINE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def write_orders(orders: Iterable[Order]) -> str:
    """Write orders as a file of them, in the order given."""
    content = [order_to_json(order) for order in orders]
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def order_text(order: Order) -> str:
    """Write one order as the ledger keeps it: canonical, on one line."""
    return _ON_ONE_LINE.encode(order_to_json(order))


def order_to_json(order: Order) -> dict[str, Any]:
    """Return the canonical form: names in a fixed order, empty optional ones left out.

    The order must have been read with its amounts, and with its history where that is
    to be written.
    """
    decimals = MINOR_UNIT_DECIMALS[order.currency]
    return _present(
        amazon_order_id=order.amazon_order_id,
        merchant_order_id=order.merchant_order_id or None,
        marketplace_id=order.marketplace_id,
        fulfillment_channel=order.fulfillment_channel,
        status=order.status.value,
        purchase_date=to_iso(order.purchase_date),
        currency=order.currency,
        buyer={"name": order.buyer.name, "email": order.buyer.email},
        buyer_requested_cancel=order.buyer_requested_cancel or None,
        charged=f"{order.paid:.{decimals}f}" if order.charged else None,
        items=[_item_to_json(item, decimals) for item in order.items],
        cancellations=[_cancellation_to_json(c) for c in order.cancellations] or None,
        shipments=[_shipment_to_json(each) for each in order.shipments] or None,
        adjustments=[
            {
                "amazon_order_item_code": code,
                "merchant_adjustment_item_id": own_id,
                "content": content,
            }
            for (code, own_id), content in sorted(order.adjustments.items())
        ]
        or None,
    )


def _present(**content: Any) -> dict[str, Any]:
    return {name: value for name, value in content.items() if value is not None}


def _item_to_json(item: OrderItem, decimals: int) -> dict[str, Any]:
    parts = item.components.items()
    prices = {name: part.price for name, part in parts if part.price is not None}
    refunded = {name: part.refunded for name, part in parts if part.refunded}
    held = {name: part.held for name, part in parts if part.held}
    return _present(
        amazon_order_item_code=item.amazon_order_item_code,
        merchant_order_item_id=item.merchant_order_item_id or None,
        sku=item.sku,
        asin=item.asin,
        title=item.title,
        quantity_ordered=item.quantity_ordered,
        quantity_shipped=item.quantity_shipped or None,
        quantity_cancelled=item.quantity_cancelled or None,
        price=_amounts(prices, decimals),
        promotions=[_promotion_to_json(p, decimals) for p in item.promotions] or None,
        refunded=_amounts(refunded, decimals) or None,
        held=_amounts(held, decimals) or None,
    )


def _amounts(amounts: Mapping[str, Decimal], decimals: int) -> dict[str, str]:
    names = sorted(amounts, key=_RANK.__getitem__)
    return {name: f"{amounts[name]:.{decimals}f}" for name in names}


def _promotion_to_json(promotion: Promotion, decimals: int) -> dict[str, Any]:
    taken_back, held = promotion.taken_back, promotion.held
    return _present(
        promotion_claim_code=promotion.promotion_claim_code or None,
        merchant_promotion_id=promotion.merchant_promotion_id or None,
        component=promotion.component,
        amount=f"{promotion.amount:.{decimals}f}",
        taken_back=f"{taken_back:.{decimals}f}" if taken_back else None,
        held=f"{held:.{decimals}f}" if held else None,
    )


def _cancellation_to_json(cancellation: Cancellation) -> dict[str, Any]:
    return _present(
        amazon_order_item_code=cancellation.amazon_order_item_code,
        quantity=cancellation.quantity,
        reason=cancellation.reason or None,
        restock=cancellation.restock or None,
    )


def _shipment_to_json(shipment: Shipment) -> dict[str, Any]:
    return _present(
        fulfillment_date=to_iso(shipment.fulfillment_date),
        carrier_code=shipment.carrier_code or None,
        carrier_name=shipment.carrier_name or None,
        shipping_method=shipment.shipping_method or None,
        tracking_number=shipment.tracking_number or None,
        items=dict(shipment.items),
    )


def order_from_json(seller_id: str, value: Any) -> Order:
    """Read one order from its parsed JSON, canonical or with optional names left out.

    Raises OrderInvalid with everything that is wrong: what the schema refuses, or
    what its units, amounts and status contradict.
    """
    shape = read_shape(value)
    items = tuple(_item(each) for each in shape.items)
    charged = bool(shape.charged) or any(item.quantity_shipped for item in items)
    pending = () if charged else tuple(_opening_refunds(items))
    order = Order(
        seller_id=seller_id,
        amazon_order_id=shape.amazon_order_id,
        merchant_order_id=shape.merchant_order_id or None,
        marketplace_id=shape.marketplace_id,
        fulfillment_channel=shape.fulfillment_channel,
        status=shape.status or status_of(items),
        purchase_date=from_iso(shape.purchase_date),
        currency=shape.currency,
        buyer=Buyer(shape.buyer.name, shape.buyer.email),
        buyer_requested_cancel=shape.buyer_requested_cancel or None,
        charged=charged,
        items=items,
        refund_count=len(pending),
        pending_refunds=pending,
        **_history(shape),
    )
    check_order(order, shape)
    return order


def _item(shape: ItemShape) -> OrderItem:
    price = _decimals(shape.price)
    refunded = _decimals(shape.refunded)
    held = _decimals(shape.held)
    components = {
        name: Component(price.get(name), refunded.get(name, ZERO), held.get(name, ZERO))
        for name in PRICE_COMPONENTS
        if name in price or name in refunded or name in held
    }
    promotions = tuple(_promotion(each) for each in shape.promotions)
    return OrderItem(
        amazon_order_item_code=shape.amazon_order_item_code,
        quantity_ordered=shape.quantity_ordered,
        quantity_shipped=shape.quantity_shipped,
        quantity_cancelled=shape.quantity_cancelled,
        merchant_order_item_id=shape.merchant_order_item_id or None,
        sku=shape.sku,
        asin=shape.asin,
        title=shape.title,
        paid=sum(price.values(), ZERO) - sum(p.amount for p in promotions),
        refunded=sum(refunded.values(), ZERO) - sum(p.taken_back for p in promotions),
        held=sum(held.values(), ZERO) - sum(p.held for p in promotions),
        components=components,
        promotions=promotions,
    )


def _decimals(amounts: Mapping[Any, str]) -> dict[str, Decimal]:
    return {name: Decimal(text) for name, text in amounts.items()}


def _promotion(shape: PromotionShape) -> Promotion:
    return Promotion(
        promotion_claim_code=shape.promotion_claim_code or None,
        merchant_promotion_id=shape.merchant_promotion_id or None,
        component=shape.component,
        amount=Decimal(shape.amount),
        taken_back=Decimal(shape.taken_back),
        held=Decimal(shape.held),
    )


def _history(shape: OrderShape) -> dict[str, Any]:
    return {
        "adjustments": {
            (
                each.amazon_order_item_code,
                each.merchant_adjustment_item_id,
            ): each.content
            for each in shape.adjustments
        },
        "cancellations": tuple(
            Cancellation(
                each.amazon_order_item_code,
                each.quantity,
                each.reason or None,
                each.restock,
            )
            for each in shape.cancellations
        ),
        "shipments": tuple(
            Shipment(
                tuple(each.items.items()),
                from_iso(each.fulfillment_date),
                each.carrier_code or None,
                each.carrier_name or None,
                each.shipping_method or None,
                each.tracking_number or None,
            )
            for each in shape.shipments
        ),
    }


def _opening_refunds(items: Iterable[OrderItem]) -> Iterator[PendingRefund]:
    """Make one credit, and one held refund, of what each item has of either.

    An order that is not charged has refunds only as such, waiting for its charge or
    its end (design D4).
    """
    number = 0
    for item in items:
        for held in (False, True):
            components, promotions = _given_back(item, held=held)
            if components or promotions:
                number += 1
                kind = HoldRefund if held else PostRefund
                refund = kind(
                    number=number,
                    amazon_order_item_code=item.amazon_order_item_code,
                    reason=CREDIT_REASON,
                    components=components,
                    promotions=promotions,
                )
                yield PendingRefund(refund, held)


def _given_back(item: OrderItem, *, held: bool) -> tuple[Components, PromotionAmounts]:
    components = tuple(
        (name, amount)
        for name, part in item.components.items()
        if (amount := part.held if held else part.refunded)
    )
    promotions = tuple(
        (place, amount)
        for place, promotion in enumerate(item.promotions)
        if (amount := promotion.held if held else promotion.taken_back)
    )
    return components, promotions
