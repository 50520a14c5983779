"""audit: what happened, and whether anybody has changed the record of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.failures import NO, Failure
from app.cli.output import Format, FormatOption, print_json, print_table
from app.cli.service import open_service, read_settings
from app.model.times import to_iso
from app.store.audit import Head


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(
        help="The audit log of accounts, keys, imports and effects, chained by hashes."
    )
    group.command(epilog="Example: feedgate audit verify --noted heads.txt")(verify)
    group.command(
        "list", epilog="Example: feedgate audit list --seller-id A1DEMOSELLER1"
    )(list_links)
    app.add_typer(group, name="audit")


def verify(
    noted: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Heads that an earlier run printed, one a line: the chains must still "
            "have them.",
        ),
    ] = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Compute every hash anew, tell what does not match, and print the heads.

    Keep the heads somewhere else: they show later that nothing was cut off since.
    Exit code 1 if anything does not match.
    """
    heads = [] if noted is None else _read_heads(noted)
    with open_service(read_settings()) as service:
        verdict = service.audit.verify(heads)
    if output is Format.JSON:
        print_json(
            {
                "links": verdict.links,
                "effects": verdict.effects,
                "heads": [head._asdict() for head in verdict.heads],
                "faults": list(verdict.faults),
            }
        )
    else:
        for head in verdict.heads:
            typer.echo(f"{head.seller_id} {head.number} {head.hash}")
    if verdict.faults:
        count = len(verdict.faults)
        typer.echo(f"{count} {'fault' if count == 1 else 'faults'}:", err=True)
        for fault in verdict.faults:
            typer.echo(fault, err=True)
        raise typer.Exit(NO)


def list_links(
    seller_id: Annotated[
        str, typer.Option(envvar="FEEDGATE_SELLER_ID", help="Whose chain is meant.")
    ],
    after: Annotated[int, typer.Option(min=0, help="Go on behind this link.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most links.")] = 100,
    output: FormatOption = Format.TABLE,
) -> None:
    """List the links of a seller's chain, oldest first."""
    with open_service(read_settings()) as service:
        links = service.audit.links(seller_id, after=after, limit=limit)
    if output is Format.JSON:
        print_json(
            [
                {
                    "number": link.number,
                    "happened_at": to_iso(link.happened_at),
                    "kind": link.kind,
                    "cause": link.cause,
                    "source": link.source,
                    "first_place": link.first_place,
                    "last_place": link.last_place,
                    "effects": link.effects,
                    "content": link.content,
                    "hash": link.hash,
                }
                for link in links
            ]
        )
        return
    print_table(
        ("Link", "When", "What", "Cause", "Of", "Hash"),
        [
            (
                link.number,
                to_iso(link.happened_at),
                link.kind,
                link.cause,
                link.content
                if link.source is None
                else f"{link.source}: {link.effects} effects",
                link.hash[:16],
            )
            for link in links
        ],
    )


def _read_heads(path: Path) -> list[Head]:
    heads = []
    for line, text in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not text.strip():
            continue
        try:
            seller_id, number, hash_ = text.split()
            heads.append(Head(seller_id, int(number), hash_))
        except ValueError as error:
            raise Failure(
                f"{path}, line {line}: a head is seller id, number and hash, as "
                f'`feedgate audit verify` prints it, not "{text[:100]}".'
            ) from error
    return heads
