"""Reasons to refuse a document as a whole, found while it is read."""

from __future__ import annotations

from app.errors import ResultCode
from app.model.feed import FeedType, Problem

TEXT_LIMIT = 500
"""Longest text of a problem, in characters (xml-pipeline 4)."""

VALUE_LIMIT = 100
"""Longest value from the document that a text repeats, in characters."""


class FeedUnreadable(Exception):
    """The document cannot be read as a feed; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        """Keep the problem that refuses the whole feed."""
        super().__init__(problem.text)
        self.problem = problem


def cut(text: str, limit: int) -> str:
    """Shorten a text to a limit; the last character then says that more follows."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def wrong_feed_type(found: str, feed_type: FeedType | None) -> Problem:
    """715002: the document is something else than the feed that it was sent as."""
    sent = f"{feed_type.name} ({feed_type.mws})" if feed_type else "an order feed"
    code = ResultCode.WRONG_FEED_TYPE
    text = code.text(found=found, feed_type=sent)
    return Problem(code, text, found=found, expected=sent)


def not_well_formed(line: int, column: int, found: str, expected: str) -> Problem:
    """5001: the document breaks off being XML at that place; both count from 1."""
    found = cut(found, VALUE_LIMIT)
    code = ResultCode.NOT_WELL_FORMED
    text = code.text(line=line, column=column, found=found, expected=expected)
    return Problem(
        code, cut(text, TEXT_LIMIT), line=line, found=found, expected=expected
    )


def refused_encoding(name: str, fix: str = "send UTF-8") -> Problem:
    """715006: the document is in an encoding that is not accepted."""
    found = f'the encoding "{cut(name, VALUE_LIMIT)}"'
    return _refused(found, fix, line=1, expected="UTF-8")


def refused_doctype(line: int) -> Problem:
    """715006: a DOCTYPE stands on that line."""
    found = f"the DOCTYPE on line {line}"
    return _refused(found, "leave it out", line=line, expected="no DOCTYPE")


def _refused(found: str, fix: str, *, line: int, expected: str) -> Problem:
    code = ResultCode.DOCTYPE_OR_ENCODING
    text = code.text(found=found, fix=fix)
    return Problem(code, text, line=line, found=found, expected=expected)


def too_large(what: str, limit: str, fix: str, line: int | None = None) -> Problem:
    """715005: a part of the feed is over a limit."""
    code = ResultCode.TOO_LARGE
    text = code.text(what=what, limit=limit, fix=fix)
    return Problem(
        code,
        cut(text, TEXT_LIMIT),
        line=line,
        found=what[:1].lower() + what[1:],
        expected=f"at most {limit}",
    )
