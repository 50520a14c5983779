"""What transactions added to sellers' balances, and the groups that it sums up to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, or_, select
from sqlalchemy import func as sql

from app.model.finances import FinancialEventGroup, period_of
from app.model.money import from_minor_units
from app.model.order import Order
from app.model.order_items import ZERO
from app.store import bulk
from app.store.tables import balance_change, whole_units

_change = balance_change.c


@dataclass(slots=True)
class Balances:
    """What the orders of one transaction moved, by seller and currency."""

    sums: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, before: Order | None, after: Order) -> None:
        """Count what an order moved; one that is new has no before.

        A charged order moved its price less its refunds, an uncharged one nothing:
        its credits are settled by the charge (design D4).
        """
        moved = _posted(after) - (ZERO if before is None else _posted(before))
        if moved:
            key = (after.seller_id, after.currency)
            units = whole_units(moved, after.currency)
            self.sums[key] = self.sums.get(key, 0) + units

    def write(self, connection: Connection, now: datetime) -> None:
        """Add the sums to the groups of this moment."""
        period = period_of(now)
        bulk.insert(
            connection,
            balance_change,
            ("seller_id", "period", "currency", "amount"),
            [(key[0], period, key[1], units) for key, units in self.sums.items()],
        )


def _posted(order: Order) -> Decimal:
    if not order.charged:
        return ZERO
    return sum([item.paid - item.refunded for item in order.items], start=ZERO)


def find_groups(
    connection: Connection,
    seller_id: str,
    first: int,
    last: int,
    *,
    limit: int,
    behind: tuple[int, str] | None = None,
    currency: str | None = None,
) -> list[FinancialEventGroup]:
    """Return at most `limit` groups of periods `first` to `last`, oldest first.

    `behind` goes on behind the period and currency of a group; `currency` asks for
    those of one currency.
    """
    query = select(_change.period, _change.currency, sql.sum(_change.amount)).where(
        _change.seller_id == seller_id,
        _change.period >= (behind[0] if behind else first),
        _change.period <= last,
    )
    if behind is not None:
        later = or_(_change.period > behind[0], _change.currency > behind[1])
        query = query.where(later)
    if currency is not None:
        query = query.where(_change.currency == currency)
    query = (
        query.group_by(_change.period, _change.currency)
        .order_by(_change.period, _change.currency)
        .limit(limit)
    )
    return [
        FinancialEventGroup(period, name, from_minor_units(int(units), name))
        for period, name, units in connection.execute(query)
    ]
