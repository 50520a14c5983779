"""Orders that are cancelled by time: once, through the ledger, or by a feed before."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.engine.windows import WindowJob
from app.intake.order_import import import_orders
from app.model.order import Order, OrderStatus
from app.model.windows import Windows, after_business_days
from app.store.ledger import replay
from app.store.orders import load_orders
from app.store.tables import effect, outbox
from tests.doors.conftest import ACKNOWLEDGEMENT, OTHER_SELLER, SELLER, Running
from tests.doors.feed_calls import RESULT
from tests.held import NOON, HeldClock
from tests.orders.examples import ORDER_ID, file_of, order
from tests.waiting import eventually

BUYER = {"name": "Ada", "email": "ada@buyers.example"}
DAYS = timedelta(days=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def running(start: Callable[..., Running], request: pytest.FixtureRequest) -> Running:
    """A service on each database in turn, its windows of unshipped orders on."""
    url = request.getfixturevalue(f"{request.param}_url")
    return start(database_url=url, unshipped_cancel_days=7, poll_seconds=0.05)


def put_in(running: Running, seller_id: str = SELLER, **changes: Any) -> None:
    """Import an order."""
    import_orders(
        running.service.database,
        file_of(order(**{"buyer": BUYER, **changes})),
        seller_id,
        source=f"import {seller_id}",
        now=NOON,
    )


def read(running: Running, seller_id: str = SELLER) -> Order:
    """Read the order, which must be the fold of its ledger."""
    with running.service.database.read() as connection:
        kept = load_orders(connection, seller_id, [ORDER_ID], history=True)
        folded = replay(connection, seller_id, [ORDER_ID])
    found = kept[ORDER_ID]
    for name in ("status", "items", "cancellations", "pending_refunds", "charged"):
        assert getattr(found, name) == getattr(folded[ORDER_ID], name)
    return found


def close(running: Running, windows: Windows, now: datetime = NOON) -> bool:
    """Look once for orders to cancel."""
    job = WindowJob(running.service.database, windows, HeldClock(now))
    return job.step(lambda: False)


def causes(running: Running) -> list[str]:
    """Return who cancelled units, in order."""
    query = select(effect.c.cause).where(effect.c.kind == "CancelItem")
    with running.service.database.read() as connection:
        return list(connection.scalars(query.order_by(effect.c.effect_id)))


@pytest.mark.parametrize(
    ("changes", "windows", "cause"),
    [
        ({}, Windows(unshipped=9), "window unshipped"),
        ({}, Windows(unshipped=18), None),
        ({}, Windows(unshipped=17), "window unshipped"),
        ({}, Windows(unacknowledged=20 * DAYS), "window unacknowledged"),
        ({}, Windows(unacknowledged=24 * DAYS), None),
        ({"merchant_order_id": "W-1"}, Windows(unacknowledged=20 * DAYS), None),
        (
            {"buyer_requested_cancel": "Too slow"},
            Windows(buyer=30 * DAYS),
            "window buyer",
        ),
        ({"buyer_requested_cancel": "Too slow"}, Windows(buyer=20 * DAYS), None),
        ({}, Windows(buyer=30 * DAYS), None),
        ({"fulfillment_channel": "AFN"}, Windows(unshipped=1), None),
        ({"status": "Pending"}, Windows(unshipped=1), None),
    ],
)
def test_a_window_cancels_what_it_is_about(
    running: Running, changes: dict[str, str], windows: Windows, cause: str | None
) -> None:
    """Whole, once, and with a mail to the buyer, as a feed would (D4)."""
    put_in(running, **changes)

    done = [close(running, windows), close(running, windows)]

    assert done == [cause is not None, False]
    found = read(running)
    assert (found.status is OrderStatus.CANCELED) == (cause is not None)
    assert causes(running) == [cause] * (cause is not None)
    with running.service.database.read() as connection:
        mails = list(connection.execute(select(outbox.c.recipient, outbox.c.kind)))
    assert mails == [("ada@buyers.example", "cancellation")] * len(causes(running))


def test_the_buyers_window_is_shorter_in_japan(running: Running) -> None:
    """5 minutes, not 30 (feed-vocabulary 5.6)."""
    windows = Windows(buyer=timedelta(minutes=30))
    put_in(
        running,
        marketplace_id="A1VC38T7YXB528",
        purchase_date="2026-11-24T11:50:00Z",
        buyer_requested_cancel="Twice",
    )

    late = close(running, windows)
    soon = close(running, windows, NOON - timedelta(minutes=5))

    assert (late, soon) == (False, True)


def test_two_sellers_may_have_the_same_order_id(running: Running) -> None:
    """Each has a ledger of their own."""
    put_in(running)
    put_in(running, OTHER_SELLER)

    close(running, Windows(unshipped=9))

    assert read(running).status is OrderStatus.CANCELED
    assert read(running, OTHER_SELLER).status is OrderStatus.CANCELED


def test_several_workers_cancel_an_order_once(running: Running) -> None:
    """The row's lock decides, and the loser finds nothing open."""
    put_in(running)

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: close(running, Windows(unshipped=9)), range(4)))

    assert sum(done) == 1
    assert causes(running) == ["window unshipped"]


def test_a_feed_and_a_window_cancel_an_order_once(running: Running) -> None:
    """The worker runs both at once; whichever is second finds the order closed."""
    put_in(running)
    feed = ACKNOWLEDGEMENT.format(status="Failure").encode()
    number = running.caller.submit(feed).text("FeedSubmissionId")
    given = {"FeedSubmissionId": number}

    running.service.worker.start()
    try:
        eventually(lambda: running.caller.call(RESULT, given).status == 200)
        eventually(lambda: causes(running))
    finally:
        running.service.worker.stop()

    assert len(causes(running)) == 1
    by_window = causes(running) == ["window unshipped"]
    report = running.caller.call(RESULT, given).body
    assert (b"718004" in report) == by_window
    assert read(running).status is OrderStatus.CANCELED


@pytest.mark.parametrize(
    ("day", "days", "expected"),
    [(23, 1, 24), (27, 1, 30), (28, 1, 30), (29, 1, 30), (23, 5, 30), (23, 0, 23)],
)
def test_business_days_leave_out_weekends(day: int, days: int, expected: int) -> None:
    """2026-11-28 is a Saturday."""
    begin = datetime(2026, 11, day, 10, tzinfo=UTC)

    assert after_business_days(begin, days) == begin.replace(day=expected)
