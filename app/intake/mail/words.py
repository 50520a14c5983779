"""What mails to buyers say, in every language: one value a language, no gaps.

`{order}`, `{seller}`, `{amount}`, `{date}` and the like are filled in by letter.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.model.mail import MailKind


@dataclass(frozen=True, slots=True)
class Words:
    """The sentences of one language; `reasons` are those that buyers are told."""

    greeting: str
    greeting_without_name: str
    subjects: Mapping[MailKind, str]
    openings: Mapping[MailKind, str]
    line: str
    reason: str
    given_back: str
    credited: str
    carrier: str
    tracking_number: str
    shipped_on: str
    ordered_on: str
    closing: str
    reasons: Mapping[str, str]


def _reasons(
    no_inventory: str,
    buyer: str,
    general: str,
    pricing: str,
    undeliverable: str,
    exchange: str,
) -> Mapping[str, str]:
    """Name the six reasons of the desk (feed-vocabulary 6), by their feed values."""
    return {
        "NoInventory": no_inventory,
        "BuyerCanceled": buyer,
        # The adjustment feed's word for the same.
        "CustomerCancel": buyer,
        "GeneralAdjustment": general,
        "PricingError": pricing,
        "ShippingAddressUndeliverable": undeliverable,
        "CustomerExchange": exchange,
    }


WORDS: Mapping[str, Words] = {
    "en": Words(
        greeting="Hello {name},",
        greeting_without_name="Hello,",
        subjects={
            MailKind.CANCELLATION: "Cancelled: items of your order {order}",
            MailKind.REFUND: "Refund for your order {order}",
            MailKind.DISPATCH: "On its way: your order {order}",
        },
        openings={
            MailKind.CANCELLATION: "{seller} has cancelled these items of your order "
            "{order}:",
            MailKind.REFUND: "{seller} gives money back to you for your order {order}:",
            MailKind.DISPATCH: "{seller} has shipped these items of your order "
            "{order}:",
        },
        line="{quantity} × {title}",
        reason="Reason: {reason}",
        given_back="You get back: {amount}",
        credited="Taken off what you pay: {amount}",
        carrier="Carrier: {carrier}",
        tracking_number="Tracking number: {number}",
        shipped_on="Shipped on: {date}",
        ordered_on="You ordered on {date}.",
        closing="Kind regards, {seller}",
        reasons=_reasons(
            "not in stock",
            "cancelled at your request",
            "general adjustment",
            "the price was listed wrongly",
            "the shipping address cannot be delivered to",
            "you asked for an exchange",
        ),
    ),
    "de": Words(
        greeting="Guten Tag {name},",
        greeting_without_name="Guten Tag,",
        subjects={
            MailKind.CANCELLATION: "Storniert: Artikel Ihrer Bestellung {order}",
            MailKind.REFUND: "Erstattung zu Ihrer Bestellung {order}",
            MailKind.DISPATCH: "Unterwegs: Ihre Bestellung {order}",
        },
        openings={
            MailKind.CANCELLATION: "{seller} hat diese Artikel Ihrer Bestellung "
            "{order} storniert:",
            MailKind.REFUND: "{seller} erstattet Ihnen einen Betrag zu Ihrer "
            "Bestellung {order}:",
            MailKind.DISPATCH: "{seller} hat diese Artikel Ihrer Bestellung {order} "
            "versandt:",
        },
        line="{quantity} × {title}",
        reason="Grund: {reason}",
        given_back="Sie erhalten zurück: {amount}",
        credited="Ihr Rechnungsbetrag verringert sich um: {amount}",
        carrier="Versanddienst: {carrier}",
        tracking_number="Sendungsnummer: {number}",
        shipped_on="Versandt am: {date}",
        ordered_on="Bestellt am {date}.",
        closing="Freundliche Grüße, {seller}",
        reasons=_reasons(
            "nicht vorrätig",
            "auf Ihren Wunsch storniert",
            "allgemeine Anpassung",
            "der Preis war falsch angegeben",
            "die Lieferadresse ist nicht zustellbar",
            "Sie wünschen einen Umtausch",
        ),
    ),
    "fr": Words(
        greeting="Bonjour {name},",
        greeting_without_name="Bonjour,",
        subjects={
            MailKind.CANCELLATION: "Annulation : articles de votre commande {order}",
            MailKind.REFUND: "Remboursement pour votre commande {order}",
            MailKind.DISPATCH: "En route : votre commande {order}",
        },
        openings={
            MailKind.CANCELLATION: "{seller} a annulé ces articles de votre commande "
            "{order} :",
            MailKind.REFUND: "{seller} vous rembourse pour votre commande {order} :",
            MailKind.DISPATCH: "{seller} a expédié ces articles de votre commande "
            "{order} :",
        },
        line="{quantity} × {title}",
        reason="Motif : {reason}",
        given_back="Montant remboursé : {amount}",
        credited="Déduit de ce que vous payez : {amount}",
        carrier="Transporteur : {carrier}",
        tracking_number="Numéro de suivi : {number}",
        shipped_on="Expédié le : {date}",
        ordered_on="Commandé le {date}.",
        closing="Cordialement, {seller}",
        reasons=_reasons(
            "article non disponible",
            "annulé à votre demande",
            "ajustement général",
            "le prix affiché était erroné",
            "l'adresse de livraison ne peut pas être desservie",
            "vous souhaitez un échange",
        ),
    ),
    "zh_Hans": Words(
        greeting="{name},您好:",
        greeting_without_name="您好:",
        subjects={
            MailKind.CANCELLATION: "订单 {order} 中的商品已取消",
            MailKind.REFUND: "订单 {order} 的退款",
            MailKind.DISPATCH: "订单 {order} 已发货",
        },
        openings={
            MailKind.CANCELLATION: "{seller} 已取消您的订单 {order} 中的以下商品:",
            MailKind.REFUND: "{seller} 就您的订单 {order} 向您退款:",
            MailKind.DISPATCH: "{seller} 已发出您的订单 {order} 中的以下商品:",
        },
        line="{title} × {quantity}",
        reason="原因:{reason}",
        given_back="退款金额:{amount}",
        credited="从应付金额中扣除:{amount}",
        carrier="承运商:{carrier}",
        tracking_number="追踪编号:{number}",
        shipped_on="发货日期:{date}",
        ordered_on="下单日期:{date}。",
        closing="此致,{seller}",
        reasons=_reasons(
            "无库存",
            "买家取消",
            "一般调整",
            "定价错误",
            "配送地址无法送达",
            "买家换货",
        ),
    ),
}
