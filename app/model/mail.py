"""The kinds of e-mail that the service writes, and the languages that it knows."""

from __future__ import annotations

from enum import StrEnum


class MailKind(StrEnum):
    """What an e-mail is about."""

    CANCELLATION = "cancellation"
    REFUND = "refund"
    DISPATCH = "dispatch"
    CANCEL_RATE = "cancel_rate"
    """To the seller: the pre-fulfilment cancel rate comes near its target."""


class MailState(StrEnum):
    """How far an e-mail has come."""

    WAITING = "waiting"
    """Not sent yet; its error says what came in between, if anything did."""
    SENT = "sent"
    GIVEN_UP = "given_up"


BUYER_MAILS = (MailKind.CANCELLATION, MailKind.REFUND, MailKind.DISPATCH)
"""The kinds that go to buyers, each of which can be switched off."""

_LANGUAGES = {"DE": "de", "FR": "fr", "BE": "fr", "CN": "zh_Hans"}


def language_of(country_code: str) -> str:
    """Return the language that buyers of a country are written to in.

    An order does not say what its buyer reads, so its marketplace decides; English
    where there are no words of the country's own (decision 0018).
    """
    return _LANGUAGES.get(country_code, "en")
