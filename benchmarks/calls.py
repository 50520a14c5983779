"""Signed calls, made before they are sent: signing must not slow a client down."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from app.cli.client import SECTION
from app.doors.query import Query
from app.doors.signature import canonical, sign, string_to_sign
from benchmarks.feeds import FEED_TYPES, pieces
from benchmarks.load import request
from tests.running import Keys

_FORM = "application/x-www-form-urlencoded"


def call(url: str, keys: Keys, operation: str, parameters: Mapping[str, str]) -> bytes:
    """Return a call whose parameters travel as a form."""
    form = _signed(url, keys, operation, parameters)
    return request("POST", url + SECTION, {"Content-Type": _FORM}, form.encode())


def submit_feed(url: str, keys: Keys, kind: str, feed: bytes) -> bytes:
    """Return a SubmitFeed call with its document."""
    query = _signed(url, keys, "SubmitFeed", {"FeedType": FEED_TYPES[kind]})
    md5 = base64.b64encode(hashlib.md5(feed).digest()).decode()
    headers = {"Content-Type": "text/xml", "Content-MD5": md5}
    return request("POST", f"{url}{SECTION}?{query}", headers, feed)


def feed_of(kind: str, messages: int, first: int, orders: int) -> bytes:
    """Return a small feed whose walk over `orders` orders begins with `first`."""
    return b"".join(pieces(kind, messages, orders, first=first))


def feed_submission_id(answer: bytes) -> int:
    """Read the FeedSubmissionId of an answer to SubmitFeed."""
    found = re.search(rb"<FeedSubmissionId>(\d+)<", answer)
    assert found, answer
    return int(found[1])


def _signed(url: str, keys: Keys, operation: str, parameters: Mapping[str, str]) -> str:
    pairs = {
        "AWSAccessKeyId": keys.access_key,
        "Action": operation,
        "SellerId": keys.seller_id,
        "SignatureMethod": "HmacSHA256",
        "SignatureVersion": "2",
        "Timestamp": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "Version": "2009-01-01",
        **parameters,
    }
    line = canonical(Query(tuple(pairs.items()), ()))
    text = string_to_sign("POST", urlsplit(url).netloc, SECTION, line)
    signature = sign(keys.secret, text, "HmacSHA256")
    return f"{line}&Signature={quote(signature, safe='')}"
