"""What a seller may see of the mails that were written for them."""

from __future__ import annotations

from dataclasses import dataclass

from app.intake.mail.message import AddressInvalid, as_html, as_text
from app.intake.mail.writer import MailWriter, Unwritable
from app.intake.outages import outages_refused
from app.model.mail import MailState
from app.store import outbox
from app.store.backends import Database
from app.store.outbox import OutboxMail as OutboxMail


@dataclass(frozen=True, slots=True)
class MailText:
    """A mail with what it says; `html` is a whole document."""

    mail: OutboxMail
    subject: str
    language: str
    text: str
    html: str


class MailDesk:
    """Shows a seller's mails; of others' it knows nothing."""

    def __init__(self, database: Database, writer: MailWriter) -> None:
        """Read from the database; the writer writes what mails say."""
        self._database = database
        self._writer = writer

    @outages_refused
    def list(
        self,
        seller_id: str,
        *,
        limit: int = 50,
        amazon_order_id: str | None = None,
        state: MailState | None = None,
        before: int | None = None,
    ) -> list[OutboxMail]:
        """Return mails, newest first, of one order or of all, of one state or of all.

        The next page begins `before` the last outbox_id of this one.
        """
        with self._database.read() as connection:
            return outbox.list_mails(
                connection,
                seller_id,
                limit=limit,
                amazon_order_id=amazon_order_id,
                state=state,
                before=before,
            )

    @outages_refused
    def read(self, seller_id: str, outbox_id: int) -> MailText | None:
        """Return one of the seller's mails, or None.

        One that tells of what is not there any more says nothing.
        """
        mail = self._find(seller_id, outbox_id)
        if mail is None:
            return None
        try:
            letter = self._writer.letter(mail)
        except Unwritable:
            return MailText(mail, "", "en", "", "")
        return MailText(
            mail, letter.subject, letter.language, as_text(letter), as_html(letter)
        )

    @outages_refused
    def file(self, seller_id: str, outbox_id: int) -> bytes | None:
        """Return one of the seller's mails as it is sent.

        None if there is none, or none can be made: its address is no address.
        """
        mail = self._find(seller_id, outbox_id)
        if mail is None:
            return None
        try:
            return self._writer.message(mail).content
        except (Unwritable, AddressInvalid):
            return None

    def _find(self, seller_id: str, outbox_id: int) -> OutboxMail | None:
        with self._database.read() as connection:
            return outbox.find_mail(connection, seller_id, outbox_id)
