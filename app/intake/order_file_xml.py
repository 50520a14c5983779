"""Orders from OrderReport XML, as marketplaces hand them to sellers.

Only what the service needs is read, and by name: the report has many more elements,
and no complete description of them is public. Source: feed-vocabulary 2.6.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, BinaryIO

from lxml import etree

from app.engine.syntax import CONFINED
from app.intake.order_file import OrderFileUnreadable, PlacedOrder
from app.model.marketplaces import MARKETPLACES, zone_of
from app.model.order_checks import Fault, shown
from app.model.order_shape import Location
from app.model.times import to_iso

# xs:decimal, which allows more than the JSON of orders does.
_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)", re.ASCII)

_ELEMENTS = {
    "amazon_order_id": "AmazonOrderID",
    "marketplace_id": "MarketplaceName",
    "purchase_date": "OrderDate",
    "buyer": "BillingData",
    "amazon_order_item_code": "AmazonOrderItemCode",
    "sku": "SKU",
    "title": "Title",
    "quantity_ordered": "Quantity",
    "price": "ItemPrice",
    "currency": "ItemPrice",
    "promotions": "Promotion",
}
"""Which element each part of an order's JSON is read from."""


def read_report_orders(
    document: BinaryIO, marketplace_id: str | None = None
) -> Iterator[PlacedOrder]:
    """Read every OrderReport, in an AmazonEnvelope or as the document itself.

    `marketplace_id` is where orders without MarketplaceName were placed; without it
    that follows from the currency, where only one marketplace has it. Raises
    OrderFileUnreadable for a document that is not well-formed, has a DOCTYPE, or holds
    no OrderReport.
    """
    events = etree.iterparse(
        document, events=("end",), tag=("Message", "OrderReport"), **CONFINED
    )
    found = False
    try:
        for _, element in events:
            _refuse_doctype(element)
            if element.tag == "OrderReport":
                found = True
                yield _placed(element, marketplace_id)
            _forget(element)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        raise OrderFileUnreadable(
            max(line, 1), f"the XML is broken in column {column}: {_reason(error)}"
        ) from None
    if not found:
        root = events.root
        raise OrderFileUnreadable(
            1, f"<{root.tag}> holds no OrderReport, expected one for each order"
        )


def _refuse_doctype(element: etree._Element) -> None:
    if element.getroottree().docinfo.internalDTD is not None:
        raise OrderFileUnreadable(
            1, "the document has a DOCTYPE, which is refused: leave it out"
        )


def _reason(error: etree.XMLSyntaxError) -> str:
    """Return libxml2's own words, without the position that lxml adds to them."""
    return re.sub(
        r", line [0-9]+, column [0-9]+.*", "", str(error.msg), flags=re.DOTALL
    )


def _forget(element: etree._Element) -> None:
    """Give an element that was read back, and what stood before it."""
    if element.tag == "Message":
        element.clear()
        parent = element.getparent()
        while parent is not None and element.getprevious() is not None:
            del parent[0]


def _placed(report: etree._Element, marketplace_id: str | None) -> PlacedOrder:
    items = report.findall("Item")
    faults: list[Fault] = []
    currency = _currency(report, faults)
    marketplace = _marketplace(report, currency, marketplace_id, faults)
    value = {
        "amazon_order_id": _text(report, "AmazonOrderID"),
        "marketplace_id": marketplace,
        "purchase_date": _date(report, marketplace or ""),
        "currency": currency,
        "buyer": {
            "name": _text(report, "BillingData/BuyerName") or "",
            "email": _text(report, "BillingData/BuyerEmailAddress") or "",
        },
        "items": [_item(item) for item in items],
    }
    return PlacedOrder(
        _line(report), _present(value), partial(_locate, report), tuple(faults)
    )


def _item(item: etree._Element) -> dict[str, Any]:
    quantity = _text(item, "Quantity")
    whole = quantity is not None and re.fullmatch(r"\+?[0-9]{1,9}", quantity, re.ASCII)
    value = {
        "amazon_order_item_code": _text(item, "AmazonOrderItemCode"),
        "sku": _text(item, "SKU") or "",
        "title": _text(item, "Title") or "",
        "quantity_ordered": int(quantity or 0) if whole else quantity,
        "price": _price(item) if item.find("ItemPrice") is not None else None,
        "promotions": [
            promotion
            for element in item.findall("Promotion")
            for promotion in _promotions(element)
        ],
    }
    return _present(value)


