"""doctor: whether this installation can do its work, and what to do if not."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from app.cli.failures import NO
from app.cli.output import Format, FormatOption, print_json, print_table
from app.cli.service import clock, ids, read_settings

_GIB = 1_073_741_824


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command(epilog="Example: feedgate doctor --free-gib 20")(doctor)


def doctor(
    free_gib: Annotated[
        float, typer.Option(min=0, help="Free disk that there must be, in GiB.")
    ] = 1.0,
    output: FormatOption = Format.TABLE,
) -> None:
    """Look at database, schema, documents, clock, keys, webhooks, disk and workers.

    Exit code 1 if anything is not well; each such line says what to do. Nothing is
    changed, but for a small document that is written and removed.
    """
    # Here, and not above: commands that need no service start in half the time.
    from app.intake.doctor import Doctor
    from app.main import documents_of
    from app.store.backends import open_database

    settings = read_settings()
    folders = [settings.home]
    if not settings.documents_url:
        folders.append(settings.documents_folder)
    if path := _file_of(settings.database):
        folders.append(path.parent)
    found = [
        *Doctor(
            lambda: open_database(_there(settings.database)),
            lambda: documents_of(settings, ids),
            clock,
            settings.secret_key.get_secret_value(),
            settings.home,
            tuple(folders),
            round(free_gib * _GIB),
        ).checks()
    ]
    if output is Format.JSON:
        print_json([asdict(check) for check in found])
    else:
        print_table(
            ("Check", "", "Found", "What to do"),
            [
                (each.name, "ok" if each.is_well else "FAILED", each.found, each.advice)
                for each in found
            ],
        )
    if not all(check.is_well for check in found):
        raise typer.Exit(NO)


def _there(url: str) -> str:
    """Return the URL; raises FileNotFoundError, or SQLite would make the file."""
    if (path := _file_of(url)) and not path.exists():
        raise FileNotFoundError(f"{path} is not there; `feedgate serve` makes it")
    return url


def _file_of(url: str) -> Path | None:
    name = url.removeprefix("sqlite:///")
    return None if name == url else Path(name)
