"""The ledger of effects: what happened to each order, in order, for good."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from app.model.effects import Effect, ImportOrder, read_effect
from app.model.order import Order
from app.model.order_json import order_from_json
from app.model.times import to_iso
from app.store import bulk, tables
from app.store.audit import HASHED, EffectHash, Written
from app.store.tables import bind_moment

_EFFECT = "SELECT amazon_order_id, kind, content FROM effect"


class Entry(NamedTuple):
    """One effect as the ledger keeps it: what happened, by which message.

    `place` is the message's place in its feed, `message_id` its own id.
    """

    amazon_order_id: str
    place: int
    position: int
    message_id: str | None
    amazon_order_item_code: str | None
    kind: str
    content: str

    @classmethod
    def of(
        cls,
        amazon_order_id: str,
        place: int,
        position: int,
        message_id: str | None,
        effect: Effect,
    ) -> Entry:
        """Write an effect down as an entry."""
        content = effect.to_content()
        return cls(
            amazon_order_id,
            place,
            position,
            message_id,
            effect.item,
            effect.kind,
            content,
        )


def record(
    connection: Connection,
    seller_id: str,
    entries: Sequence[Entry],
    *,
    source: str,
    cause: str,
    now: datetime,
) -> Written:
    """Write effects into the ledger; the caller adds what is returned to the audit log.

    Entries are in the order of place and position. Raises IntegrityError if one of
    (source, place, position) is there already.
    """
    moment = bind_moment(now, connection.dialect.name)
    rows = [
        (
            seller_id,
            source,
            place,
            position,
            cause,
            message_id,
            order_id,
            code,
            kind,
            content,
            moment,
        )
        for order_id, place, position, message_id, code, kind, content in entries
    ]
    bulk.insert(connection, tables.effect, HASHED, rows)
    hashed = EffectHash()
    told = to_iso(now)
    hashed.add([(*row[:-1], told) for row in rows])
    first, last = (entries[0].place, entries[-1].place) if entries else (0, 0)
    return Written(source, first, last, hashed.effects, hashed.hexdigest())


def replay(
    connection: Connection, seller_id: str, amazon_order_ids: Sequence[str]
) -> dict[str, Order]:
    """Rebuild orders from their ledgers alone."""
    orders: dict[str, Order] = {}
    if not amazon_order_ids:
        return orders
    for order_id, kind, content in bulk.select_in(
        connection,
        _EFFECT,
        seller_id,
        "amazon_order_id",
        amazon_order_ids,
        "ORDER BY effect_id",
    ):
        if kind == ImportOrder.kind:
            orders[order_id] = order_from_json(seller_id, json.loads(content))
        else:
            orders[order_id] = orders[order_id].after(read_effect(kind, content))
    return orders


class Line(NamedTuple):
    """One effect with where it came from, as the history of an order shows it.

    `source` is "feed <FeedSubmissionId>", "import <uuid>" or "shipment <uuid>"; `cause`
    an access key id, a client id, "desk <login>" or "operator"; `place` that of the
    message in its feed, from 1.
    """

    effect: Effect
    source: str
    cause: str
    message_id: str | None
    happened_at: datetime
    place: int


def history(connection: Connection, seller_id: str, amazon_order_id: str) -> list[Line]:
    """Return everything that happened to an order of a seller, oldest first."""
    row = tables.effect.c
    query = (
        select(
            row.kind,
            row.content,
            row.source,
            row.cause,
            row.message_id,
            row.happened_at,
            row.place,
        )
        .where(row.seller_id == seller_id, row.amazon_order_id == amazon_order_id)
        .order_by(row.effect_id)
    )
    return [
        Line(read_effect(kind, content), *rest)
        for kind, content, *rest in connection.execute(query)
    ]
