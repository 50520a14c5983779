"""The worker: claims lanes, runs the engine on their feeds, and outlives outages.

A worker is some threads of one process that share one presence (queue-design 6). Each
works on a feed at a time; one more thread, the attendant, listens for news, looks after
presence and takes over the lanes of workers that are gone.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from threading import Event, Lock, Thread, current_thread

from app import logs, tracing
from app.counters import FAILED_ATTEMPTS
from app.store.backends import is_outage
from app.store.presence import PresenceLost
from app.store.queue import Claim, LaneLost, Queue

Chore = Callable[[Callable[[], bool]], bool]
"""Does one piece of work beside the feeds; False if there was none to do.

It is given `stopping`, to leave off what takes long.
"""

_log = logging.getLogger(__name__)

# So soon the attendant sees that it should stop.
_LISTEN_SECONDS = 0.5
_UPKEEP_SECONDS = 6 * 3600
_OUTAGE_SECONDS = 0.1
_LONGEST_OUTAGE_PAUSE = 5.0


class Worker:
    """Works off the queue from `start` to `stop`.

    `process(claim, stopping)` does a feed and returns True, or False if `stopping()`
    made it leave off between two batches; what it raises is a failed attempt, unless
    it is an outage. `upkeep` runs at the start and every six hours. Each of `chores`
    has a thread of its own, which looks for work every `poll_seconds`.
    """

    def __init__(
        self,
        queue: Queue,
        process: Callable[[Claim, Callable[[], bool]], bool],
        clock: Callable[[], datetime],
        *,
        threads: int = 1,
        poll_seconds: float = 1,
        presence_seconds: float = 1,
        feeds_per_thread: int = 200,
        upkeep: Callable[[], object] = lambda: None,
        chores: Iterable[Chore] = (),
    ) -> None:
        """Take the parts; nothing runs yet."""
        self._queue = queue
        self._process = process
        self._clock = clock
        self._count = threads
        self._poll = _Every(poll_seconds)
        self._probe = _Every(presence_seconds)
        self._listen_seconds = min(_LISTEN_SECONDS, poll_seconds, presence_seconds)
        # libxml2 interns names for as long as a thread lives (xml-pipeline 4).
        self._feeds_per_thread = feeds_per_thread
        self._upkeep = upkeep
        self._chores = tuple(chores)
        self._chore_seconds = poll_seconds
        self._stopping = Event()
        self._threads: set[Thread] = set()
        self._lock = Lock()

    def start(self) -> None:
        """Start the threads; work begins once the worker is on the roster."""
        self._start(self._attend)
        for _ in range(self._count):
            self._start(self._work)
        for chore in self._chores:
            self._start(partial(self._do, chore))
        # Left alone at the end: a sweep of a large store may take its time.
        Thread(target=self._keep_up, name="upkeep", daemon=True).start()

    def stop(self) -> None:
        """Finish the batches in hand, give their lanes back, and leave the roster."""
        self._stopping.set()
        self._queue.bell.ring()
        while threads := self._running():
            threads.pop().join()
        try:
            self._queue.roster.leave()
        except Exception as error:
            if not is_outage(error):
                raise
            _log.warning(
                "not signed off, so peers will notice by themselves: %s", error
            )

    def _start(self, target: Callable[[], None]) -> None:
        thread = Thread(target=self._run, args=(target,), name="worker", daemon=True)
        with self._lock:
            self._threads.add(thread)
            thread.start()

    def _run(self, target: Callable[[], None]) -> None:
        try:
            target()
        finally:
            with self._lock:
                self._threads.discard(current_thread())

    def _running(self) -> set[Thread]:
        with self._lock:
            return set(self._threads)

    # The threads that work on feeds.

    def _work(self) -> None:
        pauses = _pauses()
        for _ in range(self._feeds_per_thread):
            claim = self._next_claim()
            if claim is None:
                # Whoever rang meant every thread.
                self._queue.bell.ring()
                return
            if self._attempt(claim):
                pauses = _pauses()
            else:
                # Out of reach for one feed is out of reach for the next.
                self._stopping.wait(next(pauses))
        self._start(self._work)

    def _next_claim(self) -> Claim | None:
        """Wait for a lane with work; None when it is time to stop."""
        pauses = _pauses()
        while not self._stopping.is_set():
            try:
                claim = self._queue.claim(self._clock())
            except Exception as error:
                _report("cannot claim", error)
                self._stopping.wait(next(pauses))
                continue
            if claim is not None:
                # There may be more: the next idle thread looks.
                self._queue.bell.ring()
                return claim
            pauses = _pauses()
            self._queue.bell.wait()
        return None

    def _attempt(self, claim: Claim) -> bool:
        """Do a feed, or let its lane go; False if something was out of reach."""
        ids = logs.bound(feed_submission_id=claim.feed_submission_id)
        with ids, tracing.span("feed", **_about(claim)):
            return self._tried(claim)

    def _tried(self, claim: Claim) -> bool:
        feed = claim.feed_submission_id
        try:
            if claim.doomed:
                self._end_attempt(claim)
            elif not self._process(claim, self._stopping.is_set):
                self._queue.give_back(claim)
        except LaneLost as error:
            _log.warning("%s", error)
        except Exception as error:
            _report(f"feed {feed}, attempt {claim.attempts}", error)
            if is_outage(error):
                self._settle(lambda: self._queue.give_back(claim))
                return False
            FAILED_ATTEMPTS.labels(claim.feed_type).inc()
            self._settle(lambda: self._end_attempt(claim))
        return True

    def _end_attempt(self, claim: Claim) -> None:
        """Leave a feed for its next attempt, or for good if there is none."""
        if claim.hopeless:
            _log.error("feed %d ends without a report", claim.feed_submission_id)
            self._queue.end_without_report(claim, self._clock())
        else:
            self._queue.fail(claim, self._clock())

    def _settle(self, let_go: Callable[[], None]) -> None:
        """Let a lane go as soon as the database can be reached.

        If the worker must stop before, the lane is taken over from it.
        """
        for pause in _pauses():
            try:
                let_go()
            except LaneLost:
                return
            except Exception as error:
                _report("cannot let a lane go", error)
                if self._stopping.wait(pause):
                    return
            else:
                return

    # The threads of the chores.

    def _do(self, chore: Chore) -> None:
        pauses = _pauses()
        while not self._stopping.is_set():
            try:
                busy = chore(self._stopping.is_set)
            except Exception as error:
                _report("chore", error)
                self._stopping.wait(next(pauses))
                continue
            pauses = _pauses()
            if not busy:
                self._stopping.wait(self._chore_seconds)

    # The attendant.

    def _attend(self) -> None:
        pauses = _pauses()
        while not self._stopping.is_set():
            try:
                self._look_around()
                pauses = _pauses()
            except Exception as error:
                _report("presence", error)
                self._stopping.wait(next(pauses))

    def _look_around(self) -> None:
        queue = self._queue
        if queue.roster.worker_id is None:
            queue.roster.enter()
            queue.take_over(self._clock())
            queue.bell.ring()
        if queue.roster.listen(self._listen_seconds):
            queue.bell.ring()
        if self._poll.is_due():
            queue.bell.ring()
        if self._probe.is_due():
            queue.take_over(self._clock())

    def _keep_up(self) -> None:
        while True:
            try:
                self._upkeep()
            except Exception as error:
                _report("upkeep", error)
            if self._stopping.wait(_UPKEEP_SECONDS):
                return


class _Every:
    """Says when an interval has passed since it last said so."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = 0.0

    def is_due(self) -> bool:
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + self._seconds
        return True


def _about(claim: Claim) -> dict[str, str | int]:
    return {
        "feed_submission_id": claim.feed_submission_id,
        "feed_type": claim.feed_type,
        "attempt": claim.attempts,
    }


def _pauses() -> Iterator[float]:
    """Yield ever longer pauses for something that is out of reach, in seconds."""
    pause = _OUTAGE_SECONDS
    while True:
        yield pause
        pause = min(pause * 2, _LONGEST_OUTAGE_PAUSE)


def _report(what: str, error: Exception) -> None:
    """Log an outage in one line, and anything else with its traceback."""
    if is_outage(error) or isinstance(error, PresenceLost):
        _log.warning("%s: %s", what, error)
    else:
        _log.error("%s: %s", what, error, exc_info=error)
