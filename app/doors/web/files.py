"""The style sheets and the scripts of the pages."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse

from app.doors.web.pages import FOLDER, guarded

router = APIRouter()

_TYPES = {
    "desk.css": "text/css",
    "desk.js": "text/javascript",
    "check.js": "text/javascript",
    "feeds.css": "text/css",
    "upload.js": "text/javascript",
}


@router.get("/static/{name}")
def static(name: str) -> Response:
    """Return one of our files; the names are written out, so no path leads astray."""
    if name not in _TYPES:
        return guarded(Response(status_code=404))
    response = FileResponse(
        FOLDER / "static" / name,
        media_type=_TYPES[name],
        headers={"Cache-Control": "no-cache"},
    )
    return guarded(response)
