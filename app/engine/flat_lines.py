"""The lines of a flat file, in bounded memory, whatever their ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from app.engine.encoding import Utf8Reader
from app.engine.refusals import FeedUnreadable, not_well_formed, too_large

_READ_BYTES = 65_536

# What Content-Types call the encodings of flat files, and what is meant. Windows
# writes its own characters where ISO-8859-1 has control codes, which no cell needs.
_MEANT = {
    "iso-8859-1": "windows-1252",
    "iso8859-1": "windows-1252",
    "iso_8859-1": "windows-1252",
    "latin1": "windows-1252",
    "us-ascii": "windows-1252",
    "ascii": "windows-1252",
    "windows-31j": "shift_jis",
    "cp932": "shift_jis",
    "ms932": "shift_jis",
    "x-sjis": "shift_jis",
    "gb2312": "gbk",
    "cp936": "gbk",
}
DEFAULT_CHARSET = "windows-1252"


def text_of(document: BinaryIO, charset: str | None) -> Utf8Reader:
    """Open a flat file as text.

    A byte order mark decides, then whether the bytes are UTF-8, then `charset`: that
    of the Content-Type, or what the marketplace or a setting stands for. Raises
    FeedUnreadable for an encoding that is not accepted. Source: mws-wire 6.
    """
    name = charset or DEFAULT_CHARSET
    name = _MEANT.get(name.lower(), name)
    reason = "as the Content-Type, the marketplace or the setting says"
    return Utf8Reader(document, name, reason)


def lines_of(reader: Utf8Reader, most: int) -> Iterator[tuple[int, str]]:
    """Yield the lines with their numbers from 1, without their ends.

    A line ends with LF, CR LF or CR. Raises FeedUnreadable where one has more than
    `most` bytes as UTF-8, or a NUL byte, and where the encoding is broken.
    """
    number, rest = 0, b""
    while data := reader.read(_READ_BYTES):
        data = rest + data
        # A CR at the end may be the first half of a line end.
        held = b"\r" if data.endswith(b"\r") else b""
        whole = data[: len(data) - len(held)]
        parts = whole.splitlines(keepends=True)
        rest = held
        if parts and not parts[-1].endswith((b"\n", b"\r")):
            rest = parts.pop() + held
        for part in parts:
            number += 1
            yield number, _checked(number, part, most)
        if len(rest) > most:
            raise _too_long(number + 1, most)
    for part in rest.splitlines():
        number += 1
        yield number, _checked(number, part, most)


def _checked(number: int, line: bytes, most: int) -> str:
    line = line.rstrip(b"\r\n")
    if len(line) > most:
        raise _too_long(number, most)
    if b"\0" in line:
        column = len(line[: line.index(b"\0")].decode()) + 1
        expected = "text: in the spreadsheet, save as Text (Tab delimited)"
        problem = not_well_formed(number, column, "a NUL character", expected)
        raise FeedUnreadable(problem)
    return line.decode()


def _too_long(number: int, most: int) -> FeedUnreadable:
    fix = "a record is one line; does each line end with LF or CR LF"
    problem = too_large(f"Line {number}", f"{most} bytes", fix, number)
    return FeedUnreadable(problem)
