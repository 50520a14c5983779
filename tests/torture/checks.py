"""What must hold after any storm."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, text

from app.model.order import Order, OrderStatus
from app.store import bulk
from app.store.ledger import replay
from app.store.orders import load_orders
from tests.torture.world import SELLERS, World, duel

_CHUNK = 500


@dataclass
class Found:
    """The figures of a storm; all but the first four must be 0."""

    feeds: int = 0
    messages: int = 0
    effects: int = 0
    refused_messages: int = 0
    unknown_feeds: int = 0
    lost_feeds: int = 0
    lost: int = 0
    doubled: int = 0
    out_of_lane_order: int = 0
    orders_unlike_their_ledger: int = 0
    refunds_above_charges: int = 0
    duels_without_one_winner: int = 0

    @property
    def faults(self) -> dict[str, int]:
        """What is not 0 and must be."""
        values = list(asdict(self).items())[4:]
        return {name: value for name, value in values if value}


def check(world: World, accepted: Iterable[int], duels: int = 0) -> Found:
    """Count what became of the accepted feeds, and what must never happen.

    `duels` of each seller's orders may have been cancelled or shipped. Raises
    AssertionError if anything is wrong.
    """
    found = Found()
    with world.database.read() as connection:
        _check_feeds(connection, set(accepted), found)
        _check_effects(connection, found)
        for seller_id in SELLERS:
            _check_orders(connection, seller_id, found)
            _check_duels(connection, seller_id, duels, found)
    _check_reports(world, found)
    assert not found.faults, found
    return found


def _check_feeds(connection: Connection, accepted: set[int], found: Found) -> None:
    rows = connection.execute(
        text(
            "SELECT feed_submission_id, status, progress, messages FROM feed_submission"
        )
    ).all()
    found.feeds = len(rows)
    found.messages = sum(row.messages for row in rows)
    found.unknown_feeds = len({row.feed_submission_id for row in rows} ^ accepted)
    found.lost_feeds = sum(
        row.status != "_DONE_" or row.progress != row.messages for row in rows
    )


def _check_effects(connection: Connection, found: Found) -> None:
    """Every successful message has its effects, once, in the order of its lane."""
    rows = connection.execute(
        text(
            "SELECT source, place, position, feed.seller_id, feed_type,"
            " feed_submission_id FROM effect JOIN feed_submission feed"
            " ON source = 'feed ' || feed_submission_id ORDER BY effect_id"
        )
    ).all()
    found.effects = len(rows)
    once = Counter((row.source, row.place, row.position) for row in rows)
    found.doubled = sum(count - 1 for count in once.values())
    placed = Counter(source for source, _ in {(row[0], row[1]) for row in rows})
    last: dict[tuple[str, str], tuple[int, int, int]] = defaultdict(lambda: (0, 0, -1))
    for row in rows:
        lane = row.seller_id, row.feed_type
        key = row.feed_submission_id, row.place, row.position
        found.out_of_lane_order += key <= last[lane]
        last[lane] = key
    for feed in connection.execute(
        text("SELECT feed_submission_id, messages, successful, with_error FROM"
             " feed_submission")
    ):  # fmt: skip
        found.refused_messages += feed.with_error
        found.lost += feed.messages - feed.successful - feed.with_error
        found.lost += abs(feed.successful - placed[f"feed {feed.feed_submission_id}"])


def _check_orders(connection: Connection, seller_id: str, found: Found) -> None:
    ids = list(
        connection.scalars(
            text("SELECT amazon_order_id FROM orders WHERE seller_id = :seller"),
            {"seller": seller_id},
        )
    )
    for at in range(0, len(ids), _CHUNK):
        chunk = ids[at : at + _CHUNK]
        kept = load_orders(connection, seller_id, chunk, history=True)
        ledger = replay(connection, seller_id, chunk)
        for order_id in chunk:
            found.orders_unlike_their_ledger += kept[order_id] != ledger[order_id]
            found.refunds_above_charges += _is_overdrawn(ledger[order_id])


def _is_overdrawn(order: Order) -> bool:
    for item in order.items:
        given_back = [part.refunded for part in item.components.values()]
        if sum(given_back, start=Decimal(0)) > item.paid:
            return True
        for part in item.components.values():
            if part.price is not None and part.refunded > part.price:
                return True
    return False


def _check_duels(
    connection: Connection, seller_id: str, duels: int, found: Found
) -> None:
    """An order that one lane cancels and another ships ends in one of the two."""
    ids = [duel(number) for number in range(duels)]
    query = "SELECT amazon_order_id, kind FROM effect"
    for at in range(0, len(ids), _CHUNK):
        chunk = ids[at : at + _CHUNK]
        kinds: dict[str, list[Any]] = defaultdict(list)
        for order_id, kind in bulk.select_in(
            connection, query, seller_id, "amazon_order_id", chunk
        ):
            kinds[order_id].append(kind)
        orders = load_orders(connection, seller_id, chunk)
        for order_id in chunk:
            happened = Counter(kinds[order_id])
            if not happened["CancelItem"] + happened["RecordShipment"]:
                continue
            outcome = (
                happened["CancelItem"],
                happened["RecordShipment"],
                happened["ChargeOrder"],
                orders[order_id].status,
            )
            found.duels_without_one_winner += outcome not in (
                (1, 0, 0, OrderStatus.CANCELED),
                (0, 1, 1, OrderStatus.SHIPPED),
            )


def _check_reports(world: World, found: Found) -> None:
    """Who sees _DONE_ can fetch the report, and it says that all was looked at."""
    query = text("SELECT report_document_id, messages FROM feed_submission")
    with world.database.read() as connection:
        rows = connection.execute(query).all()
    for row in rows:
        with world.service.documents.open(row.report_document_id) as report:
            told = report.read().decode()
        in_xml = f"<MessagesProcessed>{row.messages}<" in told
        in_text = f"Number of records processed\t\t{row.messages}\n" in told
        found.lost_feeds += not (in_xml or in_text)
