"""How problems name orders, items, units and money, and how outcomes are put together.

The sentences are the rows of ResultCode; here are the phrases that go into them, with
the seller's own ids, so that an ERP finds its record (design D5).
"""

from __future__ import annotations

from typing import NamedTuple

from app.errors import ResultCode, Severity
from app.model.effects import Effect
from app.model.feed import Body, Outcome, Problem
from app.model.order import Order
from app.model.order_items import OrderItem


def units(count: int) -> str:
    """Write a number of units, as in 1 unit or 3 units."""
    return "1 unit" if count == 1 else f"{count} units"


def order_phrase(amazon_order_id: str, merchant_order_id: str | None) -> str:
    """Name an order, as in order 026-1234567-1234567 (MerchantOrderID A-1)."""
    if not merchant_order_id:
        return f"order {amazon_order_id}"
    return f"order {amazon_order_id} (MerchantOrderID {merchant_order_id})"


def item_phrase(
    item: OrderItem,
    merchant_order_item_id: str | None = None,
    merchant_adjustment_item_id: str | None = None,
) -> str:
    """Name an item; the MerchantOrderItemID is the stated one, else the stored one."""
    own_ids = []
    if merchant_order_item_id or item.merchant_order_item_id:
        own_id = merchant_order_item_id or item.merchant_order_item_id
        own_ids.append(f"MerchantOrderItemID {own_id}")
    if merchant_adjustment_item_id:
        own_ids.append(f"MerchantAdjustmentItemID {merchant_adjustment_item_id}")
    brackets = f" ({', '.join(own_ids)})" if own_ids else ""
    return f"order item {item.amazon_order_item_code}{brackets}"


class JudgedOrder(NamedTuple):
    """The order that a message is judged against, and how its problems name it.

    `stated_id` is the MerchantOrderID that the message states, if it states one.
    """

    order: Order
    stated_id: str | None = None

    @property
    def phrase(self) -> str:
        """The order with the stated MerchantOrderID, else with the stored one."""
        own_id = self.stated_id or self.order.merchant_order_id
        return order_phrase(self.order.amazon_order_id, own_id)

    def problem(
        self,
        code: ResultCode,
        amazon_order_item_code: str | None = None,
        severity: Severity | None = None,
        /,
        **values: object,
    ) -> Problem:
        """Return a problem of the order, or of one item.

        `values` go into the text of the code, beside the name of the order; the row
        of the code gives the severity where none is given.
        """
        return Problem(
            code,
            code.text(**{"order": self.phrase, **values}),
            amazon_order_id=self.order.amazon_order_id,
            amazon_order_item_code=amazon_order_item_code,
            severity=severity or code.value.severity,
        )


class JudgedItem(NamedTuple):
    """An item that part of a message is about, and how its problems name it.

    `stated_id` and `adjustment_id` are the MerchantOrderItemID and the
    MerchantAdjustmentItemID that the message states, if it states them.
    """

    judged: JudgedOrder
    item: OrderItem
    stated_id: str | None = None
    adjustment_id: str | None = None

    @property
    def phrase(self) -> str:
        """The item with its ids, as in order item 00000000000001 (...)."""
        return item_phrase(self.item, self.stated_id, self.adjustment_id)

    @property
    def currency(self) -> str:
        """The currency of the order."""
        return self.judged.order.currency

    def problem(self, code: ResultCode, **values: object) -> Problem:
        """Return a problem of the item; its name goes into the text as well."""
        return self.judged.problem(
            code,
            self.item.amazon_order_item_code,
            **{"item": self.phrase, **values},
        )


def unknown_order(body: Body) -> Problem:
    """Return what a message is told whose order the seller does not have."""
    if body.amazon_order_id is None:
        return Problem(
            ResultCode.MERCHANT_ORDER_ID_UNKNOWN,
            ResultCode.MERCHANT_ORDER_ID_UNKNOWN.text(
                merchant_order_id=body.merchant_order_id or '""'
            ),
        )
    phrase = order_phrase(body.amazon_order_id, body.merchant_order_id)
    return Problem(
        ResultCode.ORDER_UNKNOWN,
        ResultCode.ORDER_UNKNOWN.text(order=phrase),
        amazon_order_id=body.amazon_order_id,
    )


# Warnings that tell of something done: in a refused message they would be untrue.
_DEEDS = frozenset(
    (
        ResultCode.CANCEL_REASON_DEFAULT,
        ResultCode.TRACKING_REPLACED,
        ResultCode.LAST_OPEN_UNIT,
        ResultCode.REFUND_HELD,
        ResultCode.BELOW_SHARE,
    )
)


def outcome(effects: list[Effect], problems: list[Problem]) -> Outcome:
    """Return effects with their warnings, or errors and no effect.

    A refused message keeps only the warnings that hold for a refused message too.
    """
    if not problems:
        return Outcome(tuple(effects))
    if not any(problem.is_error for problem in problems):
        return Outcome(tuple(effects), tuple(problems))
    kept = (p for p in problems if p.is_error or p.code not in _DEEDS)
    return Outcome((), tuple(kept))
