"""explain-signature: what a saved request should have signed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from app.cli.failures import NO, Failure
from app.doors.explanation import STRING_HEADER, explain
from app.doors.query import Query, has_parameter
from app.doors.signature import METHODS, Signed, is_signed_with

_EXAMPLE = "Example: FEEDGATE_SECRET=... feedgate explain-signature request.txt"


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("explain-signature", epilog=_EXAMPLE)(explain_signature)


def explain_signature(
    file: Annotated[
        Path,
        typer.Argument(
            help="The request as it went over the wire: request line, headers, an empty"
            " line, and the body if that holds the parameters."
        ),
    ],
    string_to_sign: Annotated[
        Path | None, typer.Option(help="File with the string that the client signed.")
    ] = None,
    public_host: Annotated[
        list[str] | None,
        typer.Option(help="Host that the client may have signed; may be repeated."),
    ] = None,
) -> int:
    """Show the strings to sign of a saved request, and where the client's differs.

    With the secret key in FEEDGATE_SECRET it also says whether the signature is right
    (exit code 1 if it is not). Nothing is sent anywhere, and no secret is shown.
    """
    signed, headers = _read(file)
    hosts = tuple(public_host or ())
    theirs = headers.get(STRING_HEADER)
    if string_to_sign is not None:
        theirs = string_to_sign.read_bytes().decode("latin-1").removesuffix("\n")
    typer.echo(explain(signed, hosts, theirs))
    secret = os.environ.get("FEEDGATE_SECRET")
    if not secret:
        return 0
    values = dict(signed.query.pairs)
    signature, method = values.get("Signature", ""), values.get("SignatureMethod", "")
    if method not in METHODS:
        raise Failure(f"SignatureMethod must be {' or '.join(METHODS)}.")
    is_right = is_signed_with(secret, signed, signature, method, hosts)
    typer.echo(f"\nThe signature is {'right' if is_right else 'not right'}.")
    return 0 if is_right else NO


def _read(file: Path) -> tuple[Signed, dict[str, str]]:
    """Read a saved request; editors may have changed its line ends."""
    head, _, body = file.read_bytes().replace(b"\r\n", b"\n").partition(b"\n\n")
    line, *lines = head.decode("latin-1").split("\n")
    try:
        method, target = line.split()[:2]
    except ValueError:
        raise Failure(
            f"{file} must begin with a request line such as POST /Feeds/2009-01-01 "
            "HTTP/1.1."
        ) from None
    headers = {}
    for each in lines:
        name, _, value = each.partition(":")
        headers[name.strip().lower()] = value.strip()
    if "host" not in headers:
        raise Failure(f"{file} has no Host header, which is part of what is signed.")
    path, _, text = target.partition("?")
    query = text.encode("latin-1")
    form = b"" if has_parameter(query, b"Action") else body.strip()
    return Signed(method, headers["host"], path, Query.read(query, form)), headers
