"""Figures of a seller's account, counted from the orders' rows.

The rows are written from the fold of the ledger, so they tell what it tells; the index
by purchase date leads to the orders of a day, the key to their items.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, Connection, and_, distinct, exists, select, update
from sqlalchemy import func as sql

from app.model.cancel_rate import PENDING
from app.model.money import from_minor_units
from app.store.tables import order_item, orders, seller_contact

_order, _item, _contact = orders.c, order_item.c, seller_contact.c


@dataclass(frozen=True, slots=True)
class Refunds:
    """What was given back of the charged orders of some days, in one currency."""

    currency: str
    orders: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to write to about a seller's account."""

    seller_id: str
    email: str
    warned_at: datetime | None
    language: str


def count_orders(
    connection: Connection, seller_id: str, start: datetime, end: datetime
) -> int:
    """Return how many orders the cancel rate is taken of: from start, before end."""
    query = select(sql.count()).where(_counting(seller_id, start, end))
    return connection.execute(query).scalar_one()


def count_charged(
    connection: Connection, seller_id: str, start: datetime, end: datetime
) -> int:
    """Return how many orders, placed from start and before end, were charged."""
    query = select(sql.count()).where(
        _placed(seller_id, start, end), _order.charged.is_(True)
    )
    return connection.execute(query).scalar_one()


def orders_with_cancelled_units(
    connection: Connection, seller_id: str, start: datetime, end: datetime
) -> list[tuple[str, datetime, bool]]:
    """Return id, purchase date and whether the buyer had asked for it, oldest first.

    Only orders that the rate is taken of, placed from start and before end.
    """
    cancelled = exists().where(
        _item.seller_id == _order.seller_id,
        _item.amazon_order_id == _order.amazon_order_id,
        _item.quantity_cancelled > 0,
    )
    query = (
        select(
            _order.amazon_order_id,
            _order.purchase_date,
            _order.buyer_requested_cancel.is_not(None),
        )
        .where(_counting(seller_id, start, end), cancelled)
        .order_by(_order.purchase_date, _order.amazon_order_id)
    )
    return [(row[0], row[1], bool(row[2])) for row in connection.execute(query)]


def refunds(
    connection: Connection, seller_id: str, start: datetime, end: datetime
) -> list[Refunds]:
    """Return what was given back, by currency, of charged orders placed in a time."""
    query = (
        select(
            _order.currency,
            sql.count(distinct(_order.amazon_order_id)),
            sql.sum(_item.refunded),
        )
        .join(
            order_item,
            and_(
                _item.seller_id == _order.seller_id,
                _item.amazon_order_id == _order.amazon_order_id,
            ),
        )
        .where(
            _placed(seller_id, start, end),
            _order.charged.is_(True),
            _item.refunded != 0,
        )
        .group_by(_order.currency)
        .order_by(_order.currency)
    )
    return [
        Refunds(row[0], row[1], from_minor_units(int(row[2]), row[0]))
        for row in connection.execute(query)
    ]


def set_contact(
    connection: Connection, seller_id: str, email: str, language: str
) -> None:
    """Set whom to write to about an account; an earlier warning stays known."""
    changed = connection.execute(
        update(seller_contact)
        .where(_contact.seller_id == seller_id)
        .values(email=email, language=language)
    )
    if not changed.rowcount:
        row = {"seller_id": seller_id, "email": email, "language": language}
        connection.execute(seller_contact.insert(), row)


def contacts(connection: Connection) -> list[Contact]:
    """Return the contacts of all sellers that have one."""
    query = select(seller_contact).order_by(_contact.seller_id)
    return [Contact(*row) for row in connection.execute(query)]


def find_contact(connection: Connection, seller_id: str) -> Contact | None:
    """Return the contact of a seller, or None."""
    query = select(seller_contact).where(_contact.seller_id == seller_id)
    row = connection.execute(query).first()
    return None if row is None else Contact(*row)


def note_warning(
    connection: Connection, seller_id: str, warned_at: datetime | None
) -> bool:
    """Note a crossing of the rate, or its end (None); False if it is noted already."""
    was = _contact.warned_at.is_not(None)
    if warned_at is not None:
        was = _contact.warned_at.is_(None)
    changed = connection.execute(
        update(seller_contact)
        .where(_contact.seller_id == seller_id, was)
        .values(warned_at=warned_at)
    )
    return changed.rowcount == 1


def _placed(seller_id: str, start: datetime, end: datetime) -> ColumnElement[bool]:
    return and_(
        _order.seller_id == seller_id,
        _order.purchase_date >= start,
        _order.purchase_date < end,
    )


def _counting(seller_id: str, start: datetime, end: datetime) -> ColumnElement[bool]:
    """Say in SQL what `cancel_rate.counts` says of an order."""
    return and_(
        _placed(seller_id, start, end),
        _order.fulfillment_channel == "MFN",
        _order.status.not_in(PENDING),
    )
