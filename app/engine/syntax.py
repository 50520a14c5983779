"""The one way XML is parsed, and what libxml2 stumbles over in plain words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypedDict

from lxml import etree

from app.engine.refusals import not_well_formed
from app.model.feed import Problem


class _Options(TypedDict):
    resolve_entities: bool
    no_network: bool
    load_dtd: bool
    dtd_validation: bool
    attribute_defaults: bool
    huge_tree: bool
    remove_comments: bool
    remove_pis: bool
    remove_blank_text: bool


CONFINED: _Options = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "dtd_validation": False,
    "attribute_defaults": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
    "remove_blank_text": True,
}
"""The options of every parser here; strangers' documents are read with no others."""


def new_parser() -> etree.XMLParser:
    """Return a parser that opens nothing and believes nothing (xml-pipeline 4).

    Comments and processing instructions are left out, since inside a value libxml2
    would validate the whole of it while its first part would be used.
    """
    return etree.XMLParser(**CONFINED)


MOST_DEPTH = 256
"""libxml2 refuses elements nested deeper than this (xml-pipeline 4)."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Where a piece of a document stands, to count from the document's beginning.

    `lines` are the line ends before it and `columns` the characters between the last
    of them and the piece; `opening` counts characters that were put in front of the
    piece, on one line.
    """

    lines: int = 0
    columns: int = 0
    opening: int = 0

    def line(self, line: int) -> int:
        """Return the document's line for one of the piece."""
        return line + self.lines

    def column(self, line: int, column: int) -> int:
        """Return the document's column for a place in the piece."""
        if line > 1:
            return max(column, 1)
        return max(column - self.opening, 1) + self.columns


_NOWHERE = Shift()
_POSITION = re.compile(r", line \d+, column \d+$")


def first_error(data: bytes, shift: Shift = _NOWHERE) -> Problem | None:
    """Return what keeps a piece from being a well-formed document, if anything."""
    try:
        etree.fromstring(data, new_parser())
    except etree.XMLSyntaxError as error:
        return syntax_problem(error, shift)
    return None


def malformed(data: bytes, shift: Shift, line: int, column: int, words: str) -> Problem:
    """Explain what expat stumbled over: as libxml2 does, if it stumbles there too.

    `line` and `column` are where, in the document, and `words` what expat calls it.
    """
    problem = first_error(data, shift)
    if problem is not None and problem.line is not None and problem.line <= line:
        return problem
    return not_well_formed(line, column, words, "well-formed XML")


def too_deep(line: int, column: int, most: int) -> Problem:
    """Return 5001 for elements nested deeper than is read."""
    found = f"elements nested more than {most} deep"
    return not_well_formed(line, column, found, "the few levels of an order message")


def syntax_problem(error: etree.XMLSyntaxError, shift: Shift = _NOWHERE) -> Problem:
    """Turn libxml2's complaint into 5001, with the position in the document."""
    line, column = error.position
    message = _POSITION.sub("", error.msg or "").strip()
    found, expected = _in_words(message, shift)
    return not_well_formed(
        shift.line(max(line, 1)), shift.column(line, column), found, expected
    )


def _in_words(message: str, shift: Shift) -> tuple[str, str]:
    for pattern, found, expected in _WORDS:
        match = pattern.match(message)
        if match:
            parts = match.groupdict()
            if "line" in parts:
                parts["line"] = str(shift.line(int(parts["line"])))
            if "code" in parts:
                parts["code"] = f"U+{int(parts['code'], 0):04X}"
            return found.format(**parts), expected.format(**parts)
    return message or "no XML", "well-formed XML"


# libxml2's wording (2.9 to 2.14), and ours; whatever is not listed keeps libxml2's.
_WORDS = tuple(
    (re.compile(pattern), found, expected)
    for pattern, found, expected in (
        # The envelope of a piece is not on the feed's own line: none is given for it.
        (
            r"Opening and ending tag mismatch: AmazonEnvelope line \d+"
            r" and (?P<close>\S+)",
            "</{close}>",
            "</AmazonEnvelope>",
        ),
        (
            r"Premature end of data in tag AmazonEnvelope ",
            "the end of the document",
            "</AmazonEnvelope>",
        ),
        (
            r"Opening and ending tag mismatch: (?P<open>\S+) line (?P<line>\d+)"
            r" and (?P<close>\S+)",
            "</{close}>",
            "</{open}>, since <{open}> is open from line {line}",
        ),
        (
            r"Premature end of data in tag (?P<open>\S+) line (?P<line>\d+)",
            "the end of the document",
            "</{open}>, since <{open}> is open from line {line}",
        ),
        (
            r"Extra content at the end of the document",
            "content after the end of the document element",
            "the end of the document",
        ),
        (
            r"Entity '(?P<name>.*)' not defined",
            "the entity &{name};",
            "one of &lt; &gt; &amp; &quot; &apos; or a number such as &#228;",
        ),
        (
            r"(?:PCDATA invalid Char value|xmlParseCharRef: invalid xmlChar value|"
            r"Invalid character: Char|Char) (?P<code>0x[0-9A-Fa-f]+|\d+)",
            "the character {code}",
            "a character that XML allows",
        ),
        (
            r"Excessive depth in document: (?P<depth>\d+)",
            "elements nested more than {depth} deep",
            "the few levels of an order message",
        ),
        (
            r"Namespace prefix (?P<prefix>\S+) (?:for \S+ )?on \S+ is not defined",
            "the prefix {prefix}, which no xmlns declares",
            "elements without a namespace",
        ),
        (
            r"expected '>'|Couldn't find end of Start Tag",
            "a tag that does not end",
            ">",
        ),
        (
            r"Attribute (?P<name>\S+) redefined",
            "the attribute {name} for a second time",
            "each attribute once",
        ),
        (
            r"xmlParseEntityRef: no name|EntityRef: expecting ';'",
            "a bare &",
            "&amp;",
        ),
        (
            r"Document is empty|Start tag expected, '<' not found",
            "text that is no XML",
            "<AmazonEnvelope>",
        ),
    )
)
