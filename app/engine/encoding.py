"""Documents in any accepted encoding, read as UTF-8."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import BinaryIO

from app.engine.refusals import FeedUnreadable, not_well_formed, refused_encoding
from app.model.feed import Problem

# Names as documents declare them, without regard to case, and the codec of each.
# Shift_JIS stands for Microsoft's superset and GBK for GB18030, as in the Encoding
# Standard: what Japanese and Chinese systems write under these names.
_CODECS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "iso-8859-1": "iso8859-1",
    "iso8859-1": "iso8859-1",
    "iso_8859-1": "iso8859-1",
    "latin1": "iso8859-1",
    "iso-8859-15": "iso8859-15",
    "iso8859-15": "iso8859-15",
    "iso_8859-15": "iso8859-15",
    "windows-1252": "cp1252",
    "cp1252": "cp1252",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "euc-jp": "euc_jp",
    "gb18030": "gb18030",
    "gbk": "gb18030",
}

_UTF_8_MARK = codecs.BOM_UTF8
_UTF_16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}

# How documents begin whose encoding is refused by name; longest first.
_REFUSED = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (b"<\0\0\0", "UTF-32"),
    (b"\0\0\0<", "UTF-32"),
    (b"<\0", "UTF-16 without byte order mark"),
    (b"\0<", "UTF-16 without byte order mark"),
    (b"\x4c\x6f\xa7\x94", "EBCDIC"),
)

_BLANK = rb"[ \t\r\n]"
_QUOTED = rb"(?:\"[^\"<>]*\"|'[^'<>]*')"
_DECLARATION = re.compile(
    rb"<\?xml%(b)s+version%(b)s*=%(b)s*%(q)s"
    rb"(?P<encoding>%(b)s+encoding%(b)s*=%(b)s*(?P<name>%(q)s))?"
    % {b"b": _BLANK, b"q": _QUOTED}
)
_LATE_DECLARATION = re.compile(rb"(%b+)<\?xml%b" % (_BLANK, _BLANK))

_OPENING_BYTES = 4096
_CHUNK_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a document is encoded, and why that is assumed.

    `mark` counts the bytes of its byte order mark; `declared` is where the encoding
    stands in its declaration, in bytes of UTF-8.
    """

    codec: str
    name: str
    reason: str
    mark: int = 0
    declared: tuple[int, int] | None = None


class Utf8Reader:
    """A document's text as UTF-8 bytes, without byte order mark and encoding.

    The encoding in the declaration becomes blanks, so lines and columns stay. Read
    from the beginning; the document must be seekable. `opening` is how it begins, as
    text, whatever does not fit the encoding replaced.
    Source: design D3 (accepted encodings).
    """

    def __init__(
        self,
        document: BinaryIO,
        charset: str | None = None,
        reason: str = "as the Content-Type says",
    ) -> None:
        """Find out the encoding; `charset` is the one of the Content-Type, if any.

        `reason` completes what is said of a document that is not in that charset.

        Raises FeedUnreadable for an encoding that is not accepted, a declaration that
        contradicts the first bytes, and blanks before the declaration.
        """
        self._document = document
        self.encoding = _find_encoding(document, charset, reason)
        self._decoder = codecs.getincrementaldecoder(self.encoding.codec)()
        self._offset = self.encoding.mark
        document.seek(self._offset)
        self.opening = document.read(_OPENING_BYTES).decode(
            self.encoding.codec, errors="replace"
        )
        document.seek(self._offset)
        if self.opening.startswith("\ufeff"):
            found = "a second byte order mark"
            raise FeedUnreadable(not_well_formed(1, 1, found, "<AmazonEnvelope>"))
        self._first = True
        self._ended = False
        self._broken: Problem | None = None

    def read(self, size: int) -> bytes:
        """Return some more of the text, about `size` bytes; none at its end.

        Raises FeedUnreadable where the bytes are not in the document's encoding, once
        all that stands before has been returned.
        """
        data = b""
        while not data and not self._ended:
            if self._broken is not None:
                raise FeedUnreadable(self._broken)
            raw = self._document.read(size)
            self._ended = not raw
            data = self._to_utf8(raw)
            self._offset += len(raw)
        if self._first:
            self._first = False
            data = _without(self.encoding.declared, data)
        return data

    def _to_utf8(self, raw: bytes) -> bytes:
        begun = len(self._decoder.getstate()[0])
        try:
            text = self._decoder.decode(raw, final=not raw)
        except UnicodeDecodeError as error:
            self._ended = False
            place = self._offset - begun + error.start
            byte = error.object[error.start]
            self._broken = self._contradiction(place, byte)
            text = error.object[: error.start].decode(self.encoding.codec)
            raw = raw[: max(error.start - begun, 0)]
        return raw if self.encoding.codec == "utf-8" else text.encode()

    def _contradiction(self, place: int, byte: int) -> Problem:
        line, column = self._position(place)
        found = f"byte 0x{byte:02X} at offset {place}"
        expected = f"{self.encoding.name}, {self.encoding.reason}"
        return not_well_formed(line, column, found, expected)

    def _position(self, place: int) -> tuple[int, int]:
        """Return line and column, from 1, of a byte; all before it is well encoded."""
        self._document.seek(self.encoding.mark)
        decoder = codecs.getincrementaldecoder(self.encoding.codec)()
        left, line, column = place - self.encoding.mark, 1, 1
        while left > 0:
            raw = self._document.read(min(left, _CHUNK_BYTES))
            text = decoder.decode(raw)
            newline = text.rfind("\n")
            line += text.count("\n")
            column = len(text) - newline + (column - 1 if newline < 0 else 0)
            left -= len(raw)
        return line, column


