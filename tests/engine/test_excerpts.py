"""Parts of documents: the right lines, in every encoding, in bounded memory."""

from __future__ import annotations

import tracemalloc
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.excerpts import (
    AROUND,
    MOST_LINE,
    Span,
    excerpts,
    spans_of_messages,
    spans_of_records,
)
from app.engine.pieces import Limits
from benchmarks.feeds import write_feed


def numbers(document: bytes, lines: list[int], *, flat: bool = False) -> list[str]:
    """Return the lines around some as numbered text, marked ones with a star."""
    spans = [Span(line, line) for line in lines]
    return [
        f"{line.number}{'*' if line.marked else ''} {line.text}"
        for passage in excerpts(BytesIO(document), spans, None, flat=flat)
        for line in passage
    ]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text("aé備", max_size=4), min_size=1, max_size=40),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.integers(1, 40),
    st.integers(65_520, 65_540),
)
def test_lines_are_those_of_the_document(
    lines: list[str], end: str, codec: str, wanted: int, before: int
) -> None:
    """Also where a line end, or a letter, falls between two reads."""
    lines[0] = "x" * before + lines[0]
    document = end.join(lines).encode(codec)

    (found, *others) = excerpts(
        BytesIO(document), [Span(wanted, wanted)], None, flat=False
    ) or [[]]

    first, last = max(wanted - AROUND, 1), min(wanted + AROUND, len(lines))
    expected = [(number, lines[number - 1]) for number in range(first, last + 1)]
    if expected and expected[-1] == (len(lines), ""):
        expected.pop()
    assert not others
    assert [(line.number, line.text) for line in found if line.number > 1] == [
        each for each in expected if each[0] > 1
    ]
    assert [line.number for line in found if line.marked] == (
        [wanted] if (wanted, True) in [(n, True) for n, _ in expected] else []
    )


def test_excerpts_that_touch_are_one() -> None:
    """And those apart are apart."""
    document = b"".join(b"%d\n" % number for number in range(1, 101))

    found = excerpts(
        BytesIO(document), [Span(5, 5), Span(11, 12), Span(50, 50)], None, flat=False
    )

    assert [(lines[0].number, lines[-1].number) for lines in found] == [
        (2, 15),
        (47, 53),
    ]
    assert numbers(b"a\rb\rc", [2], flat=True) == ["1 a", "2* b", "3 c"]


def test_bytes_that_fit_no_encoding_are_shown_as_such() -> None:
    """The line is there, with a sign in place of the byte."""
    assert numbers(b"a\nb\xffc\nd", [2]) == ["1 a", "2* b\ufffdc", "3 d"]


def test_a_line_without_end_and_a_large_document_need_no_memory(
    tmp_path: Path,
) -> None:
    """What is not shown is not held."""
    path = tmp_path / "large"
    with path.open("wb") as file:
        for _ in range(20):
            file.write(b"x" * 1_000_000)
        file.write(b"\n")
        for _ in range(200_000):
            file.write(b"y" * 50 + b"\n")
    tracemalloc.start()
    try:
        with path.open("rb") as document:
            found = excerpts(
                document, [Span(1, 1), Span(200_000, 200_000)], None, flat=False
            )
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(found[0][0].text) == MOST_LINE
    assert found[1][3].number == 200_000
    assert peak < 4_000_000


def test_messages_are_found_by_their_places(tmp_path: Path) -> None:
    """Over several pieces of the document; what lies behind a fault is left out."""
    path = tmp_path / "feed.xml"
    write_feed(path, "cancel", 600, 600)
    text = path.read_bytes()
    lines = text.split(b"\n")

    found = spans_of_messages(BytesIO(text), [1, 300, 600, 601], Limits(), None)

    assert set(found) == {1, 300, 600}
    for place in (1, 300):
        span = found[place]
        assert b"<Message>" in lines[span.first - 1]
        assert b"</Message>" in lines[span.last - 1]
        assert b"<MessageID>%d<" % place in lines[span.first]
    broken = text[: text.index(b"<MessageID>599<")] + b"<" + text[-40_000:]
    assert 1 in spans_of_messages(BytesIO(broken), [1, 600], Limits(), None)
    assert spans_of_messages(BytesIO(b"no xml"), [1], Limits(), None) == {}


@pytest.mark.parametrize(
    ("document", "line"),
    [
        (b"order-id\n1\n2\n", 3),
        (b"TemplateType=OrderCancellation\tVersion=1\norder-id\n1\n2\n", 4),
        (b"\n\norder-id\n1\n\n", 5),
    ],
)
def test_records_are_found_by_their_numbers(document: bytes, line: int) -> None:
    """Counted below the headings, empty lines with them (feed-vocabulary 3.3)."""
    found = spans_of_records(BytesIO(document), [0, 2], Limits(), None)

    assert found == {2: Span(line, line)}
    assert spans_of_records(BytesIO(b""), [1], Limits(), None) == {}
