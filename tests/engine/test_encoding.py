"""Documents in every accepted encoding are read alike; others are refused by name."""

from __future__ import annotations

import codecs
from io import BytesIO

import pytest

from app.engine.encoding import Utf8Reader
from app.engine.envelope import read_messages
from app.errors import ResultCode
from tests.engine.documents import (
    LIMITS,
    ORDER_ID,
    acknowledgement,
    feed,
    message,
    verdict_of,
)


def saying(own_id: str, status: str = "Success") -> str:
    """Return a feed with some text in it, on line 6."""
    order = f"{ORDER_ID}<MerchantOrderID>{own_id}</MerchantOrderID>"
    return feed(message(acknowledgement(status, order)))


def encoded(document: str, name: str, codec: str, mark: bytes = b"") -> bytes:
    """Return a document in an encoding, declared under a name."""
    return mark + document.replace('"UTF-8"', f'"{name}"', 1).encode(codec)


ACCEPTED = [
    ("UTF-8", "utf-8", "ä€字", b""),
    ("utf-8", "utf-8", "ä€字", codecs.BOM_UTF8),
    ("US-ASCII", "ascii", "A-1", b""),
    ("ISO-8859-1", "latin-1", "ä", b""),
    ("iso-8859-15", "iso8859-15", "€", b""),
    ("Windows-1252", "cp1252", "€", b""),
    ("UTF-16", "utf-16-le", "ä€字😀", codecs.BOM_UTF16_LE),
    ("UTF-16", "utf-16-be", "ä€字😀", codecs.BOM_UTF16_BE),
    ("UTF-16LE", "utf-16-le", "字", codecs.BOM_UTF16_LE),
    ("Shift_JIS", "shift_jis", "注文ｱ", b""),
    # Circled digits are only in Microsoft's superset, which Japanese systems write.
    ("Shift_JIS", "cp932", "①髙", b""),
    ("EUC-JP", "euc_jp", "注文", b""),
    ("GB18030", "gb18030", "订单😀", b""),
    ("GBK", "gbk", "订单", b""),
]
IDS = [f"{name}, {codec}" for name, codec, _, _ in ACCEPTED]


@pytest.mark.parametrize(("name", "codec", "text", "mark"), ACCEPTED, ids=IDS)
def test_an_accepted_encoding_is_read_as_what_it_says(
    name: str, codec: str, text: str, mark: bytes
) -> None:
    """Source: design D3."""
    document = encoded(saying(text), name, codec, mark)

    verdict = verdict_of(document)
    (read,) = read_messages(BytesIO(document), limits=LIMITS)

    assert verdict.schema_valid
    assert read.payload is not None
    assert read.payload.findtext("MerchantOrderID") == text


@pytest.mark.parametrize(("name", "codec", "text", "mark"), ACCEPTED, ids=IDS)
def test_positions_are_those_of_the_document_as_sent(
    name: str, codec: str, text: str, mark: bytes
) -> None:
    """Columns count characters, and the declaration keeps its length."""
    plain = saying(text).replace("</Message>", "</Massage>")
    on_one_line = plain.replace("\n", "").replace('"UTF-8"', f'"{name}"')
    broken = encoded(on_one_line, name, codec, mark)

    faulty = verdict_of(encoded(saying(text, "Nope"), name, codec, mark))
    refusal = verdict_of(broken).refusal

    assert [error.line for error in faulty.errors] == [6]
    assert refusal is not None
    column = on_one_line.index("</Massage>") + len("</Massage>") + 1
    assert refusal.text.startswith(f"Line 1, column {column}: </Massage>")


REFUSED = [
    (encoded(saying("a"), "UTF-7", "ascii"), "UTF-7"),
    (encoded(saying("a"), "Big5", "ascii"), "Big5"),
    (encoded(saying("a"), "KOI8-R", "ascii"), "KOI8-R"),
    (encoded(saying("a"), "UTF-32", "utf-32"), "UTF-32"),
    (encoded(saying("a"), "UTF-32", "utf-32-be"), "UTF-32"),
    (encoded(saying("a"), "IBM037", "cp037"), "EBCDIC"),
    (
        encoded(saying("a"), "UTF-16", "utf-16-le"),
        "UTF-16 without byte order mark",
    ),
]


@pytest.mark.parametrize(
    ("document", "name"), REFUSED, ids=[name for _, name in REFUSED]
)
def test_any_other_encoding_is_refused_by_name(document: bytes, name: str) -> None:
    """libxml2 would accept and decode some of them. Source: xml-pipeline 4."""
    refusal = verdict_of(document).refusal

    assert refusal is not None
    assert refusal.code is ResultCode.DOCTYPE_OR_ENCODING
    assert refusal.text == f'The encoding "{name}" is refused: send UTF-8.'


CONTRADICTED = [
    ("US-ASCII", "latin-1", "ä", b"", "byte 0xE4 at offset {}"),
    ("UTF-8", "latin-1", "ä", b"", "byte 0xE4 at offset {}"),
    ("UTF-8", "latin-1", "ä", codecs.BOM_UTF8, "byte 0xE4 at offset {}"),
    ("Windows-1252", "latin-1", "\x81", b"", "byte 0x81 at offset {}"),
    ("Shift_JIS", "latin-1", "ä", b"", "byte 0xE4 at offset {}"),
    ("GB18030", "latin-1", "ä", b"", "byte 0xE4 at offset {}"),
]


