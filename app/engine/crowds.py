"""Messages with so many elements that libxml2 would take minutes to name each error.

For every error libxml2 counts the siblings in front of the element, to give its path:
70,000 bad siblings in 1 MiB take 12 seconds. No seller's system writes such a message.
"""

from __future__ import annotations

from lxml import etree

from app.engine.pieces import Piece

# A valid Message takes more than 160 bytes: so many in one piece are mostly bad ones.
_MOST_MESSAGES = 1_000
# Where Messages are longer, tags are counted: valid elements take 19 bytes or more.
_LONG_MESSAGE = 8_192
_MOST_TAGS = 8_000
_MOST_ELEMENTS = 4_000
_MOST_ERRORS = 200
_CHUNK_BYTES = 16_384

_count_elements = etree.XPath("count(descendant-or-self::*)")


def is_crowded(piece: Piece) -> bool:
    """Say whether the messages of a piece should be validated one by one."""
    data = piece.cut.data
    if piece.messages > _MOST_MESSAGES:
        return True
    return len(data) > piece.messages * _LONG_MESSAGE and data.count(b"<") > _MOST_TAGS


def crowd_error(message: etree._Element, schema: etree.XMLSchema) -> str | None:
    """Return words for all errors of a crowded message, if it has too many to tell.

    They are counted by a parser that keeps no tree, and so needs no paths. It stops
    when there are too many: each that it logs takes a quarter of a kilobyte.
    """
    elements = _count_elements(message)
    assert isinstance(elements, float)
    if elements <= _MOST_ELEMENTS:
        return None
    # A target without handlers is never called, which the stub does not foresee.
    target = _Nothing()
    parser = etree.XMLParser(target=target, schema=schema)  # type: ignore[arg-type]
    data = etree.tostring(message, with_tail=False)
    for at in range(0, len(data), _CHUNK_BYTES):
        parser.feed(data[at : at + _CHUNK_BYTES])
        if len(parser.feed_error_log) > _MOST_ERRORS:
            return f"more than {_MOST_ERRORS} errors in {elements:.0f} elements"
    return None


class _Nothing:
    """Takes in a document and keeps nothing of it."""

    def close(self) -> None:
        """Be asked for the result."""
