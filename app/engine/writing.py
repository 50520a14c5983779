"""A batch's changes of orders, written in the transaction that locked them."""

from __future__ import annotations

from datetime import datetime

from app.engine.batch import Batch
from app.store import changes, ledger
from app.store.bulk import Connection
from app.store.outcomes import add_mails


def write_orders(
    connection: Connection,
    seller_id: str,
    batch: Batch,
    *,
    source: str,
    cause: str,
    now: datetime,
) -> None:
    """Write orders, their ledger and the mails to their buyers.

    Raises IntegrityError if `source` has an effect at the same place already.
    """
    changes.save_changes(connection, batch.changes, now)
    ledger.record(
        connection, seller_id, batch.entries, source=source, cause=cause, now=now
    )
    mails = [
        (f"{source} {mail.place}", mail.kind, mail.recipient, mail.content)
        for mail in batch.mails
    ]
    add_mails(connection, seller_id, mails, now)
