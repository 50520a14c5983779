"""Files: a seller's files with many orders, uploaded, and what became of them."""

from __future__ import annotations

import secrets
from functools import partial

from fastapi import APIRouter, Request, Response
from jinja2.filters import do_filesizeformat

from app.doors.gates import Gates
from app.doors.request import Body
from app.doors.web.feed_words import (
    CHARSETS,
    FEED_STATUSES,
    FEED_TYPES,
    FILES,
    TROUBLES,
    XML_FEEDS,
)
from app.doors.web.forms import Fields
from app.doors.web.multipart import FileForm
from app.doors.web.ordering import Complaint
from app.doors.web.pages import N_, guarded, page, see_other
from app.doors.web.parts import HOME, Visit, desk_of
from app.doors.web.visits import CSRF, FormRefused, NothingThere, Visiting, same, visit
from app.intake.templates import TemplateFormat, template
from app.intake.uploads import Trouble, Upload, UploadRefused

router = APIRouter()

_HISTORY = 10
_MOST_TOKEN = 80
_NO_KIND = N_("Choose what kind of file it is.")


@router.get("/files")
def ask(visit: Visiting) -> Response:
    """Show the form, the templates, and what was uploaded before."""
    return _show(visit, Fields())


@router.post("/files")
async def upload(request: Request) -> Response:
    """Take a file in while it arrives; only a piece of it is ever held."""
    settings = desk_of(request).settings
    body = Body(request.scope, request.receive, settings.body_idle_seconds)
    gates: Gates = request.app.state.desk.gates
    return await gates.run(partial(_receive, request, body))


@router.get("/files/templates/{name}.{form}")
def download(visit: Visiting, name: str, form: str) -> Response:
    """Return a template, to be filled in."""
    if name not in FILES or form not in tuple(TemplateFormat):
        raise NothingThere
    made = template(name, TemplateFormat(form))
    disposition = f'attachment; filename="{made.name}"'
    return guarded(
        Response(
            made.content,
            media_type=made.content_type,
            headers={"Content-Disposition": disposition},
        )
    )


def _receive(request: Request, body: Body) -> Response:
    """Read the fields, then hand the file on: in a thread of its own."""
    visitor = visit(request)
    uploads = visitor.desk.uploads
    fields = Fields()
    try:
        length = request.headers.get("content-length")
        uploads.check_length(int(length) if length else None)
        form = FileForm(request.headers.get("content-type", ""), body)
        fields = form.fields
        if not same(fields.get(CSRF), visitor.user.csrf_token):
            raise FormRefused
        if fields.get("kind") not in FEED_TYPES:
            return _show(visitor, fields, "kind", Complaint(_NO_KIND))
        sent = uploads.take(visitor.user.caller, _upload(fields), form.file())
    except UploadRefused as refused:
        return _show(visitor, fields, "file", _complaint(visitor, refused))
    return see_other(f"{HOME}/feeds/{sent.feed_submission_id}")


def _upload(fields: Fields) -> Upload:
    charset = fields.get("charset")
    return Upload(
        fields["kind"],
        fields.get("token")[:_MOST_TOKEN],
        charset if charset in CHARSETS else None,
    )


def _complaint(visitor: Visit, refused: UploadRefused) -> Complaint:
    values: dict[str, object] = {}
    if refused.trouble is Trouble.TOO_LONG:
        values["most"] = do_filesizeformat(visitor.desk.uploads.most_bytes)
    if refused.problem is not None:
        values["detail"] = refused.problem.text
    return Complaint(TROUBLES[refused.trouble], values)


def _show(
    visitor: Visit,
    fields: Fields,
    field: str = "",
    complaint: Complaint | None = None,
) -> Response:
    return page(
        visitor,
        "files.html",
        status=400 if complaint else 200,
        fields=fields,
        problems={field: complaint} if complaint else {},
        files=FILES,
        xml_feeds=XML_FEEDS,
        feed_types=FEED_TYPES,
        statuses=FEED_STATUSES,
        charsets=CHARSETS,
        formats=tuple(TemplateFormat),
        most_bytes=visitor.desk.uploads.most_bytes,
        most=do_filesizeformat(visitor.desk.uploads.most_bytes),
        too_long=TROUBLES[Trouble.TOO_LONG],
        nothing=TROUBLES[Trouble.NOTHING],
        token=secrets.token_urlsafe(24),
        history=visitor.desk.feeds.uploads(visitor.seller_id, _HISTORY),
    )
