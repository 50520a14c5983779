"""The documentation's own commands and code, run as they stand."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.cli.client import MwsClient
from tests.running import Installation, base_url, wait_until_done

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """A running demo, its data in `var`, as demo.json tells of it."""
    installation = Installation(tmp_path / "var", "")
    with installation.start("serve", "--demo", "--port", "0") as process:
        base_url(process)
        told: dict[str, Any] = json.loads((tmp_path / "var/demo.json").read_text())
        yield told


def _blocks(page: str, language: str) -> list[str]:
    text = (DOCS / page).read_text(encoding="utf-8")
    found = re.findall(
        rf"^ *```{language}\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL
    )
    assert found
    return found


def _client(demo: dict[str, Any]) -> MwsClient:
    return MwsClient(
        demo["base_url"], demo["access_key"], demo["secret"], demo["seller_id"]
    )


@pytest.mark.filterwarnings("default")
def test_the_python_clients_of_the_page_submit_a_feed(
    demo: dict[str, Any], tmp_path: Path
) -> None:
    """Whoever copies the lines for mws or boto has a feed submitted by them."""
    feed = (tmp_path / "var/demo/cancel.xml").read_bytes()
    submitted = []

    for block in _blocks("clients.md", "python"):
        scope: dict[str, Any] = {"demo": demo, "feed": feed}
        exec(block, scope)
        submitted.append(scope["feed_submission_id"])

    assert len(submitted) == 2
    client = _client(demo)
    with client.http:
        for feed_submission_id in submitted:
            wait_until_done(client, feed_submission_id)


def test_the_first_feed_goes_as_the_page_tells(
    demo: dict[str, Any], tmp_path: Path
) -> None:
    """The page promises an order list, a valid file, a report, then a refusal."""
    commands = [
        shlex.split(line)
        for block in _blocks("first-feed.md", "sh")
        for line in block.splitlines()
        if ".venv/bin/feedgate" in line
    ]
    environment = Installation(Path("var"), "").environment
    environment["PYTHONPATH"] = str(DOCS.parent)

    def run(words: list[str]) -> subprocess.CompletedProcess[str]:
        assert words[0] == ".venv/bin/feedgate"
        return subprocess.run(
            [sys.executable, "-m", "app", *words[1:]],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )

    listed, checked, submitted = (run(words) for words in commands)
    # Within one second the same request has the same signature: a retry, not news.
    time.sleep(1)
    again = run(commands[-1])

    assert (listed.returncode, checked.returncode, submitted.returncode) == (0, 0, 0)
    assert all(order_id in listed.stdout for order_id in demo["orders"])
    assert "<MessagesSuccessful>1<" in submitted.stdout
    assert again.returncode == 1
    assert "<ResultMessageCode>718004<" in again.stdout


def _run_page(page: str, folder: Path, url: str = "http://127.0.0.1:8000") -> str:
    """Run the commands of a page, but for the start; return what they print."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    commands = [block for block in _blocks(page, "sh") if "make run" not in block]
    script = "".join(commands).replace("http://127.0.0.1:8000", url)
    binary = folder / ".venv/bin/feedgate"
    binary.parent.mkdir(parents=True)
    binary.write_text(f'#!/bin/sh\nexec {sys.executable} -m app "$@"\n')
    binary.chmod(0o755)
    environment = Installation(Path("var"), "").environment
    environment["PYTHONPATH"] = str(DOCS.parent)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_feed_of_the_successor_goes_as_the_page_tells(
    demo: dict[str, Any], tmp_path: Path
) -> None:
    """From the refresh token to a report, and an order that is Canceled."""
    told = _run_page("sp-api.md", tmp_path)

    assert "<MessagesSuccessful>1<" in told
    assert told.endswith("Canceled\n")


def test_the_same_feed_is_seen_through_both_doors(
    demo: dict[str, Any], tmp_path: Path
) -> None:
    """Under one id."""
    told = _run_page("moving-to-sp-api.md", tmp_path)

    number = re.search("<DocumentTransactionID>([0-9]+)<", told)
    assert number is not None
    assert f'"feedId":"{number[1]}"' in told
    assert '"processingStatus":"DONE"' in told


def test_the_commands_of_the_admin_api_page_work(
    demo: dict[str, Any], tmp_path: Path
) -> None:
    """In one shell from top to bottom, as an operator would paste them."""
    told = _run_page("admin-api.md", tmp_path, demo["base_url"])

    assert '{"added":1,"unchanged":0}' in told
    assert '"kind":"ImportOrder"' in told
    assert '"auth_token":"amzn.mws.' in told
