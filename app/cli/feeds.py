"""submit and report: a feed's way through any MWS-compatible endpoint."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from lxml import etree

from app.cli.client import MwsClient, MwsError
from app.cli.failures import NO, Failure
from app.cli.output import stderr
from app.cli.service import read_settings
from app.engine.encoding import Utf8Reader
from app.engine.flat_gate import recognised
from app.engine.head import read_head
from app.engine.refusals import FeedUnreadable
from app.feedtypes import registry

# Polls: soon at first, since small feeds are done at once, then ever more rarely.
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 20.0
# What MWS restores a call of GetFeedSubmissionList in (mws-wire 7.3).
_THROTTLED_PAUSE = 45.0
_THROTTLED = ("RequestThrottled", "QuotaExceeded", "ServiceUnavailable")
_HEAD_BYTES = 65_536

Endpoint = Annotated[
    str | None,
    typer.Option(envvar="FEEDGATE_ENDPOINT", help="Base URL of the service."),
]
AccessKey = Annotated[
    str | None, typer.Option(envvar="FEEDGATE_ACCESS_KEY", help="Access key id.")
]
Secret = Annotated[
    str | None,
    typer.Option(
        envvar="FEEDGATE_SECRET",
        help="Secret of the access key; better given in the environment.",
    ),
]
SellerId = Annotated[
    str | None,
    typer.Option(envvar="FEEDGATE_SELLER_ID", help="The seller to act for."),
]
AuthToken = Annotated[
    str | None,
    typer.Option(
        envvar="FEEDGATE_AUTH_TOKEN", help="MWSAuthToken, if the key is another's."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog="Example: feedgate submit var/demo/cancel.xml --wait")(submit)
    app.command(epilog="Example: feedgate report 50000000001")(report)


def submit(
    file: Annotated[Path, typer.Argument(help="The feed document.")],
    feed_type: Annotated[
        str | None,
        typer.Option(
            "--type",
            help="FeedType, such as _POST_ORDER_ACKNOWLEDGEMENT_DATA_; without it, the"
            " one that its MessageType, or the headings of a flat file, belong to.",
        ),
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Follow the feed and print its report.")
    ] = False,
    skip_invalid: Annotated[
        bool,
        typer.Option(
            "--skip-invalid",
            help="Apply the valid messages even if others break the schema.",
        ),
    ] = False,
    charset: Annotated[
        str | None,
        typer.Option(
            help="Encoding of a flat file that is not UTF-8, such as Shift_JIS; "
            "without it the service takes the one that is usual in the marketplace."
        ),
    ] = None,
    marketplace: Annotated[
        list[str] | None,
        typer.Option(help="MarketplaceId that the feed is for; may be repeated."),
    ] = None,
    endpoint: Endpoint = None,
    access_key: AccessKey = None,
    secret: Secret = None,
    seller_id: SellerId = None,
    auth_token: AuthToken = None,
) -> None:
    """Submit a feed to Feedgate, or to any other MWS-compatible endpoint.

    Prints the FeedSubmissionId, or with --wait the processing report; the exit code is
    then 1 if the report has errors. Endpoint and keys come from the options, from the
    environment, or from demo.json in the data folder.
    """
    names = {each.name: each.mws for each in registry.FEED_TYPES}
    feed_type = feed_type or _feed_type_of(file)
    feed_type = names.get(feed_type, feed_type)
    client = _client(endpoint, access_key, secret, seller_id, auth_token)
    feed_submission_id = client.submit(
        file,
        feed_type,
        marketplace_ids=tuple(marketplace or ()),
        feed_options="on-invalid-message=skip" if skip_invalid else "",
        content_type=content_type_of(feed_type, charset),
    )
    if not wait:
        typer.echo(feed_submission_id)
        return
    follow(client, feed_submission_id, time.sleep)
    _print_report(client.report(feed_submission_id))


def report(
    feed_submission_id: Annotated[str, typer.Argument(help="As submit printed it.")],
    endpoint: Endpoint = None,
    access_key: AccessKey = None,
    secret: Secret = None,
    seller_id: SellerId = None,
    auth_token: AuthToken = None,
) -> None:
    """Print the processing report of a feed; exit code 1 if it has errors."""
    client = _client(endpoint, access_key, secret, seller_id, auth_token)
    _print_report(client.report(feed_submission_id))


def content_type_of(feed_type: str, charset: str | None) -> str:
    """Return the Content-Type to send a feed with. Source: mws-wire 6."""
    known = registry.by_mws(feed_type)
    if known is None or known.flat_file is None:
        return "text/xml"
    after = f"; charset={charset}" if charset else ""
    return f"text/tab-separated-values{after}"


def _feed_type_of(file: Path) -> str:
    """Return the FeedType that a document's MessageType or headings belong to."""
    served = {each.message_type: each.mws for each in registry.XML_FEED_TYPES}
    with file.open("rb") as document:
        flat_file = recognised(document, None)
        if flat_file is not None:
            return flat_file.mws
        try:
            head = read_head(Utf8Reader(document), _HEAD_BYTES)
        except FeedUnreadable as error:
            raise Failure(f"{file}: {error.problem.text}") from error
    message_type = (head.header.message_type or "").strip()
    if message_type not in served:
        says = f"is {message_type}" if message_type else "cannot be read"
        raise Failure(
            f"The FeedType of {file} does not follow from it, since its MessageType "
            f"{says}: give --type."
        )
    return served[message_type]


