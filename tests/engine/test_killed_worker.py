"""A worker that is killed in the middle of a feed loses nothing and doubles nothing."""

from __future__ import annotations

import random
import signal
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from app.cli.feeds import content_type_of
from app.store.backends import Database
from app.store.feeds import load_work
from app.store.ledger import replay
from app.store.orders import load_orders
from benchmarks.feeds import (
    SELLER_ID,
    item_code,
    order_id,
    write_feed,
    write_orders,
)
from tests.running import Installation, wait_until

BATCH = 50
XML = "_POST_ORDER_ACKNOWLEDGEMENT_DATA_"
FLAT_FILE = "_POST_FLAT_FILE_ORDER_ACKNOWLEDGEMENT_DATA_"


def _count_doubles(database: Database) -> None:
    """Let the database note every effect where no unique key could hide a double."""
    with database.write() as connection:
        connection.execute(text("CREATE TABLE noted (source TEXT, place BIGINT)"))
        if database.dialect_name == "sqlite":
            connection.execute(
                text(
                    "CREATE TRIGGER note AFTER INSERT ON effect BEGIN"
                    " INSERT INTO noted VALUES (new.source, new.place); END"
                )
            )
            return
        connection.execute(
            text(
                "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                " INSERT INTO noted VALUES (new.source, new.place);"
                " RETURN NULL; END $$"
            )
        )
        connection.execute(
            text(
                "CREATE TRIGGER note AFTER INSERT ON effect"
                " FOR EACH ROW EXECUTE FUNCTION note()"
            )
        )


def _forget_doubles(database: Database) -> None:
    if database.dialect_name == "postgresql":
        with database.write() as connection:
            connection.execute(text("DROP FUNCTION note() CASCADE"))


def _progress(database: Database, feed_submission_id: int) -> int:
    with database.read() as connection:
        return load_work(connection, feed_submission_id).progress


def _has_done(database: Database, feed_submission_id: int, messages: int) -> bool:
    return _progress(database, feed_submission_id) >= messages


def _kill_between_batches(
    installation: Installation,
    database: Database,
    feed_submission_id: int,
    kills: int,
) -> list[int]:
    """Kill worker after worker with SIGKILL; return the progress at each kill."""
    dice = random.Random(20261124)
    found = []
    for _ in range(kills):
        begun = _progress(database, feed_submission_id)
        goal = begun + BATCH * dice.randint(1, 7)
        with installation.start("work", ends="SIGKILL") as worker:
            reached = partial(_has_done, database, feed_submission_id, goal)
            wait_until(reached, pause=0.0005)
            worker.send_signal(signal.SIGKILL)
            worker.wait()
        found.append(_progress(database, feed_submission_id))
    return found


def _write_file(path: Path, records: int) -> None:
    """Write a cancellation file whose records are in no order of any kind."""
    numbers = list(range(1, records + 1))
    random.Random(20261124).shuffle(numbers)
    with path.open("w", encoding="utf-8") as file:
        file.write("order-id\tcancellation-reason-code\tamazon-order-item-code\r\n")
        for number in numbers:
            code = item_code(number)
            file.write(f"{order_id(number)}\tNoInventory\t{code}\r\n")


def _is_done_once(
    database: Database,
    installation: Installation,
    feed: Path,
    feed_type: str,
    *,
    messages: int,
    kills: int,
) -> tuple[list[int], str]:
    """Cancel orders by a feed whose workers are killed; every effect happens once.

    Returns the progress at each kill and the report.
    """
    write_orders(feed.parent / "orders.json", messages)
    keys = installation.create_seller(seller_id=SELLER_ID)
    installation.run(
        *("orders", "import", feed.parent / "orders.json", "--seller-id", SELLER_ID)
    )
    _count_doubles(database)

    with installation.serve("--workers", "0") as url, keys.client(url) as client:
        feed_id = client.submit(
            feed, feed_type, content_type=content_type_of(feed_type, None)
        )
        killed_at = _kill_between_batches(installation, database, int(feed_id), kills)
        with installation.start("work"):
            wait_until(lambda: client.status(feed_id) == "_DONE_")
        report = client.report(feed_id).decode()

    with database.read() as connection:
        noted = connection.execute(text("SELECT source, place FROM noted")).all()
        assert sorted(place for _, place in noted) == list(range(1, messages + 1))
        assert {source for source, _ in noted} == {f"feed {feed_id}"}
        mails = connection.scalar(text("SELECT count(*) FROM outbox"))
        assert mails == messages
        ids = [order_id(number) for number in range(1, messages + 1)]
        kept = load_orders(connection, SELLER_ID, ids, history=True)
        assert kept == replay(connection, SELLER_ID, ids)
        assert {order.status.value for order in kept.values()} == {"Canceled"}
    _forget_doubles(database)
    return [progress for progress in killed_at if 0 < progress < messages], report


@pytest.fixture
def installation(database_url: str, tmp_path: Path) -> Installation:
    """A data folder on each database, with many batches in a feed."""
    return Installation(tmp_path / "home", database_url, {"BATCH_MESSAGES": str(BATCH)})


def test_a_feed_whose_workers_are_killed_ends_with_each_effect_once(
    installation: Installation, database: Database, tmp_path: Path
) -> None:
    """SIGKILL leaves no time to tidy up: only what is committed may count."""
    feed = tmp_path / "cancel.xml"
    write_feed(feed, "cancel", 5_000, 5_000)

    within, report = _is_done_once(
        database, installation, feed, XML, messages=5_000, kills=11
    )

    assert len(within) >= 10
    assert "<MessagesProcessed>5000<" in report
    assert "<MessagesSuccessful>5000<" in report
    assert "<Result>" not in report


# On the one database: what differs between the two, the other test has seen.
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_flat_file_whose_workers_are_killed_is_done_once(
    installation: Installation, database: Database, tmp_path: Path
) -> None:
    """Whoever takes it over gathers the records of its orders anew."""
    feed = tmp_path / "cancel.txt"
    _write_file(feed, 1_200)

    within, report = _is_done_once(
        database, installation, feed, FLAT_FILE, messages=1_200, kills=3
    )

    assert len(within) >= 2
    assert "Number of records processed\t\t1200\n" in report
    assert "Number of records successful\t\t1200\n" in report
    assert "\tError\t" not in report
