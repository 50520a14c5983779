"""Orders from a JSON file, one after another, each with its lines."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from functools import partial
from typing import Any, BinaryIO

from app.intake.order_file import OrderFileUnreadable, PlacedOrder
from app.model.order_checks import path_of, shown
from app.model.order_shape import Location

_CHUNK = 1 << 20
_LARGEST_ORDER = 4 << 20
_BLANK = " \t\r\n"


class _NameRepeated(Exception):
    pass


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse what JSON leaves open: of two amounts of one name, neither is right."""
    content = dict(pairs)
    if len(content) != len(pairs):
        raise _NameRepeated
    return content


_DECODER = json.JSONDecoder(object_pairs_hook=_object)
_SKIPPER = json.JSONDecoder()


def read_json_orders(document: BinaryIO) -> Iterator[PlacedOrder]:
    """Read a JSON list of orders piece by piece, in UTF-8 with or without BOM.

    Raises OrderFileUnreadable where the text is no JSON list.
    """
    text = _Text(document)
    text.take("[", "a list of orders in [ ]")
    if text.peek() == "]":
        text.take("]", "]")
    else:
        yield text.order()
        while text.peek() == ",":
            text.take(",", ",")
            yield text.order()
        text.take("]", '"," and another order, or "]"')
    if text.peek():
        raise text.wrong("the end of the file")


class _Text:
    """The part of the file's text that is in hand, and the place reached in it."""

    def __init__(self, document: BinaryIO) -> None:
        self._document = document
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._text = ""
        self._at = 0
        self._line = 1
        self._ended = False

    def peek(self) -> str:
        """Skip blanks and return the next character; "" at the end of the file."""
        while True:
            end = len(self._text)
            at = _skip_blanks(self._text, self._at)
            self._move(at)
            if at < end or not self._grow():
                return self._text[at : at + 1]

    def take(self, character: str, expected: str) -> None:
        """Step over one character, which must be there."""
        if self.peek() != character:
            raise self.wrong(expected)
        self._at += 1

    def order(self) -> PlacedOrder:
        """Read one value of the list."""
        self.peek()
        value, end = self._decode()
        source = self._text[self._at : end]
        placed = PlacedOrder(self._line, value, partial(_locate, source, self._line))
        self._move(end)
        return placed

    def wrong(self, expected: str) -> OrderFileUnreadable:
        """Say that something else stands here than what is expected."""
        found = self.peek()
        shown_as = f"{found!r} stands here" if found else "the file ends here"
        return OrderFileUnreadable(self._line, f"{shown_as}, expected {expected}")

    def _decode(self) -> tuple[Any, int]:
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
                # A number might go on in the next piece.
                if end < len(self._text) or not self._grow():
                    return value, end
            except json.JSONDecodeError as error:
                # It may only be cut off.
                if len(self._text) - self._at > _LARGEST_ORDER or not self._grow():
                    raise self._unreadable(error) from None
            except _NameRepeated:
                at = _repeated(self._text, self._at)
                name = shown(_DECODER.raw_decode(self._text, at)[0])
                raise OrderFileUnreadable(
                    self._line_at(at), f"the name {name} stands twice in one object"
                ) from None
            except RecursionError:
                raise OrderFileUnreadable(
                    self._line, "an order is nested too deeply"
                ) from None
            except ValueError:
                raise OrderFileUnreadable(
                    self._line, "a number of this order has too many digits"
                ) from None

    def _unreadable(self, error: json.JSONDecodeError) -> OrderFileUnreadable:
        unclosed = error.msg.startswith("Unterminated")
        if not self._ended and (unclosed or error.pos > len(self._text) - 8):
            return OrderFileUnreadable(
                self._line, f"an order is larger than {_LARGEST_ORDER} characters"
            )
        if error.pos >= len(self._text.rstrip(_BLANK)):
            return OrderFileUnreadable(
                self._line, "the file ends within the order that begins here"
            )
        found = self._text[error.pos : error.pos + 1]
        reason = error.msg[:1].lower() + error.msg[1:]
        column = error.pos - self._text.rfind("\n", 0, error.pos)
        return OrderFileUnreadable(
            self._line_at(error.pos),
            f"{found!r} in column {column} is no JSON there ({reason})",
        )

    def _line_at(self, at: int) -> int:
        return self._line + self._text.count("\n", self._at, at)

    def _move(self, at: int) -> None:
        self._line = self._line_at(at)
        self._at = at

    def _grow(self) -> bool:
        """Read on; returns False at the end of the file."""
        if self._ended:
            return False
        chunk = self._document.read(_CHUNK)
        self._ended = not chunk
        try:
            more = self._decoder.decode(chunk, final=self._ended)
        except UnicodeDecodeError as error:
            before = error.object[: error.start].count(b"\n")
            line = self._line_at(len(self._text)) + before
            byte = error.object[error.start]
            raise OrderFileUnreadable(
                line, f"the byte 0x{byte:02X} is no UTF-8, which JSON is written in"
            ) from None
        if more:
            self._text = self._text[self._at :] + more
            self._at = 0
        return not self._ended


def _skip_blanks(text: str, at: int) -> int:
    while text[at : at + 1] in _BLANK and at < len(text):
        at += 1
    return at


def _members(text: str, at: int) -> Iterator[tuple[str | int, int, int]]:
    """Give each part of the object or list at `at`: name, its place, its value's."""
    opening = text[at]
    at = _skip_blanks(text, at + 1)
    place = 0
    while text[at] not in "}]":
        name: str | int = place
        named_at = at
        if opening == "{":
            name, at = _DECODER.raw_decode(text, at)
            at = _skip_blanks(text, _skip_blanks(text, at) + 1)
        yield name, named_at, at
        at = _skip_blanks(text, _SKIPPER.raw_decode(text, at)[1])
        if text[at] == ",":
            at = _skip_blanks(text, at + 1)
        place += 1


def _repeated(text: str, at: int) -> int:
    """Return where a name stands for the second time in one object."""
    waiting = [at]
    while waiting:
        names = set()
        for name, named_at, value_at in _members(text, waiting.pop()):
            if name in names:
                return named_at
            names.add(name)
            if text[value_at] in "{[":
                waiting.append(value_at)
    return at


def _locate(source: str, line: int, location: Location) -> tuple[int, str]:
    at = 0
    for part in location:
        if source[at] not in "{[":
            break
        places = {name: value for name, _, value in _members(source, at)}
        if part not in places:
            break
        at = places[part]
    return line + source.count("\n", 0, at), path_of(location)
