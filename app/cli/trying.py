"""try: run golden cases, one's own among them."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from app.cli.failures import NO
from app.model.feed import Rules


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(
        "try",
        epilog="Example: feedgate try feeds/OrderAdjustment/refund-above-balance",
    )(try_cases)


def try_cases(
    folders: Annotated[
        list[Path], typer.Argument(help="Folders of golden cases.", metavar="FOLDER...")
    ],
    rules: Annotated[
        Rules | None, typer.Option(help="Only these rules, of those the case is for.")
    ] = None,
) -> None:
    """Run golden cases and show what comes out otherwise; exit code 1 if anything does.

    Each runs through the real HTTP endpoint in a temporary data folder, with the clock
    held at 2026-11-24T12:00:00Z.
    """
    # Here, and not above: commands that need no service start in half the time.
    from app.cli.case import read_cases, run_case

    cases = [case for folder in folders for case in read_cases(folder)]
    differing = False
    for case in cases:
        for each in case.rules:
            if rules in (None, each):
                with TemporaryDirectory(prefix="feedgate-") as home:
                    differences = run_case(case, each, Path(home))
                differing = differing or bool(differences)
                verdict = "differs" if differences else "ok"
                about = f"{each}, flat file" if case.kind == "txt" else str(each)
                typer.echo(f"{verdict}: {case.folder} ({about}) {case.title}")
                for difference in differences:
                    typer.echo(difference.diff(), nl=False)
    if differing:
        raise typer.Exit(NO)
