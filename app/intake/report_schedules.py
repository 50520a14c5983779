"""Schedules of reports, as any door may ask for them, and their turn in the worker.

Source: mws-wire 9.5; MWS Reports API, "ManageReportSchedule". docs/decisions/0014.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from app.errors import ErrorCode, ServiceError
from app.intake.accounts import Caller
from app.intake.outages import outages_refused
from app.intake.report_queries import served_type
from app.intake.tokens import NextTokens
from app.model.report_schedule import ReportSchedule, Schedule, first_due
from app.model.times import to_iso
from app.store import report_schedules
from app.store.backends import Database

FARTHEST = timedelta(days=366)
"""How far ahead a schedule may begin. Source: "ManageReportSchedule"."""

_LIST = "GetReportScheduleList"

_log = logging.getLogger(__name__)


class ScheduleDesk:
    """Keeps a seller's schedules, one for each report type at most."""

    def __init__(
        self,
        database: Database,
        tokens: NextTokens,
        clock: Callable[[], datetime],
    ) -> None:
        """Keep the parts."""
        self._database = database
        self._tokens = tokens
        self._clock = clock

    @outages_refused
    def manage(
        self,
        caller: Caller,
        report_type: str,
        schedule: str,
        date: datetime | None = None,
    ) -> tuple[ReportSchedule, ...]:
        """Make, change or (`_NEVER_`) end a schedule; return what was changed.

        The next report is due at `date`, by default now; of a date in the past, a
        whole number of periods later. A changed schedule goes on where its last
        report ended; the first report of a new one reaches back for one period.

        Raises ServiceError for a type or schedule that is not served, and for a date
        more than 366 days ahead.
        """
        now = self._clock()
        chosen = served_type(report_type)
        often = _schedule_of(schedule)
        if date is not None and date > now + FARTHEST:
            raise ServiceError(
                ErrorCode.INVALID_PARAMETER,
                f"ScheduleDate {to_iso(date)} lies more than {FARTHEST.days} days "
                "ahead.",
            )
        with self._database.write() as connection:
            report_schedules.lock_seller(connection, caller.seller_id)
            kept = report_schedules.find(
                connection, caller.seller_id, [chosen], lock=True
            )
            if often is Schedule.NEVER:
                report_schedules.remove(connection, caller.seller_id, chosen)
                return tuple(_ended(each) for each in kept)
            due = first_due(date or now, often.period, now)
            start = kept[0].start_date if kept else due - often.period
            managed = ReportSchedule(caller.seller_id, chosen, often, due, start)
            put = report_schedules.change if kept else report_schedules.add
            put(connection, managed)
        return (managed,)

    @outages_refused
    def list(
        self, caller: Caller, report_types: Collection[str]
    ) -> tuple[ReportSchedule, ...]:
        """Return the schedules of those report types, of all if none is named."""
        with self._database.read() as connection:
            return tuple(
                report_schedules.find(connection, caller.seller_id, report_types)
            )

    @outages_refused
    def list_next(self, caller: Caller, next_token: str) -> tuple[ReportSchedule, ...]:
        """Return what is behind a token; raises ServiceError for a wrong one.

        No list of schedules is longer than a page, so none was ever given out.
        """
        content: dict[str, Any] = self._tokens.open(_LIST, caller, next_token)
        return self.list(caller, content["types"])

    @outages_refused
    def count(self, caller: Caller, report_types: Collection[str]) -> int:
        """Return how many schedules `list` would."""
        with self._database.read() as connection:
            return report_schedules.count(connection, caller.seller_id, report_types)


class ScheduleJob:
    """Asks for the reports that are due."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        """Keep the parts."""
        self._database = database
        self._clock = clock

    def step(self, stopping: Callable[[], bool]) -> bool:
        """Ask for one report, if one is due; False if none is."""
        made = report_schedules.submit_due(self._database, self._clock())
        if made is None:
            return False
        _log.info(
            "report request %d: %s of %s is due",
            made.report_request_id,
            made.report_type,
            made.seller_id,
        )
        return True


def _schedule_of(text: str) -> Schedule:
    try:
        return Schedule(text)
    except ValueError:
        raise ServiceError(
            ErrorCode.INVALID_SCHEDULE_FREQUENCY,
            f'Schedule "{text[:60]}" is unknown; use one of {", ".join(Schedule)}.',
        ) from None


def _ended(schedule: ReportSchedule) -> ReportSchedule:
    return ReportSchedule(
        schedule.seller_id,
        schedule.report_type,
        Schedule.NEVER,
        schedule.scheduled_at,
        schedule.start_date,
    )
