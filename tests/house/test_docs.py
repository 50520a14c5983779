"""The documentation's own commands and code, run as they stand."""

from __future__ import annotations

import json
import re
import shlex
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
