"""accounts client-...: what is printed, and what a revoked client may no longer."""

from __future__ import annotations

import re

from tests.cli.conftest import Command

SELLER = "A1CORNERSHOP01"


def test_a_client_is_printed_with_its_secrets_once(feedgate: Command) -> None:
    """client_id and secret are the application's, the refresh token the seller's."""
    feedgate("accounts", "create", "Corner Shop", "--seller-id", SELLER)

    made = feedgate("accounts", "client-add", "ERP", SELLER, "--format", "json")
    listed = feedgate("accounts", "client-list", "--format", "json")

    assert list(made.json) == ["client_id", "client_secret", "refresh_token"]
    assert re.fullmatch(r"amzn1\.oa2-client\.[0-9A-Z]{20}", made.json["client_id"])
    # Some clients join the fields of a form without encoding them.
    assert not re.search(r"[+&%=# ]", "".join(made.json.values()))
    (client,) = listed.json
    assert client.pop("created_at")
    assert client == {
        "client_id": made.json["client_id"],
        "name": "ERP",
        "revoked_at": None,
        "seller_ids": [SELLER],
    }
    assert made.json["client_secret"] not in listed.out


def test_clients_are_authorised_rotated_and_revoked(feedgate: Command) -> None:
    """Each command says what it did; what is not in force is refused by name."""
    feedgate("accounts", "create", "Corner Shop", "--seller-id", SELLER)
    made = feedgate("accounts", "client-add", "ERP", "--format", "json").json
    client_id = made["client_id"]
    assert list(made) == ["client_id", "client_secret"]

    token = feedgate("accounts", "client-authorise", client_id, SELLER)
    rotated = feedgate("accounts", "client-rotate", client_id, "--format", "json")
    ended = feedgate("accounts", "client-unauthorise", client_id, SELLER)
    again = feedgate("accounts", "client-unauthorise", client_id, SELLER)
    feedgate("accounts", "client-revoke", client_id)
    late = feedgate("accounts", "client-authorise", client_id, SELLER)
    table = feedgate("accounts", "client-list")
    unknown = feedgate("accounts", "token-revoke", "Atza|unknown")

    log = feedgate("audit", "list", "--seller-id", "OPERATOR", "--format", "json")
    of_seller = feedgate("audit", "list", "--seller-id", SELLER, "--format", "json")

    assert [link["kind"] for link in log.json] == [
        "CreateClient",
        "ChangeClientSecret",
        "RevokeClient",
    ]
    assert [link["kind"] for link in of_seller.json][-2:] == [
        "CreateRefreshToken",
        "RevokeRefreshTokens",
    ]
    assert "Atzr|" in token.out
    assert rotated.json["client_secret"] != made["client_secret"]
    assert (ended.code, again.code, late.code, unknown.code) == (0, 2, 2, 2)
    assert f'has no refresh token of seller "{SELLER}"' in again.err
    assert "is not in force" in late.err
    assert "revoked" in table.out
    assert "The token is not in force." in unknown.err
