"""Sellers and their access keys."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response

from app.doors.admin.parts import Limit, Parts, SellerId, bounded, needs
from app.doors.admin.problems import Refused, nothing_there
from app.doors.admin.shapes import NewCredentials, NewSeller, Seller, Sellers
from app.intake.accounts import (
    DEFAULT_MARKETPLACES,
    AccountError,
    AccountTaken,
    AccountUnknown,
)
from app.intake.admin_keys import Scope
from app.intake.outages import outages_refused

router = APIRouter(tags=["accounts"])

_Writer = Annotated[str, Depends(needs(Scope.ACCOUNTS_WRITE))]
_READS = [Depends(needs(Scope.ACCOUNTS_READ))]


@router.get("/sellers", dependencies=_READS)
def list_sellers(
    parts: Parts,
    after: Annotated[str, Query(max_length=20, pattern="^[A-Z0-9]*$")] = "",
    limit: Limit = 100,
) -> Sellers:
    """List sellers by id, without secrets."""
    limit = bounded(limit, parts)
    found = outages_refused(parts.accounts.list)(after=after, limit=limit + 1)
    page = found[:limit]
    return Sellers(
        sellers=[Seller.of(view) for view in page],
        next=page[-1].seller_id if len(found) > limit else None,
    )


@router.get("/sellers/{seller_id}", dependencies=_READS)
def show(parts: Parts, seller_id: SellerId) -> Seller:
    """Return one seller with its access keys, without secrets."""
    view = outages_refused(parts.accounts.find)(seller_id)
    if view is None:
        raise nothing_there(f"seller {seller_id}")
    return Seller.of(view)


@router.post("/sellers", status_code=201)
def create(parts: Parts, seller: NewSeller, cause: _Writer) -> NewCredentials:
    """Make a seller with an access key; the secrets are shown this once."""
    try:
        made = outages_refused(parts.accounts.create_seller)(
            seller.name,
            seller.seller_id,
            seller.marketplace_ids or DEFAULT_MARKETPLACES,
            seller.merchant_tokens,
            cause,
        )
    except AccountError as error:
        raise _refusal(error) from error
    return NewCredentials.of(made)


@router.post("/sellers/{seller_id}/access-keys", status_code=201)
def rotate(parts: Parts, seller_id: SellerId, cause: _Writer) -> NewCredentials:
    """Make another access key; the old ones stay in force until they are revoked."""
    try:
        return NewCredentials.of(
            outages_refused(parts.accounts.rotate)(seller_id, cause)
        )
    except AccountError as error:
        raise _refusal(error) from error


@router.delete("/access-keys/{access_key}", status_code=204)
def revoke(
    parts: Parts,
    access_key: Annotated[str, Path(pattern="^[A-Z0-9]{16,40}$")],
    cause: _Writer,
) -> Response:
    """End an access key at once."""
    try:
        outages_refused(parts.accounts.revoke)(access_key, cause)
    except AccountError as error:
        raise _refusal(error) from error
    return Response(status_code=204)


def _refusal(error: AccountError) -> Refused:
    text = str(error)
    status = 422
    if isinstance(error, AccountTaken):
        status = 409
    elif isinstance(error, AccountUnknown):
        status = 404
    return Refused(status, f"{text[:1].upper()}{text[1:]}.")
