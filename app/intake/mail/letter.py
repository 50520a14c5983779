"""A mail's letter: what is said to whom, in the language and the style of a country."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from babel.dates import format_date
from babel.numbers import format_currency

from app.intake.mail.words import OPENINGS, REASONS, SUBJECTS, Words, words_of
from app.model.effects import CancelItem, Effect, PostRefund, RecordShipment
from app.model.mail import MailKind, language_of
from app.model.marketplaces import MARKETPLACES, zone_of
from app.model.order import Order
from app.model.order_items import ZERO


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says, as plain text in parts; the templates put them together.

    `language` is as HTML spells it, such as zh-Hans-CN.
    """

    language: str
    subject: str
    greeting: str
    opening: str
    lines: tuple[str, ...]
    details: tuple[str, ...]
    closing: str


def write_letter(
    kind: MailKind, order: Order, effects: Sequence[Effect], seller_name: str
) -> Letter:
    """Write to the buyer of an order about what some effects did to it.

    Only what these effects say is told: neither what the seller noted for themselves,
    which no effect holds, nor anything of other messages.
    """
    words = _words(order.marketplace_id)
    names = {"order": order.amazon_order_id, "seller": seller_name}
    name = order.buyer.name.strip()
    _ = words.text
    return Letter(
        language=words.tag,
        subject=_(SUBJECTS[kind], **names),
        greeting=_("Hello %(name)s,", name=name) if name else _("Hello,"),
        opening=_(OPENINGS[kind], **names),
        lines=tuple(_lines(words, kind, order, effects)),
        details=tuple(_details(words, order, effects)),
        closing=_("Kind regards, %(seller)s", seller=seller_name),
    )


def _words(marketplace_id: str) -> Words:
    marketplace = MARKETPLACES.get(marketplace_id)
    if marketplace is None:
        return words_of("en")
    country = marketplace.country_code
    return words_of(language_of(country), country)


def _lines(
    words: Words, kind: MailKind, order: Order, effects: Sequence[Effect]
) -> Iterator[str]:
    """Name each item once, with its units where the mail is about units."""
    _ = words.text
    units: Counter[str] = Counter()
    for effect in effects:
        if kind is MailKind.CANCELLATION and isinstance(effect, CancelItem):
            units[effect.amazon_order_item_code] += effect.quantity
        elif kind is MailKind.DISPATCH and isinstance(effect, RecordShipment):
            units.update(dict(effect.items))
        elif kind is MailKind.REFUND and isinstance(effect, PostRefund):
            units[effect.amazon_order_item_code] += 0
    for item in order.items:
        code = item.amazon_order_item_code
        if code in units:
            title = item.title or item.sku or code
            quantity = units[code]
            if quantity:
                yield _("%(quantity)s × %(title)s", quantity=quantity, title=title)
            else:
                yield title


def _details(words: Words, order: Order, effects: Sequence[Effect]) -> Iterator[str]:
    _ = words.text
    cancelled = [each for each in effects if isinstance(each, CancelItem)]
    reasons = dict.fromkeys(REASONS.get(each.reason or "") for each in cancelled)
    for reason in filter(None, reasons):
        yield _("Reason: %(reason)s", reason=_(reason))
    shipments = [each for each in effects if isinstance(each, RecordShipment)]
    for shipment in shipments:
        yield from _shipment(words, order, shipment)
    refund = sum(
        (each.net for each in effects if isinstance(each, PostRefund)), start=ZERO
    )
    if refund > 0 and (cancelled or not shipments):
        # Before the charge it is a credit against what will be charged (design D4).
        amount = format_currency(refund, order.currency, locale=words.locale)
        if order.charged:
            yield _("You get back: %(amount)s", amount=amount)
        else:
            yield _("Taken off what you pay: %(amount)s", amount=amount)
    yield _("You ordered on %(date)s.", date=_day(words, order, order.purchase_date))


def _shipment(words: Words, order: Order, shipment: RecordShipment) -> Iterator[str]:
    _ = words.text
    yield _("Shipped on: %(date)s", date=_day(words, order, shipment.fulfillment_date))
    # "Other" is the code of a carrier that has only a name.
    named = shipment.carrier_code if shipment.carrier_code != "Other" else None
    carrier = shipment.carrier_name or named
    if carrier:
        yield _("Carrier: %(carrier)s", carrier=carrier)
    if shipment.tracking_number:
        yield _("Tracking number: %(number)s", number=shipment.tracking_number)


def _day(words: Words, order: Order, moment: datetime) -> str:
    local = moment.astimezone(zone_of(order.marketplace_id))
    return format_date(local, format="long", locale=words.locale)
