"""accounts: sellers and the keys of their systems."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from app.cli import lwa
from app.cli.failures import failing
from app.cli.output import (
    Format,
    FormatOption,
    print_json,
    print_once,
    print_table,
)
from app.cli.service import open_service, read_settings
from app.intake.accounts import (
    DEFAULT_MARKETPLACES,
    AccountError,
    Accounts,
    AccountView,
    Credentials,
    KeyView,
)
from app.intake.desk_users import DeskUsers
from app.model.times import to_iso

_SHOWN_ONCE = "The secret and the token are shown this once: keep them."


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(help="Sellers, their access keys and tokens.")
    group.command(
        epilog="Example: feedgate accounts create 'My Shop' --merchant-token M_SHOP_1"
    )(create)
    group.command("list", epilog="Example: feedgate accounts list --format json")(
        list_accounts
    )
    group.command(epilog="Example: feedgate accounts rotate A1DEMOSELLER1")(rotate)
    group.command(epilog="Example: feedgate accounts revoke AKIAEXAMPLE0KEY00001")(
        revoke
    )
    group.command(epilog="Example: feedgate accounts reseal")(reseal)
    group.command(
        "desk-add", epilog="Example: feedgate accounts desk-add A1DEMOSELLER1 ada"
    )(desk_add)
    group.command(
        "desk-list", epilog="Example: feedgate accounts desk-list --format json"
    )(desk_list)
    group.command("desk-remove", epilog="Example: feedgate accounts desk-remove ada")(
        desk_remove
    )
    group.command(
        "desk-password", epilog="Example: feedgate accounts desk-password ada"
    )(desk_password)
    group.command(
        epilog="Example: feedgate accounts contact A1DEMOSELLER1 me@shop.example"
    )(contact)
    lwa.add_to(group)
    app.add_typer(group, name="accounts")


def create(
    name: Annotated[str, typer.Argument(help="What the seller is called.")],
    seller_id: Annotated[
        str | None,
        typer.Option(help="10 to 20 capital letters and digits; made up without it."),
    ] = None,
    marketplace: Annotated[
        list[str] | None,
        typer.Option(
            help="MarketplaceId that the seller sells in; may be repeated. Without it:"
            f" {', '.join(DEFAULT_MARKETPLACES)}."
        ),
    ] = None,
    merchant_token: Annotated[
        list[str] | None,
        typer.Option(
            help="Merchant token that feeds may carry as MerchantIdentifier; may be"
            " repeated."
        ),
    ] = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Create a seller with an access key, its secret and an MWSAuthToken."""
    with _accounts() as accounts:
        credentials = accounts.create_seller(
            name,
            seller_id,
            tuple(marketplace or DEFAULT_MARKETPLACES),
            tuple(merchant_token or ()),
        )
    _print_credentials(credentials, output)


def list_accounts(output: FormatOption = Format.TABLE) -> None:
    """List sellers and their access keys, without secrets."""
    with _accounts() as accounts:
        views = accounts.list()
    if output is Format.JSON:
        print_json([_account_to_json(account) for account in views])
        return
    print_table(
        ("Seller", "Name", "Marketplaces", "Merchant tokens", "Access keys"),
        [
            (
                account.seller_id,
                account.name,
                ", ".join(account.marketplace_ids),
                ", ".join(account.merchant_tokens),
                ", ".join(map(_key_to_text, account.access_keys)),
            )
            for account in views
        ],
    )


def rotate(
    seller_id: Annotated[str, typer.Argument(help="Whose key is renewed.")],
    output: FormatOption = Format.TABLE,
) -> None:
    """Make a new access key; the old ones stay in force until they are revoked."""
    with _accounts() as accounts:
        credentials = accounts.rotate(seller_id)
    _print_credentials(credentials, output)


def revoke(
    access_key: Annotated[str, typer.Argument(help="The access key id to end.")],
) -> None:
    """End an access key at once."""
    with _accounts() as accounts:
        accounts.revoke(access_key)
    typer.echo(f"Access key {access_key} is revoked.")


def reseal() -> None:
    """Seal all secrets with the first key of FEEDGATE_SECRET_KEY.

    Put a new key in front, restart all processes, run this, then drop the old keys.
    """
    with _accounts() as accounts:
        count = accounts.reseal()
    typer.echo(f"Secrets sealed with the first key: {count}.")


