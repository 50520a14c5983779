"""accounts client-...: applications that call the Selling Partner API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from app.cli.failures import failing
from app.cli.output import (
    Format,
    FormatOption,
    print_json,
    print_once,
    print_table,
)
from app.cli.service import open_service, read_settings
from app.intake.accounts import AccountError
from app.intake.lwa import ClientCredentials, ClientView, Lwa
from app.model.times import to_iso

_SHOWN_ONCE = "Secrets and tokens are shown this once: keep them."
_ClientId = Annotated[str, typer.Argument(help="The client_id.")]
_SellerId = Annotated[str, typer.Argument(help="The seller that it acts for.")]


def add_to(group: typer.Typer) -> None:
    """Add the commands of this module to `accounts`."""
    for name, command, example in (
        ("client-add", client_add, "'My ERP' A1DEMOSELLER1"),
        ("client-list", client_list, "--format json"),
        ("client-authorise", authorise, "amzn1.oa2-client.EXAMPLE A1DEMOSELLER1"),
        ("client-unauthorise", unauthorise, "amzn1.oa2-client.EXAMPLE A1DEMOSELLER1"),
        ("client-rotate", client_rotate, "amzn1.oa2-client.EXAMPLE"),
        ("client-revoke", client_revoke, "amzn1.oa2-client.EXAMPLE"),
        ("token-revoke", token_revoke, "'Atzr|EXAMPLE'"),
    ):
        epilog = f"Example: feedgate accounts {name} {example}"
        group.command(name, epilog=epilog)(command)


def client_add(
    name: Annotated[str, typer.Argument(help="What the application is called.")],
    seller_id: Annotated[
        str | None,
        typer.Argument(help="Seller that it may act for; more can be added later."),
    ] = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Make a client of the Selling Partner API: client_id, secret, refresh token."""
    with _lwa() as lwa:
        credentials = lwa.create_client(name, seller_id)
    _print(credentials, output)


def client_list(output: FormatOption = Format.TABLE) -> None:
    """List clients and the sellers that they may act for."""
    with _lwa() as lwa:
        views = lwa.list()
    if output is Format.JSON:
        print_json([_to_json(view) for view in views])
        return
    print_table(
        ("Client", "Name", "Sellers", "State"),
        [
            (
                view.client_id,
                view.name,
                ", ".join(view.seller_ids),
                "revoked" if view.revoked_at else "in force",
            )
            for view in views
        ],
    )


def authorise(
    client_id: _ClientId, seller_id: _SellerId, output: FormatOption = Format.TABLE
) -> None:
    """Let a client act for a seller: a refresh token."""
    with _lwa() as lwa:
        credentials = lwa.authorise_client(client_id, seller_id)
    _print(credentials, output)


def unauthorise(client_id: _ClientId, seller_id: _SellerId) -> None:
    """End what a client may do for a seller; its tokens end at once."""
    with _lwa() as lwa:
        lwa.revoke_authorisation(client_id, seller_id)
    typer.echo(f"Client {client_id} acts for seller {seller_id} no longer.")


def client_rotate(client_id: _ClientId, output: FormatOption = Format.TABLE) -> None:
    """Give a client another secret; the old one ends at once."""
    with _lwa() as lwa:
        credentials = lwa.rotate_secret(client_id)
    _print(credentials, output)


def client_revoke(client_id: _ClientId) -> None:
    """End a client and all of its tokens at once."""
    with _lwa() as lwa:
        lwa.revoke_client(client_id)
    typer.echo(f"Client {client_id} is revoked.")


def token_revoke(
    token: Annotated[str, typer.Argument(help="An access token or a refresh token.")],
) -> None:
    """End one token at once; a refresh token ends with its access tokens."""
    with _lwa() as lwa:
        lwa.revoke_token(token)
    typer.echo("The token is revoked.")


@contextmanager
def _lwa() -> Iterator[Lwa]:
    with open_service(read_settings()) as service, failing(AccountError):
        yield service.lwa


def _print(credentials: ClientCredentials, output: Format) -> None:
    content = {
        "client_id": credentials.client_id,
        "client_secret": credentials.client_secret,
        "refresh_token": credentials.refresh_token,
    }
    content = {name: value for name, value in content.items() if value is not None}
    print_once(content, _SHOWN_ONCE, output)


def _to_json(view: ClientView) -> dict[str, object]:
    return {
        "client_id": view.client_id,
        "name": view.name,
        "created_at": to_iso(view.created_at),
        "revoked_at": view.revoked_at and to_iso(view.revoked_at),
        "seller_ids": list(view.seller_ids),
    }
