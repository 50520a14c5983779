"""The Selling Partner API front door: an application of its own beside MWS's door."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import FastAPI
from fastapi import Request as HttpRequest
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match
from starlette.types import Scope as StarletteScope

from app.doors.heads import check_head
from app.doors.moments import http_date
from app.doors.reception import visit_of
from app.doors.request import Body, Message, Receive, Request, Scope
from app.doors.spapi import (
    documents,
    feed_documents,
    feeds,
    finances,
    notifications,
    orders_2026,
    orders_v0,
    sellers,
    shipments,
    tokens,
)
from app.doors.spapi.errors import Refused, answer
from app.doors.spapi.exchange import Exchange, keep
from app.doors.spapi.parts import SpApi
from app.errors import ServiceError

Send = Callable[[Message], Awaitable[None]]

# Each section is a module with a router of its own.
SECTIONS = (
    tokens,
    feed_documents,
    feeds,
    documents,
    orders_v0,
    shipments,
    orders_2026,
    finances,
    sellers,
    notifications,
)

OPENAPI = "/sp-api/openapi.json"
"""Where this door describes itself."""


def install(app: FastAPI, parts: SpApi) -> None:
    """Serve the sections beside the other doors of an application."""
    api = FastAPI(
        title="Feedgate: Selling Partner API",
        version="2021-06-30",
        openapi_url=OPENAPI,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        strict_content_type=False,
    )
    api.state.spapi = parts
    for section in SECTIONS:
        api.include_router(section.router)
    for kind in (
        Refused,
        ServiceError,
        RequestValidationError,
        HTTPException,
        Exception,
    ):
        api.add_exception_handler(kind, answer)
    prefixes = {section.router.prefix for section in SECTIONS}
    app.router.routes.append(_Door(SpApiDoor(api, parts), {*prefixes, OPENAPI}))


class _Door(BaseRoute):
    """Takes what lies under some prefixes, the path left as it is."""

    def __init__(self, app: SpApiDoor, prefixes: set[str]) -> None:
        self._app = app
        self._prefixes = tuple(prefixes)

    def matches(self, scope: StarletteScope) -> tuple[Match, StarletteScope]:
        """Say whether a request is for this door."""
        path = scope.get("path", "")
        ours = scope["type"] == "http" and any(
            path == prefix or path.startswith(f"{prefix}/") for prefix in self._prefixes
        )
        return (Match.FULL if ours else Match.NONE), {}

    async def handle(self, scope: StarletteScope, receive: Receive, send: Send) -> None:
        """Let the door answer."""
        await self._app(scope, receive, send)


class SpApiDoor:
    """Reads the body, and writes the headers that all answers have."""

    def __init__(self, api: FastAPI, parts: SpApi) -> None:
        """Take the application that has the operations."""
        self._api = api
        self._settings = parts.settings
        self._clock = parts.clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; nothing but a cut connection goes unanswered."""
        visit = visit_of(scope)
        exchange = Exchange(visit.request_id, self._clock())
        keep(scope, exchange)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = exchange.headers(message["status"])
                more = [("Date", http_date(self._clock())), *headers]
                message["headers"] = [*message.get("headers", ()), *_encoded(more)]
            await send(message)

        try:
            check_head(Request.of(scope), self._settings)
            receive = await self._with_body(scope, receive)
        except ServiceError as error:
            response = answer(HttpRequest(scope), error)
            await response(scope, receive, send_with_headers)
        else:
            await self._api(scope, receive, send_with_headers)
        finally:
            visit.action, visit.reason = exchange.operation, exchange.reason
            visit.who = {
                "seller_id": exchange.seller_id,
                "client_id": exchange.client_id,
            }

    async def _with_body(self, scope: Scope, receive: Receive) -> Receive:
        """Read the body of a call, bounded; a document is left to its operation."""
        if scope["method"] == "PUT":
            return receive
        body = Body(scope, receive, self._settings.body_idle_seconds)
        content = await body.read_form(self._settings.max_form_bytes)
        pending = [{"type": "http.request", "body": content, "more_body": False}]

        async def replay() -> Message:
            return pending.pop() if pending else await receive()

        return replay


def _encoded(headers: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("ascii"), value.encode("ascii")) for name, value in headers]
