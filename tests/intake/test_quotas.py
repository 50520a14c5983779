"""The published quotas, replayed to the second on a held clock, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event

from app.intake.accounts import Caller
from app.intake.quotas import Profile, Quota, Quotas, Taken
from app.store.backends import Database, open_database
from app.store.quotas import Buckets
from tests.held import HeldClock

CALLER = Caller("AKIAEXAMPLE0KEY00001", "A1SELLER000001")
SUBMIT = "Feeds/2009-01-01/SubmitFeed"

# Each kind of row in the table of mws-wire 7.3 and 9.5.
PUBLISHED = [
    Quota(15, 120, per_hour=30),
    Quota(10, 45, per_hour=80),
    Quota(10, 60, per_hour=60),
    Quota(30, 2, per_hour=1800),
    Quota(15, 60, per_hour=60),
    Quota(25, 0.5, per_hour=7200),
    Quota(6, 60),
    Quota(30, 2),
    Quota(15, 60),
    Quota(2, 300),
]


@pytest.fixture
def quotas_of(database: Database, clock: HeldClock) -> Iterator[Callable[..., Quotas]]:
    """Make quotas on one set of buckets, as one process after another would."""
    made = []

    def make(profile: Profile = "mws") -> Quotas:
        made.append(Quotas(Buckets(database), profile, clock))
        return made[-1]

    yield make
    for quotas in made:
        quotas.close()


def take(quotas: Quotas, quota: Quota, operation: str = SUBMIT) -> str:
    """Take one request and return the code of its refusal, or nothing."""
    taken = quotas.take(CALLER, operation, quota)
    return taken.refusal.code.value.mws if taken.refusal else ""


def standing_of(taken: Taken) -> tuple[int, int]:
    assert taken.standing is not None
    return taken.standing.most, taken.standing.remaining


@pytest.mark.parametrize("quota", PUBLISHED, ids=str)
def test_tokens_come_back_one_by_one_to_the_second(
    quotas_of: Callable[..., Quotas], clock: HeldClock, quota: Quota
) -> None:
    """A burst, then one each interval: not a moment early, and never two."""
    quotas = quotas_of()
    burst = [take(quotas, quota) for _ in range(quota.burst + 1)]

    around = []
    for _ in range(3):
        clock.advance(quota.restore_seconds - 0.001)
        early = take(quotas, quota)
        clock.advance(0.001)
        around.append((early, take(quotas, quota), take(quotas, quota)))

    assert burst == [""] * quota.burst + ["RequestThrottled"]
    assert around == [("RequestThrottled", "", "RequestThrottled")] * 3


@pytest.mark.parametrize("quota", PUBLISHED, ids=str)
def test_a_bucket_is_full_after_all_its_intervals_and_holds_no_more(
    quotas_of: Callable[..., Quotas], clock: HeldClock, quota: Quota
) -> None:
    """However long a caller was silent, the burst is the maximum."""
    quotas = quotas_of()
    for _ in range(quota.burst):
        take(quotas, quota)

    clock.advance(quota.burst * quota.restore_seconds * 100)
    burst = [take(quotas, quota) for _ in range(quota.burst + 1)]

    assert burst == [""] * quota.burst + ["RequestThrottled"]


@pytest.mark.parametrize("per_hour", [30, 60, 80])
def test_an_hourly_quota_ends_with_its_window(
    quotas_of: Callable[..., Quotas], clock: HeldClock, per_hour: int
) -> None:
    """A fixed window, at a minute of the caller's own (mws-wire 7.1)."""
    quotas, quota = quotas_of(), Quota(1000, 1, per_hour=per_hour)
    first = quotas.take(CALLER, SUBMIT, quota).standing
    assert first is not None
    clock.now = first.resets_at

    hour = [take(quotas, quota) for _ in range(per_hour + 1)]
    clock.advance(3599.999)
    last = take(quotas, quota)
    clock.advance(0.001)
    anew = quotas.take(CALLER, SUBMIT, quota)

    assert hour == [""] * per_hour + ["QuotaExceeded"]
    assert last == "QuotaExceeded"
    assert standing_of(anew) == (per_hour, per_hour - 1)
    assert anew.standing is not None
    assert anew.standing.resets_at == first.resets_at + timedelta(hours=2)


