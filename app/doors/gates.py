"""Gates: how many documents are taken in at a time, and for how long others wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio.to_thread

from app.errors import ErrorCode, ServiceError
from app.settings import Settings

Result = TypeVar("Result")


class Gates:
    """Threads in which documents are read while they arrive.

    They are apart from those that answer everything else, or slow uploads would hold
    up lists and pages.
    """

    def __init__(self, settings: Settings) -> None:
        """Open as many gates as documents are validated at a time."""
        self._wait_seconds = settings.gate_wait_seconds
        self._gates = asyncio.Semaphore(settings.gate_count)
        self._threads = anyio.CapacityLimiter(settings.gate_count)

    async def run(
        self,
        receive: Callable[[], Result],
        first: Callable[[], Awaitable[None]] | None = None,
    ) -> Result:
        """Read a document once a gate is free for it; until then its body waits.

        `first` is done where the event loop is, before `receive` gets its thread.
        Raises ServiceError (ServiceUnavailable) if no gate becomes free in time.
        """
        try:
            async with asyncio.timeout(self._wait_seconds):
                await self._gates.acquire()
        except TimeoutError as error:
            raise ServiceError(
                ErrorCode.SERVICE_UNAVAILABLE,
                "Too many feeds are arriving at once; send the same request again "
                "after a pause.",
            ) from error
        try:
            if first is not None:
                await first()
            return await anyio.to_thread.run_sync(receive, limiter=self._threads)
        finally:
            self._gates.release()
