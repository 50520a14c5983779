"""Signed requests with one byte changed: none of ten thousand is accepted."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.doors.admission import Admission, Exchange
from app.doors.call import OPERATIONS
from app.doors.mws import SECTION_MODULES
from app.doors.query import Query
from app.doors.request import Request
from app.doors.sections import find_section, front_door
from app.errors import ServiceError
from app.intake.accounts import Accounts
from app.intake.quotas import open_quotas
from app.intake.seals import open_seals
from app.intake.tokens import NextTokens
from app.store.backends import Database
from app.store.quotas import Buckets
from tests.doors.caller import FEEDS, ORDERS, Caller
from tests.held import HeldClock

TAMPERS = 10_000
HOST = "mws.example.test:8443"


@dataclass(frozen=True)
class Wire:
    """The parts of a request that are signed, as bytes on the wire."""

    method: bytes
    path: bytes
    query: bytes
    host: bytes
    form: bytes

    def tampered(self, dice: random.Random) -> Wire:
        """Change one byte of one part."""
        parts = [name for name in self.__dataclass_fields__ if getattr(self, name)]
        lengths = [len(getattr(self, name)) for name in parts]
        (part,) = dice.choices(parts, lengths)
        data = getattr(self, part)
        at = dice.randrange(len(data))
        byte = dice.choice([each for each in range(256) if each != data[at]])
        return replace(self, **{part: data[:at] + bytes([byte]) + data[at + 1 :]})

    @property
    def request(self) -> Request:
        headers = {"host": self.host.decode("latin-1")}
        path = self.path.decode("latin-1")
        return Request(self.method.decode("latin-1"), path, self.query, headers)

    @property
    def meaning(self) -> object:
        """What the request says; %2b for %2B, or capitals in a host, say the same."""
        pairs = Query.read(self.query, self.form).pairs
        section = find_section(self.path.decode("latin-1"), dict(pairs)["Version"])
        return self.method, section, self.host.lower(), sorted(pairs)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_signed_request_with_a_byte_changed_is_accepted(
    database: Database, clock: HeldClock, tmp_path: Path
) -> None:
    """Method, path, query, Host header and form: everything that is signed."""
    seals = open_seals("", tmp_path)
    accounts = Accounts(database, seals, clock)
    keys = accounts.create_seller("Books", "A1SELLER000001")
    caller = Caller(
        f"http://{HOST}", keys.access_key_id, keys.secret, keys.seller_id, clock()
    )
    admission = Admission(
        accounts,
        NextTokens(seals),
        open_quotas("off", lambda: Buckets(database), clock),
        timedelta(minutes=15),
    )
    dice = random.Random(20261124)
    outcomes = Counter[str]()
    originals = [*wires(caller)]
    assert SECTION_MODULES, "importing them lists the operations"
    assert OPERATIONS
    for original in originals:
        assert accepted(admission, original, clock)

    while outcomes["refused"] + outcomes["accepted"] < TAMPERS:
        original = dice.choice(originals)
        tampered = original.tampered(dice)
        if not accepted(admission, tampered, clock):
            outcomes["refused"] += 1
        elif tampered.meaning == original.meaning:
            outcomes["the same request, spelled otherwise"] += 1
        else:
            outcomes["accepted"] += 1
            print(tampered)

    assert outcomes["accepted"] == 0
    assert outcomes["the same request, spelled otherwise"] < TAMPERS / 20


def wires(caller: Caller) -> list[Wire]:
    """Return requests by GET and by POST, in the query and in the form."""
    host = HOST.encode()

    def signed(method: str, path: str, action: str, **more: str) -> bytes:
        version = path.rsplit("/", 1)[-1]
        given = {**caller.parameters(action, version), **more}
        return caller.signed(method, path, given).encode()

    count = signed("GET", FEEDS, "GetFeedSubmissionCount")
    order = signed("POST", ORDERS, "GetOrder", **{"AmazonOrderId.Id.1": "026-1-1"})
    feed = signed("POST", FEEDS, "SubmitFeed", FeedType="_POST_ORDER_FULFILLMENT_DATA_")
    return [
        Wire(b"GET", FEEDS.encode(), count, host, b""),
        Wire(b"POST", ORDERS.encode(), b"", host, order),
        Wire(b"POST", FEEDS.encode(), feed, host, b""),
    ]


def accepted(admission: Admission, wire: Wire, clock: Callable[[], datetime]) -> bool:
    exchange = Exchange("request", clock(), front_door(None))
    try:
        admission.admit(wire.request, wire.form, exchange)
    except ServiceError:
        return False
    return True
