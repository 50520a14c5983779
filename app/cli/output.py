"""How commands print their answers: a table to read, or JSON to work with."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

_ANY_WIDTH = 10_000


class Format(StrEnum):
    """A table to read, or JSON."""

    TABLE = "table"
    JSON = "json"


FormatOption = Annotated[
    Format, typer.Option("--format", help="A table to read, or JSON to work with.")
]


def stderr() -> Console:
    """Return a console for what comes and goes while a command works."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def print_json(value: Any) -> None:
    """Write JSON, indented, with all characters as they are."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write rows under headings; values are text, never markup.

    Into a pipe or file it is as wide as it needs to be, so that nothing is cut.
    """
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(_plain(value) for value in row))
    if sys.stdout.isatty():
        Console(highlight=False, markup=False).print(table)
        return
    wide = Console(highlight=False, markup=False, width=_ANY_WIDTH)
    with wide.capture() as captured:
        wide.print(table)
    for line in captured.get().splitlines():
        typer.echo(line.rstrip())


def print_once(
    values: Mapping[str, object],
    note: str,
    output: Format,
    headings: Sequence[str] = ("Credential", "Value"),
) -> None:
    """Write what is shown this once; beside a table, a note says so on stderr."""
    if output is Format.JSON:
        print_json(values)
        return
    print_table(headings, list(values.items()))
    if note:
        typer.echo(note, err=True)


def _plain(value: object) -> str:
    return "" if value is None else str(value)
