"""Feeds generated from the schemas, and mutations that break most of them."""

from __future__ import annotations

import copy
from random import Random
from typing import Any
from xml.etree import ElementTree

import xmlschema
from xmlschema.validators import XsdElement, XsdGroup

# Values for types that have no list of their own: good ones, and ones at the edge.
_VALUES = {
    "AmazonOrderID": ["026-1234567-1234567", "S01-1234567-1234567"],
    "AmazonOrderItemCode": ["12345678901234", "00000000000000"],
    "BaseCurrencyAmount": ["0", "-1.5", "10.00", ".5", "1.", " 12 ", "1" * 20],
    "Boolean": ["true", "0", " 1 "],
    "CountryCode": ["US", "  "],
    "DateTime": ["2026-11-24T12:00:00Z", " 2026-11-24T24:00:00 "],
    "DocumentVersion": ["1.01", "99.9"],
    "IDNumber": ["1", "007", " 99999999999999999999 "],
    "Count": ["0", "1"],
    "OverrideReleaseId": ["1.0"],
    "PositiveInteger": ["1", "+01", " 7 "],
    "PromotionClaimCode": ["SUMMER", "ä" * 12],
    "ReportMessageID": ["0", "12"],
}
_TEXTS = ["a", "A-1", "ä€字", " two words "]
_NASTY = [
    "",
    " ",
    "x",
    "0",
    "-1",
    "1.555",
    "1e2",
    "1" * 15,
    "1" * 21,
    "y" * 51,
    "y" * 501,
    "TRUE",
    " Success",
    "Failed",
    "MXN",
    "CustomerCancel",
    "BuyerCanceled",
    "4PX",
    "ups",
    "2026-02-30T00:00:00",
    "2026-11-24",
    "\t\n",
    "𝟙 \U0001f600",
]
_NAMES = [
    "Quantity",
    "QuantityCancelled",
    "AmazonOrderID",
    "MerchantOrderID",
    "Item",
    "Component",
    "Type",
    "message",
    "Bogus",
    "{urn:other}Item",
]


def feed_of(schema: xmlschema.XMLSchema, chance: Random) -> str:
    """Return a feed that fits the schema, with up to three things broken."""
    root = _element(schema.elements["AmazonEnvelope"], chance)
    for _ in range(chance.choice((0, 0, 0, 1, 1, 2, 3))):
        _break(root, chance)
    return ElementTree.tostring(root, encoding="unicode")


def _element(declared: XsdElement, chance: Random) -> ElementTree.Element:
    node = ElementTree.Element(declared.local_name)
    kind = declared.type
    if kind.has_simple_content():
        node.text = _value(kind.simple_type, chance)
        for name, attribute in declared.attributes.items():
            if name is not None and chance.random() < 0.5:
                node.set(name, _value(attribute.type, chance))
    else:
        content = kind.model_group
        assert content is not None
        for child in _children(content, chance):
            node.append(_element(child, chance))
    return node


def _children(group: XsdGroup, chance: Random) -> list[XsdElement]:
    parts = [chance.choice(group)] if group.model == "choice" else list(group)
    found: list[XsdElement] = []
    for part in parts:
        most = 2 if part.max_occurs is None else min(part.max_occurs, 2)
        for _ in range(chance.randint(part.min_occurs, most)):
            if isinstance(part, XsdGroup):
                found += _children(part, chance)
            elif isinstance(part, XsdElement):
                found.append(part)
    return found


def _value(kind: Any, chance: Random) -> str:
    listed = kind.enumeration or _VALUES.get(kind.local_name, _TEXTS)
    return str(chance.choice(listed))


def _break(root: ElementTree.Element, chance: Random) -> None:
    """Change one thing below the document element, mostly for the worse."""
    parent = chance.choice([node for node in root.iter() if len(node)])
    at = chance.randrange(len(parent))
    child = parent[at]
    match chance.randrange(9):
        case 0:
            parent.remove(child)
        case 1:
            parent.insert(at, copy.deepcopy(child))
        case 2:
            other = chance.randrange(len(parent))
            parent[at], parent[other] = parent[other], child
        case 3:
            child.tag = chance.choice(_NAMES)
        case 4:
            child.set(chance.choice(("currency", "a", "Type")), "USD")
        case 5:
            child.tail = chance.choice(("text", " \n\t", "&"))
        case 6:
            new = ElementTree.Element(chance.choice(_NAMES))
            child.insert(chance.randint(0, len(child)), new)
        case _:
            leaf = chance.choice([node for node in root.iter() if not len(node)])
            leaf.text = chance.choice(_NASTY)
