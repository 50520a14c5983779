"""A mail of the outbox, written from what the ledger tells of it."""

from __future__ import annotations

from dataclasses import replace
from email.headerregistry import Address

from app.intake.mail.letter import Letter, write_letter
from app.intake.mail.message import Envelope, write_message
from app.intake.mail.warning import write_warning
from app.model.effects import CancelItem
from app.model.mail import MailKind
from app.store import desk_notes
from app.store.accounts import find_seller
from app.store.backends import Database
from app.store.bulk import Connection
from app.store.orders import load_orders
from app.store.outbox import OutboxMail, read_told


class Unwritable(Exception):
    """There is nothing to write, for good; the text says why."""


class MailWriter:
    """Writes mails: the same mail each time, byte for byte, while nothing changed."""

    def __init__(self, database: Database, sender: Address) -> None:
        """Read from the database; mails come from the sender's address."""
        self._database = database
        self._sender = sender

    def letter(self, mail: OutboxMail) -> Letter:
        """Return what a mail says; raises Unwritable."""
        with self._database.read() as connection:
            letter, _, _ = self._letter(connection, mail)
        return letter

    def message(self, mail: OutboxMail) -> Envelope:
        """Return a mail as it is sent; raises Unwritable or AddressInvalid."""
        with self._database.read() as connection:
            letter, seller_name, recipient_name = self._letter(connection, mail)
        return write_message(
            letter,
            sender=self._sender,
            sender_name=seller_name,
            recipient=mail.recipient,
            recipient_name=recipient_name,
            message_number=mail.outbox_id,
            written_at=mail.created_at,
        )

    def _letter(
        self, connection: Connection, mail: OutboxMail
    ) -> tuple[Letter, str, str]:
        """Return the letter, and what the seller and the recipient are called."""
        seller = find_seller(connection, mail.seller_id)
        name = "" if seller is None else seller.name
        if mail.kind is MailKind.CANCEL_RATE:
            return write_warning(mail.content or "{}", name), name, name
        order_id = mail.amazon_order_id or ""
        order = load_orders(connection, mail.seller_id, [order_id]).get(order_id)
        effects = read_told(connection, mail)
        if order is None or not effects:
            raise Unwritable("the order, or what happened to it, is not there any more")
        note = desk_notes.by_source(connection, mail.seller_id, mail.source)
        if note is not None and note.reason:
            # The document may have had only a coarser word for it.
            effects = [
                replace(each, reason=note.reason)
                if isinstance(each, CancelItem)
                else each
                for each in effects
            ]
        letter = write_letter(mail.kind, order, effects, name)
        return letter, name, order.buyer.name
