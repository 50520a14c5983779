"""validate: what the service would say of documents, without a server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.failures import NO, Failure
from app.cli.output import Format, FormatOption, print_json, print_table
from app.cli.service import read_settings
from app.engine.pieces import Limits
from app.engine.report import spelled
from app.intake.opinions import Opinion, opinion_of
from app.model.feed import Problem, Rules

if TYPE_CHECKING:
    from app.engine.second_opinion import Difference


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog="Example: feedgate validate feeds/*.xml --format json")(validate)


def validate(
    files: Annotated[list[Path], typer.Argument(help="Feed documents, one or many.")],
    rules: Annotated[
        Rules | None, typer.Option(help="The rule profile (FEEDGATE_RULES).")
    ] = None,
    output: FormatOption = Format.TABLE,
    charset: Annotated[
        str | None,
        typer.Option(
            help="Encoding of documents that do not tell their own, such as Shift_JIS."
        ),
    ] = None,
    second_opinion: Annotated[
        bool,
        typer.Option(
            "--second-opinion",
            help="Run xmlschema beside libxml2, and show where they differ.",
        ),
    ] = False,
) -> None:
    """Validate feed documents offline, as SubmitFeed would.

    Whether orders exist is not looked at. The exit code is 1 if any file has errors.
    """
    for file in files:
        if not file.is_file():
            raise Failure(f"{file}: there is no such file.")
    settings = read_settings()
    profile = rules or Rules(settings.rules)
    limits = Limits.of(settings)
    opinions = {}
    for file in files:
        with file.open("rb") as document:
            opinions[file] = opinion_of(
                document, profile, limits, charset=charset, second=second_opinion
            )
    if output is Format.JSON:
        print_json(
            [
                _to_json(file, each, profile, second_opinion)
                for file, each in opinions.items()
            ]
        )
    else:
        _print(opinions, profile, second_opinion)
    if any(opinion.errors for opinion in opinions.values()):
        raise typer.Exit(NO)


def _to_json(
    file: Path, opinion: Opinion, rules: Rules, second: bool
) -> dict[str, Any]:
    content = {
        "file": str(file),
        "well_formed": opinion.well_formed,
        "schema_valid": opinion.schema_valid,
        "message_type": opinion.message_type,
        "messages": opinion.messages,
        "errors": [_error_to_json(error, rules) for error in opinion.errors],
    }
    if second:
        content["second_opinion"] = _second_to_json(opinion.differences)
    return content


def _second_to_json(
    differences: tuple[Difference, ...] | None,
) -> list[dict[str, Any]] | None:
    """Write where the validators differ: what each says, null if it accepts."""
    if differences is None:
        return None
    return [
        {
            "message_id": each.message_id,
            "line": each.line,
            "libxml2": each.libxml2,
            "xmlschema": each.xmlschema,
        }
        for each in differences
    ]


def _error_to_json(error: Problem, rules: Rules) -> dict[str, Any]:
    code, text = spelled(error, rules)
    return {
        "message_id": error.message_id,
        "line": error.line,
        "path": error.path,
        "code": code,
        "found": error.found,
        "expected": error.expected,
        "text": text,
    }


def _print(opinions: dict[Path, Opinion], rules: Rules, second: bool) -> None:
    headings = ["File", "Well-formed", "Schema", "MessageType", "Messages", "Errors"]
    print_table(
        [*headings, "xmlschema"] if second else headings,
        [
            _row(file, opinion)[: 7 if second else 6]
            for file, opinion in opinions.items()
        ],
    )
    for file, opinion in opinions.items():
        for error in (*opinion.errors, *opinion.warnings):
            typer.echo(_line(file, error, rules))
        for each in opinion.differences or ():
            typer.echo(_difference_line(file, each))


def _row(file: Path, opinion: Opinion) -> tuple[object, ...]:
    if opinion.differences is None:
        second = "not asked"
    else:
        second = "differs" if opinion.differences else "agrees"
    return (
        file,
        "yes" if opinion.well_formed else "no",
        "valid" if opinion.schema_valid else "invalid",
        opinion.message_type or "none",
        opinion.messages,
        len(opinion.errors),
        second,
    )


def _line(file: Path, problem: Problem, rules: Rules) -> str:
    code, text = spelled(problem, rules)
    place = f"{file}:{problem.line}" if problem.line else str(file)
    return f"{place}: {problem.severity} {code}, MessageID {problem.message_id}: {text}"


def _difference_line(file: Path, difference: Difference) -> str:
    if difference.libxml2 is None:
        says = f"only xmlschema refuses it: {difference.xmlschema}"
    else:
        says = "xmlschema accepts it"
    return f"{file}:{difference.line}: MessageID {difference.message_id}: {says}"
