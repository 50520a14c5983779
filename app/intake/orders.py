"""What a seller may see of their orders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.intake.outages import outages_refused
from app.model.order import PRICED_BY_UNIT, Order, OrderStatus
from app.model.order_items import ZERO, OrderItem
from app.model.shares import share_of_amount
from app.store import orders
from app.store.backends import Database


@dataclass(frozen=True, slots=True)
class ItemView:
    """A line as the Orders APIs show it: without its cancelled units (design D4).

    `amounts` are its priced components for the units that are left, `discounts` the
    sums of its promotions by the component they are on. Refunds change neither.
    """

    item: OrderItem
    quantity_ordered: int
    amounts: Mapping[str, Decimal]
    discounts: Mapping[str, Decimal]

    @property
    def total(self) -> Decimal:
        """What the buyer pays for the units that are left."""
        return sum(self.amounts.values(), start=ZERO) - sum(
            self.discounts.values(), start=ZERO
        )


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order as the Orders APIs show it; `updated_at` is when it last changed."""

    order: Order
    updated_at: datetime
    items: tuple[ItemView, ...]

    @property
    def total(self) -> Decimal:
        """What the buyer pays; nothing at all for a cancelled order."""
        if self.order.status is OrderStatus.CANCELED:
            return ZERO
        return sum((item.total for item in self.items), start=ZERO)


class OrderDesk:
    """Answers questions about a seller's orders; of others' it knows nothing."""

    def __init__(self, database: Database) -> None:
        """Read from the database."""
        self._database = database

    @outages_refused
    def get_orders(
        self, seller_id: str, amazon_order_ids: Iterable[str], *, history: bool = False
    ) -> list[OrderView]:
        """Return the seller's orders among the ids, in the order of the ids.

        With `history` they have their shipments and cancellations.
        """
        ids = list(amazon_order_ids)
        with self._database.read() as connection:
            found = orders.load_orders(connection, seller_id, ids, history=history)
            updated = orders.last_updates(connection, seller_id, found)
        return [
            _view(found[order_id], updated[order_id])
            for order_id in ids
            if order_id in found
        ]

    def get_order(
        self, seller_id: str, amazon_order_id: str, *, history: bool = False
    ) -> OrderView | None:
        """Return one of the seller's orders, or None."""
        views = self.get_orders(seller_id, [amazon_order_id], history=history)
        return views[0] if views else None


def _view(order: Order, updated_at: datetime) -> OrderView:
    items = tuple(_item_view(item, order.currency) for item in order.items)
    return OrderView(order, updated_at, items)


def _item_view(item: OrderItem, currency: str) -> ItemView:
    amounts = {
        name: part.price - _cancelled(item, part.price, currency)
        if name in PRICED_BY_UNIT
        else part.price
        for name, part in item.components.items()
        if part.price is not None
    }
    discounts: dict[str, Decimal] = {}
    for promotion in item.promotions:
        left = promotion.amount - _cancelled(item, promotion.amount, currency)
        before = discounts.get(promotion.component, ZERO)
        discounts[promotion.component] = before + left
    ordered = item.quantity_ordered - item.quantity_cancelled
    return ItemView(item, ordered, amounts, discounts)


def _cancelled(item: OrderItem, amount: Decimal, currency: str) -> Decimal:
    """Return what of an amount belonged to the units that were cancelled."""
    return share_of_amount(
        amount,
        currency,
        ordered=item.quantity_ordered,
        quantity=item.quantity_cancelled,
    )
