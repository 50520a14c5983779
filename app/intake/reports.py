"""Reports, as any door may ask for them. Source: mws-wire 9.5."""

from __future__ import annotations

import builtins
import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.errors import ErrorCode, ServiceError
from app.intake.accounts import Caller
from app.intake.feed_requests import check_marketplaces
from app.intake.outages import outages_refused
from app.intake.pages import Pager
from app.intake.report_job import content_type_of
from app.intake.report_queries import (
    ReportQuery,
    check_range,
    number_of,
    served_type,
    wanted_by,
)
from app.intake.report_schedules import ScheduleDesk
from app.intake.submissions import ReportFile
from app.intake.tokens import NextTokens
from app.model.report import Report, ReportRequest, ReportStatus
from app.store import reports
from app.store.backends import Database
from app.store.bulk import Connection
from app.store.documents import Documents
from app.store.reports import Wanted

REPORTED_DAYS = 60
"""How far back a report without StartDate reaches (docs/decisions/0011)."""

_FINISHED = (ReportStatus.DONE, ReportStatus.DONE_NO_DATA, ReportStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class RequestPage:
    """Requests, newest first, and the token that goes on, if there are more."""

    requests: tuple[ReportRequest, ...]
    next_token: str | None = None


@dataclass(frozen=True, slots=True)
class ReportPage:
    """Reports, newest first, and the token that goes on, if there are more."""

    reports: tuple[Report, ...]
    next_token: str | None = None


class ReportDesk:
    """Takes requests for reports, and hands reports out, to the seller they are for."""

    def __init__(
        self,
        database: Database,
        documents: Documents,
        tokens: NextTokens,
        clock: Callable[[], datetime],
    ) -> None:
        """Keep the parts; `schedules` are those of reports."""
        self._database = database
        self._documents = documents
        self._request_pages = Pager("GetReportRequestList", tokens, ReportQuery)
        self._report_pages = Pager("GetReportList", tokens, ReportQuery)
        self.schedules = ScheduleDesk(database, tokens, clock)
        self._clock = clock

    @outages_refused
    def ask(
        self,
        caller: Caller,
        report_type: str,
        *,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
        marketplace_ids: Collection[str] = (),
    ) -> ReportRequest:
        """Queue a request for a report of the orders bought between two times.

        Raises ServiceError for a type that is not served, a marketplace that is none,
        and for times in the future or in the wrong order.
        """
        now = self._clock()
        chosen = served_type(report_type)
        check_marketplaces(marketplace_ids, ())
        end = end_date or now
        start = start_date or end - timedelta(days=REPORTED_DAYS)
        check_range(start, end, now)
        with self._database.write() as connection:
            return reports.ask(
                connection,
                caller.seller_id,
                chosen,
                start_date=start,
                end_date=end,
                marketplace_ids=marketplace_ids,
                now=now,
            )

    @outages_refused
    def list_requests(
        self, caller: Caller, query: ReportQuery, limit: int
    ) -> RequestPage:
        """Return the first page of the requests that match, at most `limit`."""
        return self._request_page(caller, query, limit, None)

    @outages_refused
    def list_next_requests(self, caller: Caller, next_token: str) -> RequestPage:
        """Return the page behind a token; raises ServiceError for a wrong one."""
        query, place = self._request_pages.open(caller, next_token)
        return self._request_page(caller, query, place.limit, place.before)

    @outages_refused
    def count_requests(self, caller: Caller, query: ReportQuery) -> int:
        """Return how many requests match."""
        wanted = wanted_by(query)
        with self._database.read() as connection:
            return reports.count_requests(connection, caller.seller_id, wanted)

    @outages_refused
    def cancel(
        self, caller: Caller, query: ReportQuery, limit: int
    ) -> tuple[ReportRequest, ...]:
        """Recall what is not begun; return what matches, at most `limit`, as it is now.

        Raises ServiceError (InvalidReportRequestId), and cancels nothing, if an id is
        not one of the seller's.
        """
        wanted = wanted_by(query)
        with self._database.write() as connection:
            self._check_request_ids(connection, caller, wanted)
            found = reports.cancel(connection, caller.seller_id, wanted, limit=limit)
        return tuple(found)

    @outages_refused
    def list(self, caller: Caller, query: ReportQuery, limit: int) -> ReportPage:
        """Return the first page of the reports that match, at most `limit`."""
        return self._report_page(caller, query, limit, None)

    @outages_refused
    def list_next(self, caller: Caller, next_token: str) -> ReportPage:
        """Return the page behind a token; raises ServiceError for a wrong one."""
        query, place = self._report_pages.open(caller, next_token)
        return self._report_page(caller, query, place.limit, place.before)

    @outages_refused
    def count(self, caller: Caller, query: ReportQuery) -> int:
        """Return how many reports match."""
        wanted = wanted_by(query)
        with self._database.read() as connection:
            return reports.count_reports(connection, caller.seller_id, wanted)

    @outages_refused
    def open(self, caller: Caller, report_id: str) -> tuple[ReportFile, str]:
        """Open a report; return it with its Content-Type.

        Raises ServiceError if the seller has none of that id, or has it no longer.
        """
        number = number_of("ReportId", report_id)
        with self._database.read() as connection:
            wanted = Wanted(report_ids=[number])
            found = reports.find_reports(connection, caller.seller_id, wanted, limit=1)
            if not found:
                raise self._no_report(connection, caller, number)
        report = found[0]
        if report.document_id is None:
            raise ServiceError(
                ErrorCode.REPORT_NO_LONGER_AVAILABLE,
                f"Report {number} was removed, its time of retention is over.",
            )
        content = self._documents.open(report.document_id)
        size = content.seek(0, os.SEEK_END)
        content.seek(0)
        file = ReportFile(size, report.md5, content)
        return file, content_type_of(report.report_type)

    @outages_refused
    def acknowledge(
        self, caller: Caller, report_ids: Collection[str], *, acknowledged: bool
    ) -> tuple[Report, ...]:
        """Note that reports were taken over, or that they were not.

        Raises ServiceError (InvalidReportId), and changes nothing, if an id is not one
        of the seller's.
        """
        asked = {number_of("ReportId", text) for text in report_ids}
        wanted = Wanted(report_ids=asked)
        moment = self._clock() if acknowledged else None
        with self._database.write() as connection:
            reports.acknowledge(connection, caller.seller_id, wanted, moment)
            found = reports.find_reports(
                connection, caller.seller_id, wanted, limit=len(asked)
            )
            absent = asked - {report.report_id for report in found}
            if absent:
                raise _unknown_report(sorted(absent))
        return tuple(found)

    def _request_page(
        self, caller: Caller, query: ReportQuery, limit: int, before: int | None
    ) -> RequestPage:
        wanted = wanted_by(query)
        with self._database.read() as connection:
            found = reports.find_requests(
                connection, caller.seller_id, wanted, limit=limit + 1, before_id=before
            )
        return RequestPage(
            *self._request_pages.cut(caller, query, limit, found, _request_id_of)
        )

    def _report_page(
        self, caller: Caller, query: ReportQuery, limit: int, before: int | None
    ) -> ReportPage:
        wanted = wanted_by(query)
        with self._database.read() as connection:
            found = reports.find_reports(
                connection, caller.seller_id, wanted, limit=limit + 1, before_id=before
            )
        return ReportPage(
            *self._report_pages.cut(caller, query, limit, found, _report_id_of)
        )

    def _check_request_ids(
        self, connection: Connection, caller: Caller, wanted: Wanted
    ) -> None:
        asked = set(wanted.report_request_ids or ())
        found = reports.find_requests(
            connection,
            caller.seller_id,
            Wanted(report_request_ids=asked),
            limit=len(asked),
        )
        absent = asked - {request.report_request_id for request in found}
        if absent:
            raise ServiceError(
                ErrorCode.INVALID_REPORT_REQUEST_ID,
                f"This seller has no report request {_some(sorted(absent))}.",
            )

    def _no_report(
        self, connection: Connection, caller: Caller, number: int
    ) -> ServiceError:
        """Tell an id that is unknown from one of a request without a report yet."""
        wanted = Wanted(report_request_ids=[number])
        asked = reports.find_requests(connection, caller.seller_id, wanted, limit=1)
        if asked and asked[0].status not in _FINISHED:
            return ServiceError(
                ErrorCode.REPORT_NOT_READY,
                f"Report request {number} is {asked[0].status}, its report is not "
                "ready; GetReportRequestList shows its GeneratedReportId once it is.",
            )
        return _unknown_report([number])


def _request_id_of(request: ReportRequest) -> int:
    return request.report_request_id


def _report_id_of(report: Report) -> int:
    return report.report_id


def _unknown_report(ids: builtins.list[int]) -> ServiceError:
    return ServiceError(
        ErrorCode.INVALID_REPORT_ID, f"This seller has no report {_some(ids)}."
    )


def _some(ids: builtins.list[int]) -> str:
    return ", ".join(str(number) for number in ids[:5])
