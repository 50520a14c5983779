"""The service that pairs are put to: a seller with feeds and reports in every state."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qsl

from app.doors.call import OPERATIONS
from app.intake.order_import import import_orders
from app.store.backends import migrate
from tests.doors.caller import Caller, Reply, encoded, md5
from tests.doors.conftest import ACKNOWLEDGEMENT, Running, started
from tests.fidelity.pairs import SECTIONS, Pair
from tests.held import NOON, HeldClock, held_ids
from tests.running import wait_until

ORDERS = [
    {
        "amazon_order_id": f"026-1234567-000000{number}",
        "marketplace_id": "ATVPDKIKX0DER",
        "purchase_date": "2026-11-01T10:00:00Z",
        "currency": "USD",
        "buyer": {"name": "Ann", "email": "ann@example.test"},
        "items": [
            {
                "amazon_order_item_code": "00000000000001",
                "sku": "S-1",
                "asin": "B000000001",
                "quantity_ordered": 1,
                "price": {"Principal": "30.00"},
            }
        ],
    }
    for number in (1, 2)
]


@dataclass
class World:
    """Two services: one that grants a hundred times the quotas, one with MWS's own."""

    relaxed: Running
    strict: Running
    words: dict[str, str]

    def ask(self, pair: Pair) -> Reply:
        """Send a pair's request, as often as it says, and return the last answer."""
        caller = self.relaxed.caller
        if pair.repeats:
            # A seller of its own, or the pairs would use up one another's quota.
            keys = self.strict.service.accounts.create_seller("Burst")
            caller = replace(
                self.strict.caller,
                access_key_id=keys.access_key_id,
                secret=keys.secret,
                seller_id=keys.seller_id,
            )
        for _ in range(pair.repeats):
            early = send(caller, pair, self.words)
            assert early.status != 503, early.body
        return send(caller, pair, self.words)


def serves(pair: Pair) -> bool:
    """Whether the pair's operation is served, or is one that MWS did not have."""
    served = {(section.name, name) for section, name in OPERATIONS}
    unknown = pair.action in ("NoSuchOperation", "GetAuthToken")
    return unknown or (pair.section, pair.action) in served


def send(caller: Caller, pair: Pair, words: dict[str, str]) -> Reply:
    """Send the request of a pair once."""
    parts = pair.request.split()
    method = parts.pop(0) if parts[0] == "GET" else "POST"
    version = SECTIONS[pair.section]
    path = f"/{pair.section}/{version}"
    given: dict[str, str] = caller.parameters(parts.pop(0), version)
    forged, with_md5 = None, True
    for part in parts:
        if part.startswith("@"):
            path = part[1:]
        elif part == "-md5":
            with_md5 = False
        elif part.startswith("-"):
            given.pop(part[1:])
        elif part.startswith("Signature="):
            forged = part.partition("=")[2]
        else:
            name, _, value = part.partition("=")
            given[name] = re.sub(r"\{(\w+)\}", lambda found: words[found[1]], value)
    text = caller.signed(method, path, given)
    if forged:
        text = encoded(dict(parse_qsl(text)) | {"Signature": forged})
    if pair.action == "SubmitFeed" and method == "POST":
        feed = ACKNOWLEDGEMENT.format(status="Success").encode()
        headers = {"Content-Type": "text/xml"}
        headers |= {"Content-MD5": md5(feed)} if with_md5 else {}
        return caller.send("POST", f"{path}?{text}", feed, headers)
    if method == "GET":
        return caller.send("GET", f"{path}?{text}")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    return caller.send("POST", path, text.encode(), form)


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """Start both services and put feeds, orders and a report into the relaxed one."""
    with ExitStack() as stack:
        running = []
        for quotas in ("relaxed", "mws"):
            url = f"sqlite:///{folder / quotas}.db"
            migrate(url)
            service = started(
                folder / quotas,
                HeldClock(),
                held_ids(),
                database_url=url,
                quotas=quotas,
            )
            running.append(stack.enter_context(service))
        relaxed, strict = running
        yield World(relaxed, strict, _furnish(relaxed))


def _furnish(running: Running) -> dict[str, str]:
    caller, worker = running.caller, running.service.worker
    document = BytesIO(json.dumps(ORDERS).encode())
    import_orders(
        running.service.database, document, caller.seller_id, source="1", now=NOON
    )
    feed = ACKNOWLEDGEMENT.format(status="Success").encode()
    done = caller.submit(feed).text("FeedSubmissionId")
    reports = "/Reports/2009-01-01"
    asked = caller.call(
        "RequestReport",
        {"ReportType": "_GET_ORDERS_DATA_", "StartDate": "2026-11-01"},
        path=reports,
    )
    request = {"ReportRequestIdList.Id.1": asked.text("ReportRequestId")}
    one = {"FeedSubmissionIdList.Id.1": done}
    worker.start()
    try:
        wait_until(
            lambda: (
                caller.call("GetFeedSubmissionList", one).texts("FeedProcessingStatus")
                == ["_DONE_"]
            )
        )
        wait_until(
            lambda: bool(
                caller.call("GetReportRequestList", request, path=reports).texts(
                    "GeneratedReportId"
                )
            )
        )
    finally:
        worker.stop()
    shown = caller.call("GetReportRequestList", request, path=reports)
    cancelled = caller.submit(feed + b"\n").text("FeedSubmissionId")
    caller.call("CancelFeedSubmissions", {"FeedSubmissionIdList.Id.1": cancelled})
    waiting = caller.submit(feed + b" ").text("FeedSubmissionId")
    feeds = caller.call("GetFeedSubmissionList", {"MaxCount": "2"})
    orders = caller.call(
        "ListOrders",
        {
            "CreatedAfter": "2026-01-01",
            "MarketplaceId.Id.1": "ATVPDKIKX0DER",
            "MaxResultsPerPage": "1",
        },
        path="/Orders/2013-09-01",
    )
    return {
        "seller": caller.seller_id,
        "done": done,
        "cancelled": cancelled,
        "waiting": waiting,
        "request": request["ReportRequestIdList.Id.1"],
        "report": shown.text("GeneratedReportId"),
        "order": str(ORDERS[0]["amazon_order_id"]),
        "feeds_token": feeds.text("NextToken"),
        "orders_token": orders.text("NextToken"),
    }
