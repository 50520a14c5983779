"""Lists of a seller's orders, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.errors import ErrorCode, ServiceError
from app.intake.accounts import Accounts, Caller
from app.intake.orders import OrderDesk, OrderView
from app.intake.outages import outages_refused
from app.intake.tokens import NextTokens
from app.model.order import OrderStatus
from app.model.times import from_iso, to_iso
from app.store import order_listing
from app.store.backends import Database
from app.store.order_listing import Wanted as Wanted

_LIST = "ListOrders"


@dataclass(frozen=True, slots=True)
class OrderPage:
    """Orders, oldest first; what was asked for; the token that goes on, if any."""

    orders: tuple[OrderView, ...]
    wanted: Wanted
    next_token: str | None = None


class OrderLists:
    """Lists orders to the seller they belong to."""

    def __init__(
        self, database: Database, accounts: Accounts, tokens: NextTokens
    ) -> None:
        """Keep the parts."""
        self._database = database
        self._accounts = accounts
        self._tokens = tokens
        self._desk = OrderDesk(database)

    @outages_refused
    def list(self, caller: Caller, wanted: Wanted, limit: int) -> OrderPage:
        """Return the first page of what matches, at most `limit` orders.

        Raises ServiceError (InvalidParameterValue) for a marketplace that the seller
        does not sell in.
        """
        foreign = set(wanted.marketplace_ids) - self._accounts.sells_in(
            caller.seller_id
        )
        if foreign:
            raise ServiceError(
                ErrorCode.INVALID_PARAMETER,
                f'MarketplaceId.Id has "{min(foreign)[:60]}", which is not a '
                "marketplace of this seller.",
            )
        return self._page(caller, wanted, limit, None)

    @outages_refused
    def list_next(self, caller: Caller, next_token: str) -> OrderPage:
        """Return the page behind a token; raises ServiceError for a wrong one.

        What the token holds is as it was asked for at first, and is not asked again.
        """
        content = self._tokens.open(_LIST, caller, next_token)
        moment, order_id = content["behind"]
        behind = (from_iso(moment), order_id)
        return self._page(caller, _wanted_from(content), content["limit"], behind)

    def _page(
        self,
        caller: Caller,
        wanted: Wanted,
        limit: int,
        behind: tuple[datetime, str] | None,
    ) -> OrderPage:
        with self._database.read() as connection:
            found = order_listing.find(
                connection, caller.seller_id, wanted, limit=limit + 1, behind=behind
            )
        shown = found[:limit]
        ids = [order_id for _, order_id in shown]
        views = tuple(self._desk.get_orders(caller.seller_id, ids))
        if len(found) <= limit:
            return OrderPage(views, wanted)
        moment, order_id = shown[-1]
        content = _content_of(wanted) | {
            "limit": limit,
            "behind": [to_iso(moment), order_id],
        }
        return OrderPage(views, wanted, self._tokens.seal(_LIST, caller, content))


def _content_of(wanted: Wanted) -> dict[str, Any]:
    """Write what a NextToken holds of the filters."""
    statuses, channels = wanted.statuses, wanted.channels
    return {
        "after": to_iso(wanted.after),
        "before": to_iso(wanted.before),
        "marketplaces": list(wanted.marketplace_ids),
        "by_update": wanted.by_update,
        "statuses": None if statuses is None else list(statuses),
        "channels": None if channels is None else list(channels),
        "email": wanted.buyer_email,
        "own_id": wanted.merchant_order_id,
    }


def _wanted_from(content: dict[str, Any]) -> Wanted:
    statuses = content["statuses"]
    return Wanted(
        after=from_iso(content["after"]),
        before=from_iso(content["before"]),
        marketplace_ids=tuple(content["marketplaces"]),
        by_update=content["by_update"],
        statuses=None if statuses is None else tuple(map(OrderStatus, statuses)),
        channels=content["channels"],
        buyer_email=content["email"],
        merchant_order_id=content["own_id"],
    )
