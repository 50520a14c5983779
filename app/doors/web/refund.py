"""Refund: amounts of an order's items, looked at once more before they go."""

from __future__ import annotations

import re
from decimal import Decimal

from fastapi import APIRouter, Response

from app.doors.web.forms import Fields
from app.doors.web.ordering import Form, open_form, press, repeated, show
from app.doors.web.pages import N_
from app.doors.web.parts import Visit
from app.doors.web.visits import Posting, SentFields, Visiting
from app.doors.web.words import COMPONENTS, REFUND_REASONS
from app.intake import desk_feeds
from app.intake.desk_actions import Action
from app.intake.desk_feeds import CANCELLING_REASONS, ItemRefund, RefundReason
from app.model.money import MINOR_UNIT_DECIMALS, from_minor_units
from app.model.order_items import ZERO, OrderItem

router = APIRouter()

_NOT_SHIPPED = N_("Nothing is shipped yet, so nothing was charged: cancel instead.")
_NO_ITEM = N_("Choose at least one item.")
_NO_REASON = N_("Choose a reason for the refund.")
_NO_AMOUNT = N_("Write an amount such as %(example)s.")
_OVER = N_("At most %(most)s is left.")
_NET = N_("The refund of an item must be above 0 and at most %(most)s.")
_CANCELLING = N_("Units are cancelled only for No Inventory or Customer Cancel.")


@router.get("/orders/{amazon_order_id}/refund")
def ask(visit: Visiting, amazon_order_id: str) -> Response:
    """Show the form, with what is left of every component."""
    form = open_form(visit, amazon_order_id, Fields())
    _check_shipped(form)
    for item in form.order.items:
        for name, left in _lefts(item).items():
            form.fields[name] = _plain(left, form.order.currency)
    return _show(visit, form)


@router.post("/orders/{amazon_order_id}/refund")
def refund(visit: Posting, fields: SentFields, amazon_order_id: str) -> Response:
    """Show the refund before it is submitted, then submit it."""
    form = open_form(visit, amazon_order_id, fields)
    done = repeated(visit, form)
    if done is not None:
        return done
    if fields.get("step") == "edit":
        return _show(visit, form)
    _check_shipped(form)
    reason = _reason(form)
    refunds = _refunds(visit, form, reason)
    memo = form.memo()
    if form.problems or reason is None:
        return _show(visit, form)
    if fields.get("step") != "submit":
        return show(
            visit,
            form,
            "refund_preview.html",
            refunds=refunds,
            total=sum((each.net for each in refunds), start=ZERO),
            reason=REFUND_REASONS[reason],
            memo=memo,
            components=COMPONENTS,
            kept=fields.without(["csrf_token", "step"]),
        )
    feed = desk_feeds.refund(form.order, refunds, reason)
    done = press(visit, form, Action.REFUND, feed, reason=reason, memo=memo)
    return done or _show(visit, form)


def _check_shipped(form: Form) -> None:
    if not any(item.quantity_shipped for item in form.order.items):
        form.complain("", _NOT_SHIPPED)


def _reason(form: Form) -> RefundReason | None:
    try:
        return RefundReason(form.fields.get("reason"))
    except ValueError:
        form.complain("reason", _NO_REASON)
        return None


def _refunds(visit: Visit, form: Form, reason: RefundReason | None) -> list[ItemRefund]:
    chosen = [
        item
        for item in form.order.items
        if form.fields.get(f"refund-{item.amazon_order_item_code}")
    ]
    if not chosen:
        form.complain("items", _NO_ITEM)
    return [_item_refund(visit, form, item, reason) for item in chosen]


def _item_refund(
    visit: Visit, form: Form, item: OrderItem, reason: RefundReason | None
) -> ItemRefund:
    code, currency = item.amazon_order_item_code, form.order.currency
    amounts = {
        name: _amount(visit, form, name, left) for name, left in _lefts(item).items()
    }
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
        most = visit.language.money(item.left, currency)
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


def _amount(visit: Visit, form: Form, name: str, left: Decimal) -> Decimal:
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
        form.complain(name, _OVER, most=visit.language.money(left, currency))
        return ZERO
    return Decimal(text)


def _plain(amount: Decimal, currency: str) -> str:
    return f"{amount:.{MINOR_UNIT_DECIMALS[currency]}f}"


def _show(visit: Visit, form: Form) -> Response:
    return show(
        visit,
        form,
        "refund.html",
        reasons=REFUND_REASONS,
        components=COMPONENTS,
        step=_plain(from_minor_units(1, form.order.currency), form.order.currency),
    )