def _price(item: etree._Element) -> dict[str, str]:
    """Read components; those that stand twice are added up."""
    price: dict[str, str] = {}
    for component in item.iterfind("ItemPrice/Component"):
        name, amount = _text(component, "Type") or "", _amount(component)
        if name in price and _is_decimal(price[name]) and _is_decimal(amount):
            amount = _plain(Decimal(price[name]) + Decimal(amount))
        price[name] = amount
    return price


def _promotions(element: etree._Element) -> Iterator[dict[str, Any]]:
    """Read one promotion for each component that it changes.

    Reports write discounts with either sign; a promotion here is positive.
    """
    for component in element.findall("Component"):
        amount = _amount(component).removeprefix("-")
        if _is_decimal(amount) and not Decimal(amount):
            continue
        value = {
            "promotion_claim_code": _text(element, "PromotionClaimCode") or None,
            "merchant_promotion_id": _text(element, "MerchantPromotionID") or None,
            "component": _text(component, "Type"),
            "amount": amount,
        }
        yield _present(value)


def _present(value: dict[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in value.items() if part is not None}


def _text(element: etree._Element, path: str) -> str | None:
    found = element.findtext(path)
    return None if found is None else " ".join(found.split())


def _amount(component: etree._Element) -> str:
    """Return an amount as the JSON of orders writes it, or as it stands."""
    text = _text(component, "Amount") or ""
    return _plain(Decimal(text)) if _is_decimal(text) else text


def _is_decimal(text: str) -> bool:
    return _DECIMAL.fullmatch(text) is not None


def _plain(amount: Decimal) -> str:
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _currency(report: etree._Element, faults: list[Fault]) -> str | None:
    """Return the currency of the amounts; another one among them is a fault."""
    given = [
        (place, amount.get("currency"))
        for place, item in enumerate(report.findall("Item"))
        for path in ("ItemPrice/Component/Amount", "Promotion/Component/Amount")
        for amount in item.iterfind(path)
    ]
    currency = next((name for _, name in given if name is not None), None)
    for place, name in given:
        if name != currency:
            text = (
                f"has an amount in {name or 'no currency'}, the order is in {currency}"
            )
            faults.append(Fault(("items", place, "currency"), text))
    return currency


def _marketplace(
    report: etree._Element,
    currency: str | None,
    marketplace_id: str | None,
    faults: list[Fault],
) -> str | None:
    name = _text(report, "MarketplaceName")
    if name:
        for known in MARKETPLACES.values():
            if name.lower() in (
                known.marketplace_id.lower(),
                known.sales_channel.lower(),
            ):
                return known.marketplace_id
    if marketplace_id:
        return marketplace_id
    fitting = [m for m in MARKETPLACES.values() if m.currency == currency]
    if not name and len(fitting) == 1:
        return fitting[0].marketplace_id
    if currency is not None:
        found = (
            f"is {shown(name)}"
            if name
            else f"is missing, and {currency} leaves it open"
        )
        faults.append(
            Fault(
                ("marketplace_id",),
                f"{found}: name the marketplace of such orders for the import",
            )
        )
    return None


def _date(report: etree._Element, marketplace_id: str) -> str | None:
    """Return OrderDate; without a zone it is in the marketplace's (design D4)."""
    text = _text(report, "OrderDate")
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    if moment.tzinfo is None and "T" in text:
        return to_iso(moment.replace(tzinfo=zone_of(marketplace_id)))
    return text


def _line(element: etree._Element) -> int:
    line: int | None = element.sourceline  # type: ignore[assignment] # stub has "..."
    return line or 1


def _locate(report: etree._Element, location: Location) -> tuple[int, str]:
    """Walk down to the element that a part of an order's JSON was read from."""
    node, path = report, "OrderReport"
    for part, inner in zip(location, (*location[1:], None), strict=True):
        step, found = "", []
        if part == "items":
            place = inner if isinstance(inner, int) else 0
            step = f"Item[{place + 1}]" if isinstance(inner, int) else "Item"
            found = node.findall("Item")[place : place + 1]
        elif isinstance(part, str) and part in _ELEMENTS:
            step = _ELEMENTS[part]
            found = node.findall(step)
        elif node.tag == "ItemPrice":
            step = f"Component[Type={part}]"
            found = [each for each in node if _text(each, "Type") == part]
        if step:
            path += f"/{step}"
            if not found:
                break
            node = found[0]
    return _line(node), path
