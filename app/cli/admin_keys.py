"""admin-keys: the keys of the Admin API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Annotated

import typer

from app.cli.failures import Failure, failing
from app.cli.output import (
    Format,
    FormatOption,
    print_json,
    print_once,
    print_table,
)
from app.cli.service import open_service, read_settings
from app.intake.admin_keys import AdminKey, AdminKeyError, AdminKeys, Scope
from app.model.times import to_iso


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(help="Keys of the Admin API, which is off without one.")
    group.command(
        epilog="Example: feedgate admin-keys create erp --scope effects:read"
    )(create)
    group.command("list", epilog="Example: feedgate admin-keys list --format json")(
        list_keys
    )
    group.command(epilog="Example: feedgate admin-keys revoke FGADMEXAMPLE00001")(
        revoke
    )
    app.add_typer(group, name="admin-keys")


def create(
    name: Annotated[str, typer.Argument(help="Who uses the key, such as erp.")],
    scope: Annotated[
        list[Scope], typer.Option(help="What the key may do; may be repeated.")
    ],
    days: Annotated[
        int | None,
        typer.Option(min=1, help="Days until it ends; without it, when revoked."),
    ] = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Make a key of the Admin API; it is shown this once."""
    lasts = _lasts(days)
    with _keys() as keys:
        key, text = keys.create(name, scope, lasts)
    content = {"key": text} | _to_json(key)
    note = "The key is shown this once: keep it."
    print_once(content, note, output, ("Of the key", "Value"))


def list_keys(output: FormatOption = Format.TABLE) -> None:
    """List the keys of the Admin API, without the keys themselves."""
    with _keys() as keys:
        found = [_to_json(key) for key in keys.list()]
    if output is Format.JSON:
        print_json(found)
        return
    print_table(
        ("Key", "Name", "Scopes", "Made", "Expires", "Revoked"),
        [(*each.values(),) for each in found],
    )


def revoke(
    key_id: Annotated[str, typer.Argument(help="The id of the key to end.")],
) -> None:
    """End a key of the Admin API at once."""
    with _keys() as keys:
        keys.revoke(key_id)
    typer.echo(f"Admin key {key_id} is revoked.")


def _lasts(days: int | None) -> timedelta | None:
    try:
        return None if days is None else timedelta(days=days)
    except OverflowError as error:
        raise Failure(f"--days {days} is more than the calendar has.") from error


def _to_json(key: AdminKey) -> dict[str, str | None]:
    return {
        "key_id": key.key_id,
        "name": key.name,
        "scopes": key.scopes,
        "created_at": to_iso(key.created_at),
        "expires_at": _iso(key.expires_at),
        "revoked_at": _iso(key.revoked_at),
    }


@contextmanager
def _keys() -> Iterator[AdminKeys]:
    with open_service(read_settings()) as service, failing(AdminKeyError):
        yield service.admin_keys


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else to_iso(moment)
