"""Two sellers with like data: neither sees a byte of the other's, by whatever id."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest

from app.doors.call import Operation
from app.intake.order_import import import_orders
from tests.doors.caller import FEEDS, ORDERS, Caller, Reply
from tests.doors.conftest import ACKNOWLEDGEMENT, Running, started
from tests.doors.vocabulary import operations, parameter_names
from tests.held import NOON, HeldClock, held_ids
from tests.running import wait_until

REPORTS = "/Reports/2009-01-01"
FINANCES = "/Finances/2015-05-01"
FEED_IDS, REQUEST_IDS = "FeedSubmissionIdList", "ReportRequestIdList"
SECRET = "ZQSECRETZQ"

# Parameters that may name something of a seller's; one at a time.
ID_NAMES = [
    f"{name}.1" if name.endswith((".Id", ".ID")) else name
    for name in parameter_names()
    if re.search(r"Id$", name) and not name.startswith("Marketplace")
]


@dataclass(frozen=True)
class Two:
    """One service; what the owner has, by the name of what it is."""

    owner: Caller
    stranger: Caller
    owned: dict[str, str]


def orders(mark: str, number: int) -> bytes:
    """Return a seller's order, marked wherever a text can be."""
    order = {
        "amazon_order_id": f"026-1234567-{number:07}",
        "marketplace_id": "ATVPDKIKX0DER",
        "purchase_date": "2026-11-01T10:00:00Z",
        "currency": "USD",
        "buyer": {"name": mark, "email": f"{mark.lower()}@example.test"},
        "items": [
            {
                "amazon_order_item_code": "00000000000001",
                "sku": mark,
                "title": mark,
                "quantity_ordered": 1,
                "quantity_shipped": 1,
                "price": {"Principal": "30.00"},
            }
        ],
    }
    return json.dumps([order]).encode()


@pytest.fixture(scope="module")
def two(
    migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Two]:
    """The owner has an order, a done and a waiting feed, a report, and NextTokens."""
    home = tmp_path_factory.mktemp("isolation")
    copy = shutil.copy(migrated_sqlite, home / "feedgate.db")
    url = f"sqlite:///{copy}"
    with started(home, HeldClock(), held_ids(), database_url=url) as running:
        sellers = ((running.caller, SECRET, 1), (running.other, "PLAIN", 2))
        asked = [ask(running, *each) for each in sellers]
        running.service.worker.start()
        try:
            for caller, _, _ in sellers:
                wait_until(partial(finished, caller))
        finally:
            running.service.worker.stop()
        owned, _ = (
            rest(caller, mark, number, *ids)
            for (caller, mark, number), ids in zip(sellers, asked, strict=True)
        )
        yield Two(running.caller, running.other, owned)


FEED = ACKNOWLEDGEMENT.format(status="Success").encode()
KIND = {"ReportType": "_GET_ORDERS_DATA_", "StartDate": "2026-10-30"}


def ask(running: Running, caller: Caller, mark: str, number: int) -> tuple[str, str]:
    """Give a seller an order, a feed and a report to come; return the ids of these."""
    import_orders(
        running.service.database,
        BytesIO(orders(mark, number)),
        caller.seller_id,
        source=mark,
        now=NOON,
    )
    feed = caller.submit(FEED).text("FeedSubmissionId")
    asked = caller.call("RequestReport", KIND, path=REPORTS)
    return feed, asked.text("ReportRequestId")


def finished(caller: Caller) -> bool:
    """Whether a seller's feed and report are there."""
    feeds = caller.call("GetFeedSubmissionList").texts("FeedProcessingStatus")
    requests = caller.call("GetReportRequestList", path=REPORTS)
    return feeds == ["_DONE_"] and bool(requests.texts("GeneratedReportId"))


def rest(
    caller: Caller, mark: str, number: int, feed: str, request: str
) -> dict[str, str]:
    """Add what must stay unfinished; return all that stands for the seller's data."""
    report = caller.call("GetReportRequestList", path=REPORTS).text("GeneratedReportId")
    caller.call("RequestReport", KIND, path=REPORTS)
    waiting = caller.submit(FEED + b"\n").text("FeedSubmissionId")
    feeds = caller.call("GetFeedSubmissionList", {"MaxCount": "1"})
    requests = caller.call("GetReportRequestList", {"MaxCount": "1"}, path=REPORTS)
    return {
        "order": f"026-1234567-{number:07}",
        "done feed": feed,
        "waiting feed": waiting,
        "request": request,
        "report": report,
        "feed token": feeds.text("NextToken"),
        "request token": requests.text("NextToken"),
    }


def seen(two: Two) -> list[bytes]:
    """Return what the owner sees of their own, request ids left out."""
    named = {"AmazonOrderId.Id.1": two.owned["order"]}
    replies = [
        two.owner.call("GetFeedSubmissionList"),
        two.owner.call("GetReportRequestList", path=REPORTS),
        two.owner.call("GetReportList", path=REPORTS),
        two.owner.call("GetOrder", named, path=ORDERS),
    ]
    return [plain(reply, "") for reply in replies]


