"""Account health: the cancel rate, the orders behind it, and refunds."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from fastapi import APIRouter, Response

from app.doors.web.pages import N_, guarded, page
from app.doors.web.plot import draw
from app.doors.web.visits import NothingThere, Visiting
from app.doors.web.words import REASONS
from app.intake.health import MOST_DAYS, Health
from app.intake.health_files import daily_csv, orders_csv, refunds_csv, to_json
from app.model.cancel_rate import TARGET, WINDOW_DAYS

router = APIRouter()

_WINDOWS = (7, 30, 90, MOST_DAYS)
_DAYS = 30


def _json_text(health: Health) -> str:
    return json.dumps(to_json(health), indent=2) + "\n"


_FILES: dict[str, Callable[[Health], str]] = {
    "health.json": _json_text,
    "cancel-rate.csv": daily_csv,
    "cancelled-orders.csv": orders_csv,
    "refunds.csv": refunds_csv,
}


@router.get("/health")
def health_page(visit: Visiting) -> Response:
    """Show the figures of today and of so many days."""
    given = visit.request.query_params.get("days", str(_DAYS))
    days = _read_days(given)
    health = visit.desk.health.health(visit.seller_id, days=days or _DAYS)
    return page(
        visit,
        "health.html",
        status=200 if days else 400,
        health=health,
        plot=draw(health.series),
        days=days or _DAYS,
        given=given[:40],
        most_days=MOST_DAYS,
        problem=None
        if days
        else N_("%(given)s is no number of days from 1 to %(most)s."),
        windows=_WINDOWS,
        window_days=WINDOW_DAYS,
        target=TARGET,
        contact=visit.desk.health.contact(visit.seller_id),
        reasons=REASONS,
        files=tuple(_FILES),
    )


@router.get("/health/{name}")
def health_file(visit: Visiting, name: str) -> Response:
    """Return the same figures as a file."""
    days = _read_days(visit.request.query_params.get("days", str(_DAYS)))
    if name not in _FILES or days is None:
        raise NothingThere
    text = _FILES[name](visit.desk.health.health(visit.seller_id, days=days))
    kind = "application/json" if name.endswith(".json") else "text/csv"
    return guarded(
        Response(
            text,
            media_type=kind,
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
    )


def _read_days(text: str) -> int | None:
    if re.fullmatch("[0-9]{1,3}", text) and 1 <= int(text) <= MOST_DAYS:
        return int(text)
    return None
