"""One order: its items and amounts, its buyer, and all that happened to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from fastapi import APIRouter, Response

from app.doors.web.ordering import find_file
from app.doors.web.pages import page
from app.doors.web.visits import Visiting
from app.doors.web.words import ACTIONS, COMPONENTS, EVENTS, REASONS
from app.intake.desk_orders import Event
from app.model.effects import (
    CancelItem,
    ChargeOrder,
    CorrectShipment,
    PostRefund,
    RecordShipment,
    Refund,
    StoreMerchantIds,
)
from app.model.order import Order

router = APIRouter()


@dataclass(slots=True)
class Told:
    """An event as the timeline tells it.

    `text` is a sentence marked by N_ with its `values`; `item` is the title, `amount`
    in the order's currency, `reason` a code that REASONS names.
    """

    event: Event
    text: str
    values: dict[str, object] = field(default_factory=dict)
    item: str = ""
    amount: Decimal | None = None
    reason: str = ""
    carrier: str = ""
    tracking: str = ""


@router.get("/orders/{amazon_order_id}")
def order_page(visit: Visiting, amazon_order_id: str) -> Response:
    """Show an order of the seller."""
    file = find_file(visit, amazon_order_id)
    order = file.view.order
    return page(
        visit,
        "order.html",
        file=file,
        view=file.view,
        order=order,
        events=list(timeline(file.events, order))[::-1],
        reasons=REASONS,
        components=COMPONENTS,
        actions=ACTIONS,
    )


def timeline(events: Sequence[Event], order: Order) -> Iterator[Told]:
    """Tell the entries of an order's ledger, oldest first.

    Nothing is given back before the order is charged: until then a refund is a credit.
    """
    charges = [isinstance(event.line.effect, ChargeOrder) for event in events]
    # Of an order that was charged elsewhere the ledger has no charge.
    charged = order.charged and not any(charges)
    for event, charges_now in zip(events, charges, strict=True):
        charged = charged or charges_now
        told = tell(event, order)
        effect = event.line.effect
        if isinstance(effect, PostRefund) and not charged and not effect.released:
            told.text = EVENTS["Credit"]
        yield told


def tell(event: Event, order: Order) -> Told:
    """Turn an entry of the ledger into what a seller reads.

    A button's own reason goes before that of its document, which may be coarser.
    """
    effect = event.line.effect
    told = Told(event, EVENTS[effect.kind], item=_title(order, effect.item))
    match effect:
        case CancelItem():
            told.values = {"quantity": effect.quantity}
            told.reason = effect.reason or ""
        case Refund():
            told.amount, told.reason = effect.net, effect.reason
        case ChargeOrder():
            told.amount = effect.amount
        case StoreMerchantIds():
            own_id = effect.merchant_order_id or order.merchant_order_id or ""
            told.values = {"merchant_order_id": own_id}
        case RecordShipment() | CorrectShipment():
            # The code "Other" says only that the name does.
            names = (effect.carrier_code, effect.carrier_name)
            known = [name for name in names if name and name != "Other"]
            told.carrier = known[0] if known else ""
            told.tracking = effect.tracking_number or ""
    if event.note is not None and event.note.reason and told.reason:
        told.reason = event.note.reason
    return told


def _title(order: Order, code: str | None) -> str:
    item = order.item(code) if code else None
    return item.title if item else ""
