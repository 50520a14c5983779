"""What a batch changed of its orders, written back as rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from app.model.order import Order
from app.model.order_items import OrderItem
from app.store import bulk, tables
from app.store.balances import Balances
from app.store.tables import bind_moment, whole_units

_ORDER_KEY = ("seller_id", "amazon_order_id")
_ITEM_KEY = (*_ORDER_KEY, "amazon_order_item_code")


def save_changes(
    connection: Connection, changes: Iterable[tuple[Order, Order]], now: datetime
) -> None:
    """Write what changed between each pair of an order before and after.

    The rows must be locked (`load_orders(lock=True)`). Raises IntegrityError if the
    database's own checks refuse a change: a bug of the judgement.
    """
    moment = bind_moment(now, connection.dialect.name)
    rows = _Rows()
    moved = Balances()
    for before, after in changes:
        rows.add(before, after, moment)
        if after.charged:
            moved.add(before, after)
    rows.write(connection)
    moved.write(connection, now)


def _units(amount: Decimal, currency: str) -> int:
    return whole_units(amount, currency) if amount else 0


class _Rows:
    """Changed and new rows, collected table by table."""

    def __init__(self) -> None:
        self.orders: list[bulk.Row] = []
        self.named_orders: list[bulk.Row] = []
        self.items: list[bulk.Row] = []
        self.components: list[bulk.Row] = []
        self.new_components: list[bulk.Row] = []
        self.promotions: list[bulk.Row] = []
        self.adjustments: list[bulk.Row] = []

    def add(self, before: Order, after: Order, moment: Any) -> None:
        """Collect the differences of one order."""
        key = (after.seller_id, after.amazon_order_id)
        values = (
            after.status.value,
            after.charged,
            after.refund_count,
            len(after.pending_refunds),
            moment,
        )
        if after.merchant_order_id == before.merchant_order_id:
            self.orders.append((*values, *key))
        else:
            self.named_orders.append((*values, after.merchant_order_id, *key))
        for old, new in zip(before.items, after.items, strict=True):
            if new is not old:
                self._add_item(old, new, after.currency, key)
        if after.adjustments is not before.adjustments:
            for (code, own_id), content in after.adjustments.items():
                if (code, own_id) not in before.adjustments:
                    self.adjustments.append((*key, code, own_id, content))

    def _add_item(
        self, old: OrderItem, new: OrderItem, currency: str, order_key: bulk.Row
    ) -> None:
        key = (*order_key, new.amazon_order_item_code)
        self.items.append(
            (
                new.quantity_shipped,
                new.quantity_cancelled,
                new.merchant_order_item_id,
                _units(new.refunded, currency),
                _units(new.held, currency),
                *key,
            )
        )
        if new.components is not old.components:
            for name, part in new.components.items():
                was = old.components.get(name)
                if part is was:
                    continue
                refunded = _units(part.refunded, currency)
                held = _units(part.held, currency)
                if was is None:
                    self.new_components.append((*key, name, refunded, held))
                else:
                    self.components.append((refunded, held, *key, name))
        if new.promotions is not old.promotions:
            pairs = zip(old.promotions, new.promotions, strict=True)
            for place, (earlier, promotion) in enumerate(pairs):
                if promotion is not earlier:
                    taken = _units(promotion.taken_back, currency)
                    held = _units(promotion.held, currency)
                    self.promotions.append((taken, held, *key, place))

    def write(self, connection: Connection) -> None:
        """Send every table's rows in one statement each."""
        columns = ("status", "charged", "refund_count", "pending_refunds", "updated_at")
        bulk.update(connection, tables.orders, _ORDER_KEY, columns, self.orders)
        named = (*columns, "merchant_order_id")
        bulk.update(connection, tables.orders, _ORDER_KEY, named, self.named_orders)
        columns = (
            "quantity_shipped",
            "quantity_cancelled",
            "merchant_order_item_id",
            "refunded",
            "held",
        )
        bulk.update(connection, tables.order_item, _ITEM_KEY, columns, self.items)
        table = tables.order_item_component
        key = (*_ITEM_KEY, "component")
        bulk.update(connection, table, key, ("refunded", "held"), self.components)
        columns = (*key, "refunded", "held")  # type: ignore[assignment] # longer
        bulk.insert(connection, table, columns, self.new_components)
        bulk.update(
            connection,
            tables.order_item_promotion,
            (*_ITEM_KEY, "place"),
            ("taken_back", "held"),
            self.promotions,
        )
        columns = (*_ITEM_KEY, "merchant_adjustment_item_id", "content")
        bulk.insert(connection, tables.accepted_adjustment, columns, self.adjustments)
