"""Who calls: proved by x-amz-access-token, and counted against a rate.

Signature headers of the old days are ignored. Source: sp-api-wire 1.2, 2.1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends
from fastapi.security import APIKeyHeader

from app.doors.spapi.errors import denied
from app.doors.spapi.exchange import ThisExchange
from app.doors.spapi.parts import Parts
from app.intake.accounts import Caller
from app.intake.lwa import NOTIFICATIONS, Bearer, TokenRefused
from app.intake.quotas import Quota

_HEADER = APIKeyHeader(
    name="x-amz-access-token",
    scheme_name="access token",
    description="The access_token that POST /auth/o2/token gave.",
    auto_error=False,
)


def bearer(
    token: Annotated[str | None, Depends(_HEADER)], parts: Parts, exchange: ThisExchange
) -> Bearer:
    """Return whom the access token was made for."""
    if not token:
        raise denied(
            "The access token is missing in the request header x-amz-access-token."
        )
    try:
        found = parts.lwa.bearer_of(token)
    except TokenRefused as error:
        raise denied(str(error)) from error
    exchange.client_id = found.client_id
    exchange.seller_id = found.seller_id or "-"
    return found


Bearing = Annotated[Bearer, Depends(bearer)]


def seller_caller(found: Bearing) -> Caller:
    """Return the client and the seller that it acts for."""
    if found.seller_id is None:
        raise denied(
            "The access token acts for no seller; get one with a refresh_token."
        )
    return Caller(found.client_id, found.seller_id)


SellerCaller = Annotated[Caller, Depends(seller_caller)]
"""The caller of an operation that is done for a seller."""


def client_caller(found: Bearing) -> Caller:
    """Return the client alone: its token has the scope of notifications."""
    if NOTIFICATIONS not in found.scopes:
        raise denied(f"The access token does not have the scope {NOTIFICATIONS}.")
    return Caller(found.client_id, "")


ClientCaller = Annotated[Caller, Depends(client_caller)]
"""The caller of an operation that needs no seller (a grantless one)."""


def limited(
    operation: str,
    rate: str,
    burst: int,
    *,
    restore_seconds: float | None = None,
    caller: Callable[..., Caller] = seller_caller,
) -> Any:
    """Return the dependency that counts a call of `section/version/operation`.

    `rate` is requests a second as published, `burst` how many at once; a request comes
    back after `restore_seconds`, by default one over the rate. Source: sp-api-wire 2.1.
    """
    quota = Quota(burst, restore_seconds or 1 / float(rate))
    proved = Depends(caller)

    def count(parts: Parts, exchange: ThisExchange, who: Caller = proved) -> None:
        exchange.operation = operation.rpartition("/")[2]
        taken = parts.quotas.take(who, operation, quota)
        if taken.refusal is not None:
            raise taken.refusal
        if parts.quotas.factor is not None:
            exchange.rate = f"{float(rate) * parts.quotas.factor:.4g}"

    return Depends(count)
