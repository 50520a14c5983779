"""The stream of effects: each once, in order, waited for if there is none yet."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Depends, Query, Request

from app.doors.admin.parts import (
    Limit,
    bounded,
    needs,
    parts_of,
    require_key_still,
    require_seller,
)
from app.doors.admin.problems import wrong
from app.doors.admin.shapes import Effects, EffectShape
from app.intake.admin import AdminDesk, Cursor
from app.intake.admin_keys import Scope

router = APIRouter(prefix="/effects", tags=["effects"])

_NEWEST = "newest"
_CURSOR = r"^(newest|[0-9]{1,19}\.[0-9]{1,19}\.[0-9]{1,19})$"


@router.get("", dependencies=[Depends(needs(Scope.EFFECTS_READ))])
async def read(
    request: Request,
    after: Annotated[
        str | None,
        Query(
            pattern=_CURSOR,
            description="A cursor, or `newest`; without it from the start.",
        ),
    ] = None,
    seller_id: Annotated[str | None, Query(pattern="^[A-Z0-9]{10,20}$")] = None,
    wait: Annotated[
        float, Query(ge=0, description="Seconds to wait for the first effect.")
    ] = 0,
    limit: Limit = 100,
) -> Effects:
    """Return the effects behind a cursor, of all sellers or of one.

    A wait ends before its time, perhaps without effects, if the server is stopped.
    """
    parts = parts_of(request)
    limit = bounded(limit, parts)
    most = parts.settings.admin_wait_seconds
    if wait > most:
        raise wrong("query.wait", str(wait), f"at most {most:g} seconds are waited")
    if seller_id is not None:
        await anyio.to_thread.run_sync(require_seller, parts, seller_id)
    cursor = await anyio.to_thread.run_sync(_begin, parts.desk, after)
    loop = asyncio.get_running_loop()
    ends = loop.time() + wait
    # Between two looks neither a thread nor a connection is held.
    while True:
        found = await anyio.to_thread.run_sync(
            parts.desk.effects, cursor, seller_id, limit
        )
        left = ends - loop.time()
        if found.told or left <= 0 or parts.stopping.is_set():
            break
        if await request.is_disconnected():
            break
        with suppress(TimeoutError):
            async with asyncio.timeout(min(left, parts.settings.admin_poll_seconds)):
                await parts.stopping.wait()
        await anyio.to_thread.run_sync(require_key_still, request)
    return Effects(
        effects=[EffectShape.of(told, currency) for told, currency in found.told],
        next=str(found.cursor),
    )


def _begin(desk: AdminDesk, after: str | None) -> Cursor:
    if after == _NEWEST:
        return desk.newest()
    try:
        return Cursor() if after is None else Cursor.read(after)
    except ValueError as error:
        raise wrong("query.after", str(after), str(error)) from error
