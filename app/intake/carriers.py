"""The carriers that OrderFulfillment has a code for, as the schema lists them."""

from __future__ import annotations

from functools import cache

from lxml import etree

from app.resources import xsd_folder

_ENUMERATION = "{http://www.w3.org/2001/XMLSchema}enumeration"


@cache
def carrier_codes(*, strict: bool) -> tuple[str, ...]:
    """Return the carrier codes of a rule profile, in alphabetical order."""
    folder = xsd_folder() / "strict" if strict else xsd_folder()
    tree = etree.parse(str(folder / "CarrierCode.xsd"))
    codes = {element.get("value", "") for element in tree.iter(_ENUMERATION)}
    return tuple(sorted(codes, key=str.casefold))
