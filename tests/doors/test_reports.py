"""Reports 2009-01-01: order reports asked for, fetched, imported and acknowledged."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from lxml import etree
from sqlalchemy import delete, insert, update

from app.intake.order_import import import_orders
from app.intake.report_job import ReportJob
from app.model.order_json import order_to_json
from app.store.orders import load_orders
from app.store.report_queue import ATTEMPTS, ReportQueue
from app.store.tables import report, worker
from app.store.upkeep import sweep_documents
from tests.doors.caller import FEEDS, FEEDS_NAMESPACE, Caller, Reply, md5
from tests.doors.conftest import OTHER_SELLER, SELLER, Running
from tests.doors.feed_calls import assert_refused
from tests.held import NOON, HeldClock
from tests.orders.examples import CODE_A, CODE_B, file_of, item, order

REPORTS = "/Reports/2009-01-01"
XML = "_GET_ORDERS_DATA_"
TEXT = "_GET_FLAT_FILE_ORDERS_DATA_"
CONVERGED = "_GET_CONVERGED_FLAT_FILE_ORDER_REPORT_DATA_"

WORKER, PEER = "worker-1", "worker-2"
FIRST_ID, SECOND_ID, THIRD_ID = (f"026-1234567-000000{n}" for n in (1, 2, 3))

Do = Callable[[], bool]


class _Roster:
    """Says which worker claims; the table of workers is the real one."""

    def __init__(self, worker_id: str) -> None:
        self.worker_id = worker_id


def job_of(running: Running, clock: HeldClock, worker_id: str = WORKER) -> ReportJob:
    """Return the report job of a worker that is on the roster."""
    database = running.service.database
    row = {"worker_id": worker_id, "lock_key": 1, "started_at": NOON}
    with database.write() as connection:
        connection.execute(insert(worker), row)
    queue = ReportQueue(database, _Roster(worker_id))  # type: ignore[arg-type]
    return ReportJob(database, running.service.documents, queue, clock)


@pytest.fixture(params=["sqlite", "postgresql"])
def running(start: Callable[..., Running], request: pytest.FixtureRequest) -> Running:
    """A service on each database in turn, without a worker."""
    url = request.getfixturevalue(f"{request.param}_url")
    return start(database_url=url)


@pytest.fixture
def do(running: Running, clock: HeldClock) -> Do:
    """Do the next report; returns whether there was one."""
    job = job_of(running, clock)
    return lambda: job.step(lambda: False)


def put_in(running: Running, *orders: Any, seller_id: str = SELLER) -> None:
    """Import orders."""
    import_orders(
        running.service.database,
        file_of(*orders),
        seller_id,
        source=f"import {seller_id} {len(orders)} {orders[0]['amazon_order_id']}",
        now=NOON,
    )


def ask(caller: Caller, report_type: str = XML, **parameters: str) -> str:
    """Ask for a report; return the ReportRequestId."""
    reply = caller.call(
        "RequestReport", {"ReportType": report_type, **parameters}, path=REPORTS
    )
    assert reply.status == 200, reply.body
    return reply.text("ReportRequestId")


def fetch(caller: Caller, request_id: str) -> Reply:
    """Fetch the report of a request that is done."""
    listed = caller.call(
        "GetReportRequestList", {"ReportRequestIdList.Id.1": request_id}, path=REPORTS
    )
    report_id = listed.text("GeneratedReportId")
    return caller.call("GetReport", {"ReportId": report_id}, path=REPORTS)


def test_a_report_asked_for_waits_as_recorded(running: Running) -> None:
    """The order of the elements and the form of the dates are SL's recording's."""
    given = {
        "ReportType": XML,
        "StartDate": "2026-11-01T00:00:00Z",
        "EndDate": "2026-11-20T00:00:00Z",
    }

    reply = running.caller.call("RequestReport", given, path=REPORTS)

    assert reply.namespace == FEEDS_NAMESPACE
    assert (
        "<RequestReportResult><ReportRequestInfo>"
        f"<ReportType>{XML}</ReportType>"
        "<ReportProcessingStatus>_SUBMITTED_</ReportProcessingStatus>"
        "<EndDate>2026-11-20T00:00:00+00:00</EndDate>"
        "<Scheduled>false</Scheduled>"
        "<ReportRequestId>60000000001</ReportRequestId>"
        "<SubmittedDate>2026-11-24T12:00:00+00:00</SubmittedDate>"
        "<StartDate>2026-11-01T00:00:00+00:00</StartDate>"
        "</ReportRequestInfo></RequestReportResult>"
    ) in reply.body.decode()
    assert reply.header("x-amz-request-id") is None


def test_a_report_done_is_listed_and_fetched(running: Running, do: Do) -> None:
    """The request names the report; the report comes as it is, with its MD5."""
    put_in(running, order())
    request_id = ask(running.caller)

    assert do()

    listed = running.caller.call("GetReportRequestList", path=REPORTS)
    assert listed.text("ReportProcessingStatus") == "_DONE_"
    assert listed.text("CompletedDate") == "2026-11-24T12:00:00+00:00"
    report_id = listed.text("GeneratedReportId")
    assert (len(request_id), len(report_id)) == (11, 17)
    (info,) = running.caller.call("GetReportList", path=REPORTS).root.iter(
        "{*}ReportInfo"
    )
    assert {etree.QName(each).localname: each.text for each in info} == {
        "ReportType": XML,
        "Acknowledged": "false",
        "ReportId": report_id,
        "ReportRequestId": request_id,
        "AvailableDate": "2026-11-24T12:00:00+00:00",
    }
    reply = fetch(running.caller, request_id)
    assert reply.header("Content-MD5") == md5(reply.body)
    assert reply.header("Content-Type") == "text/xml;charset=UTF-8"
    assert reply.header("x-amz-request-id") == reply.header("x-mws-request-id")
    assert len((reply.header("x-mws-response-context") or "").split(",")) == 2


def test_a_report_imported_for_another_seller_gives_the_same_orders(
    running: Running, do: Do
) -> None:
    """What an ERP reads, `feedgate orders import` reads as well."""
    promotion = {
        "promotion_claim_code": "AUTUMN",
        "merchant_promotion_id": "Autumn <&> sale",
        "component": "Principal",
        "amount": "1.50",
    }
    plain = order(
        FIRST_ID,
        buyer={"name": "Zoë & <Ada>", "email": "zoe@example.test"},
        items=[
            item(sku="S-1", title="Mug “7” & cup", promotions=[promotion]),
            item(CODE_B, quantity_ordered=1, price={"Principal": "0.01"}),
        ],
    )
    yen = order(
        SECOND_ID,
        marketplace_id="A1VC38T7YXB528",
        currency="JPY",
        items=[item(price={"Principal": "3000", "Tax": "240"})],
    )
    put_in(running, plain, yen)
    request_id = ask(running.caller)
    do()

    document = fetch(running.caller, request_id).body
    with running.service.database.write() as connection:
        before = load_orders(connection, SELLER, [FIRST_ID, SECOND_ID])
    import_orders(
        running.service.database,
        BytesIO(document),
        OTHER_SELLER,
        source="import report",
        now=NOON,
    )

    with running.service.database.read() as connection:
        after = load_orders(connection, OTHER_SELLER, [FIRST_ID, SECOND_ID])
    assert {key: order_to_json(each) for key, each in after.items()} == {
        key: order_to_json(each) for key, each in before.items()
    }


def test_a_part_cancelled_order_is_reported_with_what_is_left(
    running: Running, do: Do
) -> None:
    """The reader ships what the report says: cancelled units are not in it (D4)."""
    put_in(
        running,
        order(
            items=[
                item(quantity_cancelled=1),
                item(CODE_B, quantity_ordered=1, quantity_cancelled=1),
            ]
        ),
    )
    request_id = ask(running.caller)
    do()

    root = fetch(running.caller, request_id).root

    (line,) = root.iter("Item")
    assert line.findtext("AmazonOrderItemCode") == CODE_A
    assert line.findtext("Quantity") == "2"
    amounts = {
        each.findtext("Type"): each.findtext("Amount")
        for each in line.iter("Component")
    }
    assert amounts == {"Principal": "20.00", "Shipping": "4.00"}


@pytest.mark.parametrize(
    ("changes", "is_in"),
    [
        ({"purchase_date": "2026-11-01T00:00:00Z"}, True),
        ({"purchase_date": "2026-10-31T23:59:59Z"}, False),
        ({"purchase_date": "2026-11-20T00:00:00Z"}, False),
        ({"status": "Pending"}, False),
        ({"items": [item(quantity_cancelled=3)]}, False),
        ({"items": [item(quantity_shipped=3)]}, True),
        ({"fulfillment_channel": "AFN"}, False),
        ({"marketplace_id": "A2EUQ1WTGCTBG2", "currency": "CAD"}, False),
    ],
)
def test_a_report_has_the_orders_that_the_seller_ships(
    running: Running, do: Do, changes: dict[str, Any], is_in: bool
) -> None:
    """Bought between the dates, start included; neither pending nor cancelled."""
    put_in(running, order(**changes))
    request_id = ask(
        running.caller,
        StartDate="2026-11-01T00:00:00Z",
        EndDate="2026-11-20T00:00:00Z",
        **{"MarketplaceIdList.Id.1": "ATVPDKIKX0DER"},
    )

    do()

    listed = running.caller.call("GetReportRequestList", path=REPORTS)
    assert listed.text("ReportRequestId") == request_id
    assert listed.text("ReportProcessingStatus") == (
        "_DONE_" if is_in else "_DONE_NO_DATA_"
    )
    assert len(listed.texts("GeneratedReportId")) == int(is_in)
    assert len(running.documents()) == int(is_in)


# Source: docs/decisions/0011, columns written out here a second time.
COLUMNS = {
    TEXT: (
        "order-id order-item-id purchase-date payments-date buyer-email buyer-name "
        "buyer-phone-number sku product-name quantity-purchased currency item-price "
        "item-tax shipping-price shipping-tax ship-service-level recipient-name "
        "ship-address-1 ship-address-2 ship-address-3 ship-city ship-state "
        "ship-postal-code ship-country ship-phone-number delivery-start-date "
        "delivery-end-date delivery-time-zone delivery-Instructions sales-channel"
    ),
    CONVERGED: (
        "payments-status order-id order-item-id payments-date payments-transaction-id "
        "item-name listing-id sku price shipping-fee quantity-purchased total-price "
        "purchase-date batch-id buyer-email buyer-name recipient-name ship-address-1 "
        "ship-address-2 ship-city ship-state ship-zip ship-country special-comments "
        "upc ship-method"
    ),
}
SHOWN = {
    TEXT: {
        "product-name": "Mug with handle",
        "purchase-date": "2026-11-01T10:00:00+00:00",
        "item-price": "30.00",
        "shipping-price": "6.00",
        "item-tax": "",
        "currency": "USD",
        "sales-channel": "Amazon.com",
    },
    CONVERGED: {
        "item-name": "Mug with handle",
        "purchase-date": "2026-11-01 10:00:00 UTC",
        "price": "30.00",
        "shipping-fee": "6.00",
        "total-price": "36.00",
        "ship-method": "standard",
    },
}


@pytest.mark.parametrize("report_type", [TEXT, CONVERGED])
def test_a_flat_file_has_a_line_for_each_item(
    running: Running, do: Do, report_type: str
) -> None:
    """Tab-separated; nothing in a value can break its line."""
    items = [item(sku="S-1", title="Mug\u2028with handle"), item(CODE_B)]
    put_in(running, order(items=items, buyer={"name": "Zoë", "email": "z@x.test"}))
    request_id = ask(running.caller, report_type)
    do()

    reply = fetch(running.caller, request_id)

    assert reply.header("Content-Type") == "text/plain;charset=UTF-8"
    head, *lines = reply.body.decode().removesuffix("\r\n").split("\r\n")
    assert head.split("\t") == COLUMNS[report_type].split()
    rows = [dict(zip(head.split("\t"), x.split("\t"), strict=True)) for x in lines]
    assert [row["order-item-id"] for row in rows] == [CODE_A, CODE_B]
    assert rows[0]["buyer-name"] == "Zoë"
    assert SHOWN[report_type].items() <= rows[0].items()


def test_many_orders_are_reported_once_each(running: Running, do: Do) -> None:
    """They are read page by page, in the order of purchase."""
    ids = [f"026-1234567-{number:07}" for number in range(1_203)]
    put_in(running, *(order(order_id) for order_id in ids))
    request_id = ask(running.caller)
    do()

    root = fetch(running.caller, request_id).root

    assert [each.text for each in root.iter("AmazonOrderID")] == ids
    numbers = [each.text for each in root.iter("MessageID")]
    assert numbers == [str(number) for number in range(1, 1_204)]


def test_no_seller_sees_what_is_anothers(running: Running, do: Do) -> None:
    """Neither orders, nor requests, nor reports (design D7)."""
    put_in(running, order(FIRST_ID))
    put_in(running, order(SECOND_ID), seller_id=OTHER_SELLER)
    mine = ask(running.caller)
    do()
    report_id = running.caller.call("GetReportList", path=REPORTS).text("ReportId")
    other = running.other

    replies = {
        "InvalidReportId": other.call(
            "GetReport", {"ReportId": report_id}, path=REPORTS
        ),
        "InvalidReportRequestId": other.call(
            "CancelReportRequests", {"ReportRequestIdList.Id.1": mine}, path=REPORTS
        ),
    }

    assert {code: reply.code for code, reply in replies.items()} == {
        code: code for code in replies
    }
    for operation in ("GetReportRequestList", "GetReportList"):
        for given in ({}, {"ReportRequestIdList.Id.1": mine}):
            listed = other.call(operation, given, path=REPORTS)
            assert (listed.status, listed.texts("ReportRequestId")) == (200, [])
    assert other.call("GetReportCount", path=REPORTS).text("Count") == "0"
    assert SECOND_ID not in fetch(running.caller, mine).body.decode()


def test_requests_and_reports_are_paged_newest_first(running: Running, do: Do) -> None:
    """HasNext and NextToken go on to the last; each is shown once."""
    put_in(running, order())
    asked = [ask(running.caller) for _ in range(3)]
    while do():
        pass

    for operation, name in (
        ("GetReportRequestList", "ReportRequestId"),
        ("GetReportList", "ReportRequestId"),
    ):
        first = running.caller.call(operation, {"MaxCount": "2"}, path=REPORTS)
        token = first.text("NextToken")
        rest = running.caller.call(
            f"{operation}ByNextToken", {"NextToken": token}, path=REPORTS
        )

        assert first.text("HasNext") == "true"
        assert rest.text("HasNext") == "false"
        assert rest.texts("NextToken") == []
        assert first.texts(name) + rest.texts(name) == asked[::-1]


def test_requests_are_counted_by_type_status_and_date(running: Running, do: Do) -> None:
    """The filters are those of the list."""
    ask(running.caller, XML)
    do()
    ask(running.caller, TEXT)

    counts = [
        running.caller.call("GetReportRequestCount", given, path=REPORTS).text("Count")
        for given in (
            {},
            {"ReportTypeList.Type.1": TEXT},
            {"ReportProcessingStatusList.Status.1": "_DONE_NO_DATA_"},
            {"RequestedToDate": "2026-11-24T11:59:59Z"},
        )
    ]

    assert counts == ["2", "1", "1", "0"]


def test_only_what_waits_is_cancelled(running: Running, do: Do) -> None:
    """All that match are listed, those done unchanged and without their report."""
    put_in(running, order())
    done = ask(running.caller)
    do()
    waiting = ask(running.caller)

    reply = running.caller.call("CancelReportRequests", path=REPORTS)

    assert reply.text("Count") == "2"
    assert reply.texts("ReportRequestId") == [waiting, done]
    assert reply.texts("ReportProcessingStatus") == ["_CANCELLED_", "_DONE_"]
    assert reply.texts("GeneratedReportId") == []
    assert not do()


def test_an_unknown_id_cancels_nothing(running: Running) -> None:
    """As recorded: 400 InvalidReportRequestId, no Detail, RequestId (R SL)."""
    known = ask(running.caller)
    given = {
        "ReportRequestIdList.Id.1": known,
        "ReportRequestIdList.Id.2": "60000009999",
    }

    reply = running.caller.call("CancelReportRequests", given, path=REPORTS)

    assert_refused(reply, "InvalidReportRequestId")
    listed = running.caller.call("GetReportRequestList", path=REPORTS)
    assert listed.text("ReportProcessingStatus") == "_SUBMITTED_"


def test_acknowledged_reports_are_told_from_others(
    running: Running, do: Do, clock: HeldClock
) -> None:
    """Without Acknowledged they become so; the first date stays (R SL)."""
    put_in(running, order())
    ask(running.caller), ask(running.caller)
    while do():
        pass
    new, old = running.caller.call("GetReportList", path=REPORTS).texts("ReportId")

    def update_(report_id: str, **more: str) -> Reply:
        given = {"ReportIdList.Id.1": report_id, **more}
        return running.caller.call("UpdateReportAcknowledgements", given, path=REPORTS)

    def listed(acknowledged: str) -> list[str]:
        given = {"Acknowledged": acknowledged}
        reply = running.caller.call("GetReportList", given, path=REPORTS)
        count = running.caller.call("GetReportCount", given, path=REPORTS)
        assert count.text("Count") == str(len(reply.texts("ReportId")))
        return reply.texts("ReportId")

    first = update_(old)
    clock.now += timedelta(minutes=1)
    again = update_(old)
    assert (first.text("Count"), first.text("Acknowledged")) == ("1", "true")
    assert first.text("AcknowledgedDate") == "2026-11-24T12:00:00+00:00"
    assert again.text("AcknowledgedDate") == first.text("AcknowledgedDate")
    assert (listed("true"), listed("false")) == ([old], [new])

    taken_back = update_(old, Acknowledged="false")

    assert taken_back.texts("AcknowledgedDate") == []
    assert listed("false") == [new, old]


@pytest.mark.parametrize(
    ("operation", "given", "code", "back_end"),
    [
        ("RequestReport", {}, "ValidationError", False),
        ("RequestReport", {"ReportType": "_GET_NOTHING_"}, "InvalidReportType", False),
        (
            "RequestReport",
            {"ReportType": XML, "StartDate": "2026-11-24T12:00:01Z"},
            "InvalidParameterValue",
            False,
        ),
        (
            "RequestReport",
            {"ReportType": XML, "EndDate": "2030-01-01T00:00:00Z"},
            "InvalidParameterValue",
            False,
        ),
        (
            "RequestReport",
            {
                "ReportType": XML,
                "StartDate": "2026-11-02T00:00:00Z",
                "EndDate": "2026-11-01T00:00:00Z",
            },
            "InvalidParameterValue",
            False,
        ),
        (
            "RequestReport",
            {"ReportType": XML, "MarketplaceIdList.Id.1": "A0NOWHERE"},
            "InvalidMarketplace",
            False,
        ),
        ("GetReport", {}, "InvalidRequest", True),
        ("GetReport", {"ReportId": "abc"}, "InvalidRequest", True),
        ("GetReport", {"ReportId": "7"}, "InvalidReportId", True),
        ("GetReport", {"ReportId": "9" * 40}, "InvalidReportId", True),
        ("GetReportList", {"MaxCount": "101"}, "ValidationError", False),
        ("GetReportList", {"Acknowledged": "maybe"}, "InvalidParameterValue", False),
        ("GetReportListByNextToken", {}, "ValidationError", False),
        ("GetReportListByNextToken", {"NextToken": "x"}, "NextTokenCorrupted", False),
        ("UpdateReportAcknowledgements", {}, "ValidationError", False),
        (
            "UpdateReportAcknowledgements",
            {"ReportIdList.Id.1": "70000000000000001"},
            "InvalidReportId",
            False,
        ),
        (
            "GetReportRequestList",
            {"ReportProcessingStatusList.Status.1": "DONE"},
            "InvalidParameterValue",
            False,
        ),
    ],
)
def test_a_wrong_call_is_refused(
    shared: Running, operation: str, given: dict[str, str], code: str, back_end: bool
) -> None:
    """Spelt as Feeds spells it, and nothing is queued (mws-wire 2.6, 9.5)."""
    reply = shared.caller.call(operation, given, path=REPORTS)

    assert_refused(reply, code, feed_back_end=back_end)


def test_a_report_is_not_ready_and_later_no_longer_there(
    running: Running, do: Do
) -> None:
    """The id of the request is a common mistake; the message says what to ask."""
    put_in(running, order())
    request_id = ask(running.caller)

    early = running.caller.call("GetReport", {"ReportId": request_id}, path=REPORTS)
    do()
    with running.service.database.write() as connection:
        connection.execute(update(report).values(document_id=None))
    late = fetch(running.caller, request_id)

    assert_refused(early, "ReportNotReady", status=404, feed_back_end=True)
    assert "GeneratedReportId" in early.message
    assert_refused(late, "ReportNoLongerAvailable", status=404, feed_back_end=True)


@pytest.mark.parametrize("path", ["/", REPORTS, f"{REPORTS}/"])
def test_the_action_tells_reports_from_feeds(shared: Running, path: str) -> None:
    """Both sections have the version 2009-01-01 (mws-wire 1.1)."""
    given = {"Version": "2009-01-01"}

    reply = shared.caller.call("GetReportCount", given, path=path)

    assert (reply.status, reply.text("Count")) == (200, "0")


def test_the_path_of_feeds_does_not_serve_reports(shared: Running) -> None:
    """Only `/` leaves the section open."""
    reply = shared.caller.call("GetReportCount", path=FEEDS)

    assert (reply.status, reply.code) == (404, "InvalidAddress")


def test_a_worker_that_died_over_a_report_is_replaced(
    running: Running, clock: HeldClock, do: Do
) -> None:
    """Its request is taken once it is off the roster; what it still files is lost."""
    put_in(running, order())
    request_id = ask(running.caller)
    database = running.service.database
    dead = ReportQueue(database, _Roster(PEER))  # type: ignore[arg-type]
    job_of(running, clock, PEER)
    claim = dead.claim(NOON)
    assert claim is not None

    assert not do()
    with database.write() as connection:
        connection.execute(delete(worker).where(worker.c.worker_id == PEER))
    assert do()

    assert not dead.finish(claim, None, NOON)
    assert fetch(running.caller, request_id).status == 200
    assert len(running.documents()) == 1


def test_several_workers_make_each_report_once(
    running: Running, clock: HeldClock
) -> None:
    """Nodes share one database: no request is done twice, and none is left."""
    put_in(running, order())
    asked = [ask(running.caller) for _ in range(12)]
    jobs = [job_of(running, clock, f"worker-{number}") for number in range(3)]

    with ThreadPoolExecutor(len(jobs)) as pool:
        done = list(pool.map(_do_all, jobs))

    listed = running.caller.call("GetReportList", {"MaxCount": "100"}, path=REPORTS)
    assert sorted(listed.texts("ReportRequestId")) == asked
    assert sum(done) == len(running.documents()) == 12


def _do_all(job: ReportJob) -> int:
    done = 0
    while job.step(lambda: False):
        done += 1
    return done


def test_a_report_left_off_is_done_by_the_next(
    running: Running, clock: HeldClock
) -> None:
    """A worker that must stop gives it back, at the cost of no attempt."""
    put_in(running, order())
    request_id = ask(running.caller)
    job = job_of(running, clock)

    for _ in range(ATTEMPTS + 1):
        assert job.step(lambda: True)
    left = running.documents()
    assert job.step(lambda: False)

    assert left == []
    assert fetch(running.caller, request_id).status == 200


def test_a_report_that_fails_is_tried_again_and_then_cancelled(
    running: Running, clock: HeldClock, do: Do, caplog: pytest.LogCaptureFixture
) -> None:
    """MWS had no other status for it; nothing half-written stays."""
    put_in(running, order())
    ask(running.caller)
    with running.service.database.write() as connection:
        connection.exec_driver_sql("UPDATE orders SET currency = 'XXX'")

    tries = 0
    while do():
        tries += 1
        assert not do()
        clock.now += timedelta(minutes=2)
    clock.now = NOON

    listed = running.caller.call("GetReportRequestList", path=REPORTS)
    assert tries == ATTEMPTS
    assert listed.text("ReportProcessingStatus") == "_CANCELLED_"
    assert running.documents() == []
    assert f"attempt {ATTEMPTS}" in caplog.text


def test_reports_survive_the_sweep_of_documents(
    running: Running, do: Do, clock: HeldClock
) -> None:
    """The sweep removes what nothing knows of, and a report is known."""
    put_in(running, order())
    request_id = ask(running.caller)
    do()

    later = NOON + timedelta(days=36_500)
    service = running.service
    swept = sweep_documents(service.database, service.documents, later)

    assert swept == 0
    assert fetch(running.caller, request_id).status == 200


def test_a_token_of_one_list_does_not_open_the_other(running: Running, do: Do) -> None:
    """Nor does it for another seller."""
    ask(running.caller), ask(running.caller)
    listed = running.caller.call(
        "GetReportRequestList", {"MaxCount": "1"}, path=REPORTS
    )
    given = {"NextToken": listed.text("NextToken")}

    wrong = running.caller.call("GetReportListByNextToken", given, path=REPORTS)
    others = running.other.call("GetReportRequestListByNextToken", given, path=REPORTS)

    assert wrong.code == others.code == "NextTokenCorrupted"


def test_a_wrong_secret_asks_for_nothing(running: Running) -> None:
    """No operation looks before the signature is right."""
    stranger = replace(running.caller, secret="x")

    reply = stranger.call("RequestReport", {"ReportType": XML}, path=REPORTS)

    assert (reply.status, reply.code) == (403, "SignatureDoesNotMatch")
    count = running.caller.call("GetReportRequestCount", path=REPORTS)
    assert count.text("Count") == "0"