def _without(declared: tuple[int, int] | None, data: bytes) -> bytes:
    if declared is None:
        return data
    start, end = declared
    return data[:start] + b" " * (end - start) + data[end:]


def _find_encoding(document: BinaryIO, charset: str | None, reason: str) -> Encoding:
    document.seek(0)
    opening = document.read(_OPENING_BYTES)
    wide = _UTF_16.get(opening[:2])
    for beginning, refused in _REFUSED:
        if opening.startswith(beginning):
            raise FeedUnreadable(refused_encoding(refused))
    if wide is not None:
        # Half a character at the end of the opening is of no interest.
        text = opening[2:].decode(wide, errors="ignore")
        return _wide(wide, text.encode(errors="ignore"))
    marked = opening.startswith(_UTF_8_MARK)
    mark = len(_UTF_8_MARK) if marked else 0
    name, declared = _declared(opening[mark:])
    if name is None:
        return _undeclared(document, charset, mark, reason)
    codec = _CODECS.get(name.lower())
    if codec is None and name.lower() != "utf-16":
        raise FeedUnreadable(refused_encoding(name))
    if marked and codec != "utf-8":
        raise _contradicted("the byte order mark of UTF-8 at byte 0", name)
    if codec is None:
        raise _contradicted("no byte order mark at byte 0", name)
    return Encoding(codec, name, "as the declaration says", mark, declared)


def _wide(codec: str, opening: bytes) -> Encoding:
    name, declared = _declared(opening)
    if name is not None and name.lower() not in ("utf-16", f"utf-16{codec[-2:]}"):
        raise _contradicted("the byte order mark of UTF-16 at byte 0", name)
    return Encoding(codec, "UTF-16", "as the byte order mark says", 2, declared)


def _contradicted(found: str, name: str) -> FeedUnreadable:
    if name.lower() not in _CODECS and name.lower() != "utf-16":
        return FeedUnreadable(refused_encoding(name))
    expected = f"{name}, as the declaration says"
    return FeedUnreadable(not_well_formed(1, 1, found, expected))


def _declared(opening: bytes) -> tuple[str | None, tuple[int, int] | None]:
    """Return the declared encoding, and where it stands."""
    late = _LATE_DECLARATION.match(opening)
    if late:
        blanks = late[1]
        line = blanks.count(b"\n") + 1
        column = len(blanks) - blanks.rfind(b"\n")
        found = "blanks before the XML declaration"
        problem = not_well_formed(line, column, found, "<?xml as the first characters")
        raise FeedUnreadable(problem)
    declaration = _DECLARATION.match(opening)
    if declaration is None or declaration["name"] is None:
        return None, None
    name = declaration["name"][1:-1].decode("ascii", errors="replace")
    return name, declaration.span("encoding")


def _undeclared(
    document: BinaryIO, charset: str | None, mark: int, reason: str
) -> Encoding:
    """Take it for UTF-8; for the charset of the Content-Type only if it is not."""
    why = "as the byte order mark says" if mark else "since no encoding is declared"
    utf_8 = Encoding("utf-8", "UTF-8", why, mark)
    if mark or charset is None or _CODECS.get(charset.lower()) == "utf-8":
        return utf_8
    if _is_utf_8(document):
        return utf_8
    codec = _CODECS.get(charset.lower())
    if codec is None:
        raise FeedUnreadable(refused_encoding(charset))
    return Encoding(codec, charset, reason)


def _is_utf_8(document: BinaryIO) -> bool:
    document.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while raw := document.read(_CHUNK_BYTES):
            decoder.decode(raw)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
