"""webhooks: endpoints that are told of events, and what was sent to them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
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
from app.intake.webhooks import NewSecret, WebhookDesk, WebhookError
from app.model.event import EventType
from app.model.times import to_iso

_ID = "3f0c5a52-8a3e-4d0e-9d0a-2f6d1f6f8b11"
_EndpointId = Annotated[str, typer.Argument(help="The id of the endpoint.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(
        help="Endpoints that are told of feeds and orders by signed requests."
    )
    example = "Example: feedgate webhooks"
    group.command(
        epilog=f"{example} add A1DEMOSELLER1 https://shop.example/hooks"
        " --event feed.done"
    )(add)
    group.command("list", epilog=f"{example} list --format json")(list_endpoints)
    group.command(epilog=f"{example} disable {_ID}")(disable)
    group.command(epilog=f"{example} enable {_ID}")(enable)
    group.command(epilog=f"{example} remove {_ID}")(remove)
    group.command(epilog=f"{example} rotate {_ID} --overlap-hours 48")(rotate)
    group.command(epilog=f"{example} deliveries {_ID} --limit 10")(deliveries)
    group.command(epilog=f"{example} resend {_ID}")(resend)
    app.add_typer(group, name="webhooks")


def add(
    seller_id: Annotated[str, typer.Argument(help="Whose events are told.")],
    url: Annotated[str, typer.Argument(help="Where requests go, over https.")],
    event: Annotated[
        list[EventType] | None,
        typer.Option(help="What is told; may be repeated. Without it: everything."),
    ] = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Make an endpoint and the secret that its requests are signed with."""
    with _desk() as desk:
        made = desk.add(seller_id, url, event or tuple(EventType))
    _print_secret(made, output)


def list_endpoints(
    seller_id: Annotated[
        str | None, typer.Option(help="Whose endpoints; without it everybody's.")
    ] = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """List endpoints, without their secrets."""
    with _desk() as desk:
        found = desk.list(seller_id)
    if output is Format.JSON:
        print_json(
            [
                {
                    "endpoint_id": each.endpoint_id,
                    "seller_id": each.seller_id,
                    "url": each.url,
                    "events": list(each.events),
                    "created_at": to_iso(each.created_at),
                    "disabled_at": each.disabled_at and to_iso(each.disabled_at),
                }
                for each in found
            ]
        )
        return
    print_table(
        ("Endpoint", "Seller", "URL", "Events", "Made", "Disabled"),
        [
            (
                each.endpoint_id,
                each.seller_id,
                each.url,
                ", ".join(each.events),
                to_iso(each.created_at),
                each.disabled_at and to_iso(each.disabled_at),
            )
            for each in found
        ],
    )


def disable(endpoint_id: _EndpointId) -> None:
    """Send nothing to an endpoint; what is queued waits, new events do not."""
    with _desk() as desk:
        desk.disable(endpoint_id)
    typer.echo(f"Endpoint {endpoint_id} is disabled.")


def enable(endpoint_id: _EndpointId) -> None:
    """Send to an endpoint again, what waits first."""
    with _desk() as desk:
        desk.enable(endpoint_id)
    typer.echo(f"Endpoint {endpoint_id} is enabled.")


def remove(endpoint_id: _EndpointId) -> None:
    """Remove an endpoint; what waits for it is given up."""
    with _desk() as desk:
        desk.remove(endpoint_id)
    typer.echo(f"Endpoint {endpoint_id} is removed.")


def rotate(
    endpoint_id: _EndpointId,
    overlap_hours: Annotated[
        float,
        typer.Option(min=0, max=24 * 90, help="How long the last secret signs too."),
    ] = 24,
    output: FormatOption = Format.TABLE,
) -> None:
    """Make another secret; for a while requests are signed with both."""
    with _desk() as desk:
        made = desk.rotate(endpoint_id, timedelta(hours=overlap_hours))
    _print_secret(made, output)


def deliveries(
    endpoint_id: _EndpointId,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most of them.")] = 50,
    output: FormatOption = Format.TABLE,
) -> None:
    """List what was sent to an endpoint, or waits, newest first."""
    with _desk() as desk:
        found = desk.deliveries(endpoint_id, limit)
    if output is Format.JSON:
        print_json(
            [
                {
                    "delivery_id": each.unique_id,
                    "event": each.notification_type,
                    "queued_at": to_iso(each.created_at),
                    "status": each.status,
                    "attempts": each.attempts,
                    "next_attempt_after": each.run_after and to_iso(each.run_after),
                    "sent_at": each.sent_at and to_iso(each.sent_at),
                    "given_up_at": each.given_up_at and to_iso(each.given_up_at),
                    "error": each.last_error,
                }
                for each in found
            ]
        )
        return
    print_table(
        ("Delivery", "Event", "Queued", "Status", "Attempts", "Last error"),
        [
            (
                each.unique_id,
                each.notification_type,
                to_iso(each.created_at),
                each.status,
                each.attempts,
                each.last_error,
            )
            for each in found
        ],
    )


def resend(
    delivery_id: Annotated[
        str, typer.Argument(help="The id of the delivery: its webhook-id.")
    ],
) -> None:
    """Queue a delivery that was sent or given up once more, under its own id."""
    with _desk() as desk:
        desk.resend(delivery_id)
    typer.echo(f"Delivery {delivery_id} is queued.")


@contextmanager
def _desk() -> Iterator[WebhookDesk]:
    with open_service(read_settings()) as service, failing(WebhookError):
        yield service.webhooks


def _print_secret(made: NewSecret, output: Format) -> None:
    content = {"endpoint_id": made.endpoint.endpoint_id, "secret": made.secret}
    print_once(content, "The secret is shown this once: keep it.", output)
