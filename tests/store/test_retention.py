"""Retention on a held clock, on both databases: what goes, and what stays for good."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select

from app.intake.audit import AuditDesk
from app.intake.retention import RetentionJob
from app.model.feed import FeedStatus, Verdict
from app.model.report import ReportStatus
from app.settings import Settings
from app.store import accounts, effect_stream, retention
from app.store.backends import Database
from app.store.documents import FileDocuments
from app.store.dump import dump
from app.store.effect_stream import Cursor
from app.store.queue import Queue
from app.store.tables import (
    accepted_adjustment,
    desk_submission,
    effect,
    feed_result,
    feed_submission,
    metadata,
    orders,
    report,
    report_request,
    seller,
)
from tests.everything import fill_every_table
from tests.held import HeldClock
from tests.ledgers import write
from tests.queued import ADJUSTMENT, SELLER

DAYS = 90
"""As long as MWS listed feeds."""


def put(documents: FileDocuments) -> str:
    with documents.new() as writer:
        writer.write(b"x")
        return writer.commit()


def count(database: Database, name: str) -> int:
    query = select(func.count()).select_from(metadata.tables[name])
    with database.read() as connection:
        number: int = connection.execute(query).scalar_one()
    return number


def ids_left(database: Database) -> list[int]:
    query = select(feed_submission.c.feed_submission_id)
    with database.read() as connection:
        return list(connection.scalars(query.order_by(query.selected_columns[0])))


def run(job: RetentionJob) -> int:
    """Run the steps that there are; return how many removed something."""
    steps = 0
    while job.step(lambda: False):
        steps += 1
    return steps


def finished(
    database: Database,
    queue: Queue,
    documents: FileDocuments,
    add_feed: Callable[..., int],
    clock: HeldClock,
) -> int:
    """Submit a feed and end it with a report."""
    feed = add_feed(Verdict(messages=1), document_id=put(documents))
    claim = queue.claim(clock())
    assert claim is not None
    with queue.fenced(claim) as connection:
        queue.finish(connection, claim, clock(), put(documents), "md5")
    return feed


def test_what_ended_long_ago_goes_with_all_that_belongs_to_it(
    database: Database,
    queue: Queue,
    documents: FileDocuments,
    add_feed: Callable[..., int],
    clock: HeldClock,
    tmp_path: Path,
) -> None:
    """What waits stays however old it is, and so does what ended later."""
    old = finished(database, queue, documents, add_feed, clock)
    waiting = add_feed(document_id=put(documents), feed_type=ADJUSTMENT)
    note: dict[str, Any] = {
        "seller_id": SELLER,
        "amazon_order_id": "1",
        "form_token": "t",
    }
    result: dict[str, Any] = {
        "place": 1,
        "position": 0,
        "message_id": "1",
        "code": 1,
        "text": "",
    }
    with database.write() as connection:
        row = note | {"feed_submission_id": old, "action": "cancel", "login": "a"}
        connection.execute(insert(desk_submission), row)
        row = result | {"feed_submission_id": old, "severity": "Error"}
        connection.execute(insert(feed_result), row)
    clock.advance(timedelta(days=1).total_seconds())
    young = finished(database, queue, documents, add_feed, clock)
    job = RetentionJob(database, documents, clock, DAYS)
    clock.advance(timedelta(days=DAYS - 1).total_seconds())
    too_early = run(job)
    clock.advance(timedelta(hours=2).total_seconds())

    steps = run(job)

    assert (too_early, steps) == (0, 1)
    assert ids_left(database) == [waiting, young]
    assert count(database, "feed_result") == count(database, "desk_submission") == 0
    files = [path for path in (tmp_path / "documents").rglob("*") if path.is_file()]
    # The document of the one that waits; document and report of the young one.
    assert len(files) == 3


def test_reports_go_with_their_requests_and_documents(
    database: Database, documents: FileDocuments, clock: HeldClock
) -> None:
    """A request that is not done stays."""
    document_id = put(documents)
    request: dict[str, Any] = {
        "seller_id": SELLER,
        "report_type": "T",
        "marketplace_ids": "",
    }
    request |= {"submitted_at": clock(), "start_date": clock(), "end_date": clock()}
    with database.write() as connection:
        accounts.add_seller(connection, SELLER, "Shop", clock())
        for status in (ReportStatus.DONE, ReportStatus.SUBMITTED):
            row = request | {"status": status, "completed_at": None}
            connection.execute(insert(report_request), row)
        [done, _] = connection.scalars(select(report_request.c.report_request_id))
        row = {"seller_id": SELLER, "report_request_id": done, "report_type": "T"}
        row |= {"available_at": clock(), "document_id": document_id, "md5": "m"}
        connection.execute(insert(report), row)
    clock.advance(timedelta(days=DAYS + 1).total_seconds())

    run(RetentionJob(database, documents, clock, DAYS))

    assert (count(database, "report"), count(database, "report_request")) == (0, 1)
    assert documents.sweep([], clock()) == 0


def test_orders_and_what_was_done_to_them_stay_for_good(
    database: Database, documents: FileDocuments, clock: HeldClock
) -> None:
    """However long ago; an adjustment id that was seen is known for good."""
    order: dict[str, Any] = {
        "seller_id": SELLER,
        "amazon_order_id": "1",
        "marketplace_id": "M",
    }
    order |= {"fulfillment_channel": "MFN", "status": "Shipped", "currency": "USD"}
    order |= {"purchase_date": clock(), "updated_at": clock(), "charged": True}
    done: dict[str, Any] = {
        "seller_id": SELLER,
        "source": "feed 1",
        "place": 1,
        "position": 0,
    }
    done |= {"cause": "k", "amazon_order_id": "1", "kind": "PostRefund"}
    seen: dict[str, Any] = {"seller_id": SELLER, "amazon_order_id": "1", "content": "c"}
    seen |= {"amazon_order_item_code": "2", "merchant_adjustment_item_id": "3"}
    with database.write() as connection:
        accounts.add_seller(connection, SELLER, "Shop", clock())
        row = order | {"buyer_name": "B", "buyer_email": "b@example.com"}
        connection.execute(insert(orders), row)
        row = done | {"content": "{}", "happened_at": clock()}
        connection.execute(insert(effect), row)
        connection.execute(insert(accepted_adjustment), seen)
    clock.advance(timedelta(days=100 * DAYS).total_seconds())

    run(RetentionJob(database, documents, clock, DAYS))

    for table in (seller, orders, effect, accepted_adjustment):
        assert count(database, table.name) == 1


def test_nothing_goes_but_feeds_and_reports_with_what_is_theirs(
    database: Database, documents: FileDocuments, clock: HeldClock
) -> None:
    """Of every table there is: those that may shrink are named here, and no others.

    What was not delivered yet is in one of the others, and so are uploads that no feed
    has.
    """
    with database.write() as connection:
        fill_every_table(connection)
        for table in (feed_submission, report_request):
            connection.execute(table.update().values(status=FeedStatus.DONE))
    before = dumps(database)
    clock.advance(timedelta(days=100 * DAYS).total_seconds())

    steps = run(RetentionJob(database, documents, clock, DAYS))

    after = dumps(database)
    assert steps == 2
    assert {name for name in before if after[name] != before[name]} == {
        *("feed_submission", "feed_result", "desk_submission"),
        *("report_request", "report"),
    }
    assert all(after[name] in (before[name], []) for name in before)


def dumps(database: Database) -> dict[str, list[bytes]]:
    with database.read() as connection:
        return {
            table.name: [*dump(connection, table)] for table in metadata.sorted_tables
        }


def test_the_log_is_whole_and_tells_of_feeds_that_were_removed(
    database: Database,
    queue: Queue,
    documents: FileDocuments,
    add_feed: Callable[..., int],
    clock: HeldClock,
) -> None:
    """Who reads the stream of effects late still gets each of them."""
    feed = finished(database, queue, documents, add_feed, clock)
    with database.write() as connection:
        write(connection, SELLER, f"feed {feed}", range(1, 4))
    clock.advance(timedelta(days=DAYS + 1).total_seconds())

    run(RetentionJob(database, documents, clock, DAYS))

    verdict = AuditDesk(database).verify()
    effect_stream.place_all(database)
    with database.read() as connection:
        told = effect_stream.read_effects(connection, Cursor(), limit=10)
    assert ids_left(database) == []
    assert (verdict.faults, verdict.effects) == ((), 3)
    assert [each.source for each in told] == [f"feed {feed}"] * 3


def test_steps_are_bounded_and_removed_ids_never_come_again(
    database: Database,
    documents: FileDocuments,
    add_feed: Callable[..., int],
    clock: HeldClock,
) -> None:
    """Years of feeds, when the setting is first made: 50 in a transaction."""
    last = 0
    for _ in range(retention.STEP + 10):
        last = add_feed()
    with database.write() as connection:
        values = {"status": FeedStatus.CANCELLED}
        connection.execute(feed_submission.update().values(values))
    clock.advance(timedelta(days=DAYS + 1).total_seconds())
    job = RetentionJob(database, documents, clock, DAYS)

    first, left = job.step(lambda: False), len(ids_left(database))
    run(job)
    again = add_feed()

    assert (first, left) == (True, 10)
    assert ids_left(database) == [again]
    assert again > last


def test_many_results_of_one_feed_go_in_pieces(
    database: Database, add_feed: Callable[..., int], clock: HeldClock
) -> None:
    """A feed may have millions of them: no transaction holds them all."""
    feed, rows = add_feed(), 25_000
    with database.write() as connection:
        connection.exec_driver_sql(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
            f" WHERE i < {rows}) INSERT INTO feed_result (feed_submission_id, place,"
            f" position, message_id, code, severity, text) SELECT {feed}, i, 0, '1', 1,"
            " 'Error', '' FROM n"
        )
        values = {"status": FeedStatus.CANCELLED}
        connection.execute(feed_submission.update().values(values))

    removed, _ = retention.remove_feeds(database, clock() + timedelta(days=1))

    assert removed == 1
    assert count(database, "feed_result") == 0


def test_feeds_are_kept_for_as_long_as_mws_listed_them() -> None:
    """Unless FEEDGATE_RETENTION_DAYS says otherwise."""
    assert Settings.model_fields["retention_days"].default == DAYS


def test_without_days_everything_is_kept(
    database: Database,
    documents: FileDocuments,
    add_feed: Callable[..., int],
    clock: HeldClock,
) -> None:
    """FEEDGATE_RETENTION_DAYS=0."""
    feed = add_feed()
    with database.write() as connection:
        values = {"status": FeedStatus.CANCELLED}
        connection.execute(feed_submission.update().values(values))
    clock.advance(timedelta(days=10_000).total_seconds())

    assert run(RetentionJob(database, documents, clock, 0)) == 0
    assert ids_left(database) == [feed]
