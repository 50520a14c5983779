"""The pool of threads that parse feeds."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.engine.threads import ParserThreads
from tests.engine.documents import (
    acknowledgement,
    acknowledgements,
    feed,
    message,
    verdict_of,
)


@pytest.fixture
def threads() -> Iterator[ParserThreads]:
    pool = ParserThreads(2, feeds_per_thread=3)
    yield pool
    pool.close()


def test_a_call_runs_in_another_thread_and_returns_what_it_returns(
    threads: ParserThreads,
) -> None:
    """Parsing must not happen in the caller, whose names would never be freed."""

    def where(*values: int, last: int) -> tuple[threading.Thread, list[int]]:
        return threading.current_thread(), [*values, last]

    thread, values = threads.run(where, 1, 2, last=3)

    assert thread is not threading.current_thread()
    assert values == [1, 2, 3]


def test_what_a_call_raises_reaches_the_caller(threads: ParserThreads) -> None:
    """And the thread goes on to serve others."""
    with pytest.raises(ZeroDivisionError):
        threads.run(divmod, 1, 0)

    assert threads.run(divmod, 7, 2) == (3, 1)


def test_a_thread_ends_after_its_feeds(threads: ParserThreads) -> None:
    """Names of elements are freed only with their thread (xml-pipeline 4)."""
    used = [threads.run(threading.current_thread) for _ in range(7)]

    ended = {thread for thread in used if not thread.is_alive()}
    assert len(set(used)) == 3
    assert ended == {used[0], used[3]}
    assert used[0] is used[2]


def test_a_thread_ends_once_memory_has_grown_while_it_worked() -> None:
    """Hostile names may be kept long before so many feeds are done."""
    pool = ParserThreads(1, growth_per_thread=8 * 1_048_576)
    kept = []

    def grow(size: int) -> threading.Thread:
        kept.append(b"x" * size)
        return threading.current_thread()

    used = [pool.run(grow, size) for size in (0, 32 * 1_048_576, 0)]
    pool.close()

    assert used[0] is used[1]
    assert used[1] is not used[2]


def test_no_more_calls_run_at_a_time_than_there_are_threads(
    threads: ParserThreads,
) -> None:
    """The third caller waits until one of two is done."""
    both_run, proceed = threading.Barrier(3), threading.Event()

    def hold() -> None:
        both_run.wait(10)
        proceed.wait(10)

    with ThreadPoolExecutor(3) as callers:
        held = [callers.submit(threads.run, hold) for _ in range(2)]
        both_run.wait(10)
        third = callers.submit(threads.run, threading.current_thread)
        waiting = not third.done()
        proceed.set()
        for call in held:
            call.result(10)
        third.result(10)

    assert waiting


def test_closing_ends_every_thread() -> None:
    """No thread is left behind when the service stops."""
    pool = ParserThreads(2)
    both_run = threading.Barrier(2)

    def current() -> threading.Thread:
        both_run.wait(10)
        return threading.current_thread()

    with ThreadPoolExecutor(2) as callers:
        calls = [callers.submit(pool.run, current) for _ in range(2)]
        used = [call.result(10) for call in calls]

    pool.close()

    assert [thread.is_alive() for thread in used] == [False, False]


def test_feeds_validated_at_the_same_time_do_not_mix_their_errors() -> None:
    """A compiled schema has one error log, so every thread has a schema of its own."""
    faulty = feed(
        "".join(message(acknowledgement("Nope"), str(n + 1)) for n in range(9))
    )
    documents = [feed(acknowledgements(900)), faulty] * 8
    alone = [verdict_of(document) for document in documents]
    pool = ParserThreads(4, feeds_per_thread=2)

    with ThreadPoolExecutor(4) as callers:
        together = list(
            callers.map(lambda document: pool.run(verdict_of, document), documents)
        )
    pool.close()

    assert together == alone
