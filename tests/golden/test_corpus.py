"""The golden corpus: every case, through the real HTTP endpoint, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli.case import Case, read_cases, run_case
from app.model.feed import Rules
from app.store.backends import open_database
from app.store.ledger import replay
from app.store.orders import find_order_ids, load_orders
from tests.buckets import Bucket

CORPUS = Path(__file__).parents[2] / "feeds"
FOLDERS = sorted(path.parent for path in CORPUS.glob("*/*/case.md"))
CASES = [
    pytest.param(
        case,
        rules,
        id=f"{case.folder.parent.name}/{case.folder.name}-{case.kind}-{rules}",
    )
    for folder in FOLDERS
    for case in read_cases(folder)
    for rules in case.rules
]


@pytest.mark.parametrize(("case", "rules"), CASES)
def test_case_gives_its_report_and_its_orders(
    case: Case, rules: Rules, database_url: str, tmp_path: Path
) -> None:
    """Reports and orders are compared byte for byte with what was worked out by hand.

    Afterwards every order must be what its ledger alone makes of it, and every
    message that cancelled something must have left its e-mail in the outbox.
    """
    differences = run_case(case, rules, tmp_path / "home", database_url)

    assert not differences, "\n".join(each.diff() for each in differences)
    database = open_database(database_url)
    with database.read() as connection:
        ids = find_order_ids(connection, "A1SELLER000001")
        kept = load_orders(connection, "A1SELLER000001", ids, history=True)
        assert kept == replay(connection, "A1SELLER000001", ids)
        cancelling = connection.exec_driver_sql(
            "SELECT count(*) FROM (SELECT DISTINCT source, place FROM effect"
            " WHERE kind = 'CancelItem') AS messages"
        ).scalar_one()
        mails = connection.exec_driver_sql(
            "SELECT count(*) FROM outbox WHERE kind = 'cancellation'"
        ).scalar_one()
    database.close()
    without_address = all(not order.buyer.email for order in kept.values())
    assert mails == (0 if without_address else cancelling)


def test_cases_come_out_the_same_with_documents_in_a_bucket(
    bucket: Bucket, tmp_path: Path
) -> None:
    """One case of each kind of XML feed: feed in, report out, by way of S3."""
    cases = [read_cases(folder)[0] for folder in FOLDERS]
    first = {case.feed_types[0]: case for case in cases if case.kind == "xml"}
    assert len(first) == 3
    for number, case in enumerate(first.values()):
        differences = run_case(
            case,
            case.rules[0],
            tmp_path / f"home-{number}",
            documents_url=f"{bucket.url}/{number}",
            documents_endpoint=bucket.endpoint,
        )

        assert not differences, "\n".join(each.diff() for each in differences)
        assert not [*(tmp_path / f"home-{number}" / "spool").iterdir()]
    assert len(bucket.keys()) >= 2 * len(first)
