"""Schedules of reports: managed by calls, and turned into reports when they are due."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from app.intake.order_import import import_orders
from app.intake.report_job import ReportJob
from app.intake.report_schedules import ScheduleJob
from app.store.report_queue import ReportQueue
from app.store.report_schedules import SETTLING
from tests.doors.caller import FEEDS_NAMESPACE, Caller, Reply
from tests.doors.conftest import SELLER, Running
from tests.doors.feed_calls import assert_refused
from tests.doors.test_reports import CONVERGED, REPORTS, TEXT, XML, job_of
from tests.held import NOON, HeldClock
from tests.orders.examples import file_of, order

Tick = Callable[[], int]

HOUR = timedelta(hours=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def running(start: Callable[..., Running], request: pytest.FixtureRequest) -> Running:
    """A service on each database in turn, without a worker."""
    url = request.getfixturevalue(f"{request.param}_url")
    return start(database_url=url)


@pytest.fixture
def tick(running: Running, clock: HeldClock) -> Tick:
    """Do all that is due now; returns how many reports were asked for."""
    schedules = ScheduleJob(running.service.database, clock)
    reports = job_of(running, clock)

    def do() -> int:
        asked = _do_all(schedules)
        _do_all(reports)
        return asked

    return do


def _do_all(job: ScheduleJob | ReportJob) -> int:
    done = 0
    while job.step(lambda: False):
        done += 1
    return done


def manage(caller: Caller, schedule: str, report_type: str = XML, **more: str) -> Reply:
    """Call ManageReportSchedule."""
    given = {"ReportType": report_type, "Schedule": schedule, **more}
    return caller.call("ManageReportSchedule", given, path=REPORTS)


def put_in(running: Running, clock: HeldClock, number: int, bought: str) -> str:
    """Import an order now, bought at some time; return its id."""
    order_id = f"026-1234567-000000{number}"
    import_orders(
        running.service.database,
        file_of(order(order_id, purchase_date=bought)),
        SELLER,
        source=f"import {number}",
        now=clock(),
    )
    return order_id


def requests(running: Running, clock: HeldClock) -> Reply:
    """List the report requests of the held time, newest first."""
    return _now(running.caller, clock).call("GetReportRequestList", path=REPORTS)


def _now(caller: Caller, clock: HeldClock) -> Caller:
    return Caller(
        caller.url, caller.access_key_id, caller.secret, caller.seller_id, clock()
    )


def reported(running: Running, clock: HeldClock) -> list[list[str]]:
    """Return the orders of each report, newest report first."""
    caller = _now(running.caller, clock)
    ids = caller.call("GetReportList", path=REPORTS).texts("ReportId")
    fetched = (caller.call("GetReport", {"ReportId": id_}, path=REPORTS) for id_ in ids)
    return [reply.texts("AmazonOrderID") for reply in fetched]


def test_a_schedule_is_answered_as_documented(running: Running) -> None:
    """Count and one ReportSchedule, its dates as all of Reports writes them."""
    reply = manage(running.caller, "_30_DAYS_", ScheduleDate="2026-12-01T06:30:00Z")

    assert reply.namespace == FEEDS_NAMESPACE
    assert (
        "<ManageReportScheduleResult><Count>1</Count><ReportSchedule>"
        f"<ReportType>{XML}</ReportType><Schedule>_30_DAYS_</Schedule>"
        "<ScheduledDate>2026-12-01T06:30:00+00:00</ScheduledDate>"
        "</ReportSchedule></ManageReportScheduleResult>"
    ) in reply.body.decode()


def test_schedules_are_listed_counted_and_ended(running: Running) -> None:
    """One for each report type; _NEVER_ ends it, and ends nothing the next time."""
    caller = running.caller
    for report_type in (XML, TEXT, CONVERGED):
        manage(caller, "_1_DAY_", report_type)
    manage(caller, "_1_WEEK_", TEXT)

    ended = manage(caller, "_NEVER_", CONVERGED)
    again = manage(caller, "_NEVER_", CONVERGED)
    listed = caller.call("GetReportScheduleList", path=REPORTS)
    one = caller.call(
        "GetReportScheduleList", {"ReportTypeList.Type.1": TEXT}, path=REPORTS
    )
    count = caller.call("GetReportScheduleCount", path=REPORTS)
    counted = caller.call(
        "GetReportScheduleCount", {"ReportTypeList.Type.1": CONVERGED}, path=REPORTS
    )

    assert (ended.text("Count"), ended.text("Schedule")) == ("1", "_NEVER_")
    assert (again.text("Count"), again.texts("ReportSchedule")) == ("0", [])
    assert listed.text("HasNext") == "false"
    assert listed.texts("ReportType") == [TEXT, XML]
    assert listed.texts("Schedule") == ["_1_WEEK_", "_1_DAY_"]
    assert one.texts("ReportType") == [TEXT]
    assert (count.text("Count"), counted.text("Count")) == ("2", "0")


def test_another_sellers_schedules_are_not_seen(
    running: Running, clock: HeldClock, tick: Tick
) -> None:
    """Nor ended, nor are their reports."""
    manage(running.caller, "_1_HOUR_")

    ended = manage(running.other, "_NEVER_")
    listed = running.other.call("GetReportScheduleList", path=REPORTS)
    tick()
    others = running.other.call("GetReportRequestCount", path=REPORTS)

    assert ended.text("Count") == "0"
    assert listed.texts("ReportType") == []
    assert others.text("Count") == "0"
    assert requests(running, clock).texts("Scheduled") == ["true"]


def test_each_report_goes_on_where_the_last_one_ended(
    running: Running, clock: HeldClock, tick: Tick
) -> None:
    """Each order comes once, by when it was put in: it is bought before that."""
    early = put_in(running, clock, 1, "2026-11-24T11:00:00Z")
    clock.advance(1)
    manage(_now(running.caller, clock), "_1_HOUR_")
    asked = [tick()]
    waiting = requests(running, clock)

    clock.advance(3600)
    late = put_in(running, clock, 2, "2026-11-24T11:30:00Z")
    asked.append(tick())
    clock.advance(3600)
    asked += [tick(), tick()]
    clock.now += SETTLING
    asked.append(tick())

    assert asked == [1, 1, 1, 0, 0]
    assert waiting.text("ReportProcessingStatus") == "_SUBMITTED_"
    listed = requests(running, clock)
    assert listed.texts("Scheduled") == ["true"] * 3
    assert listed.texts("StartDate") == [
        "2026-11-24T13:00:01+00:00",
        "2026-11-24T12:00:01+00:00",
        "2026-11-24T11:00:01+00:00",
    ]
    assert listed.texts("EndDate")[1:] == listed.texts("StartDate")[:-1]
    assert listed.texts("ReportProcessingStatus") == [
        "_DONE_",
        "_DONE_NO_DATA_",
        "_DONE_",
    ]
    assert reported(running, clock) == [[late], [early]]


def test_missed_times_are_made_up_for_by_one_report(
    running: Running, clock: HeldClock, tick: Tick
) -> None:
    """It ends at the last of them; the next is due by the same clock as ever."""
    manage(running.caller, "_1_HOUR_", ScheduleDate="2026-11-24T12:30:00Z")
    missed = put_in(running, clock, 1, "2026-11-24T09:00:00Z")

    clock.now += timedelta(hours=5, minutes=10)
    asked = [tick(), tick()]

    assert asked == [1, 0]
    listed = requests(running, clock)
    assert listed.text("StartDate") == "2026-11-24T11:30:00+00:00"
    assert listed.text("EndDate") == "2026-11-24T16:30:00+00:00"
    assert reported(running, clock) == [[missed]]
    kept = _now(running.caller, clock).call("GetReportScheduleList", path=REPORTS)
    assert kept.text("ScheduledDate") == "2026-11-24T17:30:00+00:00"


def test_a_date_in_the_past_keeps_the_time_of_day(running: Running) -> None:
    """Due is the first of its repetitions that is still to come."""
    past = manage(running.caller, "_1_DAY_", ScheduleDate="2026-11-01T06:00:00Z")
    exact = manage(running.caller, "_2_HOURS_", ScheduleDate="2026-11-24T10:00:00Z")

    assert past.text("ScheduledDate") == "2026-11-25T06:00:00+00:00"
    assert exact.text("ScheduledDate") == "2026-11-24T12:00:00+00:00"


def test_a_changed_schedule_leaves_no_gap(
    running: Running, clock: HeldClock, tick: Tick
) -> None:
    """It goes on where the last report of the old one ended."""
    manage(running.caller, "_1_HOUR_")
    tick()

    clock.advance(600)
    manage(_now(running.caller, clock), "_1_DAY_", ScheduleDate="2026-11-25T00:00:00Z")
    clock.now = NOON + 12 * HOUR
    tick()

    assert requests(running, clock).texts("StartDate")[0] == "2026-11-24T12:00:00+00:00"


def test_several_workers_ask_once_for_each_due_time(
    running: Running, clock: HeldClock
) -> None:
    """Nodes share one database; whoever looks first has the due time."""
    for report_type in (XML, TEXT, CONVERGED):
        manage(running.caller, "_15_MINUTES_", report_type)
    jobs = [ScheduleJob(running.service.database, clock) for _ in range(4)]

    with ThreadPoolExecutor(len(jobs)) as pool:
        for _ in range(5):
            assert sum(pool.map(_do_all, jobs)) == 3
            clock.advance(900)

    count = _now(running.caller, clock).call("GetReportRequestCount", path=REPORTS)
    assert count.text("Count") == "15"


def test_two_calls_at_once_make_one_schedule(running: Running) -> None:
    """The later one changes what the earlier one made."""
    often = ["_1_HOUR_", "_2_HOURS_", "_4_HOURS_", "_8_HOURS_"]

    with ThreadPoolExecutor(len(often)) as pool:
        replies = list(pool.map(lambda each: manage(running.caller, each), often))

    listed = running.caller.call("GetReportScheduleList", path=REPORTS)
    assert [reply.status for reply in replies] == [200] * len(often)
    assert len(listed.texts("Schedule")) == 1


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "ValidationError"),
        ({"ReportType": XML}, "ValidationError"),
        ({"ReportType": "_X_", "Schedule": "_1_DAY_"}, "InvalidReportType"),
        ({"ReportType": XML, "Schedule": "_5_DAYS_"}, "InvalidScheduleFrequency"),
        (
            {"ReportType": XML, "Schedule": "_1_DAY_", "ScheduleDate": "soon"},
            "MalformedInput",
        ),
        (
            {
                "ReportType": XML,
                "Schedule": "_1_DAY_",
                "ScheduleDate": "2027-11-25T12:00:01Z",
            },
            "InvalidParameterValue",
        ),
    ],
)
def test_a_wrong_schedule_is_refused(
    shared: Running, given: dict[str, str], code: str
) -> None:
    """And nothing is scheduled."""
    reply = shared.caller.call("ManageReportSchedule", given, path=REPORTS)

    assert_refused(reply, code)
    count = shared.caller.call("GetReportScheduleCount", path=REPORTS)
    assert count.text("Count") == "0"


def test_no_token_goes_on_with_the_list(running: Running) -> None:
    """All schedules fit on a page; a token of another list is told from them."""
    running.caller.call("RequestReport", {"ReportType": XML}, path=REPORTS)
    running.caller.call("RequestReport", {"ReportType": XML}, path=REPORTS)
    listed = running.caller.call(
        "GetReportRequestList", {"MaxCount": "1"}, path=REPORTS
    )
    foreign = listed.text("NextToken")

    for token in ("x", foreign):
        reply = running.caller.call(
            "GetReportScheduleListByNextToken", {"NextToken": token}, path=REPORTS
        )
        assert_refused(reply, "NextTokenCorrupted")


def test_a_worker_of_the_service_makes_what_is_due(
    running: Running, clock: HeldClock
) -> None:
    """The queue that the real worker has takes what the schedule asked for."""
    manage(running.caller, "_1_HOUR_")
    database = running.service.database
    ScheduleJob(database, clock).step(lambda: False)
    job_of(running, clock)

    class _Here:
        worker_id = "worker-1"

    queue = ReportQueue(database, _Here())  # type: ignore[arg-type] # only an id

    assert queue.claim(NOON) is None
    claim = queue.claim(NOON + SETTLING)
    assert claim is not None
    assert claim.request.scheduled
