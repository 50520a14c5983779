"""audit: verify and list, as an operator runs them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from tests.cli.conftest import Command


def test_the_log_is_verified_against_heads_noted_before(
    feedgate: Command, tmp_path: Path
) -> None:
    """What verify prints is what it takes; a change ends with code 1 and its place."""
    feedgate("accounts", "create", "Shop", "--seller-id", "A1CORNERSHOP01")
    noted = tmp_path / "heads.txt"
    noted.write_text(feedgate("audit", "verify").out)
    feedgate("accounts", "rotate", "A1CORNERSHOP01")

    whole = feedgate("audit", "verify", "--noted", noted, "--format", "json")
    listed = feedgate("audit", "list", "--seller-id", "A1CORNERSHOP01")
    with sqlite3.connect(tmp_path / "home" / "feedgate.db") as connection:
        connection.execute("UPDATE audit_link SET cause = 'x' WHERE number = 2")
    broken = feedgate("audit", "verify", "--noted", noted)

    assert (whole.code, whole.json["faults"]) == (0, [])
    assert whole.json["heads"][0]["number"] == 4
    assert [line.split()[2] for line in listed.out.splitlines()[1:]] == [
        "CreateSeller",
        "CreateAccessKey",
        "CreateAuthToken",
        "CreateAccessKey",
    ]
    assert broken.code == 1
    assert broken.sentences[0] == "1 fault:"
    assert "seller A1CORNERSHOP01, link 2" in broken.err


def test_what_is_no_head_is_refused(feedgate: Command, tmp_path: Path) -> None:
    """A file of something else is named with its line."""
    noted = tmp_path / "heads.txt"
    noted.write_text("\nA1CORNERSHOP01 four abc\n")

    done = feedgate("audit", "verify", "--noted", noted)

    assert done.code == 2
    assert "line 2: a head is seller id, number and hash" in done.err
