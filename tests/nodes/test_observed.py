"""A served demo, observed from outside: metrics, JSON log, spans."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)

from app.cli.client import MwsClient, MwsError
from app.intake.admin_keys import AdminKeys
from app.intake.admin_keys import Scope as AdminScope
from app.store.backends import open_database
from tests.desk.conftest import Browser
from tests.intake.test_metrics import Values, read
from tests.nodes.test_graceful_stop import free_port
from tests.running import Installation, base_url, wait_until_done


class Collector(ThreadingHTTPServer):
    """Where spans are sent; it keeps them."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.bodies: list[bytes] = []
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Collector)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        told = ExportTraceServiceRequest()
        told.ParseFromString(body)
        self.server.bodies.append(body)
        for resource in told.resource_spans:
            for scope in resource.scope_spans:
                self.server.spans += scope.spans
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Write nothing to the output of the tests."""


@dataclass
class Observed:
    """What was seen of a demo that did two feeds and was called too often."""

    about: dict[str, Any]
    submissions: list[str]
    metrics: Values
    log: str
    spans: list[Any]
    bodies: bytes
    secrets: tuple[str, ...]

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The log, line by line."""
        return [json.loads(line) for line in self.log.splitlines()]


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Observed:
    home = tmp_path_factory.mktemp("observed")
    log, port = home / "log", free_port()
    collector = Collector()
    thread = Thread(target=collector.serve_forever, daemon=True)
    thread.start()
    settings = {
        "MONITOR_PORT": str(port),
        "LOG_FORMAT": "json",
        "TRACES": "1",
        "QUOTAS": "mws",
    }
    endpoint = f"http://127.0.0.1:{collector.server_port}"
    submissions = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        with Installation(home, "", settings).start(
            "serve", "--demo", "--port", "0", log=log
        ) as process:
            base_url(process)
            about = json.loads((home / "demo.json").read_text())
            client = MwsClient(
                about["base_url"],
                about["access_key"],
                about["secret"],
                about["seller_id"],
                about["auth_token"],
            )
            with client.http:
                for _ in range(2):
                    submissions.append(_refund(client, home))
                    wait_until_done(client, submissions[-1])
                    # Within a second the same feed has the same signature: no news.
                    time.sleep(1)
                _call_too_often(client, submissions[0])
            secrets = _visit_the_other_doors(about, home)
            metrics = read(httpx.get(f"http://127.0.0.1:{port}/metrics").content)
    collector.shutdown()
    thread.join()
    collector.server_close()
    return Observed(
        about,
        submissions,
        metrics,
        log.read_text(),
        collector.spans,
        b"".join(collector.bodies),
        secrets,
    )


def _visit_the_other_doors(about: dict[str, Any], home: Path) -> tuple[str, ...]:
    """Ask each for something that there is, and for nothing; return what is secret."""
    url = about["base_url"]
    database = open_database(f"sqlite:///{home}/feedgate.db")
    key = AdminKeys(database, lambda: datetime.now(UTC)).create(
        "observer", [AdminScope.ORDERS_READ]
    )[1]
    database.close()
    bearer = {"Authorization": f"Bearer {key}"}
    seller = about["seller_id"]
    with httpx.Client(base_url=url, timeout=30) as http:
        assert http.get(f"/admin/v1/sellers/{seller}/orders").status_code == 401
        path = f"/admin/v1/sellers/{seller}/orders?token={key}"
        assert http.get(path, headers=bearer).status_code == 200
        assert http.get(f"/admin/v1/{seller}", headers=bearer).status_code == 404

        grant = {
            "grant_type": "refresh_token",
            **{name: about[name] for name in ("client_id", "client_secret")},
            "refresh_token": about["refresh_token"],
        }
        token: str = http.post("/auth/o2/token", data=grant).json()["access_token"]
        given = {"x-amz-access-token": token}
        feed = "/feeds/2021-06-30/feeds/50000000001"
        assert http.get(feed, headers=given).status_code == 200
        assert http.get(feed, headers={"x-amz-access-token": "no"}).status_code == 403

        browser = Browser(http)
        browser.get("/desk/sign-in")
        browser.send(login=about["desk_login"], password=about["desk_password"])
        order = next(iter(about["orders"]))
        assert browser.get(f"/desk/orders/{order}").status_code == 200
        assert browser.get("/desk/nowhere/at-all").status_code == 404
        session = next(value for name, value in http.cookies.items() if "desk" in name)
        assert http.get("/healthz").status_code == 200
        assert http.get("/nowhere").status_code == 400
    return key, about["client_secret"], about["refresh_token"], token, session


def _call_too_often(client: MwsClient, feed_submission_id: str) -> None:
    for _ in range(20):
        try:
            client.status(feed_submission_id)
        except MwsError as error:
            if error.code == "RequestThrottled":
                return
            raise
    raise AssertionError("20 calls at once were taken")


def _refund(client: MwsClient, home: Path) -> str:
    feed = home / "demo" / "refund.xml"
    return client.submit(feed, "_POST_PAYMENT_ADJUSTMENT_DATA_")


