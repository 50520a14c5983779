"""Confirm shipment: which units left, with whom, and under which number."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from app.doors.web.forms import Fields
from app.doors.web.ordering import Button, Form, Pressed, add_button
from app.doors.web.pages import N_
from app.intake import desk_feeds
from app.intake.carriers import carrier_codes
from app.intake.desk_actions import Action
from app.intake.desk_feeds import Parcel
from app.model.order import Order

router = APIRouter()

_MOST = 50
_NO_UNITS = N_("Write for at least one item how many units were sent.")
_NOTHING_OPEN = N_("Every unit is shipped or cancelled already.")
_NO_CARRIER = N_("Write who carries the parcel.")
_TOO_LONG = N_("At most %(most)s characters.")
_CONTROLS = N_("Leave out control characters.")


class Ship(Button):
    """Asks for the units of a parcel, its carrier and its number."""

    action = Action.SHIP
    template = "ship.html"

    def filled(self, order: Order) -> Fields:
        """Put everything that is open into the parcel."""
        return Fields(
            {
                f"quantity-{item.amazon_order_item_code}": str(item.open)
                for item in order.items
            }
        )

    def check(self, form: Form) -> None:
        """Ask for open units."""
        if not any(item.open for item in form.order.items):
            form.close(_NOTHING_OPEN)

    def read(self, form: Form) -> Pressed | None:
        """Read what is in the parcel."""
        parcel = _parcel(form)
        return None if form.problems else Pressed(desk_feeds.ship(form.order, parcel))

    def values(self, form: Form) -> dict[str, Any]:
        """Name the carriers that have a code."""
        return {"carriers": _carriers(form), "most_text": _MOST}


add_button(router, Ship())


def _parcel(form: Form) -> Parcel:
    units = {}
    for item in form.order.items:
        code = item.amazon_order_item_code
        quantity = form.units(f"quantity-{code}", item.open)
        if quantity:
            units[code] = quantity
    if not units and not form.problems:
        form.complain("units", _NO_UNITS)
    carrier = _short(form, "carrier")
    if not carrier:
        form.complain("carrier", _NO_CARRIER)
    listed = {code.casefold(): code for code in _carriers(form)}
    listed_code = listed.get(carrier.casefold())
    return Parcel(
        units=units,
        fulfillment_date=form.visit.desk.clock().replace(microsecond=0),
        carrier=listed_code or carrier,
        is_listed=listed_code is not None,
        tracking_number=_short(form, "tracking"),
        shipping_method=_short(form, "method"),
    )


def _short(form: Form, name: str) -> str:
    text = form.fields.text(name)
    if len(text) > _MOST:
        form.complain(name, _TOO_LONG, most=_MOST)
    if not text.isprintable():
        form.complain(name, _CONTROLS)
    return text


def _carriers(form: Form) -> tuple[str, ...]:
    return carrier_codes(strict=form.visit.desk.settings.rules == "strict")
