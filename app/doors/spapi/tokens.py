"""LWA: POST /auth/o2/token gives access tokens. Source: sp-api-wire 1.1."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from app.doors.query import shown
from app.doors.spapi.exchange import ThisExchange
from app.doors.spapi.parts import Parts, SpApi
from app.intake.lwa import GrantRefused

_STATUSES = {"invalid_client": 401}
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class TokenAnswer(BaseModel):
    """An access token, and the refresh token that it was made from."""

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str | None = None


class TokenError(BaseModel):
    """Why there is no access token: flat, unlike the errors of the API."""

    error: str
    error_description: str
    request_id: str


class TokenRequest(BaseModel):
    """What is sent, as a form or as JSON."""

    grant_type: str
    client_id: str
    client_secret: str
    refresh_token: str = ""
    scope: str = ""


_REQUEST = {
    "required": True,
    "content": {
        kind: {"schema": TokenRequest.model_json_schema()}
        for kind in ("application/x-www-form-urlencoded", "application/json")
    },
}

router = APIRouter(prefix="/auth", tags=["LWA"])


@router.post(
    "/o2/token",
    operation_id="getToken",
    response_model=TokenAnswer,
    response_model_exclude_none=True,
    responses={
        status: {"model": TokenError, "description": "No token is given."}
        for status in (400, 401, 503)
    },
    openapi_extra={"requestBody": _REQUEST},
)
async def get_token(
    request: Request, parts: Parts, exchange: ThisExchange
) -> JSONResponse:
    """Give an access token for a refresh token, or for a scope."""
    exchange.operation = "getToken"
    body = await request.body()
    try:
        given = await run_in_threadpool(_grant, body, parts)
    except GrantRefused as error:
        # Not the text: who mixes up the fields must not find a secret in our log.
        exchange.reason = error.error
        refusal = TokenError(
            error=error.error,
            error_description=str(error),
            request_id=exchange.request_id,
        )
        status = _STATUSES.get(error.error, 400)
        return JSONResponse(refusal.model_dump(), status, _NO_STORE)
    exchange.client_id = given.client_id
    answer = given.answer.model_dump(exclude_none=True)
    return JSONResponse(answer, headers=_NO_STORE)


@dataclass(frozen=True, slots=True)
class _Given:
    """An answer, and the client that was proved."""

    client_id: str
    answer: TokenAnswer


def _grant(body: bytes, parts: SpApi) -> _Given:
    fields = _read(body)
    grant_type = _required(fields, "grant_type")
    if grant_type not in ("refresh_token", "client_credentials"):
        raise GrantRefused(
            "unsupported_grant_type",
            f'grant_type is "{shown(grant_type)}", expected refresh_token or '
            "client_credentials",
        )
    client_id = _required(fields, "client_id")
    client_secret = _required(fields, "client_secret")
    refresh_token = None
    if grant_type == "refresh_token":
        refresh_token = _required(fields, "refresh_token")
        # Amazon's Java SDK sends an empty one along.
        if fields.get("scope"):
            raise GrantRefused(
                "invalid_request", "scope cannot be combined with refresh_token"
            )
        granted = parts.lwa.grant_by_refresh_token(
            client_id, client_secret, refresh_token
        )
    else:
        scope = _required(fields, "scope")
        granted = parts.lwa.grant_by_scope(client_id, client_secret, scope)
    answer = TokenAnswer(
        access_token=granted.access_token,
        token_type="bearer",  # noqa: S106 # what kind of token it is
        expires_in=granted.expires_in,
        refresh_token=refresh_token,
    )
    return _Given(client_id, answer)


def _read(body: bytes) -> Mapping[str, Any]:
    """Read a form or a JSON object, whatever the Content-Type says of it."""
    try:
        text = body.decode()
        if not text.lstrip().startswith("{"):
            # Secrets have no "+": whoever writes a form raw is understood as well.
            return dict(parse_qsl(text, keep_blank_values=True))
        fields = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise GrantRefused(
            "invalid_request", "the body is neither a form nor a JSON object in UTF-8"
        ) from error
    assert isinstance(fields, dict)
    return fields


def _required(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise GrantRefused("invalid_request", f"{name} is missing")
    if not (value.isascii() and value.isprintable()):
        raise GrantRefused("invalid_request", f"{name} is not printable ASCII")
    return value
