"""Published clients for Node: amazon-mws 0.0.27 and mws-simple 1.0.2, unmodified.

`make .venv/node` installs them beside this file, from the committed lock file.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.clients.conftest import (
    CANCEL,
    CANCELLED,
    NODE_FOLDER,
    REFUND,
    REFUNDED,
    SHIP,
    SHIPPED,
    Shop,
)

FEEDS = (
    ("_POST_ORDER_ACKNOWLEDGEMENT_DATA_", CANCEL),
    ("_POST_PAYMENT_ADJUSTMENT_DATA_", REFUND),
    ("_POST_ORDER_FULFILLMENT_DATA_", SHIP),
)


def told(node: str, client: str, shop: Shop) -> dict[str, Any]:
    """Run the whole story with a client; return what it handed over, step by step."""
    url = urlsplit(shop.url)
    given = {
        "client": client,
        "scheme": url.scheme,
        "host": url.hostname,
        "port": url.port,
        "accessKey": shop.keys.access_key_id,
        "secret": shop.keys.secret,
        "sellerId": shop.keys.seller_id,
        "authToken": shop.keys.auth_token,
        "feeds": [
            {"type": feed_type, "document": shop.feed(message).decode()}
            for feed_type, message in FEEDS
        ],
        "orders": [REFUNDED, CANCELLED, SHIPPED],
    }
    environment = dict(os.environ)
    if shop.authority is not None:
        environment["NODE_EXTRA_CA_CERTS"] = str(shop.authority)
    done = subprocess.run(
        [node, str(NODE_FOLDER / "story.js")],
        input=json.dumps(given),
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    story: dict[str, Any] = json.loads(done.stdout)
    return story


def texts(found: Any, name: str) -> Iterator[str]:
    """Yield the texts of a name, wherever a client put them; it may list them."""
    if isinstance(found, list):
        for each in found:
            yield from texts(each, name)
    elif isinstance(found, dict):
        for key, value in found.items():
            if key == name:
                values = value if isinstance(value, list) else [value]
                yield from (each for each in values if isinstance(each, str))
            yield from texts(value, name)


def check(story: dict[str, Any]) -> None:
    """Compare what a client was told with what happened to the three orders."""
    submitted = list(texts(story["submitted"], "FeedSubmissionId"))
    assert list(texts(story["submitted"], "FeedProcessingStatus")) == (
        ["_SUBMITTED_"] * 3
    )
    assert list(texts(story["listed"], "FeedProcessingStatus")) == ["_DONE_"] * 3
    assert list(texts(story["reports"], "DocumentTransactionID")) == submitted
    assert list(texts(story["reports"], "MessagesSuccessful")) == ["1", "1", "1"]
    assert list(texts(story["firstPage"], "FeedSubmissionId")) == submitted[:0:-1]
    assert list(texts(story["lastPage"], "FeedSubmissionId")) == submitted[:1]
    assert list(texts(story["firstPage"], "HasNext")) == ["true"]
    assert list(texts(story["lastPage"], "HasNext")) == ["false"]
    shown = zip(
        texts(story["orders"], "AmazonOrderId"),
        texts(story["orders"], "OrderStatus"),
        strict=True,
    )
    assert dict(shown) == {
        REFUNDED: "Shipped",
        CANCELLED: "Canceled",
        SHIPPED: "Shipped",
    }
    assert "Zoë" in texts(story["orders"], "BuyerName")
    assert list(texts(story["items"], "QuantityShipped")) == ["2"]
    assert list(texts(story["items"], "QuantityOrdered")) == ["2"]
    assert list(texts(story["refused"], "Code")) == ["InvalidFeedSubmissionId"]
    assert list(texts(story["refused"], "Type")) == ["Sender"]
    assert list(texts(story["stranger"], "Code")) == ["SignatureDoesNotMatch"]


def test_amazon_mws_tells_the_whole_story(node: str, shop: Shop) -> None:
    """GET with a stray `&`, a Content-MD5 of its own query, chunked feeds."""
    check(told(node, "amazon-mws", shop))


@pytest.mark.parametrize("client", ["amazon-mws", "mws-simple"])
def test_the_whole_story_over_https(node: str, client: str, https_shop: Shop) -> None:
    """mws-simple knows https only; NODE_EXTRA_CA_CERTS is all that its users set."""
    check(told(node, client, https_shop))
