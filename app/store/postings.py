"""A seller's financial events, read from the ledger.

Everything is found by seller, so that no door can forget it (design D7). Events have
no rows of their own: a partial index of the ledger finds the effects that may have
moved money, and the ledgers of their orders tell the events.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, and_, exists, or_, select, text

from app.model.effects import read_effect
from app.model.finances import FinancialEvent
from app.model.order_json import order_from_json
from app.model.postings import LedgerLine, financial_events
from app.store import bulk, tables
from app.store.tables import effect, orders, read_moment

_effect = effect.c
_LEDGER = (
    "SELECT amazon_order_id, effect_id, source, place, happened_at, kind, content"
    " FROM effect"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of a seller's events are meant; None leaves a point open.

    Times bound when an event was posted, from `after` on and before `before`.
    """

    amazon_order_id: str | None = None
    currency: str | None = None
    after: datetime | None = None
    before: datetime | None = None


class Posting(NamedTuple):
    """An effect that may have moved money, and its order."""

    posted_at: datetime
    effect_id: int
    amazon_order_id: str


def find(
    connection: Connection,
    seller_id: str,
    wanted: Wanted,
    *,
    limit: int,
    behind: tuple[datetime, int] | None = None,
) -> list[Posting]:
    """Return at most `limit` effects of charged orders, oldest first.

    `behind` goes on behind the time and number of an effect; 0 is before them all.
    Those of one order are in the order of its ledger, whatever their clocks said.
    """
    of_order = and_(
        orders.c.seller_id == _effect.seller_id,
        orders.c.amazon_order_id == _effect.amazon_order_id,
        # Credits of uncharged orders are no events, and may be many.
        orders.c.charged.is_(True),
    )
    if wanted.currency is not None:
        of_order = and_(of_order, orders.c.currency == wanted.currency)
    query = select(
        _effect.happened_at, _effect.effect_id, _effect.amazon_order_id
    ).where(
        _effect.seller_id == seller_id,
        text(tables.POSTINGS[connection.dialect.name]),
        exists().where(of_order),
    )
    if wanted.after is not None:
        query = query.where(_effect.happened_at >= wanted.after)
    if wanted.before is not None:
        query = query.where(_effect.happened_at < wanted.before)
    if wanted.amazon_order_id is not None:
        query = query.where(_effect.amazon_order_id == wanted.amazon_order_id)
        if behind is not None:
            query = query.where(_effect.effect_id >= behind[1])
        query = query.order_by(_effect.effect_id)
    else:
        if behind is not None:
            moment, effect_id = behind
            later = and_(_effect.happened_at == moment, _effect.effect_id >= effect_id)
            query = query.where(
                _effect.happened_at >= moment,
                or_(_effect.happened_at > moment, later),
            )
        query = query.order_by(_effect.happened_at, _effect.effect_id)
    return [Posting(*row) for row in connection.execute(query.limit(limit))]


def tell(
    connection: Connection, seller_id: str, amazon_order_ids: Collection[str]
) -> dict[int, list[FinancialEvent]]:
    """Return all events of orders, by the number of the effect that finds them."""
    ledgers: dict[str, list[bulk.Row]] = defaultdict(list)
    if amazon_order_ids:
        for row in bulk.select_in(
            connection,
            _LEDGER,
            seller_id,
            "amazon_order_id",
            sorted(set(amazon_order_ids)),
            "ORDER BY effect_id",
        ):
            ledgers[row[0]].append(row)
    events: dict[int, list[FinancialEvent]] = {}
    for opening, *rest in ledgers.values():
        order = order_from_json(seller_id, json.loads(opening[6]))
        events |= financial_events(_line(opening), order, [_line(row) for row in rest])
    return events


def _line(row: bulk.Row) -> LedgerLine:
    _, effect_id, source, place, happened_at, kind, content = row
    moment = read_moment(happened_at)
    assert moment is not None
    return LedgerLine(effect_id, source, place, moment, read_effect(kind, content))
