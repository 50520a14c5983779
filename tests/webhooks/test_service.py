"""The whole service: a feed in, signed requests out."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

from app.intake.order_import import import_orders
from tests.doors.conftest import ACKNOWLEDGEMENT, started
from tests.held import HeldClock
from tests.queued import SELLER
from tests.running import wait_until
from tests.webhooks.receiver import Receiver

ORDER = {
    "amazon_order_id": "026-1234567-1234567",
    "marketplace_id": "ATVPDKIKX0DER",
    "purchase_date": "2026-11-01T00:00:00Z",
    "currency": "USD",
    "items": [
        {
            "amazon_order_item_code": "00000000000001",
            "quantity_ordered": 1,
            "price": {"Principal": "10.00"},
        }
    ],
}


def test_a_feed_that_cancels_is_told_of_twice(
    sqlite_url: str,
    tmp_path: Path,
    clock: HeldClock,
    ids: Callable[[], str],
    ears: Receiver,
) -> None:
    """feed.done with its end, order.cancelled from the ledger, by its workers."""
    settings = {
        "database_url": sqlite_url,
        "poll_seconds": 0.05,
        "webhook_networks": "127.0.0.1/32",
    }
    with started(tmp_path / "home", clock, ids, **settings) as running:
        service = running.service
        document = io.BytesIO(json.dumps([ORDER]).encode())
        import_orders(
            service.database, document, SELLER, source="import 1", now=clock()
        )
        secret = service.webhooks.add(SELLER, ears.url).secret
        service.worker.start()
        try:
            running.caller.submit(ACKNOWLEDGEMENT.format(status="Failure").encode())
            wait_until(lambda: len(ears.received) == 2)
        finally:
            service.worker.stop()

    events = {
        each["type"]: each for each in (r.verified_by(secret) for r in ears.received)
    }
    assert set(events) == {"feed.done", "order.cancelled"}
    feeds = {each["data"]["feed_submission_id"] for each in events.values()}
    assert len(feeds) == 1
    assert events["order.cancelled"]["data"]["order_status"] == "Canceled"
