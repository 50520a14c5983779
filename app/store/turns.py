"""Taking turns: a lock that is handed on in the order in which it was asked for."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class TurnMissed(Exception):
    """The turn did not come in time."""


class Turns:
    """Lets one thread at a time go on, first come, first served.

    A thread that comes back at once does not overtake those that wait, as it would
    with an ordinary lock, a connection pool, or the lock of an SQLite file: a worker
    that writes batch after batch would let no submission through.
    """

    def __init__(self, seconds: float) -> None:
        """Wait at most so long for a turn."""
        self._seconds = seconds
        self._lock = Lock()
        self._is_taken = False
        self._waiting: deque[Lock] = deque()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold the turn inside the context. Raises TurnMissed if it does not come."""
        self._take()
        try:
            yield
        finally:
            self._hand_on()

    def _take(self) -> None:
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return
            mine = Lock()
            mine.acquire()
            self._waiting.append(mine)
        if mine.acquire(timeout=self._seconds):
            return
        with self._lock:
            if mine in self._waiting:
                self._waiting.remove(mine)
                raise TurnMissed(f"no turn to write within {self._seconds} s")
        # It was handed on to us at the last moment.

    def _hand_on(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_taken = False
