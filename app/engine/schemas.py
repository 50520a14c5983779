"""The schemas of xsd/, compiled once per thread and profile, and what they expect."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from lxml import etree

from app.model.feed import Rules
from app.resources import xsd_folder

_XS = "{http://www.w3.org/2001/XMLSchema}"


def schema_file(rules: Rules) -> Path:
    """Return the schema that a profile is read from; it includes the others."""
    folder = xsd_folder()
    if rules is Rules.STRICT:
        folder /= "strict"
    return folder / "AmazonEnvelope.xsd"


USUAL = {
    "AmazonOrderID": "[0-9]{3}-[0-9]{7}-[0-9]{7}",
    "IDNumber": "[1-9][0-9]{0,19}",
}
"""How nearly all values of a type look, as a pattern that allows less than the type.

libxml2 (2.14.6) looks for a digit sooner than for \\w, and reads no integer for it.
"""


class _Compiled(threading.local):
    """The schemas that a thread has compiled."""

    def __init__(self) -> None:
        self.schemas: dict[Rules, etree.XMLSchema] = {}


_compiled = _Compiled()

# libxml2 makes its built-in types with the first schema, and guards that by nothing:
# of two threads that compile the first one at once, either may find half of them.
_compiling = threading.Lock()


def compiled(rules: Rules) -> etree.XMLSchema:
    """Return the schema of a profile.

    One per thread, since it owns one error log. Source: xml-pipeline 2 (GIL).
    """
    schemas = _compiled.schemas
    if rules not in schemas:
        with _compiling:
            schemas[rules] = _compile(rules)
    return schemas[rules]


def _compile(rules: Rules) -> etree.XMLSchema:
    return etree.XMLSchema(_quick(schema_file(rules)))


def _quick(path: Path) -> etree._Element:
    """Return a schema as one, so put that libxml2 is done with it sooner.

    It lists an enumeration in each of its errors, which takes longer than to find
    them, and is not read: `expectations` knows it. It lists none for a union, so each
    enumeration becomes the only member of one, which allows the very same values. A
    type with a usual form becomes the second member, asked where that does not fit.
    """
    declared = _Declarations()
    declared.read(path)
    whole = etree.Element(f"{_XS}schema", declared.attributes)
    whole.extend(declared.nodes)
    for kind in whole.iterchildren(f"{_XS}simpleType"):
        usual = USUAL.get(kind.get("name", ""))
        restriction = kind.find(f"{_XS}restriction")
        if restriction is None:
            continue
        if usual is not None or restriction.find(f"{_XS}enumeration") is not None:
            union = etree.SubElement(kind, f"{_XS}union")
            if usual is not None:
                first = etree.SubElement(union, f"{_XS}simpleType")
                digits = etree.SubElement(first, f"{_XS}restriction", base="xs:string")
                etree.SubElement(digits, f"{_XS}pattern", value=usual)
            etree.SubElement(union, f"{_XS}simpleType").append(restriction)
    return whole


@dataclass(frozen=True, slots=True)
class Expected:
    """What one element may hold, as words that complete "expected ...".

    `value` is None for an element with child elements; `attributes` maps the names of
    the attributes that it may have. `meaning` is a sentence on what it is for.
    """

    value: str | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    meaning: str = ""
    is_optional: bool = False
    may_repeat: bool = False


@cache
def expectations(rules: Rules) -> dict[str, Expected]:
    """Return what the schema expects, by path, such as /AmazonEnvelope/MessageType.

    The words are the first documentation of each simple type.
    """
    declared = _Declarations()
    declared.read(schema_file(rules))
    return dict(declared.walk("", declared.elements["AmazonEnvelope"]))


@cache
def enumeration(rules: Rules, type_name: str) -> tuple[str, ...]:
    """Return the values of a simple type, such as CancelReason, in their order."""
    declared = _Declarations()
    declared.read(schema_file(rules))
    return declared.values(type_name)


class _Declarations:
    """The global declarations of a schema and of what it includes."""

    def __init__(self) -> None:
        self.nodes: list[etree._Element] = []
        self.attributes: dict[str, str] = {}
        self.elements: dict[str, etree._Element] = {}
        self._types: dict[str, etree._Element] = {}

    def read(self, path: Path) -> None:
        root = etree.parse(path).getroot()
        # The same in all of them (tests/engine/test_schemas.py).
        self.attributes = {str(name): str(value) for name, value in root.items()}
        for node in root.iterchildren(etree.Element):
            if node.tag == f"{_XS}include":
                self.read(path.parent / node.get("schemaLocation", ""))
                continue
            self.nodes.append(node)
            if node.tag == f"{_XS}element":
                self.elements[node.get("name", "")] = node
            else:
                self._types[node.get("name", "")] = node

    def values(self, type_name: str) -> tuple[str, ...]:
        """Return the enumeration values of a simple type."""
        nodes = self._types[type_name].iter(f"{_XS}enumeration")
        return tuple(node.get("value", "") for node in nodes)

    def walk(self, path: str, node: etree._Element) -> Iterator[tuple[str, Expected]]:
        used = node
        node = self.elements.get(node.get("ref", ""), node)
        path = f"{path}/{node.get('name')}"
        kind = self._type(node)
        extension = kind.find(f"{_XS}simpleContent/{_XS}extension")
        value, attributes = None, {}
        if kind.tag == f"{_XS}simpleType":
            value = _words(kind)
        elif extension is not None:
            value = _words(self._types[extension.get("base", "")])
            attributes = dict(self._attributes(extension))
        parent = used.getparent()
        in_choice = parent is not None and parent.tag == f"{_XS}choice"
        yield (
            path,
            Expected(
                value,
                attributes,
                _words(used) or _words(node),
                used.get("minOccurs") == "0" or in_choice,
                used.get("maxOccurs", "1") != "1",
            ),
        )
        if value is None:
            for child in _children(kind):
                yield from self.walk(path, child)

    def _type(self, node: etree._Element) -> etree._Element:
        named = node.get("type")
        if named is not None:
            return self._types[named]
        (kind,) = node.iterchildren(f"{_XS}complexType")
        return kind

    def _attributes(self, extension: etree._Element) -> Iterator[tuple[str, str]]:
        for attribute in extension.iterchildren(f"{_XS}attribute"):
            kind = self._types[attribute.get("type", "")]
            yield attribute.get("name", ""), _words(kind)


def _children(kind: etree._Element) -> Iterator[etree._Element]:
    for node in kind.iterchildren(f"{_XS}sequence", f"{_XS}choice", f"{_XS}element"):
        if node.tag == f"{_XS}element":
            yield node
        else:
            yield from _children(node)


def _words(kind: etree._Element) -> str:
    return kind.findtext(f"{_XS}annotation/{_XS}documentation", default="")
