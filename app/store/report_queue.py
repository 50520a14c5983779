"""The queue of report requests: claimed one by one, lost by workers that are gone.

A request in hand has an owner on the roster of workers and an epoch. Whoever finishes
it must still have that epoch; so two workers may generate one report, but only one of
them files it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, and_, insert, or_, select, text, update
from sqlalchemy import tuple_ as pair

from app.model.order import OrderStatus
from app.model.report import ReportRequest, ReportStatus
from app.store.backends import Database
from app.store.reports import REQUEST_COLUMNS, read_request
from app.store.roster import Roster
from app.store.tables import effect, orders, report, report_request, worker

ATTEMPTS = 8
_PAUSE = timedelta(seconds=60)

_request = report_request.c


@dataclass(frozen=True, slots=True)
class ReportClaim:
    """A report request in hand; `attempts` counts this one."""

    request: ReportRequest
    epoch: int
    attempts: int


@dataclass(frozen=True, slots=True)
class ReportDocument:
    """A report on the disk: its document and its MD5 in base64."""

    document_id: str
    md5: str


class ReportQueue:
    """The report requests as the workers of one process see them."""

    def __init__(self, database: Database, roster: Roster) -> None:
        """Claim in the name of whoever `roster` says this process is."""
        self._database = database
        self._roster = roster

    def claim(self, now: datetime) -> ReportClaim | None:
        """Take the oldest request that waits, or whose worker is gone.

        Returns None if there is none, or this process is not on the roster.
        """
        owner = self._roster.worker_id
        if owner is None:
            return None
        # Look before SQLite is locked for writing: idle workers disturb nobody.
        with self._database.read() as connection:
            if connection.execute(_claimable(now)).first() is None:
                return None
        with self._database.write() as connection:
            query = _claimable(now).with_for_update(skip_locked=True)
            row = connection.execute(query).first()
            if row is None:
                return None
            epoch, attempts = row.epoch + 1, row.attempts + 1
            taken = connection.execute(
                update(report_request)
                .where(_request.report_request_id == row.report_request_id)
                .values(
                    status=ReportStatus.IN_PROGRESS,
                    owner=owner,
                    epoch=epoch,
                    attempts=attempts,
                    ready_at=None,
                    started_at=row.started_at or now,
                )
                .returning(*REQUEST_COLUMNS)
            )
            return ReportClaim(read_request(taken.one()), epoch, attempts)

    def finish(
        self, claim: ReportClaim, document: ReportDocument | None, now: datetime
    ) -> bool:
        """End a request, its document on the disk; None: there was nothing to report.

        Returns False, and changes nothing, if another worker has taken it over.
        """
        status = ReportStatus.DONE if document else ReportStatus.DONE_NO_DATA
        with self._database.write() as connection:
            if not _let_go(connection, claim, status=status, completed_at=now):
                return False
            if document is not None:
                row = {
                    "seller_id": claim.request.seller_id,
                    "report_request_id": claim.request.report_request_id,
                    "report_type": claim.request.report_type,
                    "available_at": now,
                    "document_id": document.document_id,
                    "md5": document.md5,
                }
                connection.execute(insert(report), row)
        return True

    def give_back(self, claim: ReportClaim) -> None:
        """Let a request go as if it had not been tried."""
        with self._database.write() as connection:
            _let_go(
                connection,
                claim,
                status=ReportStatus.SUBMITTED,
                attempts=claim.attempts - 1,
            )

    def fail(self, claim: ReportClaim, now: datetime) -> None:
        """Let a request go after a failed attempt: for a pause, or for good.

        MWS knew no other status than _CANCELLED_ for a report that cannot be had.
        """
        with self._database.write() as connection:
            if claim.attempts >= ATTEMPTS:
                _let_go(connection, claim, status=ReportStatus.CANCELLED)
            else:
                _let_go(
                    connection,
                    claim,
                    status=ReportStatus.SUBMITTED,
                    ready_at=now + _PAUSE,
                )


def reported_order_ids(
    connection: Connection,
    request: ReportRequest,
    *,
    limit: int,
    after: tuple[datetime, str] | None = None,
) -> list[tuple[datetime, str]]:
    """Return (purchase date, AmazonOrderID) of a report's orders, oldest first.

    They are the orders that the seller ships, neither pending nor cancelled; `after`
    goes on behind one of them. The dates of a scheduled report bound when an order was
    put in, since its purchase is known only then: each order comes in one report.
    """
    columns = orders.c
    place = pair(columns.purchase_date, columns.amazon_order_id)
    query = (
        select(columns.purchase_date, columns.amazon_order_id)
        .where(
            columns.seller_id == request.seller_id,
            columns.fulfillment_channel == "MFN",
            columns.status.in_(
                (
                    OrderStatus.UNSHIPPED,
                    OrderStatus.PARTIALLY_SHIPPED,
                    OrderStatus.SHIPPED,
                )
            ),
        )
        .order_by(columns.purchase_date, columns.amazon_order_id)
        .limit(limit)
    )
    if request.scheduled:
        query = query.where(columns.amazon_order_id.in_(_put_in(request)))
    else:
        query = query.where(
            columns.purchase_date >= request.start_date,
            columns.purchase_date < request.end_date,
        )
    if request.marketplace_ids:
        query = query.where(columns.marketplace_id.in_(request.marketplace_ids))
    if after is not None:
        query = query.where(place > after)
    return [(row[0], row[1]) for row in connection.execute(query)]


def _put_in(request: ReportRequest) -> Select[Any]:
    return select(effect.c.amazon_order_id).where(
        effect.c.seller_id == request.seller_id,
        # Not a parameter: the index on it is partial.
        text("effect.kind = 'ImportOrder'"),
        effect.c.happened_at >= request.start_date,
        effect.c.happened_at < request.end_date,
    )


def _claimable(now: datetime) -> Select[Any]:
    alive = select(worker.c.worker_id)
    return (
        select(
            _request.report_request_id,
            _request.epoch,
            _request.attempts,
            _request.started_at,
        )
        .where(
            or_(
                and_(
                    _request.status == ReportStatus.SUBMITTED,
                    or_(
                        _request.ready_at.is_(None),
                        _request.ready_at <= now,
                        # From a clock that was set back since.
                        _request.ready_at > now + _PAUSE,
                    ),
                ),
                and_(
                    _request.status == ReportStatus.IN_PROGRESS,
                    _request.owner.not_in(alive),
                ),
            ),
        )
        .order_by(_request.report_request_id)
        .limit(1)
    )


def _let_go(connection: Connection, claim: ReportClaim, **values: Any) -> bool:
    """Change a request that is still in hand, and let it go; whether it was."""
    changed = connection.execute(
        update(report_request)
        .where(
            _request.report_request_id == claim.request.report_request_id,
            _request.epoch == claim.epoch,
            _request.status == ReportStatus.IN_PROGRESS,
        )
        .values(owner=None, **values)
    )
    return changed.rowcount == 1
