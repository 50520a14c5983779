"""The desk as a part of the application: its pages, and what goes wrong on them."""

from __future__ import annotations

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from starlette.exceptions import HTTPException

from app.doors.heads import check_head
from app.doors.request import Request as Head
from app.doors.web import (
    cancel,
    feeds,
    files,
    health,
    order_list,
    order_page,
    outbox,
    progress,
    refund,
    schemas,
    ship,
    sign_in,
    uploads,
)
from app.doors.web.pages import N_, message_page, see_other
from app.doors.web.parts import HOME, Desk, desk_of
from app.doors.web.visits import FormRefused, NothingThere, SignInNeeded, Visiting
from app.errors import ErrorCode, ServiceError

# Each page is a module with a router of its own.
PAGES = (
    sign_in,
    files,
    order_list,
    order_page,
    cancel,
    refund,
    ship,
    progress,
    health,
    outbox,
    uploads,
    feeds,
    schemas,
)

_OUTAGE = N_("The database cannot be reached just now. Try again after a pause.")


def install(app: FastAPI, desk: Desk) -> None:
    """Serve the desk under /desk of an application that serves other doors as well."""
    app.state.desk = desk
    router = APIRouter(
        prefix=HOME, include_in_schema=False, dependencies=[Depends(_bounded)]
    )
    for each in PAGES:
        router.include_router(each.router)
    router.add_api_route("", home)
    # Last: what no page takes would go to MWS's door, which answers in XML.
    router.add_api_route("/{rest:path}", unknown, methods=["GET", "POST", "HEAD"])
    app.include_router(router)
    app.add_exception_handler(SignInNeeded, _sign_in_needed)
    app.add_exception_handler(FormRefused, _form_refused)
    app.add_exception_handler(NothingThere, _nothing_there)
    app.add_exception_handler(ServiceError, _refused)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _failed)


async def _bounded(request: Request) -> None:
    check_head(Head.of(request.scope), desk_of(request).settings)


def home(visit: Visiting) -> Response:
    """Go to the page that most come for."""
    return see_other(f"{HOME}/orders")


def unknown(request: Request) -> Response:
    """Say that there is no such page."""
    return not_found(request)


def not_found(request: Request) -> Response:
    """Say that there is no such thing; also where another seller has one."""
    return message_page(
        request,
        404,
        N_("Not found"),
        N_("There is no such page, or nothing of yours by that number."),
    )


def _sign_in_needed(request: Request, error: Exception) -> Response:
    assert isinstance(error, SignInNeeded)
    return sign_in.needed(request, error.fields)


def _nothing_there(request: Request, error: Exception) -> Response:
    return not_found(request)


def _form_refused(request: Request, error: Exception) -> Response:
    return message_page(
        request,
        403,
        N_("The form was refused"),
        N_("It is not of your present session. Open the page again and repeat it."),
    )


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, ServiceError)
    if error.code is ErrorCode.SERVICE_UNAVAILABLE:
        return message_page(request, 503, N_("Out of reach"), _OUTAGE)
    status = error.code.value.status
    return message_page(
        request, status, N_("The request was refused"), "%(reason)s", reason=str(error)
    )


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return not_found(request)
    return message_page(
        request,
        error.status_code,
        N_("The request was refused"),
        N_("This page cannot be asked for that way."),
    )


def _failed(request: Request, error: Exception) -> Response:
    return message_page(
        request,
        500,
        N_("Something went wrong"),
        N_("The fault is ours, and was written to the log. Nothing was submitted."),
    )
