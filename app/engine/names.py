"""The different names in a feed, which libxml2 keeps for as long as a thread lives."""

from __future__ import annotations

import re

from app.engine.cutter import PIECE_BYTES
from app.engine.refusals import FeedUnreadable, too_large

# Elements and attributes. Words in a text are not meant, but do no harm either.
_ELEMENT = re.compile(rb"<([^\s<>/!?]+)")
_ATTRIBUTE = re.compile(rb"\s([^\s<>=\"'/]+)\s*=")
_NAMESPACE = re.compile(rb"xmlns[^\s=<>]*\s*=\s*(?:\"[^\"<]*\"|'[^'<]*')")

_LONG_PIECE = 4 * PIECE_BYTES


class Names:
    """Counts the names of one feed, up to a limit.

    A piece that is valid, or has no errors but wrong values, has no names but those of
    the schema, and is not looked at: only others are, long ones before libxml2 sees
    them, and namespaces wherever they are declared. A feed of the schema's names alone
    has some hundred. Source: xml-pipeline 4 (interned names).
    """

    def __init__(self, most: int) -> None:
        """Allow so many different names."""
        self._most = most
        self._names: set[bytes] = set()

    def look_at(self, data: bytes) -> None:
        """Count what a piece brings along though it is valid, or before it is read.

        Raises FeedUnreadable over the limit.
        """
        if b"xmlns" in data:
            self._count(_NAMESPACE, data)
        if len(data) > _LONG_PIECE:
            self.look_through(data)

    def look_through(self, data: bytes) -> None:
        """Count all names of a piece. Raises FeedUnreadable over the limit."""
        self._count(_ELEMENT, data)
        self._count(_ATTRIBUTE, data)

    def _count(self, pattern: re.Pattern[bytes], data: bytes) -> None:
        begin = 0
        while begin < len(data):
            # No pattern matches beyond a <.
            end = data.find(b"<", begin + PIECE_BYTES)
            end = len(data) if end < 0 else end
            self._names.update(pattern.findall(data, begin, end))
            begin = end
            if len(self._names) > self._most:
                what = "The number of different names"
                fix = "use the elements of the schema"
                raise FeedUnreadable(too_large(what, str(self._most), fix))
