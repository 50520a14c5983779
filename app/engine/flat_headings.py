"""The headings of a flat file: found, told apart, and checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.engine.refusals import TEXT_LIMIT, VALUE_LIMIT, FeedUnreadable, cut
from app.errors import ResultCode
from app.model.feed import Problem, Rules
from app.model.flatfile import FlatFile

_BLANKS = " \t\r\n\ufeff\xa0"
_TEMPLATE = re.compile(r"TemplateType\s*=\s*(?P<name>\w+)", re.IGNORECASE)
_MOST_UNKNOWN = 20


@dataclass(frozen=True, slots=True)
class Headings:
    """The headings of a file: `line` is theirs, `names` are as the columns are called.

    `template` is the TemplateType of a row in front of them, if there is one.
    """

    line: int
    names: tuple[str, ...]
    written: tuple[str, ...]
    template: str | None = None


def read_headings(lines: Iterator[tuple[int, str]]) -> Headings | None:
    """Take the headings off the lines of a file; None if it is empty.

    Empty lines in front of them are passed over. Names are compared without regard to
    case, quotes and underscores (feed-vocabulary 7.3 has both kinds).
    """
    template = None
    for number, line in lines:
        if not line.strip(_BLANKS):
            continue
        row = None if template else _TEMPLATE.match(line.strip(_BLANKS + '"'))
        if row:
            template = row["name"]
            continue
        written = [cell.strip(_BLANKS + '"') for cell in line.split("\t")]
        while written and not written[-1]:
            written.pop()
        names = tuple(cell.lower().replace("_", "-") for cell in written)
        return Headings(number, names, tuple(written), template)
    return None


def kind_of(headings: Headings, kinds: Sequence[FlatFile]) -> FlatFile | None:
    """Return the kind of file that headings belong to, by what only it has."""
    for kind in kinds:
        if kind.mark in headings.names:
            return kind
    template = (headings.template or "").lower()
    for kind in kinds:
        if kind.template_row and template == kind.sheet.lower():
            return kind
    return None


def check_headings(
    headings: Headings | None, kind: FlatFile, rules: Rules
) -> list[Problem]:
    """Return a warning for each heading that is unknown.

    Raises FeedUnreadable if there are no headings, or a required one is missing.
    Source: feed-vocabulary 4.1 (90009, 90012, 90061).
    """
    if headings is None:
        raise _changed(1, "an empty file", kind, "copy them from the template")
    known = kind.known(rules)
    if not any(name in known for name in headings.names):
        found, fix = _instead(headings.written)
        raise _changed(headings.line, found, kind, fix)
    for place, name in enumerate(headings.names):
        if name in known and name in headings.names[:place]:
            fix = "leave one of the two columns out"
            raise _changed(headings.line, f'"{name}" twice', kind, fix)
    missing = kind.missing(headings.names, rules)
    if missing:
        code = ResultCode.COLUMN_MISSING
        columns = "the required column" + ("s " if len(missing) > 1 else " ")
        columns += ", ".join(missing)
        text = code.text(line=headings.line, title=kind.title, columns=columns)
        problem = Problem(
            code,
            cut(text, TEXT_LIMIT),
            line=headings.line,
            found="headings without it",
            expected=", ".join(missing),
        )
        raise FeedUnreadable(problem)
    unknown = [
        written
        for written, name in zip(headings.written, headings.names, strict=True)
        if name not in known
    ]
    told = unknown[:_MOST_UNKNOWN]
    return [_unknown(written, headings.line, kind) for written in told]


def _instead(written: Sequence[str]) -> tuple[str, str]:
    """Say what stands where the headings should be, and what to do."""
    first = f'"{cut(written[0], VALUE_LIMIT)}"' if written else "nothing"
    if len(written) == 1:
        for mark, name in ((",", "commas"), (";", "semicolons")):
            if written[0].count(mark) > 1:
                return (
                    f"columns separated by {name}",
                    "separate them by tabs, or save as Text (Tab delimited)",
                )
    return first, "copy them from the template, above the records"


def _changed(line: int, found: str, kind: FlatFile, fix: str) -> FeedUnreadable:
    code = ResultCode.HEADINGS_CHANGED
    text = code.text(line=line, found=found, title=kind.title, fix=fix)
    return FeedUnreadable(
        Problem(code, cut(text, TEXT_LIMIT), line=line, found=found, expected=fix)
    )


def _unknown(written: str, line: int, kind: FlatFile) -> Problem:
    code = ResultCode.COLUMN_UNKNOWN
    found = cut(written, VALUE_LIMIT)
    text = code.text(line=line, found=found, title=kind.title)
    return Problem(
        code, text, severity=code.value.severity, line=line, found=f'"{found}"'
    )
