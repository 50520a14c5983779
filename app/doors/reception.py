"""What all doors but MWS's have in common: a request is named, counted, logged, traced.

MWS's door does the same by itself, and knows more of its calls.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from fastapi.routing import APIRoute

from app import counters, logs, tracing
from app.doors.monitoring import LIVE, READY
from app.doors.request import Message, Receive, Scope

Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_VISIT = "feedgate.visit"
_PROBES = frozenset((LIVE, READY))

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Visit:
    """A request, and what its door found out about it.

    `action` is what it asked for, in words of which there are only so many; without
    it, the method and the pattern of the path. `who` names the caller by ids that are
    no secrets, `reason` says why it was refused.
    """

    request_id: str
    action: str = ""
    who: dict[str, str] = field(default_factory=dict)
    reason: str = "ok"


def visit_of(scope: Scope) -> Visit:
    """Return the visit of a request."""
    visit = scope[_VISIT]
    assert isinstance(visit, Visit)
    return visit


def forget_visit(scope: Scope) -> None:
    """Leave it to the door that takes the request to tell of it."""
    scope.pop(_VISIT, None)


class Reception:
    """Stands before the doors of an application."""

    def __init__(self, doors: Application, ids: Callable[[], str]) -> None:
        """Take the doors; `ids` name the requests."""
        self._doors = doors
        self._ids = ids

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a door answer, and tell of it."""
        if scope["type"] != "http":
            await self._doors(scope, receive, send)
            return
        scope[_VISIT] = visit = Visit(self._ids())
        status = 500

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            with (
                logs.bound(request_id=visit.request_id),
                tracing.span("request", request_id=visit.request_id),
            ):
                await self._doors(scope, receive, told)
        except Exception:
            # The answer is sent; Starlette raises what it was for, once more.
            _log.exception("request %s failed", visit.request_id)
        if _VISIT in scope:
            _tell(scope, visit, status)


def _tell(scope: Scope, visit: Visit, status: int) -> None:
    action = visit.action or _pattern(scope)
    counters.REQUESTS.labels(action, status).inc()
    probe = scope["path"] in _PROBES
    _log.log(
        logging.DEBUG if probe else logging.INFO,
        "%s %s %a %s %s %d %a",
        visit.request_id,
        scope["method"],
        scope["path"],
        action,
        " ".join(f"{name}={value}" for name, value in visit.who.items()) or "-",
        status,
        visit.reason,
        extra={
            "request_id": visit.request_id,
            "action": action,
            "status": status,
            **visit.who,
        },
    )


def _pattern(scope: Scope) -> str:
    """Return method and path as the route spells them: a count for each, not more."""
    method, path = scope["method"], scope["path"]
    if path in _PROBES:
        return f"{method} {path}" if method == "GET" else "-"
    route = scope.get("route")
    if not isinstance(route, APIRoute) or method not in (route.methods or ()):
        return "-"
    if ":path}" in route.path:
        return f"{method} {route.path}"
    # Routers do not tell the prefix under which they were included; it is as long as
    # what the route's own part leaves of the path, and has no parameters.
    parts = path.split("/")
    prefix = "/".join(parts[: len(parts) - route.path.count("/")])
    return f"{method} {prefix}{route.path}"
