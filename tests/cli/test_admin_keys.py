"""admin-keys: create, list and revoke, as an operator runs them."""

from __future__ import annotations

from tests.cli.conftest import Command


def test_keys_are_made_listed_and_revoked(feedgate: Command) -> None:
    """The key is shown once; a second revocation is a mistake that is told."""
    scopes = ("--scope", "orders:read", "--scope", "effects:read")
    made = feedgate(
        "admin-keys", "create", "erp", *scopes, "--days", "7", "--format", "json"
    ).json
    revoked = feedgate("admin-keys", "revoke", made["key_id"])
    again = feedgate("admin-keys", "revoke", made["key_id"])
    listed = feedgate("admin-keys", "list", "--format", "json")
    noted = feedgate("audit", "list", "--seller-id", "OPERATOR")
    verified = feedgate("audit", "verify")

    assert made["key"].startswith(f"{made['key_id']}.")
    assert made["scopes"] == "effects:read orders:read"
    assert (revoked.code, again.code) == (0, 2)
    assert made["key_id"] in again.err
    assert [each["key_id"] for each in listed.json] == [made["key_id"]]
    assert listed.json[0]["revoked_at"] > made["created_at"]
    assert made["key"].partition(".")[2] not in listed.out + noted.out
    assert "CreateAdminKey" in noted.out
    assert "RevokeAdminKey" in noted.out
    assert verified.code == 0


def test_a_key_that_could_do_nothing_is_refused(feedgate: Command) -> None:
    """A wrong scope is told with those that there are."""
    done = feedgate("admin-keys", "create", "erp", "--scope", "orders:eat")
    unnamed = feedgate("admin-keys", "create", " ", "--scope", "orders:read")

    assert (done.code, unnamed.code) == (2, 2)
    assert "orders:write" in done.err
    assert "needs a name" in unnamed.err
