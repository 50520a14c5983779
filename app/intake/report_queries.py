"""What report calls say, checked without a look at the database."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from app.errors import ErrorCode, ServiceError
from app.model.report import ReportStatus, ReportType
from app.model.times import to_iso
from app.store.reports import Wanted


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """Which requests or reports are meant; empty points are open.

    Ids are as they were sent; with ids the other points are not looked at. `statuses`
    is a point of requests, `acknowledged` one of reports. Times are aware UTC.
    """

    report_request_ids: tuple[str, ...] = ()
    report_types: tuple[str, ...] = ()
    statuses: tuple[ReportStatus, ...] = ()
    acknowledged: bool | None = None
    begin: datetime | None = None
    end: datetime | None = None


def served_type(name: str) -> ReportType:
    """Return the report type of that name; raises ServiceError if it is not served."""
    try:
        return ReportType(name)
    except ValueError:
        raise ServiceError(
            ErrorCode.INVALID_REPORT_TYPE,
            f'ReportType "{name[:60]}" is not served here; use one of '
            f"{', '.join(ReportType)}.",
        ) from None


def check_range(start: datetime, end: datetime, now: datetime) -> None:
    """Refuse times in the future, or in the wrong order, by raising ServiceError."""
    for name, moment in (("StartDate", start), ("EndDate", end)):
        if moment > now:
            raise ServiceError(
                ErrorCode.INVALID_PARAMETER,
                f"{name} {to_iso(moment)} lies in the future.",
            )
    if start > end:
        raise ServiceError(
            ErrorCode.INVALID_PARAMETER,
            f"StartDate {to_iso(start)} lies after EndDate {to_iso(end)}; swap them.",
        )


def wanted_by(query: ReportQuery) -> Wanted:
    """Return what the store is to look for; raises ServiceError for a wrong id."""
    if query.report_request_ids:
        ids = {number_of("ReportRequestId", text) for text in query.report_request_ids}
        return Wanted(report_request_ids=ids)
    return Wanted(
        report_types=query.report_types or None,
        statuses=query.statuses or None,
        acknowledged=query.acknowledged,
        begin=query.begin,
        end=query.end,
    )


def number_of(name: str, text: str) -> int:
    """Read an id; raises ServiceError (InvalidRequest) if it is no number."""
    if re.fullmatch("[0-9]{1,40}", text):
        return int(text)
    raise ServiceError(
        ErrorCode.INVALID_REQUEST, f'{name} "{text[:60]}" is not a number.'
    )
