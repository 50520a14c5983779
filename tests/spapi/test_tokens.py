"""LWA: who gets an access token, and what one is good for."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from app.intake.lwa import LIFE, NOTIFICATIONS
from tests.running import wait_until
from tests.spapi.api import FEEDS, refused
from tests.spapi.conftest import Shop

ANY_CALL = f"{FEEDS}/documents"
CREATE = {"contentType": "text/xml"}


def _flat(response: httpx.Response, status: int, error: str) -> str:
    assert response.status_code == status, response.text
    body = response.json()
    assert set(body) == {"error", "error_description", "request_id"}
    assert body["error"] == error
    assert body["request_id"] == response.headers["x-amzn-requestid"]
    description: str = body["error_description"]
    return description


@pytest.fixture
def token(shop: Shop) -> Iterator[str]:
    """A fresh access token; the clock goes back afterwards."""
    now = shop.clock.now
    yield shop.api.grant().json()["access_token"]
    shop.clock.now = now


def _call(shop: Shop, token: str | None) -> httpx.Response:
    headers = {} if token is None else {"x-amz-access-token": token}
    return shop.api.http.post(ANY_CALL, json=CREATE, headers=headers)


@pytest.mark.parametrize("as_json", [False, True])
def test_a_refresh_token_gives_an_access_token(shop: Shop, as_json: bool) -> None:
    """Half of the published clients send a form, the others JSON."""
    fields = {
        "grant_type": "refresh_token",
        "client_id": shop.client.client_id,
        "client_secret": shop.client.client_secret,
        "refresh_token": shop.client.refresh_token,
        "scope": "",
    }
    sent = {"json": fields} if as_json else {"data": fields}

    answer = shop.api.http.post("/auth/o2/token", **sent)  # type: ignore[arg-type]

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert set(body) == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert re.fullmatch(r"Atza\|[\w-]{100,}", body["access_token"])
    assert (body["token_type"], body["expires_in"]) == ("bearer", 3600)
    assert body["refresh_token"] == shop.client.refresh_token
    created = _call(shop, body["access_token"])
    assert created.status_code == 201, created.text


def test_a_form_may_be_written_without_percent_encoding(shop: Shop) -> None:
    """Amazon's JavaScript SDK joins the values as they are."""
    form = (
        f"grant_type=refresh_token&refresh_token={shop.client.refresh_token}"
        f"&client_id={shop.client.client_id}&client_secret={shop.client.client_secret}"
    )

    assert shop.api.http.post("/auth/o2/token", content=form).status_code == 200


def test_a_scope_gives_a_token_that_acts_for_no_seller(shop: Shop) -> None:
    """It is good for destinations of notifications, and for nothing of a seller's."""
    answer = shop.api.grant(
        grant_type="client_credentials", refresh_token=None, scope=NOTIFICATIONS
    )

    assert set(answer.json()) == {"access_token", "token_type", "expires_in"}
    told = refused(_call(shop, answer.json()["access_token"]), 403, "Unauthorized")
    assert "acts for no seller" in told


@pytest.mark.parametrize(
    ("fields", "status", "error", "told"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", "client_secret is wrong"),
        ({"client_id": "unknown"}, 401, "invalid_client", "client_id is unknown"),
        ({"refresh_token": "Atzr|x"}, 400, "invalid_grant", "refresh_token"),
        ({"refresh_token": None}, 400, "invalid_request", "refresh_token is missing"),
        ({"grant_type": None}, 400, "invalid_request", "grant_type is missing"),
        ({"client_id": ""}, 400, "invalid_request", "client_id is missing"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", '"password"'),
        ({"scope": NOTIFICATIONS}, 400, "invalid_request", "cannot be combined"),
        (
            {"grant_type": "client_credentials", "scope": "everything"},
            *(400, "invalid_scope", '"everything"'),
        ),
    ],
)
def test_a_wrong_request_gets_the_flat_error(
    shop: Shop, fields: dict[str, str | None], status: int, error: str, told: str
) -> None:
    """OAuth's own words, which every client knows."""
    assert told in _flat(shop.api.grant(**fields), status, error)


def test_a_refresh_token_of_another_client_is_foreign(shop: Shop) -> None:
    """Not told apart from one that does not exist."""
    foreign = shop.other.client.refresh_token

    _flat(shop.api.grant(refresh_token=foreign), 400, "invalid_grant")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b"{" + b"[" * 100_000,
        b'{"grant_type": "\\ud800"}',
        b'{"grant_type": 1, "scope": []}',
        b"grant_type=%00",
    ],
)
def test_a_body_that_cannot_be_read_is_refused(shop: Shop, body: bytes) -> None:
    """No traceback for whatever is sent."""
    answer = shop.api.http.post("/auth/o2/token", content=body)

    assert _flat(answer, 400, "invalid_request")


