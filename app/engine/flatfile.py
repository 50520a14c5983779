"""Flat files as the same messages that their XML twins would hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

from app.engine.batch import Read
from app.engine.flat_headings import Headings, check_headings, read_headings
from app.engine.flat_lines import lines_of, text_of
from app.engine.flat_orders import MOST_RECORDS, OrderRecords, by_order
from app.engine.flat_vocabulary import vocabulary
from app.engine.pieces import Limits
from app.engine.refusals import FeedUnreadable, too_large
from app.model.feed import Message, Outcome, Problem, Rules
from app.model.flatfile import FlatFile, Record, Vocabulary

_BLANKS = " \xa0"


class FlatDocument:
    """A document opened as a flat file: its headings are read, its records not yet.

    `warnings` tell of unknown headings. Quoted cells, and empty cells behind the last
    heading, are counted while records are read; `first_quoted` and `first_trailing`
    are the lines of the first ones.
    """

    def __init__(
        self,
        document: BinaryIO,
        kind: FlatFile,
        rules: Rules,
        limits: Limits,
        charset: str | None,
    ) -> None:
        """Read and check the headings.

        Raises FeedUnreadable for an encoding that is not accepted, and for headings
        that are missing or incomplete.
        """
        self._limits = limits
        self._lines = lines_of(text_of(document, charset), limits.max_message_bytes)
        headings = read_headings(self._lines)
        self.warnings = check_headings(headings, kind, rules)
        assert headings is not None, "a file without headings was refused"
        self.headings: Headings = headings
        known = kind.known(rules)
        self._columns = [name if name in known else None for name in headings.names]
        self.quoted = self.trailing = 0
        self.first_quoted = self.first_trailing = 0

    def records(self) -> Iterator[Record]:
        """Yield the records; lines that are empty, or all blanks and tabs, are none.

        They count all the same, so that a record number leads to its line. Raises
        FeedUnreadable where a line or the number of records is over a limit, or the
        bytes are not in the encoding.
        """
        count, width = 0, len(self._columns)
        for line, text in self._lines:
            if not text.strip():
                continue
            count += 1
            if count > self._limits.max_messages:
                limit = str(self._limits.max_messages)
                raise FeedUnreadable(
                    too_large("The number of records", limit, "split the file")
                )
            cells = [cell.strip(_BLANKS) for cell in text.split("\t")]
            if '"' in text:
                cells = [self._unquoted(cell, line) for cell in cells]
            extra = tuple(cell for cell in cells[width:] if cell)
            if len(cells) > width and not extra:
                self.trailing += 1
                self.first_trailing = self.first_trailing or line
            values = {
                name: cell
                for name, cell in zip(self._columns, cells, strict=False)
                if name is not None and cell
            }
            yield Record(line - self.headings.line, line, values, extra)

    def _unquoted(self, cell: str, line: int) -> str:
        """Read a cell as spreadsheets write those with quotes or commas in them."""
        if len(cell) < 2 or not (cell.startswith('"') and cell.endswith('"')):
            return cell
        self.quoted += 1
        self.first_quoted = self.first_quoted or line
        return cell[1:-1].replace('""', '"').strip(_BLANKS)


def read_flat_file(
    document: BinaryIO,
    kind: FlatFile,
    *,
    rules: Rules,
    limits: Limits,
    charset: str | None = None,
) -> Iterator[Read]:
    """Read the messages of a flat file that the gate let pass.

    Each has its body, or an outcome that says what is wrong with its records. Raises
    FeedUnreadable for a document that the gate refuses. Source: feed-vocabulary 7.
    """
    opened = FlatDocument(document, kind, rules, limits, charset)
    words = vocabulary(rules)
    if kind.by_order:
        place = 0
        for order in by_order(opened.records()):
            place += order.count
            yield _read_order(kind, order, place, words)
        return
    for place, record in enumerate(opened.records(), 1):
        message = Message(place, str(record.number), None, None)
        yield _read(kind, message, (record,), words)


def _read(
    kind: FlatFile, message: Message, records: Sequence[Record], words: Vocabulary
) -> Read:
    body, problems = kind.read(records, words)
    if problems:
        return Read(message, outcome=Outcome((), tuple(problems)))
    return Read(message, body)


def _read_order(
    kind: FlatFile, order: OrderRecords, place: int, words: Vocabulary
) -> Read:
    numbers = tuple(
        (record.number, record.values.get("amazon-order-item-code", ""))
        for record in order.records
    )
    first = str(order.records[0].number)
    message = Message(place, first, None, None, records=numbers, weight=order.count)
    if order.count > MOST_RECORDS:
        what = f"The number of records of one order ({order.count})"
        problem: Problem = too_large(
            what, str(MOST_RECORDS), "name each item once", order.records[0].line
        )
        return Read(message, outcome=Outcome((), (problem,)))
    return _read(kind, message, order.records, words)
