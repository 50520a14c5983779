"""What is refused, in the envelope of the Selling Partner API (sp-api-wire 1.6)."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from app.doors.query import shown
from app.doors.spapi.exchange import exchange_of
from app.errors import ErrorCode, ServiceError


class Error(BaseModel):
    """One reason."""

    code: str
    message: str
    details: str = ""


class ErrorList(BaseModel):
    """Every answer that is no success."""

    errors: list[Error]


REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorList, "description": text}
    for status, text in (
        (400, "The request is invalid, or cannot be done as things are."),
        (403, "The access token is missing, expired, revoked or not for this."),
        (404, "There is no such thing, or it is another seller's."),
        (429, "The operation was called more often than its rate allows."),
        (500, "The service failed."),
        (503, "The database, the documents or every gate is busy or out of reach."),
        ("4XX", "Another refusal."),
    )
}
"""The refusals of every operation, for its documentation."""

_ERROR_TYPES = {
    400: "ValidationException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    429: "ThrottlingException",
}


class Refused(Exception):
    """A refused request, with all that the envelope has a place for."""

    def __init__(self, status: int, code: str, message: str, details: str = "") -> None:
        """Keep the HTTP status, the code, a sentence, and what is known beyond it."""
        super().__init__(message)
        self.status = status
        self.error = Error(code=code, message=message, details=details)


def invalid(message: str, details: str = "") -> Refused:
    """Return the refusal of what is asked for in a way that cannot be."""
    return Refused(400, "InvalidInput", message, details)


def not_found(what: str) -> Refused:
    """Return the refusal of a name that means nothing of this seller's."""
    return Refused(404, "NotFound", f"There is no {what} of this seller.")


def denied(details: str) -> Refused:
    """Return the refusal of a token. Source: sp-api-wire 1.2."""
    message = "Access to requested resource is denied."
    return Refused(403, "Unauthorized", message, details)


def answer(request: Request, error: Exception) -> JSONResponse:
    """Write any refusal or failure."""
    refused = _refusal_of(error, request)
    exchange = exchange_of(request)
    exchange.error_type = _ERROR_TYPES.get(refused.status)
    exchange.reason = f"{refused.error.code}: {refused.error.message}"
    content = {"errors": [refused.error.model_dump()]}
    headers = getattr(error, "headers", None)
    return JSONResponse(content, refused.status, headers)


def _refusal_of(error: Exception, request: Request) -> Refused:
    if isinstance(error, Refused):
        return error
    if isinstance(error, ServiceError):
        return _of_service(error)
    if isinstance(error, RequestValidationError):
        return _of_values(error, request)
    if isinstance(error, HTTPException):
        return _of_http(error)
    return Refused(500, "InternalFailure", "The service failed; its log tells more.")


def _of_service(error: ServiceError) -> Refused:
    if error.code in (ErrorCode.REQUEST_THROTTLED, ErrorCode.QUOTA_EXCEEDED):
        return Refused(429, "QuotaExceeded", error.message)
    if error.code is ErrorCode.SERVICE_UNAVAILABLE:
        return Refused(503, "ServiceUnavailable", error.message)
    if error.code is ErrorCode.INVALID_FEED_SUBMISSION_ID:
        return Refused(404, "NotFound", error.message)
    if error.code is ErrorCode.INTERNAL:
        return Refused(500, "InternalFailure", error.message)
    return invalid(error.message)


def _of_values(error: RequestValidationError, request: Request) -> Refused:
    """Name every value that cannot be, as `name: what is wrong;`."""
    told = [_value(each) for each in error.errors()[:20]]
    kind = request.headers.get("content-type", "")
    if "json" not in kind and any(each["loc"] == ("body",) for each in error.errors()):
        told = [f'Content-Type is "{shown(kind)}", expected application/json;']
    return invalid("Request has missing or invalid parameters.", " ".join(told))


def _value(error: Any) -> str:
    place = [str(part) for part in error["loc"] if part not in ("query", "path")]
    if place[:1] == ["body"] and len(place) > 1:
        place = place[1:]
    name = ".".join(place)
    if error["type"] == "missing":
        return f"{name} is missing;"
    message = error["msg"].removeprefix("Value error, ")
    given = error.get("input")
    if isinstance(given, (str, int, float)):
        # A text of JSON may hold halves of characters, which no answer can.
        text = shown(str(given)).encode("utf-8", "backslashreplace").decode()
        return f'{name} is "{text}": {message};'
    return f"{name}: {message};"


def _of_http(error: HTTPException) -> Refused:
    if error.status_code == 404:
        return Refused(404, "NotFound", "Nothing is served at this path.")
    if error.status_code == 405:
        return Refused(405, "InvalidInput", "This path is not called by that method.")
    return Refused(error.status_code, "InvalidInput", str(error.detail))
