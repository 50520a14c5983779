"""Cancels orders whose window of time has closed, through their ledger."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from app.engine.batch import Batch, apply
from app.engine.writing import write_orders
from app.model.mail import BUYER_MAILS, MailKind
from app.model.windows import Windows, cancellation
from app.store.backends import Database
from app.store.orders import load_orders
from app.store.overdue import find_overdue

_MOST = 200


@dataclass(frozen=True, slots=True)
class WindowJob:
    """Looks for orders to cancel, and cancels them, each in its own transaction."""

    database: Database
    windows: Windows
    clock: Callable[[], datetime]
    mails: Collection[MailKind] = BUYER_MAILS

    def step(self, stopping: Callable[[], bool]) -> bool:
        """Cancel what is due; False if nothing was."""
        with self.database.read() as connection:
            found = find_overdue(connection, self.windows, self.clock(), limit=_MOST)
        cancelled = 0
        for seller_id, amazon_order_id in found:
            if stopping():
                break
            cancelled += self._cancel(seller_id, amazon_order_id)
        return cancelled > 0

    def _cancel(self, seller_id: str, amazon_order_id: str) -> bool:
        """Cancel one order, if it is still due: a feed may have come before."""
        with self.database.write() as connection:
            now = self.clock()
            book = load_orders(connection, seller_id, [amazon_order_id], lock=True)
            order = book.get(amazon_order_id)
            window = order and self.windows.closing(order, now)
            if order is None or window is None:
                return False
            batch = Batch(before=book, after=dict(book))
            apply(batch, order, cancellation(order, window), 1, None)
            write_orders(
                connection,
                seller_id,
                batch,
                # Of an order once at most: afterwards nothing of it is open.
                source=f"window {seller_id} {amazon_order_id}",
                cause=window.value,
                now=now,
                mails=self.mails,
            )
        return True
