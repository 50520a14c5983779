"""The bell that wakes threads of one process."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

from app.store.bell import Bell
from tests.waiting import eventually


def test_a_ring_before_anyone_waits_is_kept_once() -> None:
    """A feed accepted between a fruitless claim and the wait is not overlooked."""
    bell = Bell()
    bell.ring()
    bell.ring()

    with ThreadPoolExecutor() as pool:
        first = pool.submit(bell.wait)
        first.result(10)
        second = pool.submit(bell.wait)
        still_waiting = not second.done()
        bell.ring()
        second.result(10)

    assert still_waiting


def test_one_ring_wakes_one_thread() -> None:
    """The others would find nothing; who finds something rings again."""
    bell = Bell()

    with ThreadPoolExecutor() as pool:
        waiting = [pool.submit(bell.wait) for _ in range(3)]
        woken: list[int] = []
        for _ in waiting:
            bell.ring()
            eventually(lambda: done(waiting) > len(woken))
            woken.append(done(waiting))

    assert woken == [1, 2, 3]


def done(futures: list[Future[None]]) -> int:
    return sum(future.done() for future in futures)
