"""Errors of the schema as problems: what was found, and what is expected."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from lxml import etree

from app.engine.faults import Fault, Stray
from app.engine.hints import hint_for_element, hint_for_value
from app.engine.refusals import TEXT_LIMIT, VALUE_LIMIT, cut
from app.engine.schemas import Expected
from app.errors import ResultCode
from app.model.feed import Problem

_BLANKS = " \t\r\n"
_INDEX = re.compile(r"\[\d+\]")
_MESSAGE_ID = re.compile(r"[ \t\r\n]*0*([1-9][0-9]*)[ \t\r\n]*")
_MOST_DIGITS = 20

MOST_A_MESSAGE = 5
"""Most errors of one message that are told (design D3)."""

# How libxml2 says it: the element, the attribute if it is about one, and what is wrong.
_WORDS = re.compile(
    r"Element '(?:\{(?P<namespace>[^}]*)\})?(?P<element>[^']*)'"
    r"(?:, attribute '(?P<attribute>[^']*)')?: (?P<wrong>.*)",
    re.DOTALL,
)
_EXPECTED = re.compile(r"Expected is (?:one of )?\( (?P<names>.*) \)")
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


def message_id_of(message: etree._Element) -> str:
    """Return the MessageID without leading zeros, or 0 where it is itself wrong."""
    if not len(message) or message[0].tag != "MessageID" or len(message[0]):
        return "0"
    text = message[0].text or ""
    match = _MESSAGE_ID.fullmatch(text)
    if match is None or len(text.strip(_BLANKS)) > _MOST_DIGITS:
        return "0"
    return match[1]


def explained(fault: Fault | Stray, expected: dict[str, Expected]) -> Problem:
    """Return the problem that a report shows for an error of the schema.

    `expected` is `schemas.expectations` of the profile. Source: design D3.
    """
    if isinstance(fault, Stray):
        return _stray(fault)
    reading = _read(fault, expected)
    message_id, hint = "0", reading.hint
    if fault.place:
        message_id = message_id_of(fault.within)
        if message_id == "0" and hint is None:
            hint = f"This is message {fault.place} of the feed."
    return _problem(fault.line, reading, message_id, hint)


@dataclass(frozen=True, slots=True)
class _Reading:
    """The parts of a sentence about one error."""

    path: str
    found: str
    expected: str
    hint: str | None = None


def _problem(
    line: int, reading: _Reading, message_id: str = "0", hint: str | None = None
) -> Problem:
    code = ResultCode.SCHEMA_INVALID
    text = code.text(
        line=line, path=reading.path, found=reading.found, expected=reading.expected
    )
    # A long list of allowed values never costs the hint.
    after = f" {hint}" if hint else ""
    return Problem(
        code,
        cut(text, TEXT_LIMIT - len(after)) + after,
        message_id,
        line=line,
        path=reading.path,
        found=reading.found,
        expected=reading.expected,
    )


def _stray(stray: Stray) -> Problem:
    if stray.name is None:
        found = f"text {_quoted(stray.text or '')}"
        return _problem(stray.line, _Reading("/AmazonEnvelope", found, "Message"))
    name = cut(stray.name, VALUE_LIMIT)
    reading = _Reading(f"/AmazonEnvelope/{name}", f"<{name}>", "Message")
    return _problem(stray.line, reading)


def _read(fault: Fault, expectations: dict[str, Expected]) -> _Reading:
    path = _feed_path(fault)
    said = _WORDS.match(fault.words)
    if said is None:
        return _Reading(
            path, cut(fault.words.strip(), VALUE_LIMIT), "what the schema allows"
        )
    node = _node(fault)
    holds = expectations.get(_INDEX.sub("", path), Expected())
    wrong = said["wrong"]
    if said["attribute"]:
        return _attribute(path, said["attribute"], wrong, node, holds)
    if "'nillable'" in wrong:
        return _Reading(path, 'attribute "xsi:nil"', "no such attribute")
    if wrong.startswith("This element is not expected"):
        return _unexpected(path, said, node)
    if wrong.startswith("Missing child element"):
        end = f"the end of <{said['element']}>"
        return _Reading(path, end, _names(wrong) or "a child element")
    if wrong.startswith("Character content"):
        return _Reading(path, f"text {_quoted(_text_between(node))}", "only elements")
    value = "" if node is None else node.text or ""
    allowed = holds.value or "a valid value"
    if wrong.startswith("Element content") and node is not None and len(node):
        return _Reading(path, f"<{etree.QName(node[0]).localname}>", allowed)
    hint = hint_for_value(said["element"], value, allowed)
    return _Reading(path, _quoted(value), allowed, hint)


def _feed_path(fault: Fault) -> str:
    if fault.place:
        return f"/AmazonEnvelope/Message[{fault.place}]{fault.path}"
    # The head is judged with one Message behind it: the feed's first.
    path = re.sub(r"^/Message$", "/Message[1]", fault.path)
    return f"/AmazonEnvelope{path}"


# Most feeds make the same mistake in many messages.
@lru_cache(256)
def _xpath(path: str) -> etree.XPath:
    return etree.XPath(f".{path}")


def _node(fault: Fault) -> etree._Element | None:
    """Find what a fault is about; None if its path needs a prefix to be read."""
    if not fault.path:
        return fault.within
    try:
        found = _xpath(fault.path)(fault.within)
    except etree.XPathError:
        return None
    first = found[0] if isinstance(found, list) and found else None
    return first if isinstance(first, etree._Element) else None


def _attribute(
    path: str, name: str, wrong: str, node: etree._Element | None, holds: Expected
) -> _Reading:
    if name.startswith(_XSI) or wrong.endswith("is not allowed."):
        label = name.replace(_XSI, "xsi:")
        allowed = " or ".join(holds.attributes)
        expected = f"no attribute but {allowed}" if allowed else "no attribute"
        return _Reading(path, f'attribute "{cut(label, VALUE_LIMIT)}"', expected)
    value = "" if node is None else node.get(name, "")
    expected = holds.attributes.get(name, "a valid value")
    return _Reading(f"{path}/@{name}", _quoted(value), expected)


def _unexpected(
    path: str, said: re.Match[str], node: etree._Element | None
) -> _Reading:
    element = said["element"]
    parent = _INDEX.sub("", path).split("/")[-2]
    found = f"<{cut(element, VALUE_LIMIT)}>"
    if said["namespace"]:
        found += f" in the namespace {_quoted(said['namespace'])}"
    expected = _names(said["wrong"]) or f"the end of <{parent}>"
    before = (
        [] if node is None else [str(n.tag) for n in node.itersiblings(preceding=True)]
    )
    hint = hint_for_element(parent, element, before)
    return _Reading(path, found, expected, hint)


def _names(wrong: str) -> str | None:
    """Return the element names that libxml2 would have taken, as words."""
    match = _EXPECTED.search(wrong)
    if match is None:
        return None
    names = match["names"].split(", ")
    return names[0] if len(names) == 1 else f"one of {', '.join(names)}"


def _text_between(node: etree._Element | None) -> str:
    """Return the first text between the children of an element."""
    if node is None:
        return ""
    texts = [node.text, *(child.tail for child in node)]
    return next(filter(None, ((text or "").strip(_BLANKS) for text in texts)), "")


def _quoted(value: str) -> str:
    return f'"{cut(value, VALUE_LIMIT)}"'
