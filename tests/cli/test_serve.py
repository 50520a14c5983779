"""serve, work, submit and report, as processes: the demo from start to end."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from lxml import etree

from benchmarks.feeds import SELLER_ID, write_feed, write_orders
from tests.cli.conftest import Done, ServedDemo, run_command
from tests.running import Installation, base_url, wait_until, wait_until_done

STATES = {
    "Canceled",
    "PartiallyShipped",
    "Pending",
    "PendingAvailability",
    "Shipped",
    "Unfulfillable",
    "Unshipped",
}


def _count(report: str, name: str) -> str | None:
    return etree.fromstring(report.encode()).findtext(f".//{name}")


def test_the_demo_tells_scripts_how_to_call_it(demo: ServedDemo) -> None:
    """demo.json is what a script needs; it holds a secret, so it is its owner's."""
    path = demo.home / "demo.json"

    assert list(demo.about) == [
        *("base_url", "access_key", "secret", "seller_id", "auth_token"),
        *("marketplace_id", "orders", "desk_login", "desk_password"),
        *("client_id", "client_secret", "refresh_token"),
    ]
    assert demo.about["base_url"] == demo.url
    assert set(demo.about["orders"].values()) == STATES
    assert 20 <= len(demo.about["orders"]) <= 25
    assert path.stat().st_mode & 0o777 == 0o600
    for_shells = demo.home / "demo" / "sp-api.env"
    assert for_shells.stat().st_mode & 0o777 == 0o600
    assert demo.about["refresh_token"] in for_shells.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["cancel", "refund", "ship"])
def test_the_sample_feeds_succeed_and_end_in_their_reports(
    demo: ServedDemo, name: str
) -> None:
    """One command to paste shows the whole way, with a line for each status."""
    done = demo.run("submit", demo.home / "demo" / f"{name}.xml", "--wait")

    assert done.code == 0
    assert _count(done.out, "MessagesSuccessful") == "1"
    assert _count(done.out, "MessagesWithWarning") == "0"
    feed_submission_id = _count(done.out, "DocumentTransactionID")
    assert done.sentences[-1] == f"{feed_submission_id} _DONE_"


def test_a_report_with_errors_makes_the_exit_code_1(
    demo: ServedDemo, tmp_path: Path
) -> None:
    """A script need not read XML to know that a message was refused."""
    feed = tmp_path / "again.xml"
    sample = (demo.home / "demo" / "cancel.xml").read_text(encoding="utf-8")
    feed.write_text(sample.replace("026-4410001-1000001", "026-0000000-0000000"))

    submitted = demo.run("submit", feed, "--type", "OrderAcknowledgement")
    feed_submission_id = submitted.out.strip()
    reports: list[Done] = []

    def reported() -> bool:
        reports.append(demo.run("report", feed_submission_id))
        return "FeedProcessingResultNotReady" not in reports[-1].err

    wait_until(reported)
    assert submitted.code == 0
    assert re.fullmatch(r"\d{11}", feed_submission_id)
    assert reports[-1].code == 1
    assert _count(reports[-1].out, "ResultMessageCode") == "718001"


def test_invalid_messages_can_be_skipped(demo: ServedDemo, tmp_path: Path) -> None:
    """FeedOptions travels with the feed; the report still has the error."""
    sample = (demo.home / "demo" / "cancel.xml").read_text(encoding="utf-8")
    feed = tmp_path / "two.xml"
    message = re.search(r"  <Message>.*</Message>\n", sample, re.DOTALL)
    assert message
    broken = (
        message[0].replace("Failure", "Fail").replace("<MessageID>1", "<MessageID>2")
    )
    feed.write_text(
        sample.replace("026-4410001-1000001", "026-4410006-1000006")
        .replace("71000000000137", "71000000001096")
        .replace("</AmazonEnvelope>", f"{broken}</AmazonEnvelope>")
    )

    done = demo.run("submit", feed, "--wait", "--skip-invalid")

    assert done.code == 1
    assert _count(done.out, "MessagesProcessed") == "2"
    assert _count(done.out, "MessagesWithError") == "1"
    assert _count(done.out, "ResultMessageCode") == "5000"


def test_a_second_start_keeps_the_data_and_renews_the_address(tmp_path: Path) -> None:
    """`make run` can be ended and started again, on another port too."""
    installation = Installation(tmp_path, "")
    with installation.serve("--demo") as first:
        before = json.loads((tmp_path / "demo.json").read_text())
        feed = tmp_path / "demo" / "cancel.xml"
        assert run_command(tmp_path, "submit", feed, "--wait").code == 0

    with installation.serve("--demo") as second:
        after = json.loads((tmp_path / "demo.json").read_text())
        again = run_command(tmp_path, "submit", feed, "--wait")

    assert after == before | {"base_url": second}
    assert before["base_url"] == first
    assert again.code == 1
    assert _count(again.out, "ResultMessageCode") == "718004"


def test_keys_that_were_lost_are_replaced(tmp_path: Path) -> None:
    """Without demo.json nobody knows the secret: the seller gets a new one."""
    installation = Installation(tmp_path, "")
    with installation.serve("--demo"):
        before = json.loads((tmp_path / "demo.json").read_text())
    (tmp_path / "demo.json").unlink()
    shutil.rmtree(tmp_path / "demo")

    with installation.serve("--demo"):
        after = json.loads((tmp_path / "demo.json").read_text())
        done = run_command(tmp_path, "submit", tmp_path / "demo/ship.xml", "--wait")

    assert after["orders"] == before["orders"]
    assert after["access_key"] != before["access_key"]
    assert done.code == 0


