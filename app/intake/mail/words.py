"""What mails say: English in the code, other languages in catalogues (`locale`)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.support import NullTranslations

from app.model.catalogues import read_catalogues
from app.model.mail import MailKind

FOLDER = Path(__file__).parent / "locale"


def N_(message: str) -> str:  # noqa: N802 # gettext's own name for it
    """Mark a text to be translated where it is written."""
    return message


SUBJECTS = {
    MailKind.CANCELLATION: N_("Cancelled: items of your order %(order)s"),
    MailKind.REFUND: N_("Refund for your order %(order)s"),
    MailKind.DISPATCH: N_("On its way: your order %(order)s"),
}

OPENINGS = {
    MailKind.CANCELLATION: N_(
        "%(seller)s has cancelled these items of your order %(order)s:"
    ),
    MailKind.REFUND: N_("%(seller)s gives money back to you for your order %(order)s:"),
    MailKind.DISPATCH: N_(
        "%(seller)s has shipped these items of your order %(order)s:"
    ),
}

_BY_BUYER = N_("cancelled at your request")

REASONS = {
    "NoInventory": N_("not in stock"),
    "BuyerCanceled": _BY_BUYER,
    # The adjustment feed's word for the same.
    "CustomerCancel": _BY_BUYER,
    "GeneralAdjustment": N_("general adjustment"),
    "PricingError": N_("the price was listed wrongly"),
    "ShippingAddressUndeliverable": N_("the shipping address cannot be delivered to"),
    "CustomerExchange": N_("you asked for an exchange"),
}
"""The reasons that buyers are told, by their feed values (feed-vocabulary 6)."""


@dataclass(frozen=True, slots=True)
class Words:
    """A language, and the style of a country for dates and amounts."""

    locale: Locale
    catalogue: NullTranslations

    @property
    def tag(self) -> str:
        """The language as HTML spells it, such as zh-Hans-CN."""
        return str(self.locale).replace("_", "-")

    def text(self, message: str, /, **values: object) -> str:
        """Translate a text; `%(name)s` in it is filled with the values."""
        translated: str = self.catalogue.gettext(message)
        return translated % values if values else translated


def languages() -> tuple[str, ...]:
    """Return the languages that mails are written in, as Babel names them."""
    return ("en", *_catalogues())


def words_of(language: str, country_code: str | None = None) -> Words:
    """Return the words of a language; English for one that is not there."""
    catalogue = _catalogues().get(language)
    if catalogue is None:
        language, catalogue = "en", NullTranslations()
    name = language if country_code is None else f"{language}_{country_code}"
    try:
        locale = Locale.parse(name)
    except UnknownLocaleError:
        # Such as English in Mexico, of which Babel knows no style.
        locale = Locale.parse(language)
    return Words(locale, catalogue)


@cache
def _catalogues() -> dict[str, NullTranslations]:
    return dict(read_catalogues(FOLDER))
