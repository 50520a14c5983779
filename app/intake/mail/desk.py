"""What a seller may see of the mails that were written for them."""

from __future__ import annotations

from enum import StrEnum

from app.intake.outages import outages_refused
from app.store import outbox
from app.store.backends import Database
from app.store.outbox import OutboxMail as OutboxMail


class MailState(StrEnum):
    """How far a mail has come."""

    WAITING = "waiting"
    """Not sent yet; its `error` says what came in between, if anything did."""
    SENT = "sent"
    GIVEN_UP = "given up"


def state_of(mail: OutboxMail) -> MailState:
    """Return how far a mail has come."""
    if mail.sent_at is not None:
        return MailState.SENT
    return MailState.WAITING if mail.given_up_at is None else MailState.GIVEN_UP


class MailDesk:
    """Lists a seller's mails; of others' it knows nothing."""

    def __init__(self, database: Database) -> None:
        """Read from the database."""
        self._database = database

    @outages_refused
    def list(
        self,
        seller_id: str,
        *,
        limit: int = 50,
        amazon_order_id: str | None = None,
        before: int | None = None,
    ) -> list[OutboxMail]:
        """Return mails, newest first, of one order or of all.

        The next page begins `before` the last outbox_id of this one.
        """
        with self._database.read() as connection:
            return outbox.list_mails(
                connection,
                seller_id,
                limit=limit,
                amazon_order_id=amazon_order_id,
                before=before,
            )
