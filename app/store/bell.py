"""How threads of one process wake each other when there is work."""

from __future__ import annotations

from threading import Condition


class Bell:
    """Wakes one waiting thread; a ring that nobody waited for is kept, once.

    A thread that was woken and found work rings again before it begins, so that the
    next idle one looks too: no thread is woken in vain, and none is forgotten.
    """

    def __init__(self) -> None:
        """Start silent."""
        self._condition = Condition()
        self._rung = False

    def ring(self) -> None:
        """Wake one thread, now or when it next waits."""
        with self._condition:
            self._rung = True
            self._condition.notify()

    def wait(self) -> None:
        """Return at the next ring, or at once if there was one since the last wait."""
        with self._condition:
            self._condition.wait_for(lambda: self._rung)
            self._rung = False
