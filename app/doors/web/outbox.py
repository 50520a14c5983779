"""The outbox: the mails that were written for a seller, and what became of them."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from app.doors.web.pages import N_, guarded, page
from app.doors.web.parts import HOME
from app.doors.web.visits import NothingThere, Visiting
from app.intake.mail.desk import MailText
from app.model.mail import MailKind, MailState

router = APIRouter()

_PAGE = 50

_KINDS = {
    MailKind.CANCELLATION: N_("Cancellation"),
    MailKind.REFUND: N_("Refund"),
    MailKind.DISPATCH: N_("Shipment"),
    MailKind.CANCEL_RATE: N_("Warning of the cancel rate"),
}
_STATES = {
    MailState.WAITING: N_("Waiting"),
    MailState.SENT: N_("Sent"),
    MailState.GIVEN_UP: N_("Failed"),
}

# The mail's own document: in its frame only, no script, its own style attributes.
_FRAMED = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "sandbox; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    "X-Frame-Options": "SAMEORIGIN",
}


@router.get("/outbox")
def outbox(visit: Visiting) -> Response:
    """List the seller's mails, newest first."""
    given = visit.request.query_params
    state = next((each for each in MailState if each == given.get("state")), None)
    before = given.get("before", "")
    mails = visit.desk.mails.list(
        visit.seller_id,
        limit=_PAGE + 1,
        state=state,
        before=int(before) if re.fullmatch("[0-9]{1,18}", before) else None,
    )
    older = None
    if len(mails) > _PAGE:
        mails = mails[:_PAGE]
        query = {"state": state or "", "before": mails[-1].outbox_id}
        older = f"{HOME}/outbox?{urlencode(query)}"
    return page(
        visit,
        "outbox.html",
        mails=mails,
        kinds=_KINDS,
        states=_STATES,
        state=state,
        older=older,
        is_first=not before,
    )


@router.get("/outbox/{outbox_id}")
def mail_page(visit: Visiting, outbox_id: str) -> Response:
    """Show one mail."""
    found = _find(visit, outbox_id)
    return page(
        visit,
        "mail.html",
        found=found,
        mail=found.mail,
        kinds=_KINDS,
        states=_STATES,
        has_file=_content(visit, found) is not None,
    )


@router.get("/outbox/{outbox_id}/html")
def mail_html(visit: Visiting, outbox_id: str) -> Response:
    """Return a mail's HTML for the frame of its page."""
    found = _find(visit, outbox_id)
    return guarded(HTMLResponse(found.html, headers=_FRAMED))


@router.get("/outbox/{outbox_id}/eml")
def mail_file(visit: Visiting, outbox_id: str) -> Response:
    """Return a mail as a file that mail programs open."""
    found = _find(visit, outbox_id)
    content = _content(visit, found)
    if content is None:
        raise NothingThere
    name = f"mail-{found.mail.outbox_id}.eml"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return guarded(Response(content, media_type="message/rfc822", headers=headers))


def _find(visit: Visiting, outbox_id: str) -> MailText:
    found = None
    if re.fullmatch("[0-9]{1,18}", outbox_id):
        found = visit.desk.mails.read(visit.seller_id, int(outbox_id))
    if found is None:
        raise NothingThere
    return found


def _content(visit: Visiting, found: MailText) -> bytes | None:
    return visit.desk.mails.file(visit.seller_id, found.mail.outbox_id)
