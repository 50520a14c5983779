"""What SubmitFeed says at once of an invalid document (design D2.4)."""

from __future__ import annotations

import re

from app.model.feed import Problem, Verdict

NAME = "X-Feedgate-Validation"
MOST = 200

# Clients have put header values into XML unescaped (mws-wire 11, 2).
_REPLACED = str.maketrans({"&": "+", "<": "(", ">": ")", '"': "'"})


def validation_header(verdict: Verdict) -> tuple[tuple[str, str], ...]:
    """Say how many errors a document has and what the first is; nothing if valid.

    The value is printable ASCII, at most 200 characters.
    """
    problem = first_problem(verdict)
    if problem is None:
        return ()
    start = f'invalid; errors={verdict.error_count}; first="'
    room = MOST - len(start) - 1
    text = _printable(where(problem))
    if len(text) > room:
        text = f"{text[: room - 3]}..."
    return ((NAME, f'{start}{text}"'),)


def first_problem(verdict: Verdict) -> Problem | None:
    """Return the first error of a document, in document order."""
    return verdict.refusal or next(iter(verdict.errors), None)


def where(problem: Problem) -> str:
    """Write a problem as "line 12: ...", if it has a line."""
    if problem.line is None:
        return problem.text
    text = re.sub(r"^Line \d+, (?:column \d+: )?", "", problem.text)
    return f"line {problem.line}: {text}"


def _printable(text: str) -> str:
    return re.sub("[^ -~]", "?", text.translate(_REPLACED))
