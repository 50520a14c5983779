"""Presence: the sign of life of a worker process.

Presence is a lock that the operating system or the database server frees when the
process dies, however it dies (queue-design, "Tables" and rule 6).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from sqlalchemy import Connection

WORK_CHANNEL = "feedgate_work"
"""The PostgreSQL channel on which workers are told of work."""


class PresenceLost(Exception):
    """The process is not on the roster any more: peers take its lanes over."""


class Presence(Protocol):
    """A lock held for one worker process, and its ear for news of the others."""

    def hold(self, worker_id: str) -> int:
        """Take the lock of a worker that nobody knows of yet; return its key."""

    def listen(self, seconds: float) -> bool:
        """Wait so long for news from other processes; True as soon as there are any.

        Raises PresenceLost if the lock is gone.
        """

    def gone(self, connection: Connection, peers: Mapping[str, int]) -> list[str]:
        """Return those peers (worker id -> lock key) whose lock nobody holds."""

    def release(self) -> None:
        """Let the lock go."""
