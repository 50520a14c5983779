"""Reading ahead: what is asked for next is made while the last is being used."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from typing import TypeVar

_Item = TypeVar("_Item")


@contextmanager
def read_ahead(items: Iterator[_Item]) -> Iterator[Iterator[_Item]]:
    """Yield an iterator of the same items that makes the next in a thread of its own.

    One item is made ahead, no more. What `items` raises is raised in its place. The
    thread is over at the end: what it had begun is finished, and lost.
    """
    with ThreadPoolExecutor(1, "reader") as thread:
        yield _each(items, thread)


def _each(items: Iterator[_Item], thread: Executor) -> Iterator[_Item]:
    # Ids of log lines and spans go with it.
    context = copy_context()

    def make() -> _Item | None:
        return context.run(lambda: next(items, None))

    following = thread.submit(make)
    while (item := following.result()) is not None:
        following = thread.submit(make)
        yield item
