"""The words of the pages: gettext catalogues, and dates and money through Babel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from decimal import Decimal
from functools import cache
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_time, get_datetime_format
from babel.numbers import format_currency, format_decimal
from babel.support import NullTranslations

from app.model.catalogues import read_catalogues

FOLDER = Path(__file__).parents[1] / "locale"
"""One folder for each language, named as Babel names locales."""

DEFAULT = "en"


@dataclass(frozen=True, slots=True)
class Language:
    """One language; `tag` is what HTML calls it, `label` what it calls itself."""

    code: str
    catalogue: NullTranslations = field(repr=False)

    @property
    def locale(self) -> Locale:
        """The locale of dates and amounts."""
        return Locale.parse(self.code)

    @property
    def tag(self) -> str:
        """The BCP 47 tag, such as zh-Hans."""
        return self.code.replace("_", "-")

    @property
    def label(self) -> str:
        """The name of the language in itself."""
        return self.locale.languages.get(self.code) or self.code

    def text(self, message: str, /, **values: object) -> str:
        """Translate a sentence; `%(name)s` in it is filled with the values."""
        translated: str = self.catalogue.gettext(message)
        return translated % values if values else translated

    def money(self, amount: Decimal, currency: str) -> str:
        """Write an amount as the language writes it."""
        return format_currency(amount, currency, locale=self.locale)

    def number(self, count: int) -> str:
        """Write a number as the language groups its digits."""
        text: str = format_decimal(count, locale=self.locale)
        return text

    def percent(self, figure: Decimal, places: int = 2) -> str:
        """Write percent (2.5 is 2.5 %) with so many decimals."""
        number = format_decimal(
            figure, f"#,##0.{'0' * places}".rstrip("."), locale=self.locale
        )
        return f"{number}%"

    def day(self, when: date) -> str:
        """Write a day."""
        return format_date(when, "medium", locale=self.locale)

    def moment(self, when: datetime, zone: tzinfo) -> str:
        """Write a time of a zone, to the minute, with the name of the zone."""
        local = when.astimezone(zone)
        day = format_date(local, "medium", locale=self.locale)
        minute = format_time(local, "short", tzinfo=zone, locale=self.locale)
        pattern = str(get_datetime_format("medium", locale=self.locale))
        return f"{pattern.format(minute, day)} {local.tzname()}"


@cache
def languages() -> dict[str, Language]:
    """Read the catalogues; the folders are the list of languages."""
    return {
        code: Language(code, catalogue)
        for code, catalogue in read_catalogues(FOLDER).items()
    }


def chosen(cookie: str | None, accept_language: str) -> Language:
    """Return the language of a cookie, else the best of Accept-Language."""
    known = languages()
    if cookie in known:
        return known[cookie]
    return known[_negotiated(accept_language, known)]


def _negotiated(accept_language: str, known: Iterable[str]) -> str:
    wanted: list[tuple[float, str]] = []
    for part in accept_language[:400].split(","):
        tag, _, rest = part.strip().partition(";q=")
        try:
            weight = float(rest) if rest else 1.0
        except ValueError:
            continue
        wanted.append((-weight, tag.lower()))
    for _, tag in sorted(wanted, key=lambda pair: pair[0]):
        for code in known:
            # zh-CN and zh ask for Chinese; there is one Chinese here.
            if tag.split("-")[0] == code.split("_")[0]:
                return code
    return DEFAULT
