"""template: the files that sellers fill in."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from app.cli.failures import Failure
from app.intake.templates import TemplateFormat, template


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(
        "template",
        epilog="Example: feedgate template _POST_FLAT_FILE_FULFILLMENT_DATA_ "
        "--format xlsx --output shipping.xlsx",
    )(write_template)


def write_template(
    feed_type: Annotated[
        str,
        typer.Argument(
            help="FeedType of the flat file, such as "
            "_POST_FLAT_FILE_ORDER_ACKNOWLEDGEMENT_DATA_.",
            metavar="TYPE",
        ),
    ],
    form: Annotated[
        TemplateFormat,
        typer.Option(
            "--format",
            help="Tab-separated text, or a workbook with Data Definitions.",
        ),
    ] = TemplateFormat.TXT,
    output: Annotated[
        Path | None,
        typer.Option(help="File to write; without it, the standard output."),
    ] = None,
) -> None:
    """Write the template of a flat file: its headings, ready to be filled in."""
    made = template(feed_type, form)
    if output is None and form is TemplateFormat.XLSX and sys.stdout.isatty():
        raise Failure(f"A workbook is no text: give --output {made.name}.")
    if output is None:
        sys.stdout.buffer.write(made.content)
        sys.stdout.flush()
        return
    output.write_bytes(made.content)
