"""What came of a feed's messages: the results for its report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, select

from app.errors import ResultCode, Severity
from app.model.feed import Problem
from app.store import bulk, tables

_CODES = {code.number: code for code in ResultCode}
_SEVERITIES = {severity.value: severity for severity in Severity}
_MESSAGE_ID_DIGITS = 20


def add_results(
    connection: Connection,
    feed_submission_id: int,
    problems: Iterable[tuple[int, Problem]],
) -> None:
    """Keep problems, each with the place of its message (0: the feed as a whole).

    All problems of one place must come in one call, in the order of the report.
    """
    rows: list[bulk.Row] = []
    last, position = -1, 0
    for place, problem in problems:
        position = position + 1 if place == last else 0
        last = place
        rows.append(
            (
                feed_submission_id,
                place,
                position,
                problem.message_id.zfill(_MESSAGE_ID_DIGITS),
                problem.code.number,
                problem.severity.value,
                problem.text,
                problem.amazon_order_id,
                problem.amazon_order_item_code,
                problem.line,
                problem.path,
            )
        )
    columns = tables.feed_result.columns.keys()
    bulk.insert(connection, tables.feed_result, columns, rows)


def read_results(connection: Connection, feed_submission_id: int) -> Iterator[Problem]:
    """Yield a submission's problems as its report lists them: ascending MessageID."""
    table = tables.feed_result
    query = (
        select(table)
        .where(table.c.feed_submission_id == feed_submission_id)
        .order_by(table.c.message_id, table.c.place, table.c.position)
        .execution_options(yield_per=1_000)
    )
    for row in connection.execute(query):
        yield read_result(row)


def read_result(row: Any) -> Problem:
    """Make a problem of a row of the table."""
    return Problem(
        code=_CODES[row.code],
        text=row.text,
        message_id=row.message_id.lstrip("0") or "0",
        amazon_order_id=row.amazon_order_id,
        amazon_order_item_code=row.amazon_order_item_code,
        severity=_SEVERITIES[row.severity],
        line=row.line,
        path=row.path,
    )
