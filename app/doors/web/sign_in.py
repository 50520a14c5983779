"""Signing in and out, and choosing a language."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from app.doors.web.forms import Fields
from app.doors.web.language import languages
from app.doors.web.pages import N_, page, plain_page, see_other
from app.doors.web.parts import HOME, Visit, desk_of
from app.doors.web.visits import (
    CSRF,
    ENTRANCE,
    LANGUAGE,
    SESSION,
    FormRefused,
    Posting,
    SentFields,
    language_of,
    new_entrance,
    same,
    set_cookie,
)
from app.intake.desk_users import SignInRefused, SignInThrottled

router = APIRouter()

WRONG = N_("Login and password do not belong together.")
THROTTLED = N_("Too many attempts. Wait some minutes, then try again.")
STALE = N_("This form was too old. Please sign in once more.")

# Fields of the sign-in form itself; what else it carries belongs to an earlier form.
_OWN = ("login", "password", "next", ENTRANCE)
_KEPT = "kept:"
_YEAR = 31_536_000


@router.get("/sign-in")
def ask(request: Request, next: str = "") -> Response:
    """Show the form."""
    return form(request, _local(next))


@router.post("/sign-in")
def sign_in(request: Request, fields: SentFields) -> Response:
    """Begin a session, and go on where the visitor was stopped."""
    target = _local(fields.text("next"))
    kept = Fields(
        {
            name.removeprefix(_KEPT): value
            for name, value in fields.items()
            if name.startswith(_KEPT)
        }
    )
    if not same(fields.get(ENTRANCE), request.cookies.get(ENTRANCE, "")):
        return form(request, target, kept, problem=STALE, status=403)
    place = request.client.host if request.client else "-"
    desk = desk_of(request)
    try:
        secret = desk.users.sign_in(fields.text("login"), fields["password"], place)
    except SignInRefused:
        return form(request, target, kept, problem=WRONG, status=403)
    except SignInThrottled:
        return form(request, target, kept, problem=THROTTLED, status=429)
    except KeyError:
        return form(request, target, kept, problem=WRONG, status=400)
    if kept:
        user = desk.users.session_of(secret)
        assert user is not None
        visit = Visit(request, desk, user, language_of(request))
        response = page(visit, "resume.html", target=target, kept=kept)
    else:
        response = see_other(target)
    set_cookie(request, response, SESSION, secret, age=None)
    return response


@router.post("/sign-out")
def sign_out(visit: Posting) -> Response:
    """End the session."""
    visit.desk.users.sign_out(visit.request.cookies[SESSION])
    response = see_other(f"{HOME}/sign-in")
    response.delete_cookie(SESSION, path=HOME)
    return response


@router.post("/language")
def choose_language(request: Request, fields: SentFields) -> Response:
    """Keep the language that was chosen, and return to the page."""
    # No secret depends on it, and it must work before sign-in: no token, but a browser
    # tells when the form was not ours.
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise FormRefused
    response = see_other(_local(fields.text("next")))
    if fields.get("language") in languages():
        set_cookie(request, response, LANGUAGE, fields["language"], age=_YEAR)
    return response


def form(
    request: Request,
    target: str,
    kept: Fields | None = None,
    *,
    problem: str = "",
    status: int = 200,
) -> Response:
    """Write the sign-in form, with the fields of a form that is to be gone on with."""
    entrance = request.cookies.get(ENTRANCE) or new_entrance()
    response = plain_page(
        request,
        "sign_in.html",
        status=status,
        target=target,
        kept={f"{_KEPT}{name}": value for name, value in (kept or Fields()).items()},
        entrance=entrance,
        problem=problem,
    )
    set_cookie(request, response, ENTRANCE, entrance, age=None)
    return response


def needed(request: Request, fields: Fields | None) -> Response:
    """Answer a request that needs a session: the form now, or the way to it."""
    if fields is not None and request.url.path != f"{HOME}/sign-out":
        # The step is sent back as `edit`: nothing is submitted by signing in.
        kept = fields.without([CSRF]) | {"step": "edit"}
        return form(request, request.url.path, Fields(kept), status=401)
    target = request.url.path
    if request.url.query:
        target = f"{target}?{request.url.query}"
    return see_other(f"{HOME}/sign-in?{urlencode({'next': target})}")


def _local(address: str) -> str:
    """Return an address of the desk; anything else is its first page."""
    is_ours = address == HOME or address.startswith((f"{HOME}/", f"{HOME}?"))
    # A browser reads a backslash as a slash, and drops line ends.
    if is_ours and not any(ord(sign) < 33 or sign == "\\" for sign in address):
        return address
    return HOME
