"""Schedules of reports: how often one is made, and when the next is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.model.report import ReportType


class Schedule(StrEnum):
    """How often a report is made. Source: MWS Reports API, "Schedule enumeration"."""

    EVERY_15_MINUTES = "_15_MINUTES_"
    EVERY_30_MINUTES = "_30_MINUTES_"
    EVERY_HOUR = "_1_HOUR_"
    EVERY_2_HOURS = "_2_HOURS_"
    EVERY_4_HOURS = "_4_HOURS_"
    EVERY_8_HOURS = "_8_HOURS_"
    EVERY_12_HOURS = "_12_HOURS_"
    EVERY_DAY = "_1_DAY_"
    EVERY_2_DAYS = "_2_DAYS_"
    EVERY_72_HOURS = "_72_HOURS_"
    EVERY_WEEK = "_1_WEEK_"
    EVERY_14_DAYS = "_14_DAYS_"
    EVERY_15_DAYS = "_15_DAYS_"
    EVERY_30_DAYS = "_30_DAYS_"
    NEVER = "_NEVER_"

    @property
    def period(self) -> timedelta:
        """The time between two reports; raises ValueError for NEVER."""
        if self is Schedule.NEVER:
            raise ValueError("what is never made has no period")
        number, unit = self.value.strip("_").split("_")
        return int(number) * _UNITS[unit.removesuffix("S")]


_UNITS = {
    "MINUTE": timedelta(minutes=1),
    "HOUR": timedelta(hours=1),
    "DAY": timedelta(days=1),
    "WEEK": timedelta(weeks=1),
}


@dataclass(frozen=True, slots=True)
class ReportSchedule:
    """A report that is made again and again; times are aware UTC.

    The next one is due at `scheduled_at`, and tells of the orders put in from
    `start_date` on.
    """

    seller_id: str
    report_type: ReportType
    schedule: Schedule
    scheduled_at: datetime
    start_date: datetime


def first_due(date: datetime, period: timedelta, now: datetime) -> datetime:
    """Return the first of date, date + period, ... that is not before `now`."""
    if date >= now:
        return date
    # Rounded up: minus twice rounded down.
    return date - (date - now) // period * period


def last_due(date: datetime, period: timedelta, now: datetime) -> datetime:
    """Return the last of date, date + period, ... that is not behind `now`.

    `date` itself must not lie behind it.
    """
    return date + (now - date) // period * period
