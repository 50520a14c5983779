"""Writers of one process take turns."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.store.backends import Database, is_outage
from app.store.turns import TurnMissed, Turns
from tests.waiting import eventually


def test_turns_come_in_the_order_in_which_they_were_asked_for() -> None:
    """And two are never held at once."""
    turns = Turns(30)
    order: list[int] = []

    def take(number: int) -> None:
        with turns.turn():
            order.append(number)

    with ThreadPoolExecutor() as pool, turns.turn():
        for number in range(5):
            pool.submit(take, number)
            eventually(lambda number=number: len(turns._waiting) == number + 1)  # type: ignore[misc] # bound early
        before = list(order)

    assert before == []
    assert order == [0, 1, 2, 3, 4]


def test_a_turn_that_does_not_come_is_missed_and_holds_nobody_up() -> None:
    """SubmitFeed answers ServiceUnavailable then; a worker tries again."""
    turns = Turns(0.01)

    with turns.turn(), ThreadPoolExecutor() as pool:
        missed = pool.submit(turns._take).exception()
    with turns.turn():
        taken_afterwards = True

    assert isinstance(missed, TurnMissed)
    assert is_outage(missed)
    assert taken_afterwards


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_worker_that_writes_batch_after_batch_lets_a_submission_through(
    database: Database, add_feed: Callable[..., int]
) -> None:
    """SQLite's own lock would go to who asks at the right moment: the worker."""
    order: list[str] = []

    def submit() -> None:
        with database.write() as connection:
            add_feed(connection=connection)
            order.append("submission")

    with ThreadPoolExecutor() as pool:
        with database.write():
            order.append("batch")
            submitting = pool.submit(submit)
            eventually(lambda: database._turns and database._turns._waiting)
        with database.write():
            order.append("batch")
        submitting.result()

    assert order == ["batch", "submission", "batch"]