def test_a_call_without_a_token_is_denied(shop: Shop) -> None:
    """By 403, as there: 401 is documented, and never seen."""
    answer = _call(shop, None)

    assert "is missing" in refused(answer, 403, "Unauthorized")
    assert answer.headers["x-amzn-errortype"] == "AccessDeniedException"
    assert "x-amzn-ratelimit-limit" not in answer.headers


def test_a_token_that_expired_says_so(shop: Shop, token: str) -> None:
    """Npm's amazon-sp-api gets a new one only on these words."""
    shop.clock.advance(LIFE.total_seconds() - 1)
    assert _call(shop, token).status_code == 201

    shop.clock.advance(1)

    told = refused(_call(shop, token), 403, "Unauthorized")
    assert re.search("access token.*expired", told)


@pytest.mark.parametrize("token", ["Atza|x", "", "Atza|" + "x" * 3000])
def test_a_malformed_token_is_denied(shop: Shop, token: str) -> None:
    """The words do not match what clients take for an expiry."""
    told = refused(_call(shop, token), 403, "Unauthorized")

    assert "expired" not in told


def test_tokens_can_be_revoked_one_by_one_or_with_what_they_come_from(
    shop: Shop,
) -> None:
    """At once, in every process: they are kept in the database."""
    lwa = shop.service.lwa
    client = lwa.create_client("To be revoked", shop.mws.seller_id)
    fields = {
        "client_id": client.client_id,
        "client_secret": client.client_secret,
        "refresh_token": client.refresh_token,
    }

    def new_token() -> str:
        token: str = shop.api.grant(**fields).json()["access_token"]
        assert _call(shop, token).status_code == 201
        return token

    first, second = new_token(), new_token()
    lwa.revoke_token(first)
    told = refused(_call(shop, first), 403, "Unauthorized")
    assert "revoked" in told
    assert _call(shop, second).status_code == 201

    lwa.revoke_authorisation(client.client_id, shop.mws.seller_id)
    refused(_call(shop, second), 403, "Unauthorized")
    _flat(shop.api.grant(**fields), 400, "invalid_grant")

    again = lwa.authorise_client(client.client_id, shop.mws.seller_id)
    fields["refresh_token"] = again.refresh_token
    third = new_token()
    fields["client_secret"] = lwa.rotate_secret(client.client_id).client_secret
    assert _call(shop, third).status_code == 201
    lwa.revoke_client(client.client_id)
    refused(_call(shop, third), 403, "Unauthorized")
    _flat(shop.api.grant(**fields), 401, "invalid_client")


def test_nothing_secret_is_stored_or_logged(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    """Only digests are kept, and the log names the client alone."""
    caplog.set_level("DEBUG")
    granted = shop.api.grant().json()
    _call(shop, granted["access_token"])
    # The line is written once the answer is out.
    wait_until(lambda: f"client_id={shop.client.client_id} 201" in caplog.text)

    secrets = [*granted.values(), shop.client.client_secret]
    path = shop.service.database.engine.url.database
    assert path
    with open(path, "rb") as file, open(f"{path}-wal", "rb") as log:
        kept = file.read() + log.read()
    for secret in secrets:
        if isinstance(secret, str) and len(secret) > 10:
            assert secret not in caplog.text
            assert secret.encode() not in kept


def test_an_old_signature_is_ignored(shop: Shop, token: str) -> None:
    """Signature Version 4 is neither demanded nor looked at."""
    headers = {
        "x-amz-access-token": token,
        "authorization": "AWS4-HMAC-SHA256 Credential=nonsense",
        "x-amz-date": "20261124T120000Z",
        "host": "sellingpartnerapi-na.amazon.com",
    }

    answer = shop.api.http.post(ANY_CALL, json=CREATE, headers=headers)

    assert answer.status_code == 201


def test_what_is_not_served_is_refused_in_the_envelope(shop: Shop) -> None:
    """Two clients tell success from failure by that alone."""
    refused(shop.api.get(f"{FEEDS}/nothing/here"), 404, "NotFound")
    refused(shop.api.http.get("/auth/o2/token"), 405, "InvalidInput")
