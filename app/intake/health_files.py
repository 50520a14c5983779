"""The health of an account as JSON and CSV, for the command and the desk alike.

Percent and amounts are text in JSON, with a point; days and times are UTC.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

from app.intake.health import CancelRate, Health
from app.model.cancel_rate import TARGET
from app.model.times import to_iso


def to_json(health: Health) -> dict[str, Any]:
    """Return all figures as JSON spells them."""
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
                "chosen_reasons": list(order.chosen),
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


def daily_csv(health: Health) -> str:
    """Return the cancel rate of each day, oldest first."""
    return _table(
        ("day", "percent", "cancelled", "orders", "on_target"),
        (
            (
                rate.day.isoformat(),
                rate.percent,
                rate.cancelled,
                rate.counted,
                "yes" if rate.is_on_target else "no",
            )
            for rate in health.series
        ),
    )


def orders_csv(health: Health) -> str:
    """Return the orders behind today's rate; several reasons have a blank between."""
    return _table(
        ("amazon_order_id", "purchase_date", "status", "units", "reasons"),
        (
            (
                order.amazon_order_id,
                to_iso(order.purchase_date),
                order.status.value,
                order.units,
                " ".join(filter(None, order.chosen)),
            )
            for order in health.cancelled_orders
        ),
    )


def refunds_csv(health: Health) -> str:
    """Return what was given back, a line for each currency."""
    return _table(
        ("currency", "amount", "refunded_orders", "charged_orders", "percent"),
        (
            (
                each.currency,
                each.amount,
                each.orders,
                health.charged_orders,
                health.refund_percent,
            )
            for each in health.refunds
        ),
    )


def _rate_to_json(rate: CancelRate) -> dict[str, Any]:
    return {
        "day": rate.day.isoformat(),
        "percent": str(rate.percent),
        "cancelled": rate.cancelled,
        "orders": rate.counted,
        "on_target": rate.is_on_target,
    }


def _table(head: tuple[str, ...], lines: Iterable[tuple[object, ...]]) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(lines)
    return written.getvalue()
