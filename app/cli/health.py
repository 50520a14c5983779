"""health: how a seller's account does, as a table, JSON or CSV."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from app.cli.failures import Failure
from app.cli.output import print_json, print_table
from app.cli.service import open_service, read_settings
from app.intake.health import MOST_DAYS, Health
from app.intake.health_files import daily_csv, to_json
from app.model.cancel_rate import TARGET
from app.model.times import to_iso


class HealthFormat(StrEnum):
    """Tables to read, JSON to work with, or the daily values as CSV."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command(
        "health",
        epilog="Example: feedgate health --seller-id A1DEMOSELLER1 --format csv",
    )(show)


def show(
    seller_id: Annotated[str, typer.Option(help="Whose account it is.")],
    days: Annotated[
        int, typer.Option(min=1, max=MOST_DAYS, help="Days that are told of.")
    ] = 30,
    output: Annotated[
        HealthFormat,
        typer.Option(
            "--format",
            help="Tables to read, JSON to work with, or the daily values as CSV.",
        ),
    ] = HealthFormat.TABLE,
) -> None:
    """Show the pre-fulfilment cancel rate, the orders behind it, and refunds."""
    with open_service(read_settings()) as service:
        if all(each.seller_id != seller_id for each in service.accounts.list()):
            raise Failure(f"There is no seller {seller_id}.")
        health = service.health.health(seller_id, days=days)
    if output is HealthFormat.JSON:
        print_json(to_json(health))
    elif output is HealthFormat.CSV:
        typer.echo(daily_csv(health), nl=False)
    else:
        _print_tables(health)


def _print_tables(health: Health) -> None:
    rate = health.rate
    verdict = "on target" if rate.is_on_target else "ABOVE the target"
    typer.echo(
        f"Cancel rate {rate.percent} % ({rate.cancelled} of {rate.counted} orders of"
        f" the 7 days to {rate.day}, UTC): {verdict}, which is under {TARGET} %."
    )
    amounts = [f"{each.amount} {each.currency}" for each in health.refunds]
    typer.echo(
        f"Refunds {health.refund_percent} % ({health.refunded_orders} of"
        f" {health.charged_orders} charged orders of {len(health.series)} days):"
        f" {', '.join(amounts) or 'nothing'}."
    )
    if health.cancelled_orders:
        typer.echo()
        print_table(
            ("Order", "Purchased", "Status", "Units", "Reasons"),
            [
                (
                    order.amazon_order_id,
                    to_iso(order.purchase_date),
                    order.status,
                    order.units,
                    ", ".join(reason or "none" for reason in order.chosen),
                )
                for order in health.cancelled_orders
            ],
        )
    typer.echo()
    print_table(
        ("Day", "Percent", "Cancelled", "Orders"),
        [(r.day, r.percent, r.cancelled, r.counted) for r in health.series],
    )
