"""Short reads on SQLite: one statement each, past SQLAlchemy's execution.

What SQLAlchemy does around a statement (pool, transaction, cursor, rows) takes several
times as long as SQLite for a whole answer. Here a statement is compiled once, and run
on a connection of the driver; without BEGIN, for one statement is a transaction.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import Connection, Select
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import TypeEngine

from app.store.tables import Moment, bind_moment, read_moment

Row = Sequence[Any]
Convert = Callable[[Any], Any] | None

HASTE_SECONDS = 0.002
"""How long one statement may take where a whole event loop waits for it."""

# The clock is looked at every so many steps of SQLite's machine, some 20 µs.
_STEPS = 1_000

# Each has files open and a cache: those that a crowd of threads needed are closed.
_KEPT = 4

_NOT_NOW = frozenset(
    {sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
)

_DIALECT = sqlite.dialect(paramstyle="qmark")


class TakesLonger(Exception):
    """What was asked for in haste is not short: nothing came of it, ask in a thread."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """What a question mark stands for: a named value, one of a named list, or ours."""

    name: str | None
    place: int | None
    convert: Convert
    constant: Any

    def value(self, values: Mapping[str, Any]) -> Any:
        """Return the value as the driver takes it."""
        if self.name is None:
            return self.constant
        value = values[self.name]
        if self.place is not None:
            value = value[self.place]
        return value if self.convert is None else self.convert(value)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A statement for the driver: its marks, and the columns that are converted."""

    text: str
    marks: tuple[_Mark, ...]
    columns: tuple[tuple[int, Callable[[Any], Any]], ...]

    def read(self, rows: list[Row]) -> Sequence[Row]:
        """Return rows with the types of their columns."""
        if not self.columns:
            return rows
        converted = []
        for row in rows:
            values = list(row)
            for place, convert in self.columns:
                values[place] = convert(values[place])
            converted.append(values)
        return converted


class Glance:
    """A connection that runs one short statement after another."""

    def __init__(self, connection: sqlite3.Connection, *, in_haste: bool) -> None:
        """Read with an open connection; in haste a statement may take 2 ms."""
        self._connection = connection
        self._in_haste = in_haste
        self._until = 0.0
        if in_haste:
            connection.set_progress_handler(self._is_late, _STEPS)

    def fetch(self, statement: Select[Any], values: Mapping[str, Any]) -> Sequence[Row]:
        """Return all rows of a statement that is kept, its parameters bound by name.

        Raises TakesLonger if it is in haste, and the time is over or the file locked.
        """
        lists = [each for each in values.items() if isinstance(each[1], (list, tuple))]
        lengths = tuple([(name, len(value)) for name, value in lists])
        prepared = _prepared(statement, lengths)
        bound = [mark.value(values) for mark in prepared.marks]
        if not self._in_haste:
            return prepared.read(self._run(prepared.text, bound))
        self._until = time.monotonic() + HASTE_SECONDS
        with _not_waiting():
            return prepared.read(self._run(prepared.text, bound))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _run(self, text: str, bound: list[Any]) -> list[Row]:
        return self._connection.execute(text, bound).fetchall()

    def _is_late(self) -> bool:
        return time.monotonic() > self._until


@contextmanager
def _not_waiting() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in _NOT_NOW:
            raise TakesLonger from error
        raise


Reader = Connection | Glance
"""What short reads are asked of: a transaction of either backend, or a glance."""


def fetch(
    reader: Reader, statement: Select[Any], values: Mapping[str, Any]
) -> Sequence[Row]:
    """Return all rows of a statement that is kept, its parameters bound by name."""
    if isinstance(reader, Glance):
        return reader.fetch(statement, values)
    return reader.execute(statement, values).all()


class Glances:
    """The connections of glances; threads use one at a time."""

    def __init__(
        self, connect: Callable[[float], sqlite3.Connection], busy_seconds: float
    ) -> None:
        """Open connections as needed; they wait so long for a lock, not in haste."""
        self._connect = connect
        self._busy_seconds = busy_seconds
        self._idle: dict[bool, list[Glance]] = {True: [], False: []}

    @contextmanager
    def glance(self, *, in_haste: bool) -> Iterator[Glance]:
        """Lend one; in haste it does not wait for a lock either."""
        idle = self._idle[in_haste]
        try:
            # One operation that no other thread can come between.
            glance = idle.pop()
        except IndexError:
            glance = self._open(in_haste=in_haste)
        healthy = True
        try:
            yield glance
        except sqlite3.Error:
            # Such as a disk that failed: the next one is opened anew.
            healthy = False
            raise
        finally:
            if healthy and len(idle) < _KEPT:
                idle.append(glance)
            else:
                glance.close()

    def close(self) -> None:
        """Close those that nobody has."""
        for idle in self._idle.values():
            while idle:
                idle.pop().close()

    def _open(self, *, in_haste: bool) -> Glance:
        if not in_haste:
            return Glance(self._connect(self._busy_seconds), in_haste=False)
        with _not_waiting():
            return Glance(self._connect(0), in_haste=True)


@lru_cache(512)
def _prepared(
    statement: Select[Any], lengths: tuple[tuple[str, int], ...]
) -> _Prepared:
    """Compile a statement whose lists have these lengths."""
    compiled = statement.compile(dialect=_DIALECT)
    asked = {name: each for name, each in compiled.binds.items() if each.required}
    lists = {name: [None] * length for name, length in lengths}
    state = compiled.construct_expanded_state({name: lists.get(name) for name in asked})
    of_lists = {
        mark: (name, place)
        for name, expanded in state.parameter_expansion.items()
        for place, mark in enumerate(expanded)
    }
    marks = []
    for mark in state.positiontup or ():
        name, place = of_lists.get(mark, (mark, None))
        if name in asked:
            marks.append(_Mark(name, place, _writing(asked[name].type), None))
        else:
            marks.append(_Mark(None, None, None, state.parameters[mark]))
    columns = [
        (place, convert)
        for place, column in enumerate(statement.selected_columns)
        if (convert := _reading(column.type)) is not None
    ]
    return _Prepared(state.statement, tuple(marks), tuple(columns))


# What TypeDecorator puts around the conversion of a time takes longer than itself.


def _writing(kind: TypeEngine[Any]) -> Convert:
    if isinstance(kind, Moment):
        return partial(bind_moment, dialect_name=_DIALECT.name)
    return kind.dialect_impl(_DIALECT).bind_processor(_DIALECT)


def _reading(kind: TypeEngine[Any]) -> Convert:
    if isinstance(kind, Moment):
        return read_moment
    return kind.dialect_impl(_DIALECT).result_processor(_DIALECT, None)
