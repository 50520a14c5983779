"""A clock that is set back while a lane waits for its next attempt."""

from __future__ import annotations

from collections.abc import Callable

from app.store.queue import Queue
from tests.held import HeldClock
from tests.store.conftest import RETRIES

HOUR = 3600


def test_a_lane_does_not_wait_for_a_clock_that_was_set_back(
    queue: Queue, add_feed: Callable[..., int], clock: HeldClock
) -> None:
    """No pause is longer than the longest; more of it comes from another clock."""
    feed = add_feed()
    claim = queue.claim(clock())
    assert claim is not None
    clock.advance(HOUR)
    queue.fail(claim, clock())

    too_early = queue.claim(clock())
    clock.advance(-HOUR)
    again = queue.claim(clock())

    assert RETRIES.pause_after(1).total_seconds() > 0
    assert too_early is None
    assert again is not None
    assert again.feed_submission_id == feed
