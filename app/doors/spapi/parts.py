"""What the operations of the Selling Partner API may ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from anyio import CapacityLimiter
from fastapi import Depends, Request

from app.doors.gates import Gates
from app.intake.accounts import Accounts
from app.intake.feed_documents import FeedDocuments
from app.intake.feed_history import FeedHistory
from app.intake.finances import FinancialDesk
from app.intake.lwa import Lwa
from app.intake.order_lists import OrderLists
from app.intake.orders import OrderDesk
from app.intake.quotas import Quotas
from app.intake.seals import Seals
from app.intake.shipments import ShipmentDesk
from app.intake.sp_notifications import NotificationDesk
from app.settings import Settings

_UPLOADS = 32


@dataclass(frozen=True, slots=True)
class SpApi:
    """The parts of the service; `clock` gives aware UTC times."""

    lwa: Lwa
    accounts: Accounts
    quotas: Quotas
    uploads: FeedDocuments
    feeds: FeedHistory
    orders: OrderDesk
    order_lists: OrderLists
    shipments: ShipmentDesk
    finances: FinancialDesk
    notifications: NotificationDesk
    seals: Seals
    gates: Gates
    settings: Settings
    clock: Callable[[], datetime]
    # Uploads get threads of their own, or slow ones would hold up every other call.
    upload_threads: CapacityLimiter = field(
        default_factory=lambda: CapacityLimiter(_UPLOADS)
    )


def parts_of(request: Request) -> SpApi:
    """Return the parts."""
    parts = request.app.state.spapi
    assert isinstance(parts, SpApi)
    return parts


Parts = Annotated[SpApi, Depends(parts_of)]
