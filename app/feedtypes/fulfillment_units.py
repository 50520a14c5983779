"""Which units a fulfilment means, and whether they can be shipped."""

from __future__ import annotations

from typing import NamedTuple

from app.errors import ResultCode
from app.feedtypes.checks import find_item
from app.feedtypes.wording import JudgedOrder, item_phrase, units
from app.model.feed import Problem
from app.model.order import Order
from app.model.order_items import OrderItem


class FulfilledItem(NamedTuple):
    """One Item of a fulfilment; exactly one of the two item ids is set."""

    amazon_order_item_code: str | None
    merchant_order_item_id: str | None
    quantity: int | None = None
    transparency_codes: tuple[str, ...] = ()


class Meant(NamedTuple):
    """An item of the order that a fulfilment means, and what it states of it."""

    item: OrderItem
    quantity: int | None = None
    merchant_order_item_id: str | None = None

    @property
    def units(self) -> int:
        """How many units are to be shipped: without Quantity all that are open."""
        return self.item.open if self.quantity is None else self.quantity


def items_meant(
    stated: tuple[FulfilledItem, ...], judged: JudgedOrder
) -> tuple[list[Meant], list[Problem]]:
    """Return the items that a fulfilment means, and what keeps them from being shipped.

    Without Item elements these are the items with open units or, if no unit is open,
    all the units that were shipped, which can only be a correction of the one parcel
    that held them. Problems are in document order. Source: feed-vocabulary 5.4.
    """
    order = judged.order
    if not stated:
        rest = [Meant(item) for item in order.items if item.open]
        if rest:
            return rest, []
        shipped = [
            Meant(item, item.quantity_shipped)
            for item in order.items
            if item.quantity_shipped
        ]
        return shipped, [_over(judged)]
    meant: list[Meant] = []
    problems: list[Problem] = []
    named: set[str] = set()
    for part in stated:
        code, own_id = part.amazon_order_item_code, part.merchant_order_item_id
        item = find_item(judged, code, own_id, named)
        if isinstance(item, Problem):
            problems.append(item)
            continue
        named.add(item.amazon_order_item_code)
        each = Meant(item, part.quantity, own_id)
        meant.append(each)
        if not 0 < each.units <= item.open:
            problems.append(_over(judged, each))
    return meant, problems


def confirmed_before(order: Order, meant: list[Meant]) -> int | None:
    """Return the latest shipment of exactly these items, if all their units are gone.

    Where a Quantity is meant, the shipment has that many units. Shipments count from 0.
    Source: feed-vocabulary 5.4 ("Correction").
    """
    if any(each.item.open for each in meant):
        return None
    given = {each.item.amazon_order_item_code: each.quantity for each in meant}
    for place in reversed(range(len(order.shipments))):
        shipped = dict(order.shipments[place].items)
        if shipped.keys() == given.keys() and all(
            count is None or count == shipped[code] for code, count in given.items()
        ):
            return place
    return None


def _over(judged: JudgedOrder, meant: Meant | None = None) -> Problem:
    """Refuse more units than are open, of one item or of the order as a whole."""
    items = judged.order.items
    code, left, asked = None, "no units", "so there is nothing to confirm"
    if meant is not None:
        items = (meant.item,)
        code = meant.item.amazon_order_item_code
        phrase = item_phrase(meant.item, meant.merchant_order_item_id)
        left = f"{units(meant.item.open)} of {phrase}"
        if meant.quantity is not None:
            asked = f"not {meant.quantity}"
    return judged.problem(
        ResultCode.SHIPMENT_OVER_OPEN,
        code,
        left=left,
        asked=asked,
        ordered=sum(item.quantity_ordered for item in items),
        shipped=sum(item.quantity_shipped for item in items),
        cancelled=sum(item.quantity_cancelled for item in items),
    )
