"""The mail job: a few waiting mails after the other are written and handed over."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.intake.mail.message import AddressInvalid
from app.intake.mail.transport import (
    Delayed,
    Refused,
    Session,
    Transport,
    Unreachable,
    opened,
)
from app.intake.mail.writer import MailWriter, Unwritable
from app.store.backends import is_outage
from app.store.outbox import Outbox, OutboxMail

_CLAIM = 20

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a mail is tried: pauses that double, and an age at which it ends."""

    first: timedelta
    most: timedelta
    give_up: timedelta

    def pause(self, attempts: int) -> timedelta:
        """Return the pause after so many attempts, from 1."""
        pauses: int = 2 ** min(attempts - 1, 20)
        return min(self.first * pauses, self.most)


class MailJob:
    """Sends mails, one at a time; one that cannot be sent holds up no other."""

    def __init__(
        self,
        writer: MailWriter,
        outbox: Outbox,
        transport: Transport,
        patience: Patience,
        clock: Callable[[], datetime],
    ) -> None:
        """Keep the parts."""
        self._writer = writer
        self._outbox = outbox
        self._transport = transport
        self._patience = patience
        self._clock = clock
        # A server that is out of reach is so for every mail.
        self._failures = 0
        self._not_before: datetime | None = None

    def step(self, stopping: Callable[[], bool]) -> bool:
        """Send a few mails, if any are due; False if there is nothing to do now.

        An outage of the database is raised, the mails given back.
        """
        now = self._clock()
        if self._not_before is not None and now < self._not_before:
            return False
        mails = self._outbox.claim(now, limit=_CLAIM)
        if not mails:
            return False
        left = list(mails)
        try:
            with opened(self._transport) as session:
                while left and not stopping():
                    goes_on = self._send(session, left[0])
                    del left[0]
                    if not goes_on:
                        break
        except Unreachable as error:
            self._wait(left, str(error))
        finally:
            self._outbox.give_back(left)
        return self._not_before is None

    def _send(self, session: Session, mail: OutboxMail) -> bool:
        """Send one mail, or note why not; False if the session is over with it."""
        try:
            envelope = self._writer.message(mail)
            # After a long wait for the server a peer may have taken it over.
            if not self._outbox.is_mine(mail):
                return True
            session.send(envelope, f"{mail.outbox_id:012d}-{mail.kind}")
        except (AddressInvalid, Refused, Unwritable) as error:
            self._give_up(mail, str(error))
        except Delayed as error:
            self._later(mail, str(error))
            # Only this mail's attempt has failed; the others go by a new session.
            return not session.is_over
        except Unreachable:
            raise
        except Exception as error:
            if is_outage(error):
                raise
            # A bug that shows with this mail must not hold up the others.
            _log.exception("mail %d, attempt %d", mail.outbox_id, mail.attempts)
            self._later(mail, f"{type(error).__name__} while it was written")
        else:
            self._failures, self._not_before = 0, None
            if not self._outbox.sent(mail, self._clock()):
                _log.warning("mail %d: another worker has it", mail.outbox_id)
        return True

    def _give_up(self, mail: OutboxMail, reason: str) -> None:
        # The reason can hold the address, which no log needs: it stays in the row.
        _log.warning("mail %d is given up", mail.outbox_id)
        self._outbox.give_up(mail, self._clock(), reason)

    def _later(self, mail: OutboxMail, reason: str) -> None:
        now = self._clock()
        if now - mail.created_at >= self._patience.give_up:
            self._give_up(mail, reason)
        else:
            self._outbox.retry(mail, now + self._patience.pause(mail.attempts), reason)

    def _wait(self, left: list[OutboxMail], reason: str) -> None:
        """Try nothing for a while; mails that are too old by now are given up."""
        self._failures += 1
        now = self._clock()
        self._not_before = now + self._patience.pause(self._failures)
        _log.warning("mails wait: %s", reason)
        for mail in list(left):
            if now - mail.created_at >= self._patience.give_up:
                self._give_up(mail, reason)
                left.remove(mail)
