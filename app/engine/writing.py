"""A batch's changes of orders, written in the transaction that locked them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from app.engine.batch import Batch
from app.model.mail import MailKind
from app.store import audit, changes, ledger
from app.store.bulk import Connection
from app.store.outbox import NewMail, add_mails


def write_orders(
    connection: Connection,
    seller_id: str,
    batch: Batch,
    *,
    source: str,
    cause: str,
    now: datetime,
    mails: Collection[MailKind],
) -> None:
    """Write orders, ledger, the buyers' mails of the kinds in `mails`, and audit link.

    Raises IntegrityError if `source` has an effect at the same place already.
    """
    changes.save_changes(connection, batch.changes, now)
    written = ledger.record(
        connection, seller_id, batch.entries, source=source, cause=cause, now=now
    )
    told = [
        NewMail(source, mail.place, mail.kind, mail.recipient, mail.amazon_order_id)
        for mail in batch.mails
        if mail.kind in mails
    ]
    add_mails(connection, seller_id, told, now)
    audit.append_effects(connection, seller_id, [written], cause=cause, now=now)
