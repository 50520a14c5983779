"""The courier: sends what is queued, by the sender of its channel, until it is sent.

At least once: a worker that dies between sending and noting so leaves the message to
another, and the receiver knows it by its unique id (queue-design 8).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

from app.store.notifications import NotificationQueue, Outgoing

Sender = Callable[[Outgoing], None]
"""Sends one message, or raises DeliveryFailed; waits for seconds at most."""

_log = logging.getLogger(__name__)


class DeliveryFailed(Exception):
    """A message could not be handed over; the text says why, without any secret."""


class Courier:
    """Sends notifications, one at a time."""

    def __init__(
        self,
        queue: NotificationQueue,
        senders: Mapping[str, Sender],
        clock: Callable[[], datetime],
        *,
        give_up_after: timedelta,
    ) -> None:
        """Take a sender for each channel; a message is tried for `give_up_after`."""
        self._queue = queue
        self._senders = senders
        self._clock = clock
        self._give_up_after = give_up_after
        # What became of the last one, while the database cannot be told of it.
        self._settle: Callable[[], object] | None = None

    def step(self, stopping: Callable[[], bool]) -> bool:
        """Send one notification, if one is due; False if none is.

        What goes wrong with the receiver is a failed attempt of the message and
        nothing else: feeds neither wait for it nor hear of it. Raises what keeps the
        database from being told; the next step tells it first.
        """
        self._tell()
        outgoing = self._queue.claim(self._clock())
        if outgoing is None:
            return False
        try:
            self._send(outgoing)
        except DeliveryFailed as error:
            self._settle = self._put_off(outgoing, str(error))
        except Exception as error:
            _log.exception("notification %s", outgoing.unique_id)
            self._settle = self._put_off(outgoing, type(error).__name__)
        else:
            self._settle = partial(self._queue.sent, outgoing, self._clock())
        self._tell()
        return True

    def _tell(self) -> None:
        if self._settle is not None:
            self._settle()
            self._settle = None

    def _send(self, outgoing: Outgoing) -> None:
        sender = self._senders.get(outgoing.channel)
        if sender is None:
            raise DeliveryFailed(f"channel {outgoing.channel} is not served here")
        sender(outgoing)

    def _put_off(self, outgoing: Outgoing, reason: str) -> Callable[[], object]:
        """Return what leaves a message for its next attempt, or ends its attempts."""
        now = self._clock()
        _log.warning(
            "notification %s of seller %s, attempt %d: %s",
            outgoing.unique_id,
            outgoing.seller_id,
            outgoing.attempts,
            reason,
        )
        before = now - self._give_up_after
        if outgoing.created_at <= before:
            return partial(self._queue.give_up, outgoing, reason, now, before=before)
        return partial(self._queue.failed, outgoing, reason, now)
