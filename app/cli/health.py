"""health: how a seller's account does, as a table, JSON or CSV."""

from __future__ import annotations

import csv
import sys
from enum import StrEnum
from typing import Annotated, Any

import typer

from app.cli.failures import Failure
from app.cli.output import print_json, print_table
from app.cli.service import open_service, read_settings
from app.intake.health import MOST_DAYS, CancelRate, Health
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
        print_json(_to_json(health))
    elif output is HealthFormat.CSV:
        _print_csv(health.series)
    else:
        _print_tables(health)


def _to_json(health: Health) -> dict[str, Any]:
    return {
        "target_percent": str(TARGET),
        "cancel_rate": _rate_to_json(health.rate),
        "daily": [_rate_to_json(rate) for rate in health.series],
        "cancelled_orders": [
            {
                "amazon_order_id": order.amazon_order_id,
                "purchase_date": to_iso(order.purchase_date),
                "status": order.status.value,
                "units": order.units,
                "reasons": list(order.reasons),
            }
            for order in health.cancelled_orders
        ],
        "refunds": {
            "percent": str(health.refund_percent),
            "orders": health.refunded_orders,
            "charged_orders": health.charged_orders,
            "amounts": {each.currency: str(each.amount) for each in health.refunds},
        },
    }


def _rate_to_json(rate: CancelRate) -> dict[str, Any]:
    return {
        "day": rate.day.isoformat(),
        "percent": str(rate.percent),
        "cancelled": rate.cancelled,
        "orders": rate.counted,
        "on_target": rate.is_on_target,
    }


def _print_csv(series: tuple[CancelRate, ...]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("day", "percent", "cancelled", "orders", "on_target"))
    for rate in series:
        writer.writerow(
            (
                rate.day.isoformat(),
                rate.percent,
                rate.cancelled,
                rate.counted,
                "yes" if rate.is_on_target else "no",
            )
        )


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
                    ", ".join(reason or "none" for reason in order.reasons),
                )
                for order in health.cancelled_orders
            ],
        )
    typer.echo()
    print_table(
        ("Day", "Percent", "Cancelled", "Orders"),
        [(r.day, r.percent, r.cancelled, r.counted) for r in health.series],
    )
