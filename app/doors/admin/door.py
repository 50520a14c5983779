"""The Admin API under /admin/v1: JSON for the operator's own systems."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from datetime import datetime
from typing import Any

import anyio.to_thread
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.routing import Mount, Route

from app.doors.admin import accounts, effects, orders, problems, submissions
from app.doors.admin.parts import KEY, AdminParts
from app.doors.admin.problems import Problem, Refused
from app.doors.heads import check_head
from app.doors.moments import http_date
from app.doors.reception import visit_of
from app.doors.request import Request
from app.errors import ServiceError
from app.intake.admin_keys import AdminKey

__all__ = ["AdminParts", "install_admin"]

PREFIX = "/admin"
_OPENAPI = "/v1/openapi.json"

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


def install_admin(
    app: FastAPI, parts: AdminParts, clock: Callable[[], datetime]
) -> None:
    """Serve the Admin API under /admin of an application with other doors."""
    door = AdminDoor(_api(parts), parts, clock)
    app.router.routes.append(Route(PREFIX, door, include_in_schema=False))
    app.router.routes.append(Mount(PREFIX, door))


def _api(parts: AdminParts) -> FastAPI:
    api = FastAPI(
        title="Feedgate Admin API",
        version="1",
        openapi_url=_OPENAPI,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses=problems.DOCUMENTED,
    )
    api.state.parts = parts
    for each in (orders, submissions, accounts, effects):
        api.include_router(each.router, prefix="/v1")
    problems.install(api)

    def described() -> dict[str, Any]:
        if not api.openapi_schema:
            schema = get_openapi(title=api.title, version="1", routes=api.routes)
            schema["servers"] = [{"url": PREFIX}]
            shape = Problem.model_json_schema(
                ref_template="#/components/schemas/{model}"
            )
            schema["components"]["schemas"] |= shape.pop("$defs", {})
            schema["components"]["schemas"]["Problem"] = shape
            api.openapi_schema = schema
        return api.openapi_schema

    api.openapi = described  # type: ignore[method-assign] # as FastAPI's manual says
    return api


class AdminDoor:
    """Proves the key before anything of a request's body is read; bounds the body."""

    def __init__(
        self, api: FastAPI, parts: AdminParts, clock: Callable[[], datetime]
    ) -> None:
        """Stand before the API."""
        self._api = api
        self._parts = parts
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        visit = visit_of(scope)
        own = {
            "cache-control": "no-store",
            "date": http_date(self._clock()),
            "x-request-id": visit.request_id,
        }

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                names = {name for name, _ in message["headers"]}
                message["headers"] += [
                    (name.encode(), value.encode())
                    for name, value in own.items()
                    if name.encode() not in names
                ]
            await send(message)

        try:
            check_head(Request.of(scope), self._parts.settings)
            key = await anyio.to_thread.run_sync(self._find_key, scope)
        except ServiceError as error:
            refused = Refused(error.code.value.status, str(error))
            await problems.answer(refused)(scope, receive, told)
        except HTTPException as error:
            await problems.answer(error)(scope, receive, told)
        else:
            if key is not None:
                visit.who = {"admin_key": key.key_id}
            scope[KEY] = key
            await self._api(scope, self._bounded(scope, receive), told)

    def _find_key(self, scope: Scope) -> AdminKey | None:
        """Return the caller's key; None for the description, which is no secret."""
        given = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        kind, _, text = given.partition(" ")
        is_bearer = kind.lower() == "bearer"
        key = self._parts.keys.find(text.strip()) if is_bearer else None
        if key is not None:
            return key
        if not self._parts.keys.is_any_in_force():
            raise Refused(404, "Nothing is served here.")
        if scope["path"] == PREFIX + _OPENAPI:
            return None
        raise problems.unauthenticated(presented=is_bearer)

    def _bounded(self, scope: Scope, receive: Receive) -> Receive:
        settings = self._parts.settings
        most = settings.admin_max_body_bytes
        if scope["method"] == "POST" and scope["path"].endswith("/orders"):
            most = settings.admin_max_import_bytes
        length = 0

        async def next_message() -> Message:
            nonlocal length
            message = await receive()
            length += len(message.get("body", b""))
            if length > most:
                raise Refused(
                    413, f"The body is longer than {most} bytes; send less at a time."
                )
            return message

        return next_message
