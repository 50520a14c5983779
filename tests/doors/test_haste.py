"""Short calls are answered on the event loop, and what is long never holds it up."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest

from app.intake.accounts import Accounts
from app.intake.haste import Haste
from app.intake.seals import open_seals
from app.intake.submissions import FeedQuery
from app.store.backends import open_database
from app.store.tables import feed_submission
from tests.doors.conftest import SELLER, Running
from tests.doors.feed_calls import CANCEL, COUNT, LIST, RESULT
from tests.held import HeldClock

Queue = Callable[..., str]

# Counting them takes SQLite some 20 times as long as haste allows.
MANY = 500_000


@contextmanager
def another(url: str) -> Iterator[sqlite3.Connection]:
    """A connection of another program to the database."""
    path = url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


@pytest.fixture
def many(sqlite_url: str, running: Running, queue: Queue) -> Running:
    """A service whose first seller has half a million feeds."""
    queue()
    names = [c.name for c in feed_submission.c if c.name != "feed_submission_id"]
    columns = ", ".join(names)
    with another(sqlite_url) as connection:
        connection.execute(
            "WITH RECURSIVE step(n) AS"
            f" (SELECT 2 UNION ALL SELECT n + 1 FROM step WHERE n < {MANY})"
            f" INSERT INTO feed_submission ({columns})"
            f" SELECT {columns} FROM step, feed_submission"
            " WHERE feed_submission_id = (SELECT min(feed_submission_id)"
            " FROM feed_submission)"
        )
    return running


def test_a_long_count_is_not_made_in_haste(many: Running) -> None:
    """It is broken off, and asked again in a thread; a page of the same is short."""
    service = many.service
    caller = service.accounts.authorise(
        service.accounts.key_in_force(many.caller.access_key_id),  # type: ignore[arg-type] # it is in force
        SELLER,
        None,
    )
    haste = Haste(service.database, allowed=True)

    count = haste.attempt(lambda: service.intake.count(caller, FeedQuery()))
    page = haste.attempt(lambda: service.intake.list(caller, FeedQuery(), 10))
    answered = many.caller.call(COUNT)

    assert count is None
    assert page is not None
    assert len(page.submissions) == 10
    assert answered.text("Count") == str(MANY)


def test_haste_that_is_not_allowed_asks_nothing(running: Running) -> None:
    """Such as with quotas, which are written at every call."""
    asked: list[int] = []

    found = Haste(running.service.database, allowed=False).attempt(
        lambda: asked.append(1)
    )

    assert found is None
    assert asked == []


def test_a_call_that_waits_holds_up_no_other(
    sqlite_url: str, running: Running, queue: Queue
) -> None:
    """It waits in its thread for the writer of another process to end."""
    queue()

    with another(sqlite_url) as other, ThreadPoolExecutor(1) as pool:
        other.execute("BEGIN IMMEDIATE")
        waiting = pool.submit(running.caller.call, CANCEL)
        listed = [running.caller.call(LIST).status for _ in range(20)]
        waits = not waiting.done()
        other.execute("ROLLBACK")
        cancelled = waiting.result()

    assert listed == [200] * 20
    assert waits
    assert cancelled.text("Count") == "1"


@pytest.mark.parametrize("quotas", ["off", "mws"])
def test_calls_are_answered_alike_in_haste_and_in_a_thread(
    start: Callable[..., Running], quotas: str
) -> None:
    """With quotas every call is one for a thread."""
    running = start(quotas=quotas)

    listed = running.caller.call(LIST)
    counted = running.caller.call(COUNT)
    refused = running.caller.call(RESULT, {"FeedSubmissionId": "50000000001"})
    forged = running.caller.call(LIST, {"SellerId": "A1OTHER0000001"})

    assert (listed.status, listed.text("HasNext")) == (200, "false")
    assert (counted.status, counted.text("Count")) == (200, "0")
    assert (refused.status, refused.code) == (400, "InvalidFeedSubmissionId")
    assert (forged.status, forged.code) == (401, "AccessDenied")


def test_a_key_that_another_process_revokes_ends_with_the_next_call(
    sqlite_url: str, running: Running
) -> None:
    """No call remembers a key: each asks the database."""
    before = running.caller.call(LIST)
    with closing(open_database(sqlite_url)) as database:
        seals = open_seals("", running.folder.parent)
        elsewhere = Accounts(database, seals, HeldClock())
        elsewhere.revoke(running.caller.access_key_id)

    after = running.caller.call(LIST)

    assert before.status == 200
    assert (after.status, after.code) == (403, "InvalidAccessKeyId")


def test_long_parameters_are_read_in_a_thread(running: Running) -> None:
    """Forms above 16 KiB are refused, or answered, like short ones."""
    parameters = {f"FeedTypeList.Type.{n}": "x" * 100 for n in range(1, 500)}

    reply = running.caller.call(COUNT, parameters)

    assert (reply.status, reply.code) == (400, "InvalidFeedType")
