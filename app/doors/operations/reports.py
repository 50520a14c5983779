"""Reports 2009-01-01, the order part: ask for reports, fetch and acknowledge them.

Source: mws-wire 9.5. Namespace and errors are those of Feeds.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from app.doors.answers import Answer, element, leaf
from app.doors.call import Call, Services, invalid, operation
from app.doors.sections import FEED_BACK_END, FEED_LISTS, REPORTS
from app.errors import ErrorCode, ServiceError
from app.intake.quotas import Quota
from app.intake.report_queries import ReportQuery
from app.intake.reports import ReportPage, RequestPage
from app.model.report import Report, ReportRequest, ReportStatus
from app.model.times import to_iso

MOST_IDS = 100
MOST_LISTED = 100
DEFAULT_LISTED = 10
LISTED_DAYS = 90

_ASKING = Quota(15, 60, per_hour=60)
LISTING = Quota(10, 45, per_hour=80)
PAGING = Quota(30, 2, per_hour=1800)


@operation("RequestReport", REPORTS, FEED_LISTS, _ASKING)
def request_report(call: Call, services: Services) -> Answer:
    """Queue a report and answer with its ReportRequestInfo."""
    asked = services.reports.ask(
        call.caller,
        call.required("ReportType"),
        start_date=call.moment("StartDate"),
        end_date=call.moment("EndDate"),
        marketplace_ids=call.numbered("MarketplaceIdList.Id", skip_empty=True),
    )
    return call.answer(_request_info(asked))


@operation("GetReportRequestList", REPORTS, FEED_LISTS, LISTING)
def get_report_request_list(call: Call, services: Services) -> Answer:
    """List requests, newest first; a list of ids overrides every other filter."""
    query, limit = _requests(call), MOST_IDS
    if not query.report_request_ids:
        limit = call.integer("MaxCount", DEFAULT_LISTED, 1, MOST_LISTED)
    page = services.reports.list_requests(call.caller, query, limit)
    return call.answer(*_request_page(page))


@operation("GetReportRequestListByNextToken", REPORTS, FEED_LISTS, PAGING)
def get_report_request_list_by_next_token(call: Call, services: Services) -> Answer:
    """Go on with a list; filters and page size are in the token."""
    token = call.required("NextToken")
    page = services.reports.list_next_requests(call.caller, token)
    return call.answer(*_request_page(page))


@operation("GetReportRequestCount", REPORTS, FEED_LISTS, LISTING)
def get_report_request_count(call: Call, services: Services) -> Answer:
    """Count requests."""
    query = _requests(call, ids=False)
    count = services.reports.count_requests(call.caller, query)
    return call.answer(leaf("Count", count))


@operation("CancelReportRequests", REPORTS, FEED_LISTS, LISTING)
def cancel_report_requests(call: Call, services: Services) -> Answer:
    """Cancel what is not begun; answer with all that match, cancelled or not.

    They are shown without GeneratedReportId: recorded so (mws-wire 9.5).
    """
    found = services.reports.cancel(call.caller, _requests(call), MOST_LISTED)
    infos = [_request_info(request, generated=False) for request in found]
    return call.answer(leaf("Count", len(infos)), *infos)


@operation("GetReportList", REPORTS, FEED_LISTS, Quota(10, 60, per_hour=60))
def get_report_list(call: Call, services: Services) -> Answer:
    """List reports, newest first; request ids override every other filter."""
    query, limit = _reports(call), MOST_IDS
    if not query.report_request_ids:
        limit = call.integer("MaxCount", DEFAULT_LISTED, 1, MOST_LISTED)
    page = services.reports.list(call.caller, query, limit)
    return call.answer(*_report_page(page))


@operation("GetReportListByNextToken", REPORTS, FEED_LISTS, PAGING)
def get_report_list_by_next_token(call: Call, services: Services) -> Answer:
    """Go on with a list; filters and page size are in the token."""
    page = services.reports.list_next(call.caller, call.required("NextToken"))
    return call.answer(*_report_page(page))


@operation("GetReportCount", REPORTS, FEED_LISTS, LISTING)
def get_report_count(call: Call, services: Services) -> Answer:
    """Count reports."""
    count = services.reports.count(call.caller, _reports(call, ids=False))
    return call.answer(leaf("Count", count))


@operation("GetReport", REPORTS, FEED_BACK_END, _ASKING)
def get_report(call: Call, services: Services) -> Answer:
    """Return a report as it is, with its MD5."""
    report, content_type = services.reports.open(call.caller, call.required("ReportId"))
    return Answer(
        report.body(),
        report.size,
        content_type=content_type,
        headers=(("Content-MD5", report.md5),),
    )


@operation("UpdateReportAcknowledgements", REPORTS, FEED_LISTS, LISTING)
def update_report_acknowledgements(call: Call, services: Services) -> Answer:
    """Note that reports were taken over; without Acknowledged they were (R SL)."""
    ids = call.numbered("ReportIdList.Id", most=MOST_IDS)
    if not ids:
        raise call.lacks("ReportIdList.Id.1")
    given = call.optional("Acknowledged") is not None
    acknowledged = call.boolean("Acknowledged") if given else True
    found = services.reports.acknowledge(call.caller, ids, acknowledged=acknowledged)
    return call.answer(leaf("Count", len(found)), *map(_report_info, found))


def _requests(call: Call, *, ids: bool = True) -> ReportQuery:
    name = "ReportRequestIdList.Id"
    given = call.numbered(name, most=MOST_IDS) if ids else ()
    if given:
        return ReportQuery(report_request_ids=given)
    begin, end = _range(call, "RequestedFromDate", "RequestedToDate")
    return ReportQuery(
        report_types=call.numbered("ReportTypeList.Type"),
        statuses=_statuses(call),
        begin=begin,
        end=end,
    )


def _reports(call: Call, *, ids: bool = True) -> ReportQuery:
    name = "ReportRequestIdList.Id"
    given = call.numbered(name, most=MOST_IDS) if ids else ()
    if given:
        return ReportQuery(report_request_ids=given)
    begin, end = _range(call, "AvailableFromDate", "AvailableToDate")
    filtered = call.optional("Acknowledged") is not None
    return ReportQuery(
        report_types=call.numbered("ReportTypeList.Type"),
        acknowledged=call.boolean("Acknowledged") if filtered else None,
        begin=begin,
        end=end,
    )


def _range(call: Call, first: str, last: str) -> tuple[datetime, datetime]:
    """Read two times, with those that the defaults stand for now."""
    begin, end = call.moment(first), call.moment(last)
    if begin is not None and end is not None and begin > end:
        raise ServiceError(
            ErrorCode.INVALID_PARAMETER,
            f"{first} {to_iso(begin)} lies after {last} {to_iso(end)}; swap them.",
        )
    return begin or call.arrived - timedelta(days=LISTED_DAYS), end or call.arrived


def _statuses(call: Call) -> tuple[ReportStatus, ...]:
    name = "ReportProcessingStatusList.Status"
    known = [status.value for status in ReportStatus]
    for value in (given := call.numbered(name)):
        if value not in known:
            raise invalid(name, value, f"one of {', '.join(known)}")
    return tuple(ReportStatus(value) for value in given)


def _request_page(page: RequestPage) -> tuple[str, ...]:
    return (
        leaf("HasNext", "true" if page.next_token else "false"),
        *map(_request_info, page.requests),
        leaf("NextToken", page.next_token),
    )


def _report_page(page: ReportPage) -> tuple[str, ...]:
    return (
        leaf("HasNext", "true" if page.next_token else "false"),
        leaf("NextToken", page.next_token),
        *map(_report_info, page.reports),
    )


def _request_info(request: ReportRequest, *, generated: bool = True) -> str:
    """Write a ReportRequestInfo, in the recorded order."""
    return element(
        "ReportRequestInfo",
        leaf("ReportType", request.report_type),
        leaf("ReportProcessingStatus", request.status),
        leaf("EndDate", report_date(request.end_date)),
        leaf("Scheduled", "true" if request.scheduled else "false"),
        leaf("ReportRequestId", request.report_request_id),
        leaf("StartedProcessingDate", report_date(request.started_at)),
        leaf("SubmittedDate", report_date(request.submitted_at)),
        leaf("StartDate", report_date(request.start_date)),
        leaf("CompletedDate", report_date(request.completed_at)),
        leaf("GeneratedReportId", request.report_id if generated else None),
    )


def _report_info(report: Report) -> str:
    """Write a ReportInfo, in the recorded order."""
    return element(
        "ReportInfo",
        leaf("ReportType", report.report_type),
        leaf("Acknowledged", "true" if report.acknowledged else "false"),
        leaf("AcknowledgedDate", report_date(report.acknowledged_at)),
        leaf("ReportId", report.report_id),
        leaf("ReportRequestId", report.report_request_id),
        leaf("AvailableDate", report_date(report.available_at)),
    )


def report_date(moment: datetime | None) -> str | None:
    """Write a time as recorded: +00:00, no fraction."""
    if moment is None:
        return None
    return to_iso(moment.replace(microsecond=0)).replace("Z", "+00:00")
