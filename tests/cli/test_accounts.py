"""accounts: what is printed, for people and for scripts."""

from __future__ import annotations

import re

from cryptography.fernet import Fernet

from tests.cli.conftest import Command


def test_a_new_account_is_printed_with_its_secrets(feedgate: Command) -> None:
    """They are shown this once: nothing prints them again."""
    done = feedgate(
        *("accounts", "create", "Corner Shop", "--seller-id", "A1CORNERSHOP01"),
        *("--marketplace", "A1PA6795UKMFR9", "--marketplace", "A1F83G8C2ARO7P"),
        *("--merchant-token", "M_CORNER_1", "--merchant-token", "M_CORNER_2"),
        *("--format", "json"),
    )
    listed = feedgate("accounts", "list", "--format", "json")

    assert list(done.json) == ["seller_id", "access_key", "secret", "auth_token"]
    assert re.fullmatch(r"AKIA[0-9A-Z]{16}", done.json["access_key"])
    (account,) = listed.json
    (key,) = account.pop("access_keys")
    assert account.pop("created_at")
    assert account == {
        "seller_id": "A1CORNERSHOP01",
        "name": "Corner Shop",
        "marketplace_ids": ["A1F83G8C2ARO7P", "A1PA6795UKMFR9"],
        "merchant_tokens": ["M_CORNER_1", "M_CORNER_2"],
    }
    assert key["access_key"] == done.json["access_key"]
    assert key["revoked_at"] is None
    assert done.json["secret"] not in listed.out


def test_a_table_holds_whole_secrets(feedgate: Command) -> None:
    """A secret that is cut to the width of a terminal is worth nothing."""
    done = feedgate("accounts", "create", "Shop")

    secrets = [line.split() for line in done.out.splitlines()]
    assert secrets[0] == ["Credential", "Value"]
    lengths = {name: len(value) for name, value in secrets[1:]}
    assert lengths["secret"] == 40
    assert lengths["auth_token"] == 45
    assert "shown this once" in done.err


def test_a_key_is_rotated_without_a_gap_and_then_revoked(feedgate: Command) -> None:
    """The old key works until every system has the new one."""
    first = feedgate("accounts", "create", "Shop", "--format", "json").json
    second = feedgate("accounts", "rotate", first["seller_id"], "--format", "json").json

    revoked = feedgate("accounts", "revoke", first["access_key"])

    assert list(second) == ["seller_id", "access_key", "secret"]
    assert revoked.out == f"Access key {first['access_key']} is revoked.\n"
    table = feedgate("accounts", "list").out
    assert f"{first['access_key']} (revoked), {second['access_key']}" in table


def test_the_seal_key_is_changed_without_a_gap_and_then_dropped(
    feedgate: Command,
) -> None:
    """A new key in front, `reseal`, and the old one is needed no more."""
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    made = feedgate(
        *("accounts", "create", "Shop", "--seller-id", "A1CORNERSHOP01"), SECRET_KEY=old
    )
    hook = feedgate(
        *("webhooks", "add", "A1CORNERSHOP01", "https://127.0.0.1:9/hook"),
        *("--event", "feed.done", "--format", "json"),
        SECRET_KEY=old,
        WEBHOOK_NETWORKS="127.0.0.1/32",
    )
    rotate = ("webhooks", "rotate", hook.json["endpoint_id"])
    rotated = feedgate(*rotate, SECRET_KEY=old)

    too_early = feedgate("accounts", "reseal", SECRET_KEY=new)
    done = feedgate("accounts", "reseal", SECRET_KEY=f"{new},{old}")
    again = feedgate("accounts", "reseal", SECRET_KEY=new)

    assert (made.code, hook.code, rotated.code) == (0, 0, 0)
    assert too_early.code == 2
    assert "is sealed with a key that is not in FEEDGATE_SECRET_KEY" in too_early.err
    assert done.out == "Secrets sealed with the first key: 2.\n"
    assert again.code == 0
