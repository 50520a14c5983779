"""The processing report of a flat file: tab-separated text.

Source: feed-vocabulary 3.3, design D5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from app.engine.report import spelled
from app.model.feed import Counts, Problem, Rules

CONTENT_TYPE = "text/plain;charset=UTF-8"

_PIECE = 256
_HEADINGS = (
    "original-record-number",
    "order-id",
    "order-item-id",
    "error-code",
    "error-type",
    "error-message",
)


def write_flat_report(
    write: Callable[[bytes], object],
    *,
    rules: Rules,
    counts: Counts,
    refused: bool,
    problems: Iterable[Problem],
) -> None:
    """Write a report piece by piece; `problems` come in ascending record number.

    An error of a file that was `refused` is Fatal: nothing of the file was looked at.
    """
    pieces = [
        "Feed Processing Summary:\n"
        f"\tNumber of records processed\t\t{counts.processed}\n"
        f"\tNumber of records successful\t\t{counts.successful}\n"
        "\n",
        "\t".join(_HEADINGS) + "\n",
    ]
    for problem in problems:
        pieces.append(_row(problem, rules, refused))
        if len(pieces) >= _PIECE:
            write("".join(pieces).encode())
            pieces.clear()
    write("".join(pieces).encode())


def _row(problem: Problem, rules: Rules, refused: bool) -> str:
    number, text = spelled(problem, rules)
    fatal = refused and problem.is_error
    cells = (
        problem.message_id,
        problem.amazon_order_id or "",
        problem.amazon_order_item_code or "",
        str(number),
        "Fatal" if fatal else str(problem.severity),
        text,
    )
    # Nothing escapes a tab or a line end: in a cell they would break the table.
    return "\t".join(" ".join(cell.split()) for cell in cells) + "\n"