def test_refused_calls_cost_nothing(
    quotas_of: Callable[..., Quotas], clock: HeldClock
) -> None:
    """A client that keeps knocking is let in as soon as one that waits."""
    quotas, quota = quotas_of(), Quota(1, 60, per_hour=80)
    quotas.take(CALLER, SUBMIT, quota)
    for _ in range(50):
        take(quotas, quota)

    clock.advance(60)

    assert standing_of(quotas.take(CALLER, SUBMIT, quota))[1] in (78, 79)


def test_operations_share_a_bucket_where_the_table_says_so(
    quotas_of: Callable[..., Quotas],
) -> None:
    """A list and its continuations are one quota, of one section."""
    quotas, quota = quotas_of(), Quota(2, 60, shared="ListOrders")

    taken = [
        take(quotas, quota, operation)
        for operation in (
            "Orders/2013-09-01/ListOrders",
            "Orders/2013-09-01/ListOrdersByNextToken",
            "Orders/2013-09-01/ListOrders",
            "Orders/2011-01-01/ListOrders",
        )
    ]

    assert taken == ["", "", "RequestThrottled", ""]


def test_the_relaxed_profile_grants_a_hundred_times_as_much(
    quotas_of: Callable[..., Quotas], clock: HeldClock
) -> None:
    """Maximum, restore rate and hourly quota alike."""
    quotas, quota = quotas_of("relaxed"), Quota(2, 300, per_hour=3)

    burst = [take(quotas, quota) for _ in range(201)]
    clock.advance(3)
    standing = standing_of(quotas.take(CALLER, SUBMIT, quota))

    assert burst == [""] * 200 + ["RequestThrottled"]
    assert standing in ((300, 99), (300, 299))


def test_processes_share_their_buckets(database_url: str, clock: HeldClock) -> None:
    """Eight threads of two processes take at once: the burst is granted once."""
    databases = [open_database(database_url) for _ in range(2)]
    processes = [Quotas(Buckets(database), "mws", clock) for database in databases]
    quota = Quota(30, 60, per_hour=1000)

    with ThreadPoolExecutor(8) as pool:
        calls = [processes[number % 2] for number in range(80)]
        taken = list(pool.map(lambda quotas: take(quotas, quota), calls))

    assert sorted(taken) == [""] * 30 + ["RequestThrottled"] * 50
    for quotas, database in zip(processes, databases, strict=True):
        quotas.close()
        database.close()


def test_a_clock_that_was_set_back_locks_nobody_out(
    quotas_of: Callable[..., Quotas], clock: HeldClock
) -> None:
    """An empty bucket is full after its intervals, whatever the clock did."""
    quotas, quota = quotas_of(), Quota(2, 60)
    for _ in range(2):
        take(quotas, quota)
    clock.advance(-86_400)

    at_once = take(quotas, quota)
    clock.advance(60)

    assert (at_once, take(quotas, quota)) == ("RequestThrottled", "")


def test_a_call_does_not_wait_for_a_batch_that_is_being_written(
    quotas_of: Callable[..., Quotas], database: Database
) -> None:
    """A worker writes for most of the time, and SQLite has one writer at a time."""
    quotas = quotas_of()

    with database.write():
        taken = take(quotas, Quota(15, 120, per_hour=30))

    assert taken == ""


def test_buckets_outlive_the_process(database: Database, clock: HeldClock) -> None:
    """A restart must not grant a second burst."""
    quota = Quota(1, 60)
    before = Quotas(Buckets(database), "mws", clock)
    take(before, quota)
    before.close()

    after = Quotas(Buckets(database), "mws", clock)

    assert take(after, quota) == "RequestThrottled"
    after.close()


def test_a_call_costs_one_statement(quotas_of: Callable[..., Quotas]) -> None:
    """Whether it is granted or refused, the first of its bucket or not."""
    quotas, statements = quotas_of(), []

    def note(*about: object) -> None:
        statements.append(about[2])

    event.listen(Engine, "before_cursor_execute", note)
    try:
        taken = [take(quotas, Quota(2, 60, per_hour=80)) for _ in range(3)]
    finally:
        event.remove(Engine, "before_cursor_execute", note)

    assert taken == ["", "", "RequestThrottled"]
    assert len(statements) == 3
