"""Reading ahead: the same items, made in another thread, one more than are used."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextvars import ContextVar

import pytest

from app.engine.ahead import read_ahead

_asked: ContextVar[str] = ContextVar("asked", default="nobody")


class _Maker:
    """Makes numbers, and remembers which, where and for whom."""

    def __init__(self, error: Exception | None = None) -> None:
        self.made: list[int] = []
        self.threads: set[threading.Thread] = set()
        self.asked: set[str] = set()
        self._error = error

    def numbers(self, count: int) -> Iterator[int]:
        for number in range(1, count + 1):
            self.made.append(number)
            self.threads.add(threading.current_thread())
            self.asked.add(_asked.get())
            yield number
        if self._error is not None:
            raise self._error


def test_items_come_in_their_order_from_a_thread_that_ends() -> None:
    """libxml2 keeps the names of a document until its thread is over."""
    maker = _Maker()

    with read_ahead(maker.numbers(50)) as numbers:
        read = list(numbers)

    (thread,) = maker.threads
    assert read == [*range(1, 51)]
    assert thread is not threading.current_thread()
    assert not thread.is_alive()


@pytest.mark.parametrize("used", [1, 2, 7])
def test_one_item_is_made_ahead_and_no_more(used: int) -> None:
    """Memory holds two batches, however long the feed is."""
    maker = _Maker()

    with read_ahead(maker.numbers(50)) as numbers:
        for _ in range(used):
            next(numbers)

    assert maker.made == [*range(1, used + 2)]
    assert not any(thread.is_alive() for thread in maker.threads)


def test_an_error_comes_where_its_item_would() -> None:
    """A document that turns out damaged still has the batches before it applied."""
    error = OSError("the disk went away")

    with read_ahead(_Maker(error).numbers(3)) as numbers:
        read = [next(numbers) for _ in range(3)]
        with pytest.raises(OSError, match="the disk went away") as raised:
            next(numbers)

    assert raised.value is error
    assert read == [1, 2, 3]


def test_an_error_of_the_user_ends_the_thread() -> None:
    """A lane that was lost must not go on being read."""
    maker = _Maker()

    with pytest.raises(LookupError):
        _use_one_and_fail(maker)

    assert maker.made == [1, 2]
    assert not any(thread.is_alive() for thread in maker.threads)


def _use_one_and_fail(maker: _Maker) -> None:
    with read_ahead(maker.numbers(50)) as numbers:
        raise LookupError(next(numbers))


def test_the_thread_reads_for_whoever_asked() -> None:
    """What it logs has the ids of the feed."""
    maker = _Maker()
    token = _asked.set("feed 7")

    try:
        with read_ahead(maker.numbers(3)) as numbers:
            list(numbers)
    finally:
        _asked.reset(token)

    assert maker.asked == {"feed 7"}
