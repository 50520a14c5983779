"""The load of a storm: feeds of several lanes that meet on the same orders."""

from __future__ import annotations

import hashlib
import itertools
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Self
from uuid import uuid4

from sqlalchemy import text

from app.errors import ErrorCode, ServiceError
from app.intake.accounts import Caller
from app.intake.feed_requests import FeedRequest
from app.store.documents import md5_base64
from tests.torture.world import RICH, World, duel, item_code, rich
from tests.waiting import eventually

CANCEL = "_POST_ORDER_ACKNOWLEDGEMENT_DATA_"
REFUND = "_POST_PAYMENT_ADJUSTMENT_DATA_"
FLAT_REFUND = "_POST_FLAT_FILE_PAYMENT_ADJUSTMENT_DATA_"
SHIP = "_POST_ORDER_FULFILLMENT_DATA_"
MESSAGES = 30
"""Messages of a feed; the last batch of it is no whole one."""

_TYPES = {
    CANCEL: "OrderAcknowledgement",
    REFUND: "OrderAdjustment",
    SHIP: "OrderFulfillment",
}


def xml(feed_type: str, payloads: list[str]) -> bytes:
    """Write a feed with these payloads."""
    messages = "".join(
        f"<Message><MessageID>{number}</MessageID>{payload}</Message>\n"
        for number, payload in enumerate(payloads, 1)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<AmazonEnvelope><Header>'
        "<DocumentVersion>1.01</DocumentVersion><MerchantIdentifier/></Header>"
        f"<MessageType>{_TYPES[feed_type]}</MessageType>\n{messages}</AmazonEnvelope>\n"
    ).encode()


def cancelled(order_id: str) -> str:
    """Return the payload that cancels a whole order."""
    return (
        f"<OrderAcknowledgement><AmazonOrderID>{order_id}</AmazonOrderID>"
        "<StatusCode>Failure</StatusCode><Item><AmazonOrderItemCode>"
        f"{item_code(order_id)}</AmazonOrderItemCode><CancelReason>NoInventory"
        "</CancelReason></Item></OrderAcknowledgement>"
    )


def shipped(order_id: str, quantity: int) -> str:
    """Return the payload that ships so many units."""
    return (
        f"<OrderFulfillment><AmazonOrderID>{order_id}</AmazonOrderID>"
        "<FulfillmentDate>2026-11-20T10:00:00Z</FulfillmentDate><Item>"
        f"<AmazonOrderItemCode>{item_code(order_id)}</AmazonOrderItemCode>"
        f"<Quantity>{quantity}</Quantity></Item></OrderFulfillment>"
    )


def refunded(order_id: str, amount: str, own_id: str) -> str:
    """Return the payload that gives some Principal back, under an id of the seller."""
    return (
        f"<OrderAdjustment><AmazonOrderID>{order_id}</AmazonOrderID><AdjustedItem>"
        f"<AmazonOrderItemCode>{item_code(order_id)}</AmazonOrderItemCode>"
        f"<MerchantAdjustmentItemID>{own_id}</MerchantAdjustmentItemID>"
        "<AdjustmentReason>GeneralAdjustment</AdjustmentReason><ItemPriceAdjustments>"
        f'<Component><Type>Principal</Type><Amount currency="USD">{amount}</Amount>'
        "</Component></ItemPriceAdjustments></AdjustedItem></OrderAdjustment>"
    )


def flat_refunds(order_ids: list[str]) -> bytes:
    """Write a flat file that gives a cent of each order back."""
    lines = [
        "order-id\torder-item-id\tadjustment-reason-code\tcurrency\titem-price-adj"
    ]
    lines += [
        f"{order_id}\t{item_code(order_id)}\tGeneralAdjustment\tUSD\t0.01"
        for order_id in order_ids
    ]
    return "\n".join(lines).encode() + b"\n"


def feeds(dice: random.Random, duels: int) -> Iterator[tuple[str, bytes]]:
    """Yield feed types and documents without end.

    Duels come in pairs, for as long as there are such orders: one feed cancels some of
    them, the other ships the same ones, backwards.
    """
    begun = 0
    for number in itertools.count():
        chosen = [rich(dice.randrange(RICH + 10)) for _ in range(MESSAGES)]
        if number % 4 == 0:
            if begun + MESSAGES <= duels:
                rivals = [duel(begun + place) for place in range(MESSAGES)]
                begun += MESSAGES
                yield CANCEL, xml(CANCEL, [cancelled(each) for each in rivals])
                yield SHIP, xml(SHIP, [shipped(each, 2) for each in rivals[::-1]])
            else:
                yield SHIP, xml(SHIP, [shipped(each, 1) for each in chosen])
        elif number % 4 == 1:
            yield FLAT_REFUND, flat_refunds(chosen)
        elif number % 4 == 2:
            yield SHIP, xml(SHIP, [shipped(each, 1) for each in chosen])
        else:
            own = uuid4().hex[:12]
            yield (
                REFUND,
                xml(
                    REFUND,
                    [
                        refunded(each, "0.01", f"{own}-{place}")
                        for place, each in enumerate(chosen)
                    ],
                ),
            )


def submit(world: World, caller: Caller, feed_type: str, document: bytes) -> int:
    """Submit a feed, the same request again for as long as the service says so."""
    signature = f"signature {uuid4()}"
    deadline = time.monotonic() + 120
    while True:
        try:
            return submit_once(world, caller, feed_type, document, signature)
        except ServiceError as error:
            unavailable = error.code is ErrorCode.SERVICE_UNAVAILABLE
            if not unavailable or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def submit_once(
    world: World,
    caller: Caller,
    feed_type: str,
    document: bytes,
    signature: str | None = None,
) -> int:
    """Submit a feed; return its FeedSubmissionId. Raises ServiceError."""
    request = FeedRequest(
        feed_type,
        signature or f"signature {uuid4()}",
        content_md5=md5_base64(hashlib.md5(document).digest()),
    )
    accepted, verdict = world.service.intake.submit(caller, request, [document])
    assert verdict.schema_valid, verdict
    return accepted.feed_submission_id


@dataclass
class Load:
    """Submits feeds of every seller until it is stopped, some ahead of the workers."""

    world: World
    seed: int
    duels: int
    ahead: int = 24
    ids: list[int] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._stop = Event()
        self._threads = [
            Thread(target=self._run, args=(place, caller))
            for place, caller in enumerate(self.world.callers.values())
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Submit nothing more. Raises what went wrong."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        if self.errors:
            raise self.errors[0]

    def _run(self, place: int, caller: Caller) -> None:
        try:
            for feed_type, document in feeds(
                random.Random(self.seed + place), self.duels
            ):
                if self._stop.is_set():
                    return
                self.ids.append(submit(self.world, caller, feed_type, document))
                while not self._stop.is_set() and self._is_ahead():
                    self._stop.wait(0.1)
        except Exception as error:
            self.errors.append(error)

    def _is_ahead(self) -> bool:
        return unfinished(self.world) >= self.ahead

    def all_end(self, seconds: float = 180) -> None:
        """Wait until every feed has its report."""
        eventually(lambda: unfinished(self.world) == 0, seconds)


def unfinished(world: World) -> int:
    """Return how many feeds are not done; an outage leaves that open: 1 at least."""
    query = text(
        "SELECT count(*) FROM feed_submission"
        " WHERE status IN ('_SUBMITTED_', '_IN_PROGRESS_')"
    )
    try:
        with world.database.read() as connection:
            return int(connection.execute(query).scalar_one())
    except Exception:
        return 1_000_000
