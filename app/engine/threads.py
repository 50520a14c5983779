"""Threads for parsing, replaced now and then."""

from __future__ import annotations

import queue
import resource
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import ParamSpec, TypeVar

_Params = ParamSpec("_Params")
_Result = TypeVar("_Result")


_STATM = Path("/proc/self/statm")


def _resident_bytes() -> int:
    """Return how much memory the process has; 0 where there is no /proc."""
    try:
        pages = int(_STATM.read_bytes().split()[1])
    except OSError:
        return 0
    return pages * resource.getpagesize()


class _ParserThread:
    """One thread that does a number of calls, one at a time, and is over."""

    def __init__(self, calls: int, growth: int) -> None:
        self._left = calls
        self._growth_left = growth
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    @property
    def spent(self) -> bool:
        return self._left <= 0 or self._growth_left <= 0

    def run(
        self,
        function: Callable[_Params, _Result],
        *args: _Params.args,
        **kwargs: _Params.kwargs,
    ) -> _Result:
        """Call the function in the thread; return or raise what it does."""
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._work, name="parser", daemon=True
            )
            self._thread.start()
        self._left -= 1
        before = _resident_bytes()
        future: Future[_Result] = Future()

        def call() -> None:
            try:
                future.set_result(function(*args, **kwargs))
            except BaseException as error:
                future.set_exception(error)

        self._calls.put(call)
        try:
            return future.result()
        finally:
            # Of the whole process: what others took ends the thread early, no more.
            self._growth_left -= max(_resident_bytes() - before, 0)

    def end(self) -> None:
        """Let the thread end, and wait until it has."""
        if self._thread is not None:
            self._calls.put(None)
            self._thread.join()

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            call()


class ParserThreads:
    """A bounded pool of threads that parse feeds.

    libxml2 keeps the names of elements and attributes for as long as a thread lives,
    so a thread ends after some feeds, or once memory has grown while it worked, and
    gives it back; compiled schemas live and end with it.
    Source: xml-pipeline 4 (interned names), design D2.6.
    """

    def __init__(
        self,
        count: int,
        feeds_per_thread: int = 200,
        growth_per_thread: int = 33_554_432,
    ) -> None:
        """Allow `count` feeds at a time. Threads start when they are needed.

        A thread ends after `feeds_per_thread`, or after feeds in which the process
        grew by `growth_per_thread` bytes together.
        """
        self._feeds_per_thread = feeds_per_thread
        self._growth_per_thread = growth_per_thread
        self._count = count
        # The one used last is used next: idle threads need not be kept warm.
        self._free: queue.LifoQueue[_ParserThread] = queue.LifoQueue()
        for _ in range(count):
            self._free.put(self._new())

    def run(
        self,
        function: Callable[_Params, _Result],
        *args: _Params.args,
        **kwargs: _Params.kwargs,
    ) -> _Result:
        """Wait for a free thread and call the function in it."""
        thread = self._free.get()
        try:
            return thread.run(function, *args, **kwargs)
        finally:
            if thread.spent:
                thread.end()
                thread = self._new()
            self._free.put(thread)

    def _new(self) -> _ParserThread:
        return _ParserThread(self._feeds_per_thread, self._growth_per_thread)

    def close(self) -> None:
        """Wait for the feeds under way and end every thread; the pool is over then."""
        for _ in range(self._count):
            self._free.get().end()
