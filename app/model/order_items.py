"""The lines of an order, with what was paid and given back of each part of a price."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from app.model.effects import Refund

ZERO = Decimal(0)


class Component(NamedTuple):
    """One part of an item's price, and what was given back of it.

    `price` is None for a type that the item was never priced with (Goodwill, ...).
    `refunded` has credits in and lapsed ones out; `held` waits for the first shipment.
    """

    price: Decimal | None = None
    refunded: Decimal = ZERO
    held: Decimal = ZERO

    @property
    def left(self) -> Decimal | None:
        """What can still be given back, or None if only the item's net bounds it."""
        return None if self.price is None else self.price - self.refunded - self.held


class Promotion(NamedTuple):
    """A discount on an item; `amount` is positive, and so is what was taken back."""

    promotion_claim_code: str | None
    merchant_promotion_id: str | None
    component: str
    amount: Decimal
    taken_back: Decimal = ZERO
    held: Decimal = ZERO

    @property
    def left(self) -> Decimal:
        """What of the discount can still be taken back."""
        return self.amount - self.taken_back - self.held


_UNPRICED = Component()


class OrderItem(NamedTuple):
    """One line of an order.

    A tuple, since feeds make new ones by the ten thousand and `replace` of a dataclass
    costs many times what `_replace` does.

    `paid` is what the buyer pays for the line: its components less its promotions.
    `refunded` and `held` are nets over all components and promotions. Components and
    promotions are empty where a judgement does without (FeedType.reads_amounts).
    """

    amazon_order_item_code: str
    quantity_ordered: int
    quantity_shipped: int = 0
    quantity_cancelled: int = 0
    merchant_order_item_id: str | None = None
    sku: str = ""
    asin: str = ""
    title: str = ""
    paid: Decimal = ZERO
    refunded: Decimal = ZERO
    held: Decimal = ZERO
    components: Mapping[str, Component] = MappingProxyType({})
    promotions: tuple[Promotion, ...] = ()

    @property
    def open(self) -> int:
        """Units neither shipped nor cancelled."""
        return self.quantity_ordered - self.quantity_shipped - self.quantity_cancelled

    @property
    def left(self) -> Decimal:
        """What can still be given back for the line as a whole."""
        return self.paid - self.refunded - self.held

    def moved(self, refund: Refund, *, refunded: int = 0, held: int = 0) -> OrderItem:
        """Add a refund to what is refunded or held: 1 adds, -1 takes away, 0 leaves."""
        components = dict(self.components)
        for name, amount in refund.components:
            price, given, kept = components.get(name, _UNPRICED)
            if refunded:
                given += amount if refunded > 0 else -amount
            if held:
                kept += amount if held > 0 else -amount
            components[name] = Component(price, given, kept)
        promotions = self.promotions
        if refund.promotions:
            changed = list(promotions)
            for place, amount in refund.promotions:
                promotion = changed[place]
                changed[place] = promotion._replace(
                    taken_back=promotion.taken_back + refunded * amount,
                    held=promotion.held + held * amount,
                )
            promotions = tuple(changed)
        net = refund.net
        return OrderItem(
            *self[:9],
            self.refunded + refunded * net if refunded else self.refunded,
            self.held + held * net if held else self.held,
            components,
            promotions,
        )

    def checked(self) -> OrderItem:
        """Return the item; raises ValueError if it gives back more than was paid."""
        code = self.amazon_order_item_code
        if self.paid - self.refunded < self.held:
            raise ValueError(f"{code} gives back more than was paid")
        for name, (price, refunded, held) in self.components.items():
            if price is not None and price - refunded < held:
                raise ValueError(f"{name} of {code} is overdrawn")
        for promotion in self.promotions:
            if promotion.left < 0 or promotion.taken_back < 0:
                raise ValueError(f"a promotion of {code} is overdrawn")
        return self