def test_metrics_tell_what_was_done(observed: Observed) -> None:
    """One refund, one that is refused since nothing is left, and a throttled call."""
    told = observed.metrics
    adjustment = "_POST_PAYMENT_ADJUSTMENT_DATA_"
    assert told["feedgate_feed_seconds_count", adjustment] == 2
    assert 0 < told["feedgate_feed_seconds_sum", adjustment] < 240
    codes = {key[1:]: told[key] for key in told if key[0] == "feedgate_results_total"}
    assert sum(codes.values()) == 1
    assert {severity for _, severity in codes} == {"Error"}
    assert told["feedgate_requests_total", "SubmitFeed", "200"] == 2
    assert told["feedgate_requests_total", "GetFeedSubmissionList", "503"] == 1
    throttled = "Feeds/2009-01-01/GetFeedSubmissionList"
    assert told["feedgate_throttled_requests_total", throttled] == 1
    assert told["feedgate_refunded_amount", "USD"] >= 12
    assert told["feedgate_queued_feeds", adjustment, "waiting"] == 0
    assert told["feedgate_workers",] == 1
    assert told["process_open_fds",] > 0


def test_each_line_of_the_log_is_an_object_with_its_ids(observed: Observed) -> None:
    """From the call to the feed, and from the feed to what the worker did."""
    first = int(observed.submissions[0])
    of_feed = [
        line for line in observed.lines if line.get("feed_submission_id") == first
    ]
    accepted, done = of_feed[0], of_feed[-1]

    assert accepted["message"] == f"feed {first} is accepted"
    assert done["message"] == f"feed {first} is done: 1 of 1 messages successful"
    assert "request_id" not in done
    [call] = [
        line
        for line in observed.lines
        if line.get("request_id") == accepted["request_id"] and "action" in line
    ]
    assert (call["action"], call["status"]) == ("SubmitFeed", 200)
    assert call["seller_id"] == observed.about["seller_id"]
    assert {"time", "level", "logger"} <= set(call)


def test_spans_tell_of_calls_feeds_and_batches(observed: Observed) -> None:
    """A batch stands inside its feed; what was refused has no text of the client's."""
    by_name: dict[str, list[Any]] = {}
    for span in observed.spans:
        by_name.setdefault(span.name, []).append(span)

    assert {"MWS call", "feed", "batch"} <= set(by_name)
    feed = by_name["feed"][0]
    values = {each.key: each.value for each in feed.attributes}
    number = values["feedgate.feed_submission_id"].int_value
    assert number == int(observed.submissions[0])
    assert by_name["batch"][0].parent_span_id == feed.span_id
    refused = [span.status for span in by_name["MWS call"] if span.status.code == 2]
    assert [status.message for status in refused] == ["ServiceError"] * 2


def test_every_door_counts_by_patterns_never_by_what_was_sent(
    observed: Observed,
) -> None:
    """A stranger who tries a million paths makes no million counters."""
    told = {
        key[1:]: value
        for key, value in observed.metrics.items()
        if key[0] == "feedgate_requests_total"
    }

    orders = "GET /admin/v1/sellers/{seller_id}/orders"
    assert told[orders, "200"] == 1
    # Whose key is not proved is not let in far enough to be asked what for.
    assert told["-", "401"] == told["-", "404"] == 1
    assert told["getToken", "200"] == 1
    assert (told["getFeed", "200"], told["-", "403"]) == (1, 1)
    assert told["GET /desk/orders/{amazon_order_id}", "200"] == 1
    assert told["GET /desk/{rest:path}", "404"] == 1
    assert told["GET /healthz", "200"] == 1


def test_the_log_says_who_came_to_which_door(observed: Observed) -> None:
    """The id of a request leads to its line, and the line to its caller."""
    by_action = {line["action"]: line for line in observed.lines if "action" in line}

    seller = observed.about["seller_id"]
    order = by_action["GET /admin/v1/sellers/{seller_id}/orders"]
    assert order["admin_key"].startswith("FGADM")
    feed = by_action["getFeed"]
    assert feed["seller_id"] == seller
    assert feed["client_id"] == observed.about["client_id"]
    page = by_action["GET /desk/orders/{amazon_order_id}"]
    assert page["seller_id"] == seller
    assert page["user"] == observed.about["desk_login"]
    assert "GET /healthz" not in by_action
    named = [line["request_id"] for line in by_action.values()]
    assert len(set(named)) == len(named)
    of_spans = {
        each.value.string_value
        for span in observed.spans
        if span.name in ("request", "MWS call")
        for each in span.attributes
        if each.key == "feedgate.request_id"
    }
    assert set(named) <= of_spans


def test_no_secret_is_in_the_log_or_in_a_span(observed: Observed) -> None:
    """Both leave the machine."""
    names = ("secret", "auth_token", "desk_password")
    for secret in (*(observed.about[name] for name in names), *observed.secrets):
        assert secret not in observed.log
        assert secret.encode() not in observed.bodies
    assert "Signature=" not in observed.log
