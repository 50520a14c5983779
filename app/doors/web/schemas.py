"""Order XSDs: the schemas to read and download, and a box to try a document in."""

from __future__ import annotations

from functools import partial
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from fastapi import APIRouter, Request, Response
from jinja2.filters import do_filesizeformat

from app.doors.gates import Gates
from app.doors.request import Body
from app.doors.web.feed_words import CHARSETS
from app.doors.web.multipart import FileForm
from app.doors.web.ordering import Complaint
from app.doors.web.pages import N_, guarded, page
from app.doors.web.parts import Visit, desk_of
from app.doors.web.visits import CSRF, FormRefused, NothingThere, Visiting, same, visit
from app.errors import Severity
from app.intake.schema_desk import Checked
from app.model.feed import Rules

router = APIRouter()

_HELD_BYTES = 1_048_576
_NOTHING = N_("Paste a document, or choose a file.")
_TOO_LONG = N_("At most %(most)s can be tried here; the page Files takes longer ones.")


class _TooLong(Exception):
    """There is more to try than the page takes."""


@router.get("/schemas")
def ask(visit: Visiting) -> Response:
    """Show the schemas of a profile, the one in force unless the other is asked for."""
    return _show(visit, _rules(visit, visit.request.query_params.get("rules", "")))


@router.post("/schemas")
async def check(request: Request) -> Response:
    """Validate what was pasted, or a file; nothing of it is kept."""
    settings = desk_of(request).settings
    body = Body(request.scope, request.receive, settings.body_idle_seconds)
    gates: Gates = request.app.state.desk.gates
    return await gates.run(partial(_check, request, body))


@router.get("/schemas/{name:path}")
def schema_file(visit: Visiting, name: str) -> Response:
    """Show a schema, or return it with `?download`."""
    path = visit.desk.schemas.file(name)
    if path is None:
        raise NothingThere
    if "download" not in visit.request.query_params:
        lines = path.read_text(encoding="utf-8").splitlines()
        return page(visit, "schema.html", name=name, lines=lines)
    disposition = f'attachment; filename="{path.name}"'
    return guarded(
        Response(
            path.read_bytes(),
            media_type="application/xml",
            headers={"Content-Disposition": disposition},
        )
    )


def _check(request: Request, body: Body) -> Response:
    visitor = visit(request)
    most = visitor.desk.settings.max_form_bytes
    form = FileForm(request.headers.get("content-type", ""), body, most)
    if not same(form.fields.get(CSRF), visitor.user.csrf_token):
        raise FormRefused
    rules = _rules(visitor, form.fields.get("rules"))
    charset = form.fields.get("charset")
    # A browser sends the line ends of a text as CR LF.
    text = form.fields.get("text").replace("\r\n", "\n")
    with SpooledTemporaryFile(_HELD_BYTES) as kept:
        document = cast(BinaryIO, kept)
        try:
            size = _keep(form, text, document, most)
        except _TooLong:
            return _show(visitor, rules, text, problem=_too_long(most))
        if not size:
            return _show(visitor, rules, text, problem=Complaint(_NOTHING))
        checked = visitor.desk.schemas.check(
            document, rules, charset if charset in CHARSETS else None
        )
    return _show(visitor, rules, text, charset, checked)


def _keep(form: FileForm, text: str, document: BinaryIO, most: int) -> int:
    """Put the file, or else the text, where it can be read twice; return its size."""
    size = 0
    for piece in form.file():
        size += len(piece)
        if size > most:
            raise _TooLong
        document.write(piece)
    if not size:
        size = document.write(text.encode())
    document.seek(0)
    return size


def _too_long(most: int) -> Complaint:
    return Complaint(_TOO_LONG, {"most": do_filesizeformat(most)})


def _rules(visitor: Visit, text: str) -> Rules:
    in_force = Rules(visitor.desk.settings.rules)
    return Rules(text) if text in tuple(Rules) else in_force


def _show(
    visitor: Visit,
    rules: Rules,
    text: str = "",
    charset: str = "",
    checked: Checked | None = None,
    *,
    problem: Complaint | None = None,
) -> Response:
    schemas = visitor.desk.schemas
    return page(
        visitor,
        "schemas.html",
        status=400 if problem else 200,
        rules=rules,
        profiles=tuple(Rules),
        in_force=Rules(visitor.desk.settings.rules),
        files=schemas.files(rules),
        common=schemas.files(Rules.STANDARD) if rules is Rules.STRICT else (),
        message_types=schemas.message_types(rules),
        charsets=CHARSETS,
        charset=charset,
        text=text,
        checked=checked,
        problem=problem,
        error=Severity.ERROR,
        most=do_filesizeformat(visitor.desk.settings.max_form_bytes),
    )
