"""The report job: one waiting report request after the other becomes a document."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Protocol

from app.errors import ServiceError
from app.intake.order_report_text import TextReport
from app.intake.order_report_xml import XmlReport
from app.intake.orders import OrderDesk, OrderView
from app.model.report import ReportRequest, ReportType
from app.store.backends import Database, is_outage
from app.store.documents import Documents, DocumentWriter, md5_base64
from app.store.report_queue import (
    ATTEMPTS,
    ReportClaim,
    ReportDocument,
    ReportQueue,
    reported_order_ids,
)

_PAGE = 500

_log = logging.getLogger(__name__)


class ReportWriter(Protocol):
    """Writes orders in one of the formats of reports."""

    def head(self) -> str:
        """Write what comes before the first order."""

    def order(self, view: OrderView) -> str:
        """Write one order."""

    def tail(self) -> str:
        """Write what comes behind the last order."""


def writer_of(request: ReportRequest) -> ReportWriter:
    """Return a new writer for the type of a report."""
    if request.report_type is ReportType.ORDERS:
        return XmlReport(request.seller_id)
    return TextReport(converged=request.report_type is ReportType.CONVERGED_ORDERS)


def content_type_of(report_type: ReportType) -> str:
    """Return the Content-Type of a report. Source: mws-wire 4.6."""
    kind = XmlReport if report_type is ReportType.ORDERS else TextReport
    return kind.content_type


class Stopped(Exception):
    """The process must end; what is in hand is given back."""


class ReportJob:
    """Generates reports, one at a time."""

    def __init__(
        self,
        database: Database,
        documents: Documents,
        queue: ReportQueue,
        clock: Callable[[], datetime],
    ) -> None:
        """Keep the parts."""
        self._database = database
        self._documents = documents
        self._queue = queue
        self._orders = OrderDesk(database)
        self._clock = clock

    def step(self, stopping: Callable[[], bool]) -> bool:
        """Generate one report, if one waits; False if none does.

        An outage costs no attempt and is raised; anything else that goes wrong is a
        failed attempt of the report.
        """
        claim = self._queue.claim(self._clock())
        if claim is None:
            return False
        try:
            if claim.attempts > ATTEMPTS:
                raise RuntimeError("its workers died of it")
            self._generate(claim, stopping)
        except Stopped:
            self._queue.give_back(claim)
        except Exception as error:
            # The order desk tells an outage as a refusal.
            if is_outage(error) or isinstance(error, ServiceError):
                self._queue.give_back(claim)
                raise
            number = claim.request.report_request_id
            _log.exception("report %d, attempt %d", number, claim.attempts)
            self._queue.fail(claim, self._clock())
        return True

    def _generate(self, claim: ReportClaim, stopping: Callable[[], bool]) -> None:
        request = claim.request
        with self._documents.new() as document:
            document_of = None
            if self._write(document, request, stopping):
                md5 = md5_base64(document.md5)
                document_of = ReportDocument(document.commit(), md5)
            if not self._queue.finish(claim, document_of, self._clock()):
                number = request.report_request_id
                _log.warning("report %d: another worker has it", number)
                if document_of is not None:
                    self._documents.delete(document_of.document_id)

    def _write(
        self,
        document: DocumentWriter,
        request: ReportRequest,
        stopping: Callable[[], bool],
    ) -> int:
        """Write a whole report; return how many orders it has."""
        writer = writer_of(request)
        document.write(writer.head().encode())
        written = 0
        for page in self._pages(request):
            if stopping():
                raise Stopped
            document.write("".join(map(writer.order, page)).encode())
            written += len(page)
        document.write(writer.tail().encode())
        return written

    def _pages(self, request: ReportRequest) -> Iterator[list[OrderView]]:
        after = None
        while True:
            with self._database.read() as connection:
                places = reported_order_ids(
                    connection, request, limit=_PAGE, after=after
                )
            if not places:
                return
            after = places[-1]
            ids = [order_id for _, order_id in places]
            yield self._orders.get_orders(request.seller_id, ids)
