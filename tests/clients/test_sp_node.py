"""Published clients for Node: amazon-sp-api 1.2.1 and @sp-api-sdk, unmodified.

amazon-sp-api has Amazon's hosts written in: it goes through its agent option, by https
with a certificate of those names from a local authority (sp-api-wire 9.5).
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.cli.certificate import certificate
from app.cli.server import Tls
from tests.clients.conftest import CANCEL, NODE_FOLDER, REFUND, SHIP, Shop, opened
from tests.spapi.api import FEEDS, XML, Api

AMAZON = ("api.amazon.com", "sellingpartnerapi-na.amazon.com")
TYPES = (
    ("POST_ORDER_ACKNOWLEDGEMENT_DATA", CANCEL),
    ("POST_PAYMENT_ADJUSTMENT_DATA", REFUND),
    ("POST_ORDER_FULFILLMENT_DATA", SHIP),
)


class ShiftedClock:
    """The real time, or some time before or after it."""

    def __init__(self) -> None:
        self.by = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.by


@pytest.fixture
def clock() -> ShiftedClock:
    """A clock that the test may shift."""
    return ShiftedClock()


@pytest.fixture
def http_shop(database_url: str, tmp_path: Path, clock: ShiftedClock) -> Iterator[Shop]:
    """A shop that is called by http, on each database in turn."""
    with opened(database_url, tmp_path / "home", clock=clock) as found:
        yield found


@pytest.fixture
def amazon_shop(sqlite_url: str, tmp_path: Path, clock: ShiftedClock) -> Iterator[Shop]:
    """A shop that has a certificate of Amazon's names; its authority is ours."""
    folder = tmp_path / "tls"
    certificate(folder, host=list(AMAZON))
    tls = Tls(folder / "server.pem", folder / "server.key")
    with opened(sqlite_url, tmp_path / "home", tls, clock=clock) as found:
        yield found


def told(node: str, client: str, shop: Shop, clock: ShiftedClock) -> dict[str, Any]:
    """Run the whole story with a client; return what it handed over, step by step."""
    credentials = shop.service.lwa.create_client(client, shop.keys.seller_id)
    clock.by = timedelta(minutes=-10)
    with Api(shop.url, credentials, shop.authority) as api:
        old = api.post(f"{FEEDS}/documents", {"contentType": XML}).json()["url"]
    clock.by = timedelta()
    given = {
        "client": client,
        "url": shop.url,
        "clientId": credentials.client_id,
        "clientSecret": credentials.client_secret,
        "refreshToken": credentials.refresh_token,
        "expired": old,
        "feeds": [
            {"type": feed_type, "document": shop.feed(message).decode()}
            for feed_type, message in TYPES
        ],
    }
    environment = dict(os.environ)
    if shop.authority is not None:
        environment["NODE_EXTRA_CA_CERTS"] = str(shop.authority)
    done = subprocess.run(
        [node, str(NODE_FOLDER / "sp_story.js")],
        input=json.dumps(given),
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    story: dict[str, Any] = json.loads(done.stdout)
    return story


def check(story: dict[str, Any]) -> None:
    """Compare what a client was told with what happened."""
    ids = [feed["feedId"] for feed in story["feeds"]]
    for feed, (feed_type, _) in zip(story["feeds"], TYPES, strict=True):
        assert feed["feedType"] == feed_type
        assert feed["processingStatus"] == "DONE"
        assert feed["marketplaceIds"] == ["ATVPDKIKX0DER"]
    for feed_id, report in zip(ids, story["reports"], strict=True):
        assert f"<DocumentTransactionID>{feed_id}<" in report
        assert "<MessagesSuccessful>1<" in report
    assert [feed["feedId"] for feed in story["firstPage"]["feeds"]] == ids[:0:-1]
    assert [feed["feedId"] for feed in story["lastPage"]["feeds"]] == ids[:1]
    assert "nextToken" not in story["lastPage"]
    assert story["unknown"]["code"] == "NotFound"
    assert story["late"]["code"] == "InvalidInput"
    assert "is DONE" in story["late"]["text"]
    assert story["expired"]["code"] == "AccessDenied"
    assert story["mismatch"]["code"] == "SignatureDoesNotMatch"
    assert re.search('expected exactly "text/xml', story["mismatch"]["text"])
    assert story["stranger"]["code"] == "invalid_client"


def test_the_sdk_tells_the_whole_story(
    node: str,
    http_shop: Shop,
    clock: ShiftedClock,
) -> None:
    """@sp-api-sdk/feeds-api-2021-06-30, its endpoint set to the service."""
    check(told(node, "@sp-api-sdk", http_shop, clock))


def test_amazon_sp_api_tells_the_whole_story(
    node: str,
    amazon_shop: Shop,
    clock: ShiftedClock,
) -> None:
    """Upload and download are the client's own, so are its errors."""
    check(told(node, "amazon-sp-api", amazon_shop, clock))
