"""Refund: amounts of an order's items, looked at once more before they go."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from fastapi import APIRouter, Response

from app.doors.web.forms import Fields
from app.doors.web.ordering import Button, Form, Pressed, add_button, show
from app.doors.web.pages import N_
from app.doors.web.words import COMPONENTS, REFUND_REASONS
from app.intake import desk_feeds
from app.intake.desk_actions import Action
from app.intake.desk_feeds import CANCELLING_REASONS, ItemRefund, RefundReason
from app.model.money import MINOR_UNIT_DECIMALS
from app.model.order import Order
from app.model.order_items import ZERO, OrderItem

router = APIRouter()

_NOT_SHIPPED = N_("Nothing is shipped yet, so nothing was charged: cancel instead.")
_NO_ITEM = N_("Choose at least one item.")
_NO_REASON = N_("Choose a reason for the refund.")
_NO_AMOUNT = N_("Write an amount such as %(example)s.")
_OVER = N_("At most %(most)s is left.")
_NET = N_("The refund of an item must be above 0 and at most %(most)s.")
_CANCELLING = N_("Units are cancelled only for No Inventory or Customer Cancel.")


class GiveBack(Button):
    """Asks for amounts and a reason, and shows the refund before it is submitted."""

    action = Action.REFUND
    template = "refund.html"

    def filled(self, order: Order) -> Fields:
        """Give back everything that is left."""
        return Fields(
            {
                name: _plain(left, order.currency)
                for item in order.items
                for name, left in _lefts(item).items()
            }
        )

    def check(self, form: Form) -> None:
        """Ask for something shipped: before that, nothing was charged."""
        if not any(item.quantity_shipped for item in form.order.items):
            form.close(_NOT_SHIPPED)

    def read(self, form: Form) -> Pressed | Response | None:
        """Read amounts and reason; the first time, show what they come to."""
        reason = _reason(form)
        refunds = _refunds(form, reason)
        memo = form.memo()
        if form.problems or reason is None:
            return None
        if form.fields.get("step") == "submit":
            return Pressed(desk_feeds.refund(form.order, refunds, reason), reason)
        return show(
            form,
            "refund_preview.html",
            refunds=refunds,
            total=sum((each.net for each in refunds), start=ZERO),
            reason=REFUND_REASONS[reason],
            memo=memo,
            components=COMPONENTS,
            kept=form.fields.without(["csrf_token", "step"]),
        )

    def values(self, form: Form) -> dict[str, Any]:
        """Give the decimals for the total that the script shows."""
        return {
            "reasons": REFUND_REASONS,
            "components": COMPONENTS,
            "decimals": MINOR_UNIT_DECIMALS[form.order.currency],
        }


add_button(router, GiveBack())


def _reason(form: Form) -> RefundReason | None:
    try:
        return RefundReason(form.fields.get("reason"))
    except ValueError:
        form.complain("reason", _NO_REASON)
        return None


def _refunds(form: Form, reason: RefundReason | None) -> list[ItemRefund]:
    chosen = [
        item
        for item in form.order.items
        if form.fields.get(f"refund-{item.amazon_order_item_code}")
    ]
    if not chosen:
        form.complain("items", _NO_ITEM)
    return [_item_refund(form, item, reason) for item in chosen]


def _item_refund(
    form: Form, item: OrderItem, reason: RefundReason | None
) -> ItemRefund:
    code, currency = item.amazon_order_item_code, form.order.currency
    amounts = {name: _amount(form, name, left) for name, left in _lefts(item).items()}
    cancelled = form.units(f"cancelled-{code}", item.open)
    if cancelled and reason is not None and reason not in CANCELLING_REASONS:
        form.complain(f"cancelled-{code}", _CANCELLING)
    refund = ItemRefund(
        code,
        {
            name: amounts[f"amount-{code}-{name}"]
            for name in item.components
            if amounts.get(f"amount-{code}-{name}")
        },
        {
            place: amounts[f"promotion-{code}-{place}"]
            for place in range(len(item.promotions))
            if amounts.get(f"promotion-{code}-{place}")
        },
        cancelled,
    )
    if not 0 < refund.net <= item.left:
        most = form.visit.language.money(item.left, currency)
        form.complain(f"refund-{code}", _NET, most=most)
    return refund


def _lefts(item: OrderItem) -> dict[str, Decimal]:
    """Return what is left of each component and discount, by the name of its field."""
    code = item.amazon_order_item_code
    lefts = {
        f"amount-{code}-{name}": part.left
        for name, part in item.components.items()
        if part.left
    }
    lefts |= {
        f"promotion-{code}-{place}": promotion.left
        for place, promotion in enumerate(item.promotions)
        if promotion.left
    }
    return lefts


def _amount(form: Form, name: str, left: Decimal) -> Decimal:
    """Read an amount; empty is 0. Complains about text, and over what is left."""
    currency = form.order.currency
    decimals = MINOR_UNIT_DECIMALS[currency]
    text = form.fields.text(name)
    if not text:
        return ZERO
    fraction = rf"(\.[0-9]{{1,{decimals}}})?" if decimals else ""
    if not re.fullmatch(rf"[0-9]{{1,12}}{fraction}", text):
        form.complain(name, _NO_AMOUNT, example=_plain(left, currency))
        return ZERO
    if Decimal(text) > left:
        form.complain(name, _OVER, most=form.visit.language.money(left, currency))
        return ZERO
    return Decimal(text)


def _plain(amount: Decimal, currency: str) -> str:
    return f"{amount:.{MINOR_UNIT_DECIMALS[currency]}f}"
