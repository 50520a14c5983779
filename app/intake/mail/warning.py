"""The warning to a seller whose cancel rate comes near its target."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_decimal

from app.intake.mail.letter import Letter
from app.intake.mail.words import words_of


def write_warning(content: str, seller_name: str) -> Letter:
    """Write the warning from its figures, the JSON that `health_watch` has kept."""
    figures = json.loads(content)
    # Warnings written before contacts had a language have none.
    words = words_of(figures.pop("language", "en"))
    for name in ("rate", "target", "warn"):
        figures[name] = format_decimal(
            Decimal(figures[name]), "#,##0.0#", locale=words.locale
        )
    for name in ("first", "last"):
        figures[name] = format_date(
            date.fromisoformat(figures[name]), "long", locale=words.locale
        )
    _ = words.text
    return Letter(
        language=words.tag,
        subject=_("Cancel rate at %(rate)s %%, target under %(target)s %%", **figures),
        greeting=_("Hello %(seller)s,", seller=seller_name),
        opening=_(
            "%(rate)s %% of your orders were cancelled by you before they were "
            "shipped: %(cancelled)s of the %(counted)s that were placed from "
            "%(first)s to %(last)s (UTC).",
            **figures,
        ),
        lines=(),
        details=(
            _(
                "Target: under %(target)s %%. This mail is sent from %(warn)s %% on, "
                "once until the rate has fallen below that.",
                **figures,
            ),
            _(
                "Units that cannot be shipped count whichever feed or page cancels "
                "them; a cancellation counts not if the buyer asked for it through "
                "the marketplace."
            ),
            _(
                "The orders behind it: the page Account health, or feedgate health "
                "--seller-id %(seller_id)s",
                **figures,
            ),
        ),
        closing="Feedgate",
    )
