"""Reports that sellers ask for: their types, and how far each has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ReportType(StrEnum):
    """The report types that are served, by MWS's names. Source: mws-wire 9.5."""

    ORDERS = "_GET_ORDERS_DATA_"
    FLAT_FILE_ORDERS = "_GET_FLAT_FILE_ORDERS_DATA_"
    CONVERGED_ORDERS = "_GET_CONVERGED_FLAT_FILE_ORDER_REPORT_DATA_"


class ReportStatus(StrEnum):
    """The status of a report request. Source: mws-wire 9.5."""

    SUBMITTED = "_SUBMITTED_"
    IN_PROGRESS = "_IN_PROGRESS_"
    CANCELLED = "_CANCELLED_"
    DONE = "_DONE_"
    DONE_NO_DATA = "_DONE_NO_DATA_"


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """A report asked for; `report_id` once it is generated. Times are aware UTC.

    The orders bought from `start_date` on and before `end_date` are meant, those of
    `marketplace_ids` if there are any. One that is `scheduled` means those put in from
    `start_date` on and before `end_date`, whenever they were bought.
    """

    report_request_id: int
    seller_id: str
    report_type: ReportType
    status: ReportStatus
    start_date: datetime
    end_date: datetime
    marketplace_ids: tuple[str, ...]
    submitted_at: datetime
    started_at: datetime | None = None
    completed_at: datetime | None = None
    report_id: int | None = None
    scheduled: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """A report that lies ready; without `document_id` its retention is over.

    `md5` is base64. `acknowledged_at` is when the seller said that it was taken over.
    """

    report_id: int
    report_request_id: int
    report_type: ReportType
    available_at: datetime
    acknowledged_at: datetime | None
    document_id: str | None
    md5: str

    @property
    def acknowledged(self) -> bool:
        """Whether the seller has acknowledged it."""
        return self.acknowledged_at is not None
