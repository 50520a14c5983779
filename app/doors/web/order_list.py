"""The list of orders: searched, filtered, page by page."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter, Response

from app.doors.web.filters import day
from app.doors.web.pages import N_, page
from app.doors.web.parts import HOME
from app.doors.web.visits import Visiting
from app.intake.desk_orders import Key, OrderSearch
from app.model.order import OrderStatus
from app.model.times import from_iso, to_iso

router = APIRouter()

_MOST_TEXT = 100
_WRONG_STATUS = N_("There is no such status.")


@router.get("/orders")
def order_list(visit: Visiting) -> Response:
    """Show a page of the seller's orders."""
    given = dict(visit.request.query_params)
    problems: dict[str, str] = {}
    search = OrderSearch(
        text=given.get("q", "").replace("\x00", "").strip()[:_MOST_TEXT],
        status=_status(given.get("status", ""), problems),
        since=day(given, "from", problems),
        before=day(given, "to", problems, days=1),
    )
    found = visit.desk.orders.search(
        visit.seller_id,
        search,
        older_than=_key(given.get("older", "")),
        newer_than=_key(given.get("newer", "")),
    )
    return page(
        visit,
        "orders.html",
        status=400 if problems else 200,
        found=found,
        given={name: given.get(name, "") for name in ("q", "status", "from", "to")},
        problems=problems,
        statuses=tuple(OrderStatus),
        newer=_address(given, "newer", found.first),
        older=_address(given, "older", found.last),
        filtered=any(given.get(name) for name in ("q", "status", "from", "to")),
    )


def _status(text: str, problems: dict[str, str]) -> OrderStatus | None:
    if not text:
        return None
    try:
        return OrderStatus(text)
    except ValueError:
        problems["status"] = _WRONG_STATUS
        return None


def _key(text: str) -> Key | None:
    """Read where a page ends; a wrong one is the first page."""
    moment, _, order_id = text.partition("_")
    try:
        return from_iso(moment), order_id[:19]
    except ValueError:
        return None


def _address(given: dict[str, str], direction: str, key: Key | None) -> str:
    kept = {
        name: given[name] for name in ("q", "status", "from", "to") if given.get(name)
    }
    if key is not None:
        kept[direction] = f"{to_iso(key[0])}_{key[1]}"
    return f"{HOME}/orders?{urlencode(kept)}"
