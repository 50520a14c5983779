"""What may be answered where the call arrived, on the event loop (decision 0034)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from app.store.backends import Database
from app.store.glances import TakesLonger

Result = TypeVar("Result")


class Haste:
    """Answers at once what is short, and leaves the rest to threads."""

    def __init__(self, database: Database, *, allowed: bool) -> None:
        """Try nothing unless it is `allowed`, on a database that can be read so."""
        self._database = database
        self._allowed = allowed and database.can_haste

    def attempt(self, question: Callable[[], Result]) -> Result | None:
        """Return the answer, or None if it takes longer: then nothing was changed.

        It may read by glances, of 2 ms at most, and files of ours; whatever else it
        asks of the database ends the attempt.
        """
        if not self._allowed:
            return None
        try:
            with self._database.haste():
                return question()
        except TakesLonger:
            return None
