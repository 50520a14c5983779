"""Cancel Order: the whole order, or units of its items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter

from app.doors.web.ordering import Button, Form, Pressed, add_button
from app.doors.web.pages import N_
from app.doors.web.words import CANCEL_REASONS
from app.intake import desk_feeds
from app.intake.desk_actions import Action
from app.intake.desk_feeds import CancelReason

router = APIRouter()

_NO_REASON = N_("Choose a reason for the cancellation.")
_NO_SCOPE = N_("Choose what is to be cancelled.")
_NO_UNITS = N_("Write for at least one item how many units are to be cancelled.")
_NOTHING_OPEN = N_("Every unit is shipped or cancelled already. Use a refund.")
_ALREADY_SHIPPED = N_(
    "A part of the order is shipped, so that it cannot be cancelled as a whole."
)
_NO_NUMBER = N_("Write a whole number from 1 to %(most)s.")

WHOLE, ITEMS = "order", "items"


class Cancel(Button):
    """Asks which units go, and why."""

    action = Action.CANCEL
    template = "cancel.html"

    def check(self, form: Form) -> None:
        """Ask for open units."""
        if not any(item.open for item in form.order.items):
            form.close(_NOTHING_OPEN)

    def read(self, form: Form) -> Pressed | None:
        """Read scope, units and reason."""
        units = _units(form)
        reason = _reason(form)
        if form.problems or reason is None:
            return None
        strict = form.visit.desk.settings.rules == "strict"
        feed = desk_feeds.cancel(form.order, units, reason, strict=strict)
        return Pressed(feed, reason)

    def values(self, form: Form) -> dict[str, Any]:
        """Offer the whole order only where nothing is shipped."""
        shipped = any(item.quantity_shipped for item in form.order.items)
        return {
            "reasons": CANCEL_REASONS,
            "shipped": shipped,
            "scope": form.fields.get("scope") or (ITEMS if shipped else ""),
        }


add_button(router, Cancel())


def _units(form: Form) -> Mapping[str, int]:
    """Read which units go, by item code; complains if that is nothing, or too much."""
    scope = form.fields.get("scope")
    open_units = {
        item.amazon_order_item_code: item.open for item in form.order.items if item.open
    }
    if scope == WHOLE:
        if any(item.quantity_shipped for item in form.order.items):
            form.complain("scope", _ALREADY_SHIPPED)
        return open_units
    if scope != ITEMS:
        form.complain("scope", _NO_SCOPE)
        return {}
    chosen = {}
    for code, most in open_units.items():
        name = f"quantity-{code}"
        text = form.fields.text(name)
        quantity = form.units(name, most)
        if text and not quantity:
            form.problems.pop(name, None)
            form.complain(name, _NO_NUMBER, most=most)
        if quantity:
            chosen[code] = quantity
    if not chosen and not any(name.startswith("quantity-") for name in form.problems):
        form.complain("units", _NO_UNITS)
    return chosen


def _reason(form: Form) -> CancelReason | None:
    try:
        return CancelReason(form.fields.get("reason"))
    except ValueError:
        form.complain("reason", _NO_REASON)
        return None
