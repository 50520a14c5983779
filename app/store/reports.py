"""A seller's report requests and reports: asked for, listed, recalled, acknowledged.

Everything is found by seller, so that no door can forget it (design D7).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, insert, select, update
from sqlalchemy import func as sql

from app.model.report import Report, ReportRequest, ReportStatus, ReportType
from app.store.tables import report, report_request

_request = report_request.c
_report = report.c
_LARGEST_ID = 2**63 - 1

REQUEST_COLUMNS = (
    _request.report_request_id,
    _request.seller_id,
    _request.report_type,
    _request.status,
    _request.start_date,
    _request.end_date,
    _request.marketplace_ids,
    _request.submitted_at,
    _request.started_at,
    _request.completed_at,
    _request.scheduled,
)
"""The columns that `read_request` reads."""

_REPORT_COLUMNS = (
    _report.report_id,
    _report.report_request_id,
    _report.report_type,
    _report.available_at,
    _report.acknowledged_at,
    _report.document_id,
    _report.md5,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of a seller's requests or reports are meant; None leaves a point open.

    `report_ids` and `acknowledged` are points of reports, `statuses` one of requests.
    Times bound `submitted_at` or `available_at`, both included.
    """

    report_request_ids: Collection[int] | None = None
    report_ids: Collection[int] | None = None
    report_types: Collection[str] | None = None
    statuses: Collection[ReportStatus] | None = None
    acknowledged: bool | None = None
    begin: datetime | None = None
    end: datetime | None = None


def ask(
    connection: Connection,
    seller_id: str,
    report_type: ReportType,
    *,
    start_date: datetime,
    end_date: datetime,
    marketplace_ids: Iterable[str],
    now: datetime,
    scheduled: bool = False,
    ready_at: datetime | None = None,
) -> ReportRequest:
    """Queue a request for a report, generated not before `ready_at`."""
    row = {
        "seller_id": seller_id,
        "report_type": report_type,
        "status": ReportStatus.SUBMITTED,
        "start_date": start_date,
        "end_date": end_date,
        "marketplace_ids": ",".join(marketplace_ids),
        "submitted_at": now,
        "scheduled": scheduled,
        "ready_at": ready_at,
    }
    statement = insert(report_request).returning(*REQUEST_COLUMNS)
    return read_request(connection.execute(statement, row).one())


def find_requests(
    connection: Connection,
    seller_id: str,
    wanted: Wanted,
    *,
    limit: int,
    before_id: int | None = None,
) -> list[ReportRequest]:
    """Return at most `limit` requests, newest first; `before_id` goes on there."""
    query = (
        select(*REQUEST_COLUMNS, _report.report_id)
        .select_from(report_request.outerjoin(report))
        .where(*_requests(seller_id, wanted))
        .order_by(_request.report_request_id.desc())
        .limit(limit)
    )
    if before_id is not None:
        query = query.where(_request.report_request_id < before_id)
    return [read_request(row) for row in connection.execute(query)]


def find_reports(
    connection: Connection,
    seller_id: str,
    wanted: Wanted,
    *,
    limit: int,
    before_id: int | None = None,
) -> list[Report]:
    """Return at most `limit` reports, newest first; `before_id` goes on there."""
    query = select(*_REPORT_COLUMNS).where(*_reports(seller_id, wanted))
    if before_id is not None:
        query = query.where(_report.report_id < before_id)
    query = query.order_by(_report.report_id.desc()).limit(limit)
    return [_read_report(row) for row in connection.execute(query)]


def count_requests(connection: Connection, seller_id: str, wanted: Wanted) -> int:
    """Return how many requests are meant."""
    return _count(connection, report_request, _requests(seller_id, wanted))


def count_reports(connection: Connection, seller_id: str, wanted: Wanted) -> int:
    """Return how many reports are meant."""
    return _count(connection, report, _reports(seller_id, wanted))


def cancel(
    connection: Connection, seller_id: str, wanted: Wanted, *, limit: int
) -> list[ReportRequest]:
    """Recall the requests that wait; return those meant, newest first, as they are."""
    connection.execute(
        update(report_request)
        .where(*_requests(seller_id, wanted), _request.status == ReportStatus.SUBMITTED)
        .values(status=ReportStatus.CANCELLED, started_at=None)
    )
    return find_requests(connection, seller_id, wanted, limit=limit)


def acknowledge(
    connection: Connection,
    seller_id: str,
    wanted: Wanted,
    acknowledged_at: datetime | None,
) -> None:
    """Note when reports were acknowledged, or that they are not, for None.

    A report that was acknowledged before keeps its first date.
    """
    statement = update(report).where(*_reports(seller_id, wanted))
    if acknowledged_at is not None:
        statement = statement.where(_report.acknowledged_at.is_(None))
    connection.execute(statement.values(acknowledged_at=acknowledged_at))


def read_request(row: Any) -> ReportRequest:
    """Make a request of a row of `REQUEST_COLUMNS`, with or without a report_id."""
    values = row._asdict()
    names = values["marketplace_ids"]
    return ReportRequest(
        **values
        | {
            "report_type": ReportType(values["report_type"]),
            "status": ReportStatus(values["status"]),
            "marketplace_ids": tuple(names.split(",")) if names else (),
        }
    )


def _read_report(row: Any) -> Report:
    values = row._asdict()
    return Report(**values | {"report_type": ReportType(values["report_type"])})


def _count(
    connection: Connection, table: Table, conditions: list[ColumnElement[bool]]
) -> int:
    query = select(sql.count()).select_from(table).where(*conditions)
    number: int = connection.execute(query).scalar_one()
    return number


def _requests(seller_id: str, wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions = _common(report_request, seller_id, wanted, _request.submitted_at)
    if wanted.statuses is not None:
        conditions.append(_request.status.in_(wanted.statuses))
    return conditions


def _reports(seller_id: str, wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions = _common(report, seller_id, wanted, _report.available_at)
    if wanted.report_ids is not None:
        conditions.append(_report.report_id.in_(_storable(wanted.report_ids)))
    if wanted.acknowledged is True:
        conditions.append(_report.acknowledged_at.is_not(None))
    if wanted.acknowledged is False:
        conditions.append(_report.acknowledged_at.is_(None))
    return conditions


def _common(
    table: Table, seller_id: str, wanted: Wanted, moment: ColumnElement[datetime]
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [table.c.seller_id == seller_id]
    if wanted.report_request_ids is not None:
        ids = _storable(wanted.report_request_ids)
        conditions.append(table.c.report_request_id.in_(ids))
    if wanted.report_types is not None:
        conditions.append(table.c.report_type.in_(wanted.report_types))
    if wanted.begin is not None:
        conditions.append(moment >= wanted.begin)
    if wanted.end is not None:
        conditions.append(moment <= wanted.end)
    return conditions


def _storable(ids: Collection[int]) -> list[int]:
    return [number for number in ids if number <= _LARGEST_ID]