def plain(reply: Reply, value: str) -> bytes:
    """Return an answer without its request id and without the id that was sent."""
    body = re.sub(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}", b"", reply.body)
    return body.replace(value[:60].encode() or b"\0", b"")


def like(value: str, rng: random.Random) -> str:
    """Return a value of the same shape that nobody owns."""
    return re.sub(r"\d", lambda _: str(rng.randrange(1, 10)), value)


@pytest.mark.parametrize("operation", operations(), ids=lambda each: each.address)
def test_what_is_the_owners_is_to_a_stranger_as_if_it_were_not(
    two: Two, operation: Operation
) -> None:
    """The answer for the owner's id is that for an id that never was."""
    rng = random.Random(operation.address)
    path = operation.section.path
    before = seen(two)
    for name in ID_NAMES:
        for value in two.owned.values():
            nobody = like(value, rng)
            theirs = two.stranger.call(operation.name, {name: value}, path=path)
            nobodys = two.stranger.call(operation.name, {name: nobody}, path=path)
            assert SECRET.encode() not in theirs.body.upper(), (name, value)
            if operation.name not in ("RequestReport", "ManageReportSchedule"):
                assert theirs.status == nobodys.status, (name, value)
                assert plain(theirs, value) == plain(nobodys, nobody), (name, value)
    assert seen(two) == before


@pytest.mark.parametrize("operation", operations(), ids=lambda each: each.address)
def test_no_operation_acts_for_another_seller(two: Two, operation: Operation) -> None:
    """The stranger's key with the owner's SellerId, without and with a token."""
    for change in ({}, {"NextToken": two.owned["feed token"]}):
        reply = two.stranger.call(
            operation.name,
            {"SellerId": two.owner.seller_id, **change},
            path=operation.section.path,
        )

        assert (reply.status, reply.code) == (401, "AccessDenied")


def fuzzed(two: Two, name: str, rng: random.Random, count: int) -> list[str]:
    """Return ids around the owner's, the owner's own among them, and wild ones."""
    own = two.owned[name]
    width = len(own) - own.rfind("-") - 1
    near = [
        own[:-width] + f"{max(int(own[-width:]) + step, 0):0{width}}"
        for step in range(-count // 4, count // 4)
    ]
    wild = [like(own, rng) for _ in range(count - len(near))]
    return near + wild


@pytest.mark.parametrize(
    ("action", "path", "parameter", "owned", "at_once", "count"),
    [
        ("GetFeedSubmissionList", FEEDS, f"{FEED_IDS}.Id", "done feed", 100, 3000),
        ("GetReportRequestList", REPORTS, f"{REQUEST_IDS}.Id", "request", 100, 2500),
        ("GetReportList", REPORTS, f"{REQUEST_IDS}.Id", "request", 100, 1500),
        ("GetOrder", ORDERS, "AmazonOrderId.Id", "order", 50, 2500),
        ("GetFeedSubmissionResult", FEEDS, "FeedSubmissionId", "done feed", 1, 200),
        ("GetReport", REPORTS, "ReportId", "report", 1, 200),
        ("ListOrderItems", ORDERS, "AmazonOrderId", "order", 1, 200),
        ("ListFinancialEvents", FINANCES, "AmazonOrderId", "order", 1, 200),
    ],
)
def test_ten_thousand_ids_give_nothing_away(
    two: Two,
    action: str,
    path: str,
    parameter: str,
    owned: str,
    at_once: int,
    count: int,
) -> None:
    """Ids around the owner's own and at random; the counts come to 10,300."""
    ids = fuzzed(two, owned, random.Random(action), count)
    assert two.owned[owned] in ids

    for start in range(0, len(ids), at_once):
        some = ids[start : start + at_once]
        named = {f"{parameter}.{n}": each for n, each in enumerate(some, 1)}
        reply = two.stranger.call(
            action, named if at_once > 1 else {parameter: some[0]}, path=path
        )
        assert SECRET.encode() not in reply.body.upper()
        own = two.owned[owned]
        answered = reply.status == 200 and own in some
        assert not (answered and own.encode() in reply.body), action


def test_a_token_of_another_seller_is_corrupted(two: Two) -> None:
    """Whole, and with any one of its characters changed."""
    token, rng = two.owned["feed token"], random.Random(1)
    for place in (None, *rng.sample(range(len(token)), 100)):
        tried = token
        if place is not None:
            tried = token[:place] + rng.choice("ABCxyz09") + token[place + 1 :]
        reply = two.stranger.call(
            "GetFeedSubmissionListByNextToken", {"NextToken": tried}
        )

        assert reply.code == "NextTokenCorrupted"
