"""In which encoding a flat file is read when its bytes do not tell."""

from __future__ import annotations

from collections.abc import Collection

from app.model.marketplaces import MARKETPLACES

# Source: mws-wire 6. GBK for China is a choice: no source has it (docs/decisions/0016).
_BY_COUNTRY = {"JP": "shift_jis", "CN": "gbk"}
_ELSEWHERE = "windows-1252"

BY_MARKETPLACE = "marketplace"
"""The value of the setting that leaves it to the marketplaces."""


def flat_charset(
    content_type_charset: str | None, marketplace_ids: Collection[str], setting: str
) -> str:
    """Return the charset of the Content-Type, else the setting's, else the country's.

    `marketplace_ids` are those of the submission, or all that the seller sells in. If
    they are not all of one country, it is Windows-1252.
    """
    if content_type_charset is not None:
        return content_type_charset
    if setting != BY_MARKETPLACE:
        return setting
    found = {
        _BY_COUNTRY.get(MARKETPLACES[each].country_code, _ELSEWHERE)
        if each in MARKETPLACES
        else _ELSEWHERE
        for each in marketplace_ids
    }
    return found.pop() if len(found) == 1 else _ELSEWHERE
