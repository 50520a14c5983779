"""The marketplaces: where an order was placed, its currency and its local time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Marketplace:
    """One marketplace.

    `time_zone` is a name of the IANA database; `sales_channel` is what the Orders API
    calls the marketplace.
    """

    marketplace_id: str
    country_code: str
    currency: str
    time_zone: str
    sales_channel: str

    @property
    def language(self) -> str:
        """The first language of its shop, as locales are written there."""
        return _LANGUAGES[self.country_code]

    @property
    def domain_name(self) -> str:
        """Where its shop is."""
        return f"www.{self.sales_channel.lower()}"


_LANGUAGES = {
    "BR": "pt_BR", "MX": "es_MX", "AE": "en_AE", "DE": "de_DE", "EG": "ar_AE",
    "ES": "es_ES", "FR": "fr_FR", "BE": "fr_BE", "GB": "en_GB", "IN": "en_IN",
    "IT": "it_IT", "NL": "nl_NL", "PL": "pl_PL", "SA": "ar_AE", "SE": "sv_SE",
    "TR": "tr_TR", "SG": "en_SG", "AU": "en_AU", "JP": "ja_JP", "CN": "zh_CN",
    "CA": "en_CA", "US": "en_US",
}  # fmt: skip

# Source: mws-wire 10 (ids, countries, currencies) and 8.4 (SalesChannel). The North
# American marketplaces keep Pacific time; the others keep the time of their capital.
MARKETPLACES = {
    marketplace.marketplace_id: marketplace
    for marketplace in (
        Marketplace(
            "A2Q3Y263D00KWC", "BR", "BRL", "America/Sao_Paulo", "Amazon.com.br"
        ),
        Marketplace("A2EUQ1WTGCTBG2", "CA", "CAD", "America/Los_Angeles", "Amazon.ca"),
        Marketplace(
            "A1AM78C64UM0Y8", "MX", "MXN", "America/Los_Angeles", "Amazon.com.mx"
        ),
        Marketplace("ATVPDKIKX0DER", "US", "USD", "America/Los_Angeles", "Amazon.com"),
        Marketplace("A2VIGQ35RCS4UG", "AE", "AED", "Asia/Dubai", "Amazon.ae"),
        Marketplace("A1PA6795UKMFR9", "DE", "EUR", "Europe/Berlin", "Amazon.de"),
        Marketplace("ARBP9OOSHTCHU", "EG", "EGP", "Africa/Cairo", "Amazon.eg"),
        Marketplace("A1RKKUPIHCS9HS", "ES", "EUR", "Europe/Madrid", "Amazon.es"),
        Marketplace("A13V1IB3VIYZZH", "FR", "EUR", "Europe/Paris", "Amazon.fr"),
        Marketplace("AMEN7PMS3EDWL", "BE", "EUR", "Europe/Brussels", "Amazon.com.be"),
        Marketplace("A1F83G8C2ARO7P", "GB", "GBP", "Europe/London", "Amazon.co.uk"),
        Marketplace("A21TJRUUN4KGV", "IN", "INR", "Asia/Kolkata", "Amazon.in"),
        Marketplace("APJ6JRA9NG5V4", "IT", "EUR", "Europe/Rome", "Amazon.it"),
        Marketplace("A1805IZSGTT6HS", "NL", "EUR", "Europe/Amsterdam", "Amazon.nl"),
        Marketplace("A1C3SOZRARQ6R3", "PL", "PLN", "Europe/Warsaw", "Amazon.pl"),
        Marketplace("A17E79C6D8DWNP", "SA", "SAR", "Asia/Riyadh", "Amazon.sa"),
        Marketplace("A2NODRKZP88ZB9", "SE", "SEK", "Europe/Stockholm", "Amazon.se"),
        Marketplace("A33AVAJ2PDY3EV", "TR", "TRY", "Europe/Istanbul", "Amazon.com.tr"),
        Marketplace("A19VAU5U5O7RUS", "SG", "SGD", "Asia/Singapore", "Amazon.sg"),
        Marketplace("A39IBJ37TRP1C6", "AU", "AUD", "Australia/Sydney", "Amazon.com.au"),
        Marketplace("A1VC38T7YXB528", "JP", "JPY", "Asia/Tokyo", "Amazon.co.jp"),
        Marketplace("AAHKV2X7AFYLW", "CN", "CNY", "Asia/Shanghai", "Amazon.cn"),
    )
}


def zone_of(marketplace_id: str) -> tzinfo:
    """Return the local time of a marketplace; of one that is not listed, UTC."""
    marketplace = MARKETPLACES.get(marketplace_id)
    return UTC if marketplace is None else ZoneInfo(marketplace.time_zone)
