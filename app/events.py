"""Tells those who listen of what happened to orders: read on in the stream of effects.

A chore of the workers, one of which reads at a time. Feeds know nothing of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import groupby

from app.model.effects import ImportOrder
from app.model.event import ORDER_EVENTS
from app.model.notification import NewNotification
from app.model.order import Order
from app.model.order_event import Happening, order_events
from app.model.order_json import order_from_json
from app.model.sp_notification import SpNotificationType, order_changes
from app.store import ledger, sp_subscriptions, webhooks
from app.store.backends import Database
from app.store.bulk import Connection
from app.store.effect_stream import Cursor, Told, place_all, read_effects
from app.store.event_reader import EventReader

_MOST = 200

_Message = tuple[Told, ...]
_Place = tuple[str, int]


class EventJob:
    """Reads the stream a piece at a time, and queues what listeners want of it."""

    def __init__(
        self,
        database: Database,
        reader: EventReader,
        clock: Callable[[], datetime],
        *,
        most: int = _MOST,
    ) -> None:
        """Read about `most` effects a step."""
        self._database = database
        self._reader = reader
        self._clock = clock
        self._most = most

    def step(self, stopping: Callable[[], bool]) -> bool:
        """Tell of the next effects; False if there are none, or they are not ours."""
        before = self._reader.claim()
        if before is None:
            return False
        place_all(self._database)
        with self._database.read() as connection:
            messages = self._read(connection, before)
            if not messages:
                return False
            told = list(_tell(connection, messages, self._clock()))
        after = messages[-1][-1].cursor
        return self._reader.move(before, after, told, self._clock())

    def _read(self, connection: Connection, after: Cursor) -> list[_Message]:
        """Return what the next messages did, each whole."""
        most = self._most
        while True:
            told = read_effects(connection, after, limit=most)
            messages = [tuple(group) for _, group in groupby(told, _message)]
            if len(told) < most:
                return messages
            # The last one may go on behind what was read.
            if len(messages) > 1:
                return messages[:-1]
            most *= 2


def _message(told: Told) -> tuple[str, str, int, str]:
    return (told.seller_id, told.source, told.cursor.place, told.amazon_order_id)


def _tell(
    connection: Connection, messages: Iterable[_Message], now: datetime
) -> Iterator[NewNotification]:
    endpoints = [
        each
        for each in webhooks.endpoints(connection)
        if each.disabled_at is None and {*each.events} & {*ORDER_EVENTS}
    ]
    applications = sp_subscriptions.listening(
        connection, SpNotificationType.ORDER_CHANGE
    )
    sellers = {each.seller_id for each in endpoints}
    sellers |= {each.seller_id for each in applications}
    histories: dict[tuple[str, str], dict[_Place, tuple[Order | None, Order]]] = {}
    for message in messages:
        first = message[0]
        if first.seller_id not in sellers:
            continue
        key = (first.seller_id, first.amazon_order_id)
        if key not in histories:
            histories[key] = _states(connection, *key)
        before, after = histories[key][first.source, first.cursor.place]
        happening = Happening(
            str(first.cursor),
            first.source,
            first.message_id,
            first.happened_at,
            before,
            after,
            tuple(each.effect for each in message),
        )
        yield from webhooks.messages(endpoints, order_events(happening))
        for each in applications:
            if each.seller_id == first.seller_id:
                yield from order_changes(each, happening, now)


def _states(
    connection: Connection, seller_id: str, amazon_order_id: str
) -> dict[_Place, tuple[Order | None, Order]]:
    """Return an order before and after each message, by source and place."""
    states: dict[_Place, tuple[Order | None, Order]] = {}
    order: Order | None = None
    for line in ledger.history(connection, seller_id, amazon_order_id):
        before = order
        if isinstance(line.effect, ImportOrder):
            order = order_from_json(seller_id, json.loads(line.effect.order))
        else:
            assert order is not None
            order = order.after(line.effect)
        place = (line.source, line.place)
        if place in states:
            before = states[place][0]
        states[place] = (before, order)
    return states
