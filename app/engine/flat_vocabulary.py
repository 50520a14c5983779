"""The words that cells may hold, taken from the schemas of the XML twins."""

from __future__ import annotations

from functools import cache

from app.engine.hints import hint_for_value
from app.engine.schemas import enumeration
from app.model.feed import Rules
from app.model.flatfile import Vocabulary


@cache
def vocabulary(rules: Rules) -> Vocabulary:
    """Return the words of a profile."""
    carriers = enumeration(rules, "CarrierCode")
    return Vocabulary(
        rules=rules,
        cancel_reasons=enumeration(rules, "CancelReason"),
        adjustment_reasons=enumeration(rules, "AdjustmentReason"),
        currencies=enumeration(rules, "BaseCurrencyCode"),
        # Of two spellings that differ in case only, the first one of the list.
        carriers={code.casefold(): code for code in reversed(carriers)},
        hint=hint_for_value,
    )
