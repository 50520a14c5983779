"""Effects written into the ledger with their audit links, as the engine does."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from app.model.effects import CancelItem
from app.store import audit, ledger
from app.store.ledger import Entry
from tests.held import NOON

ITEM = "00000000000001"


def order_id(number: int) -> str:
    """Return the AmazonOrderID of the numbered order."""
    return f"026-1234567-{number:07d}"


def write(
    connection: Connection,
    seller_id: str,
    source: str,
    places: range,
    now: datetime = NOON,
) -> None:
    """Write one cancellation for each place, and their link."""
    entries = [
        Entry.of(order_id(place), place, 0, str(place), CancelItem(ITEM, 1))
        for place in places
    ]
    written = ledger.record(
        connection, seller_id, entries, source=source, cause="key", now=now
    )
    audit.append_effects(connection, seller_id, [written], cause="key", now=now)