def _client(
    endpoint: str | None,
    access_key: str | None,
    secret: str | None,
    seller_id: str | None,
    auth_token: str | None,
) -> MwsClient:
    """Make the client; without endpoint and key, it is that of the demo seller."""
    given = {
        "endpoint": endpoint,
        "access_key": access_key,
        "secret": secret,
        "seller_id": seller_id,
        "auth_token": auth_token,
    }
    if endpoint is None and access_key is None:
        given = _demo() | {name: value for name, value in given.items() if value}
    for name in ("endpoint", "access_key", "secret", "seller_id"):
        if not given[name]:
            option = name.replace("_", "-")
            raise Failure(
                f"No {name.replace('_', ' ')} is given: use --{option} or "
                f"FEEDGATE_{name.upper()}."
            )
    url = str(given["endpoint"])
    if not url.startswith(("http://", "https://")):
        raise Failure(
            f'The endpoint is "{url}", expected http:// or https:// in front.'
        )
    return MwsClient(
        endpoint=url,
        access_key=str(given["access_key"]),
        secret=str(given["secret"]),
        seller_id=str(given["seller_id"]),
        auth_token=given["auth_token"] or "",
    )


def _demo() -> dict[str, str | None]:
    path = read_settings().home / "demo.json"
    try:
        demo = json.loads(path.read_text(encoding="utf-8"))
        return {
            "endpoint": demo["base_url"],
            "access_key": demo["access_key"],
            "secret": demo["secret"],
            "seller_id": demo["seller_id"],
            "auth_token": demo["auth_token"],
        }
    except FileNotFoundError:
        raise Failure(
            "No endpoint is given: use --endpoint or FEEDGATE_ENDPOINT, or start the "
            f"demo (feedgate serve --demo), which writes {path}."
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise Failure(
            f"{path} is not as the demo wrote it ({error}): start the demo again."
        ) from error


def follow(
    client: MwsClient, feed_submission_id: str, sleep: Callable[[float], None]
) -> None:
    """Wait until a feed is done, with a line on stderr for where it stands.

    Raises Failure if it was cancelled.
    """
    pause, seen = _FIRST_PAUSE, ""
    console = stderr()
    with console.status(f"{feed_submission_id} was submitted") as line:
        while True:
            try:
                status = client.status(feed_submission_id)
                wanted = pause
            except MwsError as error:
                if error.code not in _THROTTLED:
                    raise
                status, wanted = f"{error.code}, asking again", _THROTTLED_PAUSE
            if status != seen:
                console.print(f"{feed_submission_id} {status}")
                line.update(f"{feed_submission_id} {status}")
                seen = status
            if status == "_DONE_":
                return
            if status == "_CANCELLED_":
                raise Failure(f"{feed_submission_id} was cancelled: it has no report.")
            sleep(wanted)
            pause = min(pause * 1.5, _LONGEST_PAUSE)


def _print_report(content: bytes) -> None:
    """Write a report as it came; raises Exit if it has errors."""
    sys.stdout.buffer.write(content)
    sys.stdout.flush()
    if _has_errors(content):
        raise typer.Exit(NO)


def _has_errors(content: bytes) -> bool:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        # A flat-file report: its rows of errors name their type.
        return b"\tError\t" in content or b"\tFatal\t" in content
    return root.findtext(".//{*}MessagesWithError", "0").strip() != "0"
