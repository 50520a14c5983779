"""Warns sellers whose cancel rate comes near its target, once a crossing."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from app.intake.health import CancelRate, rate_of
from app.model.cancel_rate import TARGET, WINDOW_DAYS
from app.model.mail import MailKind
from app.store.backends import Database
from app.store.health import Contact, contacts, note_warning
from app.store.outbox import NewMail, add_mails


class HealthWatch:
    """Looks at the cancel rates of sellers that have a contact address."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        *,
        warn: Decimal,
        seconds: float,
    ) -> None:
        """Warn from `warn` percent on; look every so many seconds."""
        self._database = database
        self._clock = clock
        self._warn = warn
        self._pause = timedelta(seconds=seconds)
        self._next: datetime | None = None

    def step(self, stopping: Callable[[], bool]) -> bool:
        """Look at every seller's rate if it is time to; False, as there is no more."""
        now = self._clock()
        if self._next is not None and now < self._next:
            return False
        with self._database.read() as connection:
            watched = contacts(connection)
        for contact in watched:
            if stopping():
                return False
            self._look_at(contact, now)
        self._next = now + self._pause
        return False

    def _look_at(self, contact: Contact, now: datetime) -> None:
        with self._database.read() as connection:
            rate = rate_of(connection, contact.seller_id, now.astimezone(UTC).date())
        near = rate.cancelled > 0 and rate.cancelled * 100 >= self._warn * rate.counted
        if near == (contact.warned_at is not None):
            return
        with self._database.write() as connection:
            # Of workers that see a crossing at once, one notes it and writes the mail.
            moment = now if near else None
            if note_warning(connection, contact.seller_id, moment) and near:
                mail = self._mail(contact, rate, now)
                add_mails(connection, contact.seller_id, [mail], now)

    def _mail(self, contact: Contact, rate: CancelRate, now: datetime) -> NewMail:
        figures = {
            "language": contact.language,
            "seller_id": contact.seller_id,
            "rate": str(rate.percent),
            "cancelled": rate.cancelled,
            "counted": rate.counted,
            "first": str(rate.day - timedelta(days=WINDOW_DAYS - 1)),
            "last": str(rate.day),
            "target": str(TARGET),
            "warn": str(self._warn),
        }
        return NewMail(
            f"health {contact.seller_id}",
            # One a crossing: the moment of the crossing is its number.
            int(now.timestamp() * 1_000_000),
            MailKind.CANCEL_RATE,
            contact.email,
            content=json.dumps(figures),
        )
