"""Who is looking: cookies, sessions, languages, and the guard of every form."""

from __future__ import annotations

import hmac
import secrets
from typing import Annotated

from fastapi import Depends, Request, Response

from app.doors.reception import visit_of
from app.doors.web.forms import Fields, read_fields
from app.doors.web.language import Language, chosen
from app.doors.web.parts import HOME, Visit, desk_of
from app.intake.desk_users import SignedIn

SESSION = "feedgate_desk"
LANGUAGE = "feedgate_language"
ENTRANCE = "feedgate_entrance"
"""Cookies: the session, the language, and what the sign-in form must repeat."""

CSRF = "csrf_token"


class SignInNeeded(Exception):
    """Nobody is signed in (any more); `fields` are those of the form that was sent."""

    def __init__(self, fields: Fields | None = None) -> None:
        """Keep what was typed, so that it is not lost."""
        super().__init__("sign-in needed")
        self.fields = fields


class FormRefused(Exception):
    """A form did not carry the token of its session."""


def language_of(request: Request) -> Language:
    """Return the language that the visitor chose, or that the browser asks for."""
    return chosen(
        request.cookies.get(LANGUAGE), request.headers.get("accept-language", "")
    )


def visit(request: Request) -> Visit:
    """Return the visit of whoever is signed in; raises SignInNeeded."""
    user = _user_of(request)
    if user is None:
        raise SignInNeeded
    return Visit(request, desk_of(request), user, language_of(request))


Visiting = Annotated[Visit, Depends(visit)]
SentFields = Annotated[Fields, Depends(read_fields)]


def posting(request: Request, fields: SentFields) -> Visit:
    """Return the visit of a form that is sent.

    Raises SignInNeeded with what was typed, and FormRefused for a foreign form.
    """
    user = _user_of(request)
    if user is None:
        raise SignInNeeded(fields)
    if not same(fields.get(CSRF), user.csrf_token):
        raise FormRefused
    return Visit(request, desk_of(request), user, language_of(request))


Posting = Annotated[Visit, Depends(posting)]


def same(given: str, expected: str) -> bool:
    """Compare two secrets without telling by the time where they differ."""
    return bool(expected) and hmac.compare_digest(given.encode(), expected.encode())


def set_cookie(
    request: Request, response: Response, name: str, value: str, *, age: int | None
) -> None:
    """Set a cookie that scripts cannot read; `age` in seconds, None: until closed."""
    response.set_cookie(
        name,
        value,
        max_age=age,
        path=HOME,
        secure=request.url.scheme == "https"
        or desk_of(request).settings.desk_secure_cookies,
        httponly=True,
        samesite="lax",
    )


def new_entrance() -> str:
    """Make what a sign-in form and its cookie both carry."""
    return secrets.token_urlsafe(24)


def _user_of(request: Request) -> SignedIn | None:
    secret = request.cookies.get(SESSION)
    user = desk_of(request).users.session_of(secret) if secret else None
    if user is not None:
        visit_of(request.scope).who = {"seller_id": user.seller_id, "user": user.login}
    return user


class NothingThere(Exception):
    """There is no such thing, or it is another seller's."""
