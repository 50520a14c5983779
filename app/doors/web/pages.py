"""Pages: a template, the words of a language, and the headers of every answer."""

from __future__ import annotations

from datetime import UTC
from functools import cache, partial
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.doors.web.language import Language, languages
from app.doors.web.parts import Visit
from app.doors.web.visits import language_of
from app.model.marketplaces import zone_of

FOLDER = Path(__file__).parent

# Nothing but our own files, no frame around it, no script or style within a page.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; "
    "style-src 'self'; img-src 'self' data:; frame-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def N_(message: str) -> str:  # noqa: N802 # gettext's own name for it
    """Mark a text to be translated where it is shown."""
    return message


NAVIGATION = (
    ("/desk/orders", N_("Manage orders")),
    ("/desk/files", N_("Files")),
    ("/desk/feeds", N_("Feeds")),
    ("/desk/health", N_("Account health")),
    ("/desk/outbox", N_("Outbox")),
    ("/desk/schemas", N_("Order XSDs")),
    # Other pages of the desk go here: address and name.
)
"""What the head of every page leads to."""


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(visit: Visit, template: str, *, status: int = 200, **values: Any) -> Response:
    """Write a page for whoever is signed in."""
    return _answer(
        visit.request,
        visit.language,
        template,
        status,
        user=visit.user,
        csrf_token=visit.user.csrf_token,
        **values,
    )


def plain_page(
    request: Request, template: str, *, status: int = 200, **values: Any
) -> Response:
    """Write a page for somebody who need not be signed in."""
    language = language_of(request)
    values = {"user": None, "csrf_token": "", **values}
    return _answer(request, language, template, status, **values)


def message_page(
    request: Request, status: int, title: str, text: str, **values: Any
) -> Response:
    """Write a page that says one thing; title and text are marked by N_."""
    return plain_page(
        request, "message.html", status=status, title=title, text=text, **values
    )


def see_other(address: str) -> Response:
    """Send the browser on by GET, so that going back sends no form again."""
    return guarded(RedirectResponse(address, 303))


def guarded(response: Response) -> Response:
    """Put the headers on that every answer of the desk has."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _answer(
    request: Request, language: Language, template: str, status: int, **values: Any
) -> Response:
    words = {
        "_": language.text,
        "money": language.money,
        "moment": partial(_moment, language),
        "moment_utc": partial(language.moment, zone=UTC),
        "day": language.day,
        "number": language.number,
        "percent": language.percent,
        "language": language,
        "languages": tuple(languages().values()),
        "navigation": NAVIGATION,
        "path": request.url.path,
        "here": _here(request),
        "refresh_seconds": None,
        "utc": partial(language.moment, zone=UTC),
    }
    content = _environment().get_template(template).render(words | values)
    return guarded(
        HTMLResponse(content, status, headers={"Content-Language": language.tag})
    )


def _here(request: Request) -> str:
    """Return the address of the page, so that another language shows the same."""
    url = request.url
    return f"{url.path}?{url.query}" if url.query else url.path


def _moment(language: Language, when: Any, marketplace_id: str) -> str:
    return language.moment(when, zone_of(marketplace_id))
