"""Schedules of reports: kept by seller and report type, made into requests when due.

A seller's own are found by seller, so that no door can forget it (design D7). Only
`submit_due` looks at everyone's, for the workers.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, select, update
from sqlalchemy import func as sql

from app.model.report import ReportRequest, ReportType
from app.model.report_schedule import ReportSchedule, Schedule, last_due
from app.store import reports
from app.store.backends import Database
from app.store.tables import report_schedule, seller

SETTLING = timedelta(minutes=1)
"""How long a scheduled report waits for imports that are still to be committed.

An import is dated at its start, so that it may appear behind the end of a report.
"""

_schedule = report_schedule.c


def lock_seller(connection: Connection, seller_id: str) -> None:
    """Keep others from managing the seller's schedules until the transaction ends."""
    # Not against foreign keys: feeds and reports of the seller go on being accepted.
    query = select(seller.c.seller_id).where(seller.c.seller_id == seller_id)
    connection.execute(query.with_for_update(key_share=True))


def find(
    connection: Connection,
    seller_id: str,
    report_types: Collection[str] = (),
    *,
    lock: bool = False,
) -> list[ReportSchedule]:
    """Return a seller's schedules by report type, all of them without `report_types`.

    There are as many at most as there are report types.
    """
    query = select(report_schedule).where(_schedule.seller_id == seller_id)
    if report_types:
        query = query.where(_schedule.report_type.in_(report_types))
    if lock:
        query = query.with_for_update()
    rows = connection.execute(query.order_by(_schedule.report_type))
    return [_read(row) for row in rows]


def count(
    connection: Connection, seller_id: str, report_types: Collection[str] = ()
) -> int:
    """Return how many schedules a seller has, of all types without `report_types`."""
    query = select(sql.count()).select_from(report_schedule)
    query = query.where(_schedule.seller_id == seller_id)
    if report_types:
        query = query.where(_schedule.report_type.in_(report_types))
    number: int = connection.execute(query).scalar_one()
    return number


def add(connection: Connection, schedule: ReportSchedule) -> None:
    """Keep a new schedule; raises IntegrityError if there is one of its type."""
    connection.execute(insert(report_schedule), _row(schedule))


def change(connection: Connection, schedule: ReportSchedule) -> None:
    """Write over the schedule of the same seller and report type."""
    own = and_(
        _schedule.seller_id == schedule.seller_id,
        _schedule.report_type == schedule.report_type,
    )
    connection.execute(update(report_schedule).where(own).values(_row(schedule)))


def remove(connection: Connection, seller_id: str, report_type: ReportType) -> None:
    """Forget a schedule, if there is one."""
    connection.execute(
        delete(report_schedule).where(
            _schedule.seller_id == seller_id, _schedule.report_type == report_type
        )
    )


def submit_due(database: Database, now: datetime) -> ReportRequest | None:
    """Turn the schedule that is due longest into a request; None if none is due.

    However many due times were missed, one report makes up for them: it ends at the
    last of them. Any number of workers may call this at once; the row's lock gives
    each due time to one of them.
    """
    query = (
        select(report_schedule)
        .where(_schedule.scheduled_at <= now)
        .order_by(_schedule.scheduled_at)
        .limit(1)
    )
    # Look before SQLite is locked for writing: idle workers disturb nobody.
    with database.read() as connection:
        if connection.execute(query).first() is None:
            return None
    with database.write() as connection:
        row = connection.execute(query.with_for_update(skip_locked=True)).first()
        if row is None:
            return None
        due = _read(row)
        period = due.schedule.period
        end = last_due(due.scheduled_at, period, now)
        request = reports.ask(
            connection,
            due.seller_id,
            due.report_type,
            start_date=due.start_date,
            end_date=end,
            marketplace_ids=(),
            now=now,
            scheduled=True,
            ready_at=end + SETTLING,
        )
        change(
            connection,
            ReportSchedule(
                due.seller_id, due.report_type, due.schedule, end + period, end
            ),
        )
        return request


def _row(schedule: ReportSchedule) -> dict[str, Any]:
    return {
        "seller_id": schedule.seller_id,
        "report_type": schedule.report_type,
        "schedule": schedule.schedule,
        "scheduled_at": schedule.scheduled_at,
        "start_date": schedule.start_date,
    }


def _read(row: Any) -> ReportSchedule:
    return ReportSchedule(
        row.seller_id,
        ReportType(row.report_type),
        Schedule(row.schedule),
        row.scheduled_at,
        row.start_date,
    )
