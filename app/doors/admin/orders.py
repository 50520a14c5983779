"""Orders: put in, listed, shown."""

from __future__ import annotations

import codecs
import tempfile
from datetime import UTC, datetime
from typing import Annotated, Any, BinaryIO

import anyio.to_thread
from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import AwareDatetime

from app.doors.admin.parts import (
    Limit,
    Parts,
    SellerId,
    bounded,
    needs,
    parts_of,
    require_key_still,
    require_seller,
)
from app.doors.admin.problems import (
    Fault,
    Refused,
    not_json,
    nothing_there,
    wrong,
)
from app.doors.admin.shapes import Imported, Orders
from app.doors.request import Body
from app.intake.admin import ImportRefused, Key, OrderSearch
from app.intake.admin_keys import Scope
from app.model.order import OrderStatus
from app.model.order_json import order_to_json
from app.model.times import from_iso, to_iso

router = APIRouter(prefix="/sellers/{seller_id}/orders", tags=["orders"])

_ORDER_ID = r"^[0-9]{3}-[0-9]{7}-[0-9]{7}$"
_BODY = {
    "requestBody": {
        "required": True,
        "description": "One order, or a list of them, as `feedgate orders schema` "
        "describes it.",
        "content": {
            "application/json": {
                "schema": {
                    "oneOf": [
                        {"type": "array", "items": {"type": "object"}},
                        {"type": "object"},
                    ]
                }
            }
        },
    }
}


@router.post("", openapi_extra=_BODY)
async def put_in(
    request: Request,
    seller_id: SellerId,
    cause: Annotated[str, Depends(needs(Scope.ORDERS_WRITE))],
) -> Imported:
    """Put one order or a list of them in: all or none.

    The same content again changes nothing; other content of a known order is 409.
    """
    parts = parts_of(request)
    await anyio.to_thread.run_sync(require_seller, parts, seller_id)
    if wrong_type := not_json(request):
        raise wrong_type
    settings = parts.settings
    settings.spool_folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=settings.spool_folder) as document:
        body = Body(request.scope, request.receive, settings.body_idle_seconds)
        await _spool(body, document)
        await anyio.to_thread.run_sync(require_key_still, request)
        try:
            done = await anyio.to_thread.run_sync(
                parts.desk.put_orders, seller_id, document, cause
            )
        except ImportRefused as refused:
            raise _refusal(refused) from refused
    return Imported(added=done.added, unchanged=done.unchanged)


async def _spool(body: Body, document: BinaryIO) -> None:
    """Write a body to a file as a JSON list, so that it is never whole in memory."""
    head = b""
    while not head and (piece := await body.read()):
        head = piece.removeprefix(codecs.BOM_UTF8).lstrip(b" \t\r")
        head = b"" if not head.strip() else head
    first = head.lstrip()[:1]
    if first not in (b"[", b"{"):
        raise Refused(400, "The body is no JSON list of orders, nor one order.")
    is_one = first == b"{"
    await anyio.to_thread.run_sync(document.write, b"[" + head if is_one else head)
    while piece := await body.read():
        await anyio.to_thread.run_sync(document.write, piece)
    if is_one:
        document.write(b"]")
    document.seek(0)


def _refusal(refused: ImportRefused) -> Refused:
    faults = [
        Fault(
            detail=fault.text,
            path=fault.path,
            line=fault.line,
            amazon_order_id=fault.amazon_order_id,
        )
        for fault in refused.faults
    ]
    status = 409 if refused.is_conflict else 422
    detail = f"Nothing was put in: {refused.faults[0]}."
    return Refused(status, detail, faults, refused.more)


@router.get("", dependencies=[Depends(needs(Scope.ORDERS_READ))])
def list_orders(
    parts: Parts,
    seller_id: SellerId,
    status: OrderStatus | None = None,
    text: Annotated[str, Query(max_length=100, pattern=r"^[^\x00-\x1f]*$")] = "",
    since: AwareDatetime | None = None,
    before: AwareDatetime | None = None,
    after: Annotated[str | None, Query(max_length=60)] = None,
    limit: Limit = 100,
) -> Orders:
    """List a seller's orders by purchase date, newest first."""
    require_seller(parts, seller_id)
    limit = bounded(limit, parts)
    search = OrderSearch(
        text, status, _utc("query.since", since), _utc("query.before", before)
    )
    key = None if after is None else _read_key(after)
    found = parts.desk.orders(seller_id, search, limit + 1, key)
    page = found[:limit]
    last = page[-1] if len(found) > limit else None
    return Orders(
        orders=[order_to_json(order) for order in page],
        next=last and f"{to_iso(last.purchase_date)},{last.amazon_order_id}",
    )


@router.get("/{amazon_order_id}", dependencies=[Depends(needs(Scope.ORDERS_READ))])
def show(
    parts: Parts,
    seller_id: SellerId,
    amazon_order_id: Annotated[str, Path(pattern=_ORDER_ID)],
) -> dict[str, Any]:
    """Return one order in the shape of `feedgate orders schema`."""
    require_seller(parts, seller_id)
    order = parts.desk.order(seller_id, amazon_order_id)
    if order is None:
        raise nothing_there(f"order {amazon_order_id} of {seller_id}")
    return order_to_json(order)


def _utc(path: str, value: datetime | None) -> datetime | None:
    try:
        return None if value is None else value.astimezone(UTC)
    except OverflowError as error:
        raise wrong(path, str(value), "the calendar has no such time in UTC") from error


def _read_key(text: str) -> Key:
    moment, _, amazon_order_id = text.partition(",")
    try:
        if not amazon_order_id.isprintable():
            raise ValueError(amazon_order_id)
        return from_iso(moment).astimezone(UTC), amazon_order_id
    except (ValueError, OverflowError) as error:
        expected = "send the `next` of the page before"
        raise wrong("query.after", text, expected) from error
