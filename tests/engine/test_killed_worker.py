"""A worker that is killed in the middle of a feed loses nothing and doubles nothing."""

from __future__ import annotations

import random
import signal
from functools import partial
from pathlib import Path

from sqlalchemy import text

from app.store.backends import Database
from app.store.feeds import load_work
from app.store.ledger import replay
from app.store.orders import load_orders
from benchmarks.feeds import SELLER_ID, order_id, write_feed, write_orders
from tests.running import Installation, wait_until

MESSAGES = 5_000
BATCH = 50
KILLS = 11


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
    installation: Installation, database: Database, feed_submission_id: int
) -> list[int]:
    """Kill worker after worker with SIGKILL; return the progress at each kill."""
    dice = random.Random(20261124)
    found = []
    for _ in range(KILLS):
        begun = _progress(database, feed_submission_id)
        goal = begun + BATCH * dice.randint(1, 7)
        with installation.start("work", ends="SIGKILL") as worker:
            reached = partial(_has_done, database, feed_submission_id, goal)
            wait_until(reached, pause=0.0005)
            worker.send_signal(signal.SIGKILL)
            worker.wait()
        found.append(_progress(database, feed_submission_id))
    return found


def test_a_feed_whose_workers_are_killed_ends_with_each_effect_once(
    database_url: str, database: Database, tmp_path: Path
) -> None:
    """SIGKILL leaves no time to tidy up: only what is committed may count."""
    write_orders(tmp_path / "orders.json", MESSAGES)
    write_feed(tmp_path / "cancel.xml", "cancel", MESSAGES, MESSAGES)
    installation = Installation(
        tmp_path / "home", database_url, {"BATCH_MESSAGES": str(BATCH)}
    )
    keys = installation.create_seller(seller_id=SELLER_ID)
    installation.run(
        *("orders", "import", tmp_path / "orders.json", "--seller-id", SELLER_ID)
    )
    _count_doubles(database)

    with installation.serve("--workers", "0") as url, keys.client(url) as client:
        feed_id = client.submit(
            tmp_path / "cancel.xml", "_POST_ORDER_ACKNOWLEDGEMENT_DATA_"
        )
        killed_at = _kill_between_batches(installation, database, int(feed_id))
        with installation.start("work"):
            wait_until(lambda: client.status(feed_id) == "_DONE_")
        report = client.report(feed_id).decode()

    within = [progress for progress in killed_at if 0 < progress < MESSAGES]
    assert len(within) >= 10
    assert f"<MessagesProcessed>{MESSAGES}<" in report
    assert f"<MessagesSuccessful>{MESSAGES}<" in report
    assert "<Result>" not in report
    with database.read() as connection:
        noted = connection.execute(text("SELECT source, place FROM noted")).all()
        assert sorted(place for _, place in noted) == list(range(1, MESSAGES + 1))
        assert {source for source, _ in noted} == {f"feed {feed_id}"}
        mails = connection.scalar(text("SELECT count(*) FROM outbox"))
        assert mails == MESSAGES
        ids = [order_id(number) for number in range(1, MESSAGES + 1)]
        kept = load_orders(connection, SELLER_ID, ids, history=True)
        assert kept == replay(connection, SELLER_ID, ids)
        assert {order.status.value for order in kept.values()} == {"Canceled"}
    _forget_doubles(database)
