"""Errors of the Admin API: RFC 9457 problem details, RFC 6750 challenges."""

from __future__ import annotations

import json
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.doors.reception import visit_of
from app.errors import ServiceError

MEDIA_TYPE = "application/problem+json"
_REALM = 'Bearer realm="feedgate admin"'
_SHOWN = 60

_PAUSE_SECONDS = 5
"""After which to send again what met an outage: a database restarts in about that."""

STATUSES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


class Fault(BaseModel):
    """One thing that is wrong: where, which value, and what would be right."""

    detail: str
    path: str | None = None
    value: str | None = None
    line: int | None = None
    amazon_order_id: str | None = None


class Problem(BaseModel):
    """What is wrong with a request (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[Fault] | None = None
    more_errors: int | None = None


class Refused(HTTPException):
    """A request that is refused; `faults` say where."""

    def __init__(
        self,
        status: int,
        detail: str,
        faults: list[Fault] | None = None,
        more: int | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        """Keep what the answer says."""
        super().__init__(status, detail, headers)
        self.faults = faults
        self.more = more


DOCUMENTED: dict[int | str, dict[str, Any]] = {
    status: {
        "description": title,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status, title in STATUSES.items()
    if status not in (405, 500)
}
DOCUMENTED[503]["headers"] = {
    "Retry-After": {
        "description": "Seconds after which to send the same request again.",
        "schema": {"type": "integer"},
    }
}


def unauthenticated(*, presented: bool) -> Refused:
    """Refuse a request without a key in force (RFC 6750 section 3)."""
    challenge = _REALM + (', error="invalid_token"' if presented else "")
    return Refused(
        401,
        "The key is unknown, revoked or past its time."
        if presented
        else "Send a key of the Admin API as Authorization: Bearer KEY.",
        headers={"WWW-Authenticate": challenge},
    )


def out_of_scope(scope: str) -> Refused:
    """Refuse a key that was not made for this (RFC 6750 section 3.1)."""
    challenge = f'{_REALM}, error="insufficient_scope", scope="{scope}"'
    return Refused(
        403,
        f"This needs a key with the scope {scope}.",
        headers={"WWW-Authenticate": challenge},
    )


def nothing_there(what: str) -> Refused:
    """Say that something is not there."""
    return Refused(404, f"There is no {what}.")


def wrong(path: str, value: str, detail: str) -> Refused:
    """Refuse one parameter."""
    fault = Fault(detail=detail, path=path, value=value[:_SHOWN])
    return Refused(422, f"{path} is wrong: {detail}.", [fault])


def not_json(request: Request) -> Refused | None:
    """Refuse a body that does not say that it is JSON."""
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given == "application/json":
        return None
    return Refused(415, f'"{given[:60]}" is not taken; send application/json.')


def answer(error: HTTPException) -> Response:
    """Write an error as a problem."""
    faults = error.faults if isinstance(error, Refused) else None
    problem = Problem(
        title=STATUSES.get(error.status_code, "Refused"),
        status=error.status_code,
        detail=error.detail,
        errors=faults,
        more_errors=(error.more or None) if isinstance(error, Refused) else None,
    )
    # In ASCII: what was sent may hold characters that UTF-8 has no form for.
    body = json.dumps(problem.model_dump(exclude_none=True))
    headers = {"Cache-Control": "no-store", **(error.headers or {})}
    if error.status_code == 503:
        headers["Retry-After"] = str(_PAUSE_SECONDS)
    return Response(body, error.status_code, headers, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Answer every error of an application as a problem."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(ServiceError, _service)
    app.add_exception_handler(Exception, _failed)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if isinstance(error, Refused):
        return answer(error)
    # From the router, whose words say no more than the status.
    listed = "/admin/v1/openapi.json lists what is"
    detail = {
        404: f"Nothing has this path; {listed}.",
        405: f"{request.method} is not taken here; {listed}.",
    }.get(error.status_code, error.detail)
    return answer(HTTPException(error.status_code, detail, error.headers))


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # FastAPI takes a body of another type for a value that has the wrong shape.
    is_body = error.errors()[0]["loc"] == ("body",)
    if is_body and (refused := not_json(request)):
        return answer(refused)
    faults = [
        Fault(
            detail=each["msg"],
            path=".".join(map(str, each["loc"])),
            value=str(each["input"])[:_SHOWN],
        )
        for each in error.errors()[:20]
    ]
    first = faults[0]
    return answer(Refused(422, f"{first.path} is wrong: {first.detail}.", faults))


def _service(request: Request, error: Exception) -> Response:
    assert isinstance(error, ServiceError)
    return answer(Refused(error.code.value.status, str(error)))


def _failed(request: Request, error: Exception) -> Response:
    request_id = visit_of(request.scope).request_id
    return answer(
        Refused(500, f"The fault is ours; the log tells more under {request_id}.")
    )