@pytest.mark.parametrize("before", [0, 70_000, 300_000])
@pytest.mark.parametrize(
    ("name", "codec", "text", "mark", "found"),
    CONTRADICTED,
    ids=[name for name, *_ in CONTRADICTED],
)
def test_bytes_that_are_not_in_the_declared_encoding_are_named(
    name: str, codec: str, text: str, mark: bytes, found: str, before: int
) -> None:
    """By their offset in the document as sent, which a hex editor can show."""
    plain = saying(text).replace(
        "<MessageID>", "\n<!--" + "x" * before + "--><MessageID>"
    )
    document = encoded(plain, name, codec, mark)
    offset = document.index(text.encode(codec))
    line, column = 7, plain[: plain.index(text)].rsplit("\n", 1)[1]

    refusal = verdict_of(document).refusal

    assert refusal is not None
    assert refusal.code is ResultCode.NOT_WELL_FORMED
    assert refusal.text == (
        f"Line {line}, column {len(column) + 1}: {found.format(offset)}, "
        f"expected {name}, as the declaration says."
    )


@pytest.mark.parametrize(
    ("document", "found", "expected"),
    [
        (
            encoded(saying("a"), "UTF-16", "ascii"),
            "no byte order mark at byte 0",
            "UTF-16",
        ),
        (
            encoded(saying("a"), "UTF-8", "utf-16-le", codecs.BOM_UTF16_LE),
            "the byte order mark of UTF-16 at byte 0",
            "UTF-8",
        ),
        (
            encoded(saying("a"), "ISO-8859-1", "utf-8", codecs.BOM_UTF8),
            "the byte order mark of UTF-8 at byte 0",
            "ISO-8859-1",
        ),
    ],
)
def test_a_mark_that_contradicts_the_declaration_is_named(
    document: bytes, found: str, expected: str
) -> None:
    """One of the two is wrong, and guessing would change the text."""
    refusal = verdict_of(document).refusal

    assert refusal is not None
    assert refusal.code is ResultCode.NOT_WELL_FORMED
    assert refusal.text == (
        f"Line 1, column 1: {found}, expected {expected}, as the declaration says."
    )


def test_only_one_byte_order_mark_is_skipped() -> None:
    """A second one is text in front of the declaration (design D3)."""
    document = codecs.BOM_UTF8 + encoded(saying("a"), "UTF-8", "utf-8", codecs.BOM_UTF8)

    refusal = verdict_of(document).refusal

    assert refusal is not None
    assert "a second byte order mark" in refusal.text


def test_without_a_declaration_a_feed_is_utf_8_whatever_the_content_type_says() -> None:
    """Clients send text/xml; charset=iso-8859-1 with UTF-8. Source: design D3."""
    document = saying("ä").replace(' encoding="UTF-8"', "").encode()

    (read,) = read_messages(BytesIO(document), limits=LIMITS, charset="ISO-8859-1")

    assert verdict_of(document, charset="ISO-8859-1").schema_valid
    assert read.payload is not None
    assert read.payload.findtext("MerchantOrderID") == "ä"


def test_without_a_declaration_the_content_type_helps_where_utf_8_fails() -> None:
    """Only then; the bytes could mean nothing otherwise."""
    text = saying("ä").replace(' encoding="UTF-8"', "")
    document = text.replace("<MessageID>", f"<!--{'x' * 90_000}--><MessageID>").encode(
        "latin-1"
    )

    (read,) = read_messages(BytesIO(document), limits=LIMITS, charset="ISO-8859-1")
    alone = verdict_of(document).refusal
    unknown = verdict_of(document, charset="koi8-r").refusal

    assert read.payload is not None
    assert read.payload.findtext("MerchantOrderID") == "ä"
    assert alone is not None
    assert alone.text.endswith("expected UTF-8, since no encoding is declared.")
    assert unknown is not None
    assert unknown.text == 'The encoding "koi8-r" is refused: send UTF-8.'


def test_the_declaration_counts_more_than_the_content_type() -> None:
    """A client's library sets the charset; the seller's system wrote the XML."""
    document = saying("ä").encode()

    (read,) = read_messages(BytesIO(document), limits=LIMITS, charset="ISO-8859-1")

    assert read.payload is not None
    assert read.payload.findtext("MerchantOrderID") == "ä"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 65_536])
@pytest.mark.parametrize(("name", "codec", "text", "mark"), ACCEPTED, ids=IDS)
def test_the_reader_gives_the_text_whatever_the_pieces(
    name: str, codec: str, text: str, mark: bytes, size: int
) -> None:
    """Characters are split between reads; the encoding is replaced by blanks."""
    document = saying(text).replace('"UTF-8"', f'"{name}"')
    declared = f' encoding="{name}"'

    reader = Utf8Reader(BytesIO(mark + document.encode(codec)))
    # The first read holds the declaration.
    read = reader.read(4_096)
    while more := reader.read(size):
        read += more

    assert read.decode() == document.replace(declared, " " * len(declared))
