"""What became of a submission of the desk."""

from __future__ import annotations

import re

from fastapi import APIRouter, Response

from app.doors.web.pages import page
from app.doors.web.visits import NothingThere, Visiting
from app.doors.web.words import ACTIONS, REASONS
from app.errors import Severity

router = APIRouter()

_REFRESH_SECONDS = 2


@router.get("/submissions/{feed_submission_id}")
def progress(visit: Visiting, feed_submission_id: str) -> Response:
    """Show where a submission stands; the page looks again until it has ended."""
    found = None
    if re.fullmatch("[0-9]{1,14}", feed_submission_id):
        number = int(feed_submission_id)
        found = visit.desk.actions.progress(visit.seller_id, number)
    if found is None:
        raise NothingThere
    return page(
        visit,
        "progress.html",
        progress=found,
        note=found.note,
        actions=ACTIONS,
        reasons=REASONS,
        error=Severity.ERROR,
        refresh_seconds=None if found.is_ended else _REFRESH_SECONDS,
    )
