"""Reports 2009-01-01: schedules by which order reports are made. Source: mws-wire 9.5.

Elements and quotas: MWS Reports API, "ManageReportSchedule", "ReportSchedule".
"""

from __future__ import annotations

from collections.abc import Iterable

from app.doors.answers import Answer, element, leaf
from app.doors.call import Call, Services, operation
from app.doors.operations.reports import LISTING, PAGING, report_date
from app.doors.sections import FEED_LISTS, REPORTS
from app.model.report_schedule import ReportSchedule


@operation("ManageReportSchedule", REPORTS, FEED_LISTS, LISTING)
def manage_report_schedule(call: Call, services: Services) -> Answer:
    """Make, change or end the schedule of a report type, and answer with it."""
    managed = services.reports.schedules.manage(
        call.caller,
        call.required("ReportType"),
        call.required("Schedule"),
        call.moment("ScheduleDate"),
    )
    return call.answer(leaf("Count", len(managed)), *map(_info, managed))


@operation("GetReportScheduleList", REPORTS, FEED_LISTS, LISTING)
def get_report_schedule_list(call: Call, services: Services) -> Answer:
    """List schedules; there are so few that one page has them all."""
    types = call.numbered("ReportTypeList.Type")
    return _page(call, services.reports.schedules.list(call.caller, types))


@operation("GetReportScheduleListByNextToken", REPORTS, FEED_LISTS, PAGING)
def get_report_schedule_list_by_next_token(call: Call, services: Services) -> Answer:
    """Refuse the token: the list never gives one out, as MWS's own did not."""
    token = call.required("NextToken")
    return _page(call, services.reports.schedules.list_next(call.caller, token))


@operation("GetReportScheduleCount", REPORTS, FEED_LISTS, LISTING)
def get_report_schedule_count(call: Call, services: Services) -> Answer:
    """Count schedules."""
    types = call.numbered("ReportTypeList.Type")
    count = services.reports.schedules.count(call.caller, types)
    return call.answer(leaf("Count", count))


def _page(call: Call, schedules: Iterable[ReportSchedule]) -> Answer:
    return call.answer(leaf("HasNext", "false"), *map(_info, schedules))


def _info(schedule: ReportSchedule) -> str:
    """Write a ReportSchedule, in the documented order."""
    return element(
        "ReportSchedule",
        leaf("ReportType", schedule.report_type),
        leaf("Schedule", schedule.schedule),
        leaf("ScheduledDate", report_date(schedule.scheduled_at)),
    )
