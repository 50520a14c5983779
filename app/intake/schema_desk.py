"""The schemas of feeds for whoever writes them: read, explained, tried."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from app.engine.excerpts import Line, Span, excerpts
from app.engine.flat_gate import recognised
from app.engine.pieces import Limits
from app.engine.report import spelled
from app.engine.schemas import Expected, expectations
from app.engine.threads import ParserThreads
from app.feedtypes import registry
from app.intake.opinions import Opinion, opinion_of
from app.model.feed import Problem, Rules
from app.resources import demo_folder, xsd_folder

_SAMPLES = {
    "OrderAcknowledgement": "cancel.xml",
    "OrderAdjustment": "refund.xml",
    "OrderFulfillment": "ship.xml",
}
_MESSAGE = "/AmazonEnvelope/Message"
_MOST_TOLD = 50


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a message: `path` below it, `holds` as its type says."""

    path: str
    depth: int
    expected: Expected

    @property
    def name(self) -> str:
        """The element's own name."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class MessageType:
    """One kind of message: its elements in their order, and a feed to begin with."""

    name: str
    feed_type: str
    elements: tuple[Element, ...]
    sample: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One error or warning, with the number that the rules report for it."""

    problem: Problem
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What validation says of a document, with the lines that it is about.

    `total` counts all findings, of which `findings` are the first.
    """

    opinion: Opinion
    findings: tuple[Finding, ...]
    total: int
    passages: tuple[tuple[Line, ...], ...]


class SchemaDesk:
    """Shows the schemas, and validates documents as SubmitFeed would; keeps nothing."""

    def __init__(self, threads: ParserThreads, limits: Limits) -> None:
        """Validate in `threads`."""
        self._threads = threads
        self._limits = limits

    def files(self, rules: Rules) -> tuple[str, ...]:
        """Return the names of the schema files that a profile has of its own."""
        folder = xsd_folder()
        pattern = "strict/*.xsd" if rules is Rules.STRICT else "*.xsd"
        return tuple(
            path.relative_to(folder).as_posix() for path in sorted(folder.glob(pattern))
        )

    def file(self, name: str) -> Path | None:
        """Return a schema file by the name that `files` gives it."""
        known = [*self.files(Rules.STANDARD), *self.files(Rules.STRICT)]
        return xsd_folder() / name if name in known else None

    def message_types(self, rules: Rules) -> tuple[MessageType, ...]:
        """Explain every element of the messages that a profile takes."""
        expected = expectations(rules)
        return tuple(
            MessageType(
                each.message_type,
                each.mws,
                _elements(each.message_type, expected),
                _sample(each.message_type),
            )
            for each in registry.XML_FEED_TYPES
        )

    def check(
        self, document: BinaryIO, rules: Rules, charset: str | None = None
    ) -> Checked:
        """Validate a document; whether its orders exist is not looked at."""
        return self._threads.run(self._check, document, rules, charset)

    def _check(self, document: BinaryIO, rules: Rules, charset: str | None) -> Checked:
        opinion = opinion_of(document, rules, self._limits, charset=charset)
        problems = [*opinion.errors, *opinion.warnings]
        told = problems[:_MOST_TOLD]
        spans = [Span(each.line, each.line) for each in told if each.line]
        flat = recognised(document, charset) is not None
        found = excerpts(document, spans, charset, flat=flat)
        return Checked(
            opinion,
            tuple(Finding(each, *spelled(each, rules)) for each in told),
            len(problems),
            tuple(tuple(lines) for lines in found),
        )


def _elements(name: str, expected: dict[str, Expected]) -> tuple[Element, ...]:
    root = f"{_MESSAGE}/{name}"
    return tuple(
        Element(path.removeprefix(f"{_MESSAGE}/"), path.count("/") - 3, holds)
        for path, holds in expected.items()
        if path == root or path.startswith(f"{root}/")
    )


def _sample(name: str) -> str:
    return (demo_folder() / _SAMPLES[name]).read_text(encoding="utf-8")
