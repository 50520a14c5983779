"""A mail's letter: what is said to whom, in the language and the style of a country."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_currency

from app.intake.mail.words import WORDS, Words
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
    locale = _locale(order.marketplace_id)
    words = _words(locale)
    names = {"order": order.amazon_order_id, "seller": seller_name}
    name = order.buyer.name.strip()
    greeting = words.greeting.format(name=name) if name else words.greeting_without_name
    day = format_date(
        order.purchase_date.astimezone(zone_of(order.marketplace_id)),
        format="long",
        locale=locale,
    )
    details = [*_details(words, order, effects, locale)]
    details.append(words.ordered_on.format(date=day))
    return Letter(
        language=str(locale).replace("_", "-"),
        subject=words.subjects[kind].format(**names),
        greeting=greeting,
        opening=words.openings[kind].format(**names),
        lines=tuple(_lines(words, kind, order, effects)),
        details=tuple(details),
        closing=words.closing.format(**names),
    )


def _locale(marketplace_id: str) -> Locale:
    marketplace = MARKETPLACES.get(marketplace_id)
    if marketplace is None:
        return Locale.parse("en")
    language = language_of(marketplace.country_code)
    try:
        return Locale.parse(f"{language}_{marketplace.country_code}")
    except UnknownLocaleError:
        # Such as English in Mexico, of which Babel knows no style.
        return Locale.parse(language)


def _words(locale: Locale) -> Words:
    return WORDS["zh_Hans" if locale.language == "zh" else locale.language]


def _lines(
    words: Words, kind: MailKind, order: Order, effects: Sequence[Effect]
) -> Iterator[str]:
    """Name each item once, with its units where the mail is about units."""
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
            yield (
                words.line.format(quantity=quantity, title=title) if quantity else title
            )


def _details(
    words: Words, order: Order, effects: Sequence[Effect], locale: Locale
) -> Iterator[str]:
    cancelled = [each for each in effects if isinstance(each, CancelItem)]
    reasons = dict.fromkeys(words.reasons.get(each.reason or "") for each in cancelled)
    for reason in filter(None, reasons):
        yield words.reason.format(reason=reason)
    shipments = [each for each in effects if isinstance(each, RecordShipment)]
    for shipment in shipments:
        yield from _shipment(words, order, shipment, locale)
    refund = sum(
        (each.net for each in effects if isinstance(each, PostRefund)), start=ZERO
    )
    if refund > 0 and (cancelled or not shipments):
        # Before the charge it is a credit against what will be charged (design D4).
        text = words.given_back if order.charged else words.credited
        yield text.format(amount=_money(refund, order.currency, locale))


def _shipment(
    words: Words, order: Order, shipment: RecordShipment, locale: Locale
) -> Iterator[str]:
    day = shipment.fulfillment_date.astimezone(zone_of(order.marketplace_id))
    yield words.shipped_on.format(date=format_date(day, format="long", locale=locale))
    # "Other" is the code of a carrier that has only a name.
    named = shipment.carrier_code if shipment.carrier_code != "Other" else None
    carrier = shipment.carrier_name or named
    if carrier:
        yield words.carrier.format(carrier=carrier)
    if shipment.tracking_number:
        yield words.tracking_number.format(number=shipment.tracking_number)


def _money(amount: Decimal, currency: str, locale: Locale) -> str:
    return format_currency(amount, currency, locale=locale)
