"""Confirm shipment: which units left, with whom, and under which number."""

from __future__ import annotations

from fastapi import APIRouter, Response

from app.doors.web.forms import Fields
from app.doors.web.ordering import Form, open_form, press, repeated, show
from app.doors.web.pages import N_
from app.doors.web.parts import Visit
from app.doors.web.visits import Posting, SentFields, Visiting
from app.intake import desk_feeds
from app.intake.carriers import carrier_codes
from app.intake.desk_actions import Action
from app.intake.desk_feeds import Parcel

router = APIRouter()

_MOST = 50
_NO_UNITS = N_("Write for at least one item how many units were sent.")
_NOTHING_OPEN = N_("Every unit is shipped or cancelled already.")
_NO_CARRIER = N_("Write who carries the parcel.")
_TOO_LONG = N_("At most %(most)s characters.")
_CONTROLS = N_("Leave out control characters.")


@router.get("/orders/{amazon_order_id}/ship")
def ask(visit: Visiting, amazon_order_id: str) -> Response:
    """Show the form, with everything that is open in the parcel."""
    form = open_form(visit, amazon_order_id, Fields())
    for item in form.order.items:
        form.fields[f"quantity-{item.amazon_order_item_code}"] = str(item.open)
    if not form.problems:
        _check_open(form)
    return _show(visit, form)


@router.post("/orders/{amazon_order_id}/ship")
def ship(visit: Posting, fields: SentFields, amazon_order_id: str) -> Response:
    """Submit the confirmation, unless something is wrong with the form."""
    form = open_form(visit, amazon_order_id, fields)
    done = repeated(visit, form)
    if done is not None:
        return done
    if fields.get("step") == "edit":
        return _show(visit, form)
    if not form.problems:
        _check_open(form)
    parcel = _parcel(visit, form)
    memo = form.memo()
    if form.problems:
        return _show(visit, form)
    feed = desk_feeds.ship(form.order, parcel)
    return press(visit, form, Action.SHIP, feed, memo=memo) or _show(visit, form)


def _check_open(form: Form) -> None:
    if not any(item.open for item in form.order.items):
        form.complain("", _NOTHING_OPEN)


def _parcel(visit: Visit, form: Form) -> Parcel:
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
    listed = {code.casefold(): code for code in _carriers(visit)}
    listed_code = listed.get(carrier.casefold())
    return Parcel(
        units=units,
        fulfillment_date=visit.desk.clock().replace(microsecond=0),
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


def _carriers(visit: Visit) -> tuple[str, ...]:
    return carrier_codes(strict=visit.desk.settings.rules == "strict")


def _show(visit: Visit, form: Form) -> Response:
    return show(visit, form, "ship.html", carriers=_carriers(visit))
