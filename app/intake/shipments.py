"""Shipments confirmed by a call instead of a feed: judged and written at once.

Source: sp-api-wire 5.3. The judgement is that of OrderFulfillment; no lane is waited
for, the order is locked for one transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.engine.batch import Batch, apply
from app.engine.writing import write_orders
from app.feedtypes import order_fulfillment
from app.feedtypes.fulfillment_units import FulfilledItem
from app.feedtypes.order_fulfillment import OrderFulfillment
from app.intake.accounts import Caller
from app.intake.carriers import carrier_codes
from app.intake.outages import outages_refused
from app.model.effects import RecordShipment, Tracking
from app.model.feed import Judging, Outcome, Problem, Rules
from app.model.mail import MailKind
from app.model.order import Order
from app.model.times import to_iso
from app.settings import Settings
from app.store import ledger
from app.store.backends import Database
from app.store.bulk import Connection
from app.store.orders import load_orders

_SOURCE = "shipment"


@dataclass(frozen=True, slots=True)
class Package:
    """One parcel: `items` are item code, units and transparency codes each.

    `reference_id` tells the parcels of an order apart: the same one again corrects the
    carrier data, and ships nothing anew. `shipped_at` is aware UTC.
    """

    reference_id: str
    shipped_at: datetime
    carrier_code: str
    carrier_name: str | None
    shipping_method: str | None
    tracking_number: str
    items: tuple[tuple[str, int, tuple[str, ...]], ...]


class ShipmentRefused(Exception):
    """A shipment was not confirmed; `problems` are what a report would say."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        """Keep the errors."""
        super().__init__("; ".join(problem.text for problem in problems))
        self.problems = problems


class OtherItems(Exception):
    """The reference was given to a parcel with other items before."""


@dataclass(frozen=True, slots=True)
class ShipmentDesk:
    """Confirms shipments; `ids` gives UUIDs as text."""

    database: Database
    settings: Settings
    clock: Callable[[], datetime]
    ids: Callable[[], str]

    @outages_refused
    def confirm(self, caller: Caller, amazon_order_id: str, package: Package) -> bool:
        """Confirm a shipment; False if the seller has no such order.

        Raises ShipmentRefused and OtherItems, and changes nothing then.
        """
        with self.database.write() as connection:
            now = self.clock()
            book = load_orders(
                connection, caller.seller_id, [amazon_order_id], history=True, lock=True
            )
            order = book.get(amazon_order_id)
            if order is None:
                return False
            found = self._judge(connection, order, package, now)
            if found.refused:
                raise ShipmentRefused(
                    tuple(problem for problem in found.problems if problem.is_error)
                )
            batch = Batch(before=book, after=dict(book))
            apply(batch, order, found.effects, 1, None)
            write_orders(
                connection,
                caller.seller_id,
                batch,
                source=f"{_SOURCE} {self.ids()}",
                cause=caller.access_key_id,
                now=now,
                mails=frozenset(map(MailKind, self.settings.mails)),
            )
        return True

    def _judge(
        self, connection: Connection, order: Order, package: Package, now: datetime
    ) -> Outcome:
        rules = Rules(self.settings.rules)
        message = _message(order, package, rules)
        tolerance = self.settings.future_tolerance_seconds
        judging = Judging(rules, now, future_tolerance_seconds=tolerance)
        place = _confirmed_before(connection, order, package)
        if place is None:
            return order_fulfillment.handle(message, order, judging)
        units = {code: count for code, count, _ in package.items}
        if dict(order.shipments[place].items) != units:
            raise OtherItems
        return order_fulfillment.correct(message, order, place, judging)


def _message(order: Order, package: Package, rules: Rules) -> OrderFulfillment:
    """Write a package as the message that a feed would hold."""
    known = {
        code.casefold(): code for code in carrier_codes(strict=rules is Rules.STRICT)
    }
    code = known.get(package.carrier_code.casefold())
    # A carrier that the schema does not list goes by its name, as in the desk.
    name = package.carrier_name or (None if code else package.carrier_code)
    return OrderFulfillment(
        order.amazon_order_id,
        None,
        to_iso(package.shipped_at),
        Tracking(code, name, package.shipping_method, package.tracking_number),
        package.reference_id,
        tuple(
            FulfilledItem(item, None, count, transparency_codes)
            for item, count, transparency_codes in package.items
        ),
    )


def _confirmed_before(
    connection: Connection, order: Order, package: Package
) -> int | None:
    """Return which shipment of the order has the reference, counted from 0."""
    lines = ledger.history(connection, order.seller_id, order.amazon_order_id)
    shipments = [line for line in lines if isinstance(line.effect, RecordShipment)]
    # Orders may be put in with shipments that the ledger has no effects of.
    first = len(order.shipments) - len(shipments)
    for place, line in enumerate(shipments, first):
        assert isinstance(line.effect, RecordShipment)
        own = line.source.startswith(f"{_SOURCE} ")
        if own and line.effect.merchant_fulfillment_id == package.reference_id:
            return place
    return None
