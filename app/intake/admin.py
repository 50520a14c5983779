"""Orders, submissions and effects as the Admin API asks for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from app.errors import ErrorCode, ServiceError
from app.intake.order_import import ImportFault, ImportRefused, import_orders
from app.intake.outages import outages_refused
from app.model.feed import FeedStatus, FeedSubmission
from app.model.order import Order
from app.store import effect_stream, listing, order_search
from app.store.accounts import find_seller
from app.store.backends import Database
from app.store.documents import Documents
from app.store.effect_stream import Cursor, Told
from app.store.order_book import Imported
from app.store.order_search import Key
from app.store.order_search import Wanted as OrderSearch
from app.store.orders import load_orders

__all__ = [
    "AdminDesk",
    "Cursor",
    "Effects",
    "ImportFault",
    "ImportRefused",
    "Key",
    "OrderSearch",
    "Told",
]


@dataclass(frozen=True, slots=True)
class Effects:
    """Effects with the currencies of their orders, and where to go on."""

    told: tuple[tuple[Told, str], ...]
    cursor: Cursor


class AdminDesk:
    """Answers for every seller; who may ask is the door's business."""

    def __init__(
        self,
        database: Database,
        documents: Documents,
        clock: Callable[[], datetime],
        ids: Callable[[], str],
    ) -> None:
        """Keep the parts."""
        self._database = database
        self._documents = documents
        self._clock = clock
        self._ids = ids

    @outages_refused
    def is_seller(self, seller_id: str) -> bool:
        """Whether there is a seller of that id."""
        with self._database.read() as connection:
            return find_seller(connection, seller_id) is not None

    @outages_refused
    def put_orders(self, seller_id: str, document: BinaryIO, cause: str) -> Imported:
        """Put the orders of a JSON list in, all or none; raises ImportRefused."""
        return import_orders(
            self._database,
            document,
            seller_id,
            source=f"import {self._ids()}",
            now=self._clock(),
            cause=cause,
        )

    @outages_refused
    def orders(
        self, seller_id: str, search: OrderSearch, limit: int, after: Key | None
    ) -> list[Order]:
        """Return at most `limit` orders behind a key, newest first."""
        with self._database.read() as connection:
            keys = order_search.find(
                connection, seller_id, search, limit=limit, older_than=after
            )
            ids = [amazon_order_id for _, amazon_order_id in keys]
            found = load_orders(connection, seller_id, ids, history=True)
        return [found[each] for each in ids]

    @outages_refused
    def order(self, seller_id: str, amazon_order_id: str) -> Order | None:
        """Return one order with its history."""
        with self._database.read() as connection:
            found = load_orders(connection, seller_id, [amazon_order_id], history=True)
        return found.get(amazon_order_id)

    @outages_refused
    def submissions(
        self,
        seller_id: str,
        *,
        status: FeedStatus | None = None,
        only: int | None = None,
        before: int | None = None,
        limit: int = 1,
    ) -> list[FeedSubmission]:
        """Return at most `limit` submissions before an id, newest first."""
        wanted = listing.Wanted(
            None if only is None else [only], None, None if status is None else [status]
        )
        with self._database.read() as connection:
            return listing.find(
                connection, seller_id, wanted, limit=limit, before_id=before
            )

    @outages_refused
    def document(self, seller_id: str, feed_submission_id: int) -> BinaryIO:
        """Open the feed itself; raises ServiceError if it is not kept any more."""
        with self._database.read() as connection:
            kept = listing.document(connection, seller_id, feed_submission_id)
        try:
            if kept is not None:
                return self._documents.open(kept)
        except FileNotFoundError:
            pass
        raise ServiceError(
            ErrorCode.RESULT_NO_LONGER_AVAILABLE,
            f"The document of submission {feed_submission_id} is not kept any more.",
        )

    @outages_refused
    def newest(self) -> Cursor:
        """Return the cursor behind all effects that are committed."""
        effect_stream.place_all(self._database)
        with self._database.read() as connection:
            return effect_stream.newest(connection)

    @outages_refused
    def effects(self, after: Cursor, seller_id: str | None, limit: int) -> Effects:
        """Return at most `limit` effects behind a cursor, perhaps none."""
        effect_stream.place_new(self._database)
        with self._database.read() as connection:
            told = effect_stream.read_effects(
                connection, after, limit=limit, seller_id=seller_id
            )
            known = effect_stream.currencies(connection, told)
        return Effects(
            tuple((each, known[each.seller_id, each.amazon_order_id]) for each in told),
            told[-1].cursor if told else after,
        )
