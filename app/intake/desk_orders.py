"""Orders as the desk shows them: found, listed, and told with their history."""

from __future__ import annotations

from dataclasses import dataclass

from app.intake.orders import OrderDesk, OrderView
from app.intake.outages import outages_refused
from app.model.feed import FeedStatus
from app.store import desk_notes, ledger, order_search
from app.store.backends import Database
from app.store.desk_notes import DeskNote as DeskNote
from app.store.ledger import Line
from app.store.order_search import Key
from app.store.order_search import Wanted as OrderSearch

PAGE = 25

__all__ = [
    "DeskNote",
    "DeskOrders",
    "Event",
    "FoundOrders",
    "Key",
    "OrderFile",
    "OrderSearch",
]


@dataclass(frozen=True, slots=True)
class FoundOrders:
    """One page of orders, newest first, and whether there are others beside it."""

    views: tuple[OrderView, ...]
    first: Key | None = None
    last: Key | None = None
    has_newer: bool = False
    has_older: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of a history: what happened, and the note of the button that did it."""

    line: Line
    note: DeskNote | None = None

    @property
    def feed_submission_id(self) -> str | None:
        """The feed that did it, unless it was an import."""
        kind, _, number = self.line.source.partition(" ")
        return number if kind == "feed" else None


@dataclass(frozen=True, slots=True)
class OrderFile:
    """An order with its history.

    `form_token` names this state of the order: forms carry it. `waiting` is what the
    desk submitted for it and is not done.
    """

    view: OrderView
    events: tuple[Event, ...]
    notes: tuple[tuple[DeskNote, FeedStatus], ...]
    form_token: str

    @property
    def waiting(self) -> DeskNote | None:
        """The latest submission of the desk that is still to be worked on."""
        ended = (FeedStatus.DONE, FeedStatus.CANCELLED)
        for note, status in reversed(self.notes):
            if status not in ended:
                return note
        return None


class DeskOrders:
    """Answers what the pages of a seller ask; of others' orders it knows nothing."""

    def __init__(self, database: Database) -> None:
        """Read from the database."""
        self._database = database
        self._desk = OrderDesk(database)

    @outages_refused
    def search(
        self,
        seller_id: str,
        search: OrderSearch,
        *,
        older_than: Key | None = None,
        newer_than: Key | None = None,
    ) -> FoundOrders:
        """Return a page of the seller's orders: the first, or the one beside a key."""
        with self._database.read() as connection:
            keys = order_search.find(
                connection,
                seller_id,
                search,
                limit=PAGE + 1,
                older_than=older_than,
                newer_than=newer_than,
            )
        more = len(keys) > PAGE
        back = newer_than is not None
        keys = keys[-PAGE:] if back else keys[:PAGE]
        if not keys:
            return FoundOrders((), has_newer=older_than is not None, has_older=back)
        views = self._desk.get_orders(seller_id, [order_id for _, order_id in keys])
        return FoundOrders(
            tuple(views),
            keys[0],
            keys[-1],
            has_newer=more if back else older_than is not None,
            has_older=back or more,
        )

    @outages_refused
    def file(self, seller_id: str, amazon_order_id: str) -> OrderFile | None:
        """Return one of the seller's orders with all that happened, or None."""
        with self._database.read() as connection:
            # First: an order that changes between the reads makes the form stale.
            token = desk_notes.state_of(connection, seller_id, amazon_order_id)
            lines = ledger.history(connection, seller_id, amazon_order_id)
            notes = desk_notes.of_order(connection, seller_id, amazon_order_id)
        view = self._desk.get_order(seller_id, amazon_order_id)
        if view is None:
            return None
        by_source = {f"feed {note.feed_submission_id}": note for note, _ in notes}
        events = tuple(Event(line, by_source.get(line.source)) for line in lines)
        return OrderFile(view, events, tuple(notes), token)