_Login = Annotated[str, typer.Argument(help="Login of the desk user.")]
_FromStdin = Annotated[
    bool,
    typer.Option(
        "--password-stdin",
        help="Take the password from standard input; made up without it.",
    ),
]


def desk_add(
    seller_id: Annotated[str, typer.Argument(help="Whose orders the user manages.")],
    login: Annotated[
        str,
        typer.Argument(help="1 to 35 small letters, digits, and . _ @ -"),
    ],
    password_stdin: _FromStdin = False,
    output: FormatOption = Format.TABLE,
) -> None:
    """Make a user who may sign in to the desk for a seller."""
    given = _password(password_stdin)
    with _desk_users() as users:
        password = users.create(seller_id, login, given)
    _print_password(login, password, output, shown=given is None)


def desk_list(output: FormatOption = Format.TABLE) -> None:
    """List the users of the desk."""
    with _desk_users() as users:
        found = users.list()
    if output is Format.JSON:
        print_json(
            [
                {
                    "login": user.login,
                    "seller_id": user.seller_id,
                    "created_at": to_iso(user.created_at),
                }
                for user in found
            ]
        )
        return
    print_table(
        ("Login", "Seller", "Made"),
        [(user.login, user.seller_id, to_iso(user.created_at)) for user in found],
    )


def desk_remove(login: _Login) -> None:
    """Remove a user of the desk; sessions end at once."""
    with _desk_users() as users:
        users.remove(login)
    typer.echo(f"Desk user {login} is removed.")


def desk_password(
    login: _Login,
    password_stdin: _FromStdin = False,
    output: FormatOption = Format.TABLE,
) -> None:
    """Give a user of the desk another password; sessions end at once."""
    given = _password(password_stdin)
    with _desk_users() as users:
        password = users.reset_password(login, given)
    _print_password(login, password, output, shown=given is None)


def _password(from_stdin: bool) -> str | None:
    return sys.stdin.readline().rstrip("\r\n") if from_stdin else None


def _print_password(login: str, password: str, output: Format, *, shown: bool) -> None:
    content = {"login": login} | ({"password": password} if shown else {})
    note = "The password is shown this once: keep it." if shown else ""
    print_once(content, note, output)


@contextmanager
def _desk_users() -> Iterator[DeskUsers]:
    with open_service(read_settings()) as service, failing(AccountError):
        yield service.desk_users


def contact(
    seller_id: Annotated[str, typer.Argument(help="Whose address it is.")],
    email: Annotated[str, typer.Argument(help="Where warnings go.")],
    language: Annotated[
        str, typer.Option(help="Language of the warnings: en, de, fr or zh_Hans.")
    ] = "en",
) -> None:
    """Set the address that is warned when the cancel rate comes near its target."""
    with _accounts() as accounts:
        accounts.set_contact(seller_id, email, language)
    typer.echo(f"Seller {seller_id} is warned at {email}.")


@contextmanager
def _accounts() -> Iterator[Accounts]:
    with open_service(read_settings()) as service, failing(AccountError):
        yield service.accounts


def _print_credentials(credentials: Credentials, output: Format) -> None:
    content = {
        "seller_id": credentials.seller_id,
        "access_key": credentials.access_key_id,
        "secret": credentials.secret,
        "auth_token": credentials.auth_token,
    }
    content = {name: value for name, value in content.items() if value is not None}
    print_once(content, _SHOWN_ONCE, output)


def _account_to_json(account: AccountView) -> dict[str, object]:
    return {
        "seller_id": account.seller_id,
        "name": account.name,
        "created_at": to_iso(account.created_at),
        "marketplace_ids": list(account.marketplace_ids),
        "merchant_tokens": list(account.merchant_tokens),
        "access_keys": [
            {
                "access_key": key.access_key_id,
                "created_at": to_iso(key.created_at),
                "revoked_at": key.revoked_at and to_iso(key.revoked_at),
            }
            for key in account.access_keys
        ],
    }


def _key_to_text(key: KeyView) -> str:
    return f"{key.access_key_id} (revoked)" if key.revoked_at else key.access_key_id
