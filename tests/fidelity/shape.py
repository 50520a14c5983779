"""Compares an answer with what is expected of it; the language is that of pairs.py."""

from __future__ import annotations

import re

from lxml import etree

from tests.doors.caller import Reply

NAMESPACES = {
    "generic": "https://mws.amazonservices.com/",
    "feeds": "http://mws.amazonaws.com/doc/2009-01-01/",
    "reports": "http://mws.amazonaws.com/doc/2009-01-01/",
    "orders": "https://mws.amazonservices.com/Orders/2013-09-01",
    "sellers": "https://mws.amazonservices.com/Sellers/2011-07-01",
    "finances": "http://mws.amazonservices.com/Finances/2015-05-01",
    "finances-status": "http://mws.amazonservices.com/schema/Finances/2015-05-01",
    "subscriptions": "http://mws.amazonservices.com/schema/Subscriptions/2013-07-01",
}
# Source: mws-wire 2.6; the name of the request id and the empty Detail.
SPELT = {
    "front": ("RequestID", False),
    "feed": ("RequestID", True),
    "new": ("RequestId", False),
}
# Source: mws-wire 1.4.
ALWAYS = {
    "Server": "Server",
    "Date": ".* GMT",
    "Content-Type": ".+",
    "Content-Length": r"\d+",
    "x-mws-request-id": "[0-9a-f-]{36}",
    "x-mws-timestamp": r".*\.\d{3}Z",
    "x-mws-response-context": ".+",
}


def differences(reply: Reply, expected: str) -> list[str]:
    """Return what is not as expected, one sentence each; none if all is."""
    status, *facts = expected.split("; ")
    found = [] if reply.status == int(status) else [f"status {reply.status}"]
    if not reply.reason:
        found.append("no reason phrase")
    wanted = [f"header {name} ~ {pattern}" for name, pattern in ALWAYS.items()]
    for fact in wanted + facts:
        if difference := _difference(reply, fact):
            found.append(difference)
    return found


def _difference(reply: Reply, fact: str) -> str | None:
    if fact.startswith("header "):
        name, pattern = fact.removeprefix("header ").split(" ~ ", 1)
        return _unlike(f"header {name}", reply.header(name), pattern)
    if fact.startswith("no-header "):
        name = fact.removeprefix("no-header ")
        return None if reply.header(name) is None else f"there is a header {name}"
    if fact.startswith("no "):
        name = fact.removeprefix("no ")
        return f"there is a {name}" if reply.texts(name) else None
    if fact.startswith("body ~ "):
        good = re.fullmatch(fact.removeprefix("body ~ "), reply.body.decode(), re.S)
        return None if good else f"another body: {reply.body[:200]!r}"
    if " ~ " in fact:
        name, pattern = fact.split(" ~ ", 1)
        return _unlike(name, next(iter(reply.texts(name)), None), pattern)
    if " >" in fact:
        name, _, children = fact.partition(" >")
        return _misplaced(reply.root, name, children.split())
    return _unspelt(reply, *fact.split("=", 1))


def _unspelt(reply: Reply, key: str, value: str) -> str | None:
    if key == "ns":
        good = reply.namespace == NAMESPACES[value]
        return None if good else f"namespace {reply.namespace}"
    root = etree.QName(reply.root).localname
    if root != "ErrorResponse":
        return f"a {root}, not an ErrorResponse"
    if key == "error":
        request_id, detail = SPELT[value]
        good = bool(reply.texts(request_id)) and bool(reply.texts("Detail")) == detail
        return None if good else f"not spelt as {value}"
    name = {"code": "Code", "type": "Type"}[key]
    return _unlike(name, reply.text(name), re.escape(value))


def _unlike(name: str, value: str | None, pattern: str) -> str | None:
    if value is not None and re.fullmatch(pattern, value):
        return None
    return f"{name} is {value!r}, expected {pattern!r}"


def _misplaced(root: etree._Element, name: str, children: list[str]) -> str | None:
    first = next(root.iter(f"{{*}}{name}"), None)
    if first is None:
        return f"no element {name}"
    there = "".join(f"{etree.QName(child).localname} " for child in first)
    pattern = "".join(
        f"({child.rstrip('?*')} ){child[-1] if child[-1] in '?*' else ''}"
        for child in children
    )
    good = re.fullmatch(pattern, there)
    return None if good else f"{name} has {there or 'nothing'}, not {children}"
