"""The health of a seller's account: cancel rate and refunds, as figures and series.

Days are UTC. The window of the cancel rate is today and the six days before it, by the
day on which orders were placed. Source: design D4, feed-vocabulary 5.5, decision 0018.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from app.errors import ErrorCode, ServiceError
from app.intake.outages import outages_refused
from app.model.cancel_rate import (
    TARGET,
    WINDOW_DAYS,
    counts_as_cancelled,
    percentage,
)
from app.model.order import OrderStatus
from app.store import desk_notes, health
from app.store.backends import Database
from app.store.bulk import Connection
from app.store.health import Contact as Contact
from app.store.health import Refunds as Refunds
from app.store.orders import load_orders

MOST_DAYS = 366
_DAY = timedelta(days=1)
_PAGE = 500


@dataclass(frozen=True, slots=True)
class CancelRate:
    """The rate of the window that ends with `day`: `percent` has two decimals."""

    day: date
    counted: int
    cancelled: int

    @property
    def percent(self) -> Decimal:
        """Orders cancelled by the seller, in percent of those that count."""
        return percentage(self.cancelled, self.counted)

    @property
    def is_on_target(self) -> bool:
        """Whether the rate, not its rounded figure, is under the target."""
        return self.cancelled * 100 < TARGET * self.counted or not self.cancelled


@dataclass(frozen=True, slots=True)
class CancelledOrder:
    """An order that counts as cancelled by the seller.

    `reasons` are those of the feeds, each once, in the order in which they came; None
    is a cancellation without one. `chosen` are the same as people know them: of what a
    button of the desk did it is the reason that was chosen there.
    """

    amazon_order_id: str
    purchase_date: datetime
    status: OrderStatus
    units: int
    reasons: tuple[str | None, ...]
    chosen: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Health:
    """What a seller should know of their account.

    `series` has one rate a day, oldest first, today's last; `cancelled_orders` are
    those behind today's. Refunds are of the orders placed in the days of the series:
    `refunded_orders` of `charged_orders`, the amounts by currency.
    """

    rate: CancelRate
    series: tuple[CancelRate, ...]
    cancelled_orders: tuple[CancelledOrder, ...]
    charged_orders: int
    refunds: tuple[Refunds, ...]

    @property
    def refunded_orders(self) -> int:
        """How many orders something was given back of."""
        return sum(each.orders for each in self.refunds)

    @property
    def refund_percent(self) -> Decimal:
        """Refunded orders in percent of the charged ones, two decimals."""
        return percentage(self.refunded_orders, self.charged_orders)


class HealthDesk:
    """Answers how a seller's account does; of others' it knows nothing."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        """Read from the database; the clock says which day is today."""
        self._database = database
        self._clock = clock

    @outages_refused
    def health(self, seller_id: str, *, days: int = 30) -> Health:
        """Return the figures of today and of the days before it.

        Raises ServiceError (InvalidParameterValue) for days outside 1 to 366.
        """
        if not 1 <= days <= MOST_DAYS:
            raise ServiceError(
                ErrorCode.INVALID_PARAMETER,
                f"Health is told of 1 to {MOST_DAYS} days, not of {days}.",
            )
        today = self._clock().astimezone(UTC).date()
        first = today - (days - 1) * _DAY
        with self._database.read() as connection:
            series, behind = _rates(connection, seller_id, first, today)
            start, end = _midnight(first), _midnight(today + _DAY)
            return Health(
                rate=series[-1],
                series=tuple(series),
                cancelled_orders=tuple(_cancelled(connection, seller_id, behind)),
                charged_orders=health.count_charged(connection, seller_id, start, end),
                refunds=tuple(health.refunds(connection, seller_id, start, end)),
            )

    @outages_refused
    def contact(self, seller_id: str) -> Contact | None:
        """Return who is warned of the seller's cancel rate, if anybody is."""
        with self._database.read() as connection:
            return health.find_contact(connection, seller_id)


def rate_of(connection: Connection, seller_id: str, day: date) -> CancelRate:
    """Return the cancel rate of the window that ends with a day."""
    series, _ = _rates(connection, seller_id, day, day)
    return series[-1]


def _rates(
    connection: Connection, seller_id: str, first: date, last: date
) -> tuple[list[CancelRate], list[str]]:
    """Return the rates of some days, and the ids of the orders behind the last."""
    begin = first - (WINDOW_DAYS - 1) * _DAY
    days = [begin + number * _DAY for number in range((last - begin).days + 1)]
    counted = [
        health.count_orders(connection, seller_id, start, start + _DAY)
        for start in map(_midnight, days)
    ]
    placed = _counted_as_cancelled(connection, seller_id, begin, last)
    cancelled = [0] * len(days)
    for _, moment in placed:
        cancelled[(moment.date() - begin).days] += 1
    series = [
        CancelRate(
            day,
            sum(counted[number : number + WINDOW_DAYS]),
            sum(cancelled[number : number + WINDOW_DAYS]),
        )
        for number, day in enumerate(days[WINDOW_DAYS - 1 :])
    ]
    since = _midnight(last - (WINDOW_DAYS - 1) * _DAY)
    return series, [order_id for order_id, moment in placed if moment >= since]


def _counted_as_cancelled(
    connection: Connection, seller_id: str, first: date, last: date
) -> list[tuple[str, datetime]]:
    """Return id and purchase date of the orders that the seller cancelled any of.

    Only where the buyer has asked do the reasons decide, so only these orders, which
    are few, are read with their history.
    """
    found = health.orders_with_cancelled_units(
        connection, seller_id, _midnight(first), _midnight(last + _DAY)
    )
    asked = [order_id for order_id, _, requested in found if requested]
    by_buyer = set()
    for page in _pages(asked):
        read = load_orders(connection, seller_id, page, amounts=False, history=True)
        by_buyer |= {each for each in page if not counts_as_cancelled(read[each])}
    return [(each, moment) for each, moment, _ in found if each not in by_buyer]


def _cancelled(
    connection: Connection, seller_id: str, ids: Sequence[str]
) -> Iterable[CancelledOrder]:
    for page in _pages(ids):
        read = load_orders(connection, seller_id, page, amounts=False, history=True)
        noted = desk_notes.cancel_reasons(connection, seller_id, page)
        for order_id in page:
            order = read[order_id]
            reasons = Counter(each.reason for each in order.cancellations)
            by_feeds = reasons - Counter(told for told, _ in noted[order_id])
            by_buttons = (chosen for _, chosen in noted[order_id])
            yield CancelledOrder(
                order_id,
                order.purchase_date,
                order.status,
                sum(item.quantity_cancelled for item in order.items),
                tuple(reasons),
                tuple(dict.fromkeys((*by_feeds, *by_buttons))),
            )


def _pages(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + _PAGE] for start in range(0, len(ids), _PAGE))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