def test_the_demo_stays_away_from_other_sellers(tmp_path: Path) -> None:
    """A demo among real orders would be there for good."""
    Installation(tmp_path, "").create_seller()

    done = run_command(tmp_path, "serve", "--demo", "--port", "0")

    assert done.code == 2
    assert done.sentences[-1].startswith(
        "feedgate: The demo needs a database without sellers: "
    )


@pytest.mark.parametrize("ends", ["SIGINT", "SIGTERM"])
def test_a_signal_ends_the_service_in_peace(tmp_path: Path, ends: str) -> None:
    """Ctrl-C is how one ends it; a supervisor sends SIGTERM."""
    installation = Installation(tmp_path, "")
    with installation.start("serve", "--port", "0", ends=ends) as process:
        base_url(process)
        process.send_signal(getattr(signal, ends))

        out, _ = process.communicate(timeout=60)

    assert process.returncode == 0
    assert out == "Feedgate has ended.\n"


def test_ctrl_c_finishes_the_batch_in_hand(tmp_path: Path) -> None:
    """Nothing is lost or done twice: the next start goes on behind that batch."""
    messages, batch = 2_000, 20
    installation = Installation(tmp_path / "home", "", {"BATCH_MESSAGES": str(batch)})
    keys = installation.create_seller(seller_id=SELLER_ID)
    write_orders(tmp_path / "orders.json", messages)
    installation.run(
        "orders", "import", tmp_path / "orders.json", "--seller-id", SELLER_ID
    )
    feed = tmp_path / "cancel.xml"
    write_feed(feed, "cancel", messages, messages)

    def cancelled() -> int:
        listed = installation.run(
            *("orders", "list", "--seller-id", SELLER_ID, "--status", "Canceled"),
            *("--format", "json"),
        )
        return len(json.loads(listed))

    with (
        installation.start("serve", "--port", "0", ends="SIGINT") as process,
        keys.client(base_url(process)) as client,
    ):
        feed_submission_id = client.submit(feed, "_POST_ORDER_ACKNOWLEDGEMENT_DATA_")
        wait_until(lambda: client.status(feed_submission_id) == "_IN_PROGRESS_")
        process.send_signal(signal.SIGINT)
        process.wait(60)
    between = cancelled()
    with installation.serve() as url, keys.client(url) as client:
        wait_until_done(client, feed_submission_id)
        report = client.report(feed_submission_id).decode()

    assert process.returncode == 0
    assert between < messages
    assert between % batch == 0
    assert cancelled() == messages
    assert _count(report, "MessagesSuccessful") == str(messages)


def test_workers_alone_do_what_a_server_without_them_takes_in(tmp_path: Path) -> None:
    """`serve --workers 0` and `work` are two halves of `serve`."""
    installation = Installation(tmp_path, "")
    with installation.serve("--demo", "--workers", "0"):
        feed = tmp_path / "demo" / "cancel.xml"
        submitted = run_command(tmp_path, "submit", feed).out.strip()
        waiting = run_command(tmp_path, "report", submitted)
        with installation.start("work", ends="SIGINT") as worker:
            again = run_command(tmp_path, "submit", feed, "--wait")
            worker.send_signal(signal.SIGINT)
            worker.wait(60)
        done = run_command(tmp_path, "report", submitted)

    assert "FeedProcessingResultNotReady (404)" in waiting.err
    assert worker.returncode == 0
    assert done.code == 0
    assert again.code == 1


def test_ctrl_c_ends_a_command_that_waits(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """The feed goes its way; only who followed it has left."""
    # What is started in the background ignores SIGINT, and so would its children.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))
    with Installation(tmp_path, "").serve("--demo", "--workers", "0"):
        feed = tmp_path / "demo" / "cancel.xml"
        waiting = subprocess.Popen(
            [sys.executable, "-m", "app", "submit", str(feed), "--wait"],
            env={**os.environ, "FEEDGATE_HOME": str(tmp_path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert waiting.stderr
        first = waiting.stderr.readline()
        waiting.send_signal(signal.SIGINT)
        out, err = waiting.communicate(timeout=60)

    assert first == "50000000001 _SUBMITTED_\n"
    assert waiting.returncode == 130
    assert out == ""
    assert err.splitlines()[-1] == "feedgate: Interrupted."


def test_a_reader_that_leaves_early_is_no_error() -> None:
    """`feedgate orders schema | head -1` shows a line, not a complaint."""
    done = subprocess.run(
        f"{sys.executable} -m app orders schema | head -1; exit ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
    )

    assert done.stdout == "{\n"
    assert done.stderr == ""


def test_the_real_process_ends_with_the_exit_code(tmp_path: Path) -> None:
    """The other tests call what `main` calls; this is `main`, from outside."""
    refused = run_command(tmp_path, "validate", "none.xml")
    bad = tmp_path / "bad.xml"
    bad.write_text("<a>")
    invalid = run_command(tmp_path, "validate", bad)
    shown = run_command(tmp_path, "--help")

    assert refused == Done(2, "", "feedgate: none.xml: there is no such file.\n")
    assert (invalid.code, invalid.err) == (1, "")
    assert (shown.code, shown.err) == (0, "")
