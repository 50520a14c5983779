"""A feed that cannot be finished ends with a report that says so (design D5)."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import text

from app.cli.client import MwsClient
from app.store.backends import Database
from app.store.orders import load_orders
from benchmarks.feeds import SELLER_ID, order_id, write_feed, write_orders
from tests.running import Installation, wait_until_done

MESSAGES = 6
FEED_TYPE = "_POST_ORDER_ACKNOWLEDGEMENT_DATA_"
SETTINGS = {"BATCH_MESSAGES": "2", "ATTEMPTS": "3", "RETRY_FIRST_SECONDS": "0"}


def _refuse_rows(database: Database, table: str, condition: str) -> None:
    """Let the database refuse rows of a table, as a bug of ours would make it do."""
    with database.write() as connection:
        if database.dialect_name == "sqlite":
            connection.execute(
                text(
                    f"CREATE TRIGGER refuse_{table} BEFORE INSERT ON {table}"
                    f" WHEN {condition} BEGIN SELECT RAISE(ABORT, 'refused'); END"
                )
            )
            return
        connection.execute(
            text(
                "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql"
                " AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$"
            )
        )
        connection.execute(
            text(
                f"CREATE TRIGGER refuse_{table} BEFORE INSERT ON {table} FOR EACH ROW"
                f" WHEN ({condition}) EXECUTE FUNCTION refuse()"
            )
        )


def _refuse_no_more(database: Database) -> None:
    with database.write() as connection:
        if database.dialect_name == "postgresql":
            connection.execute(text("DROP FUNCTION refuse() CASCADE"))
            return
        for table in ("effect", "feed_result"):
            connection.execute(text(f"DROP TRIGGER IF EXISTS refuse_{table}"))


def _retried(
    home: Installation, client: MwsClient, database: Database, feed_submission_id: str
) -> str:
    """Let the operator begin a feed anew, its cause gone; return its new report."""
    _refuse_no_more(database)
    home.run("feeds", "retry", feed_submission_id)
    wait_until_done(client, feed_submission_id)
    return client.report(feed_submission_id).decode()


def _cancellations(database: Database) -> list[tuple[int, str]]:
    query = "SELECT place, amazon_order_id FROM effect WHERE kind = 'CancelItem'"
    with database.read() as connection:
        return sorted(tuple(row) for row in connection.execute(text(query)))


def _submit(client: MwsClient, folder: Path, kind: str) -> str:
    write_feed(folder / f"{kind}.xml", kind, MESSAGES, MESSAGES)
    return client.submit(folder / f"{kind}.xml", FEED_TYPE)


def _results(report: str) -> list[tuple[int, int]]:
    pattern = r"<MessageID>(\d+)</MessageID>\s*<ResultCode>Error</ResultCode>\s*"
    pattern += r"<ResultMessageCode>(\d+)<"
    found = re.findall(pattern, report)
    return [(int(message), int(code)) for message, code in found]


def _summary(report: str) -> tuple[int, ...]:
    counts = re.findall(r"<Messages\w+>(\d+)</Messages", report)
    return tuple(map(int, counts))


def test_a_feed_whose_batch_always_fails_ends_and_its_lane_moves_on(
    database_url: str, database: Database, tmp_path: Path
) -> None:
    """What was applied stays applied; what was not is named message by message."""
    write_orders(tmp_path / "orders.json", MESSAGES)
    home = Installation(tmp_path / "home", database_url, SETTINGS)
    keys = home.create_seller(seller_id=SELLER_ID)
    home.run("orders", "import", tmp_path / "orders.json", "--seller-id", SELLER_ID)
    _refuse_rows(
        database,
        "effect",
        f"new.kind = 'CancelItem' AND new.amazon_order_id = '{order_id(5)}'",
    )

    with home.serve() as url, keys.client(url) as client:
        failing = _submit(client, tmp_path, "cancel")
        behind = _submit(client, tmp_path, "acknowledge")
        wait_until_done(client, behind)
        report = client.report(failing).decode()
        next_report = client.report(behind).decode()
        before = _cancellations(database)
        with database.read() as connection:
            ids = [order_id(number) for number in range(1, MESSAGES + 1)]
            kept = load_orders(connection, SELLER_ID, ids)
        retried = _retried(home, client, database, failing)

    assert _results(report) == [(5, 5002), (6, 5002)]
    assert _summary(report) == (6, 4, 2, 0)
    assert "given up after 3 attempts in a row" in report
    # The orders that were cancelled refuse an acknowledgement, the others take it.
    assert _results(next_report) == [(number, 718004) for number in (1, 2, 3, 4)]
    assert [kept[each].status.value for each in ids] == ["Canceled"] * 4 + [
        "Unshipped"
    ] * 2
    # Begun anew it goes on behind message 4: nothing is applied twice.
    assert before == [(number, order_id(number)) for number in (1, 2, 3, 4)]
    assert _summary(retried) == (6, 6, 0, 0)
    assert _results(retried) == []
    assert _cancellations(database) == [
        (number, order_id(number)) for number in range(1, MESSAGES + 1)
    ]


def test_a_feed_that_cannot_even_be_given_up_by_message_is_reported_as_a_whole(
    database_url: str, database: Database, tmp_path: Path
) -> None:
    """The lane has to move on, whatever fails; one Result tells how much is missing."""
    write_orders(tmp_path / "orders.json", MESSAGES)
    home = Installation(tmp_path / "home", database_url, SETTINGS)
    keys = home.create_seller(seller_id=SELLER_ID)
    home.run("orders", "import", tmp_path / "orders.json", "--seller-id", SELLER_ID)
    _refuse_rows(
        database,
        "effect",
        f"new.kind = 'CancelItem' AND new.amazon_order_id = '{order_id(5)}'",
    )
    _refuse_rows(database, "feed_result", "new.code = 5002")

    with home.serve() as url, keys.client(url) as client:
        failing = _submit(client, tmp_path, "cancel")
        wait_until_done(client, failing)
        report = client.report(failing).decode()
        retried = _retried(home, client, database, failing)

    assert _results(report) == [(0, 5002)]
    assert _summary(report) == (6, 4, 2, 0)
    assert "The last 2 messages were not processed" in report
    assert _summary(retried) == (6, 6, 0, 0)
    assert len(_cancellations(database)) == MESSAGES
