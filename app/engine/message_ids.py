"""The MessageIDs that a feed has used so far."""

from __future__ import annotations


class MessageIds:
    """A set of MessageIDs that takes no room for the usual 1, 2, 3, ...

    Ids that continue one another are kept as one run; only those out of order stand
    apart, about 60 bytes each. Compared by value, so 01 is 1 (feed-vocabulary 1.5).
    """

    def __init__(self) -> None:
        """Start with no id used."""
        self._first = 1
        self._next = 1
        self._apart: set[int] = set()

    def add(self, message_id: str) -> bool:
        """Use an id; return False if it was used before."""
        value = int(message_id)
        if value == self._next:
            self._next = value + 1
            while self._next in self._apart:
                self._apart.remove(self._next)
                self._next += 1
            return True
        if self._first <= value < self._next or value in self._apart:
            return False
        if self._first == self._next:
            # The first id of all: the run begins here.
            self._first, self._next = value, value + 1
            return True
        self._apart.add(value)
        return True
