"""What the routes of the Admin API share: its parts, keys and scopes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path, Query, Request, Security
from fastapi.security import HTTPBearer

from app.doors.admin.problems import (
    nothing_there,
    out_of_scope,
    unauthenticated,
    wrong,
)
from app.intake.accounts import Accounts
from app.intake.admin import AdminDesk
from app.intake.admin_keys import AdminKey, AdminKeys, Scope
from app.intake.submissions import Intake
from app.settings import Settings

KEY = "feedgate.admin_key"
"""Where the door leaves the caller's key in the ASGI scope."""


@dataclass(frozen=True, slots=True)
class AdminParts:
    """What the routes work with; `stopping` is set once the server takes no more."""

    keys: AdminKeys
    desk: AdminDesk
    accounts: Accounts
    intake: Intake
    settings: Settings
    stopping: asyncio.Event


def parts_of(request: Request) -> AdminParts:
    """Return the parts that the application was made with."""
    parts: AdminParts = request.app.state.parts
    return parts


Parts = Annotated[AdminParts, Depends(parts_of)]

# The door has proved the key before; this is for the description in OpenAPI.
_bearer = HTTPBearer(auto_error=False, description="A key of `feedgate admin-keys`.")


def needs(scope: Scope) -> Callable[..., str]:
    """Make a dependency: the cause for ledger and audit log, if the key may."""

    def check(request: Request, shown: Annotated[object, Security(_bearer)]) -> str:
        key: AdminKey = request.scope[KEY]
        if scope not in key.scopes.split():
            raise out_of_scope(scope)
        return f"admin {key.key_id}"

    return check


def require_key_still(request: Request) -> None:
    """Refuse a request whose key has ended since it began: those that take long."""
    if not parts_of(request).keys.is_still_in_force(request.scope[KEY]):
        raise unauthenticated(presented=True)


SellerId = Annotated[str, Path(pattern="^[A-Z0-9]{10,20}$")]
Limit = Annotated[int, Query(ge=1, description="Most rows; a setting bounds it.")]


def bounded(limit: int, parts: AdminParts) -> int:
    """Return a limit that is within the setting, or refuse it."""
    most = parts.settings.admin_page_rows
    if limit > most:
        raise wrong("query.limit", str(limit), f"at most {most} rows are given at once")
    return limit


def require_seller(parts: AdminParts, seller_id: str) -> None:
    """Refuse what is asked of a seller that there is not."""
    if not parts.desk.is_seller(seller_id):
        raise nothing_there(f"seller {seller_id}")
