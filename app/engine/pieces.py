"""A document opened as a feed, and its messages in parsed pieces."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Self

from lxml import etree

from app.engine.cutter import Body, Cut, SureCutter, quick_cut
from app.engine.encoding import Utf8Reader
from app.engine.head import CLOSING, Head, is_flat_file, read_head
from app.engine.names import Names
from app.engine.refusals import FeedUnreadable, not_well_formed, too_large
from app.engine.syntax import (
    MOST_DEPTH,
    first_error,
    new_parser,
    syntax_problem,
    too_deep,
)
from app.settings import Settings

_count_messages = etree.XPath("count(Message)")


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one feed, its head and one Message may have; bytes as UTF-8.

    A Message is measured from the end of the one before it. `max_names` counts names
    of elements and attributes, and namespaces, that differ; `max_depth` levels of
    elements, the envelope included; `max_seconds` the time to read a whole feed.
    """

    max_message_bytes: int = 1_048_576
    max_head_bytes: int = 65_536
    max_messages: int = 5_000_000
    max_names: int = 1_000
    max_depth: int = MOST_DEPTH
    max_seconds: float = math.inf

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Take them from the settings, without a limit of time."""
        return cls(
            settings.max_message_bytes,
            settings.max_head_bytes,
            settings.max_messages,
            settings.max_names,
            settings.max_depth,
        )


@dataclass(frozen=True, slots=True)
class Piece:
    """Some messages of a feed, parsed under an AmazonEnvelope of their own.

    `before` counts the feed's messages in front of them, `messages` those in the
    piece. The envelope's header is not the feed's (`Head.opening`). `cut` is the text
    that was parsed.
    """

    root: etree._Element
    cut: Cut
    before: int
    messages: int

    def line(self, element: etree._Element) -> int:
        """Return the document's line on which an element of the piece begins."""
        line: int | None = element.sourceline  # type: ignore[assignment] # stub has ...
        return self.cut.shift.line(line or 1)


def _count(root: etree._Element) -> int:
    count = _count_messages(root)
    assert isinstance(count, float)
    return int(count)


class Envelope:
    """A document opened as a feed: its head is read, its messages are still to come."""

    def __init__(self, document: BinaryIO, limits: Limits, charset: str | None) -> None:
        """Read the head.

        `document` is seekable and read from its beginning; `charset` is that of the
        Content-Type, if any. Raises FeedUnreadable for an encoding that is not
        accepted; `head.problem` holds what else is wrong with the head.
        """
        self._begun = time.monotonic()
        self._reader = Utf8Reader(document, charset)
        self._limits = limits
        self.names = Names(limits.max_names)
        opening = self._reader.opening
        self.flat_file = is_flat_file(opening)
        if opening.strip() and not opening.lstrip().startswith("<"):
            found = "a flat file" if self.flat_file else "text that is no XML"
            problem = not_well_formed(1, 1, found, "<AmazonEnvelope>")
            self.head = Head(b"", problem=problem)
        else:
            self.head = read_head(self._reader, limits.max_head_bytes)
            # The header is not parsed again with the messages, so libxml2 has its say
            # here: expat lets more pass, such as a version of "2.0".
            if self.head.problem is None:
                self.head.problem = first_error(self.head.document)

    def pieces(self) -> Iterator[Piece]:
        """Parse the messages, about 64 KiB at a time.

        The tree of a piece stays valid for as long as it is held. Raises FeedUnreadable
        where the document is not well-formed up to its end, or over a limit.
        """
        head = self.head
        if head.problem is not None:
            raise FeedUnreadable(head.problem)
        if head.body is None:
            return
        before = 0
        for cut, root in self._trees(head.data[: head.body], head.data[head.body :]):
            messages = _count(root)
            if before + messages > self._limits.max_messages:
                limit = str(self._limits.max_messages)
                problem = too_large("The number of messages", limit, "split the feed")
                raise FeedUnreadable(problem)
            piece = Piece(root, cut, before, messages)
            self._check(piece)
            yield piece
            before += messages

    def _check(self, piece: Piece) -> None:
        limits = self._limits
        if time.monotonic() - self._begun > limits.max_seconds:
            limit = f"{limits.max_seconds:g} seconds"
            problem = too_large("The time to read the feed", limit, "split the feed")
            raise FeedUnreadable(problem)
        # libxml2 itself refuses more than MOST_DEPTH.
        if limits.max_depth < MOST_DEPTH:
            levels = "/*" * (limits.max_depth + 1)
            deep = piece.root.xpath(f"({levels})[1]")
            for element in deep if isinstance(deep, list) else ():
                assert isinstance(element, etree._Element)
                problem = too_deep(piece.line(element), 1, limits.max_depth)
                raise FeedUnreadable(problem)

    def _trees(self, head: bytes, begun: bytes) -> Iterator[tuple[Cut, etree._Element]]:
        opening, parser = self.head.opening, new_parser()
        body = Body(self._reader, opening, head, begun, self._limits.max_message_bytes)
        sure: SureCutter | None = None
        last = False
        while not last:
            cut = sure.cut() if sure else quick_cut(body)
            if cut is None:
                sure = SureCutter(body, self._limits.max_depth)
                continue
            self.names.look_at(cut.data)
            closing = b"" if cut.last else CLOSING
            try:
                whole = b"".join((opening, cut.data, closing))
                root = etree.fromstring(whole, parser)
            except etree.XMLSyntaxError as error:
                if sure:
                    raise FeedUnreadable(syntax_problem(error, cut.shift)) from error
                # Not necessarily malformed: the cut may have hit a comment.
                body.take_back(cut)
                sure = SureCutter(body, self._limits.max_depth)
                continue
            yield cut, root
            last = cut.last
