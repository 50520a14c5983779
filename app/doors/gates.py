"""How many documents are validated at a time, for all doors of a process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import anyio.to_thread

from app.errors import ErrorCode, ServiceError
from app.settings import Settings

T = TypeVar("T")


class Gates:
    """Hands out gates; who waits too long for one is refused (design D2.6)."""

    def __init__(self, settings: Settings) -> None:
        """Make as many gates as documents are validated at a time."""
        self._free = asyncio.Semaphore(settings.gate_count)
        # Feeds get threads of their own, or slow uploads would hold up lists.
        self._threads = anyio.CapacityLimiter(settings.gate_count)
        self._wait_seconds = settings.gate_wait_seconds

    async def run(self, receive: Callable[[], T]) -> T:
        """Take a feed in once a gate is free for it; until then its body waits."""
        try:
            async with asyncio.timeout(self._wait_seconds):
                await self._free.acquire()
        except TimeoutError as error:
            raise ServiceError(
                ErrorCode.SERVICE_UNAVAILABLE,
                "Too many feeds are arriving at once; send the same request again "
                "after a pause.",
            ) from error
        try:
            return await anyio.to_thread.run_sync(receive, limiter=self._threads)
        finally:
            self._free.release()
