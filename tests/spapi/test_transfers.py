"""Documents on their way: cut off, too long, compressed; and rates of calls."""

from __future__ import annotations

import gzip
import socket
from datetime import timedelta

import httpx
import pytest

from tests.running import wait_until
from tests.spapi.api import FEEDS, XML, fetch, put, refused
from tests.spapi.conftest import Shop
from tests.spapi.test_feeds import FEED, create, created, new_document, set_feed, shown


@pytest.fixture(scope="module")
def settings() -> dict[str, object]:
    """Small documents, every report compressed, the published rates."""
    return {"max_feed_bytes": 4096, "sp_api_gzip": "always", "quotas": "mws"}


def test_an_upload_that_is_cut_off_leaves_the_one_before(shop: Shop) -> None:
    """A document is usable only after a whole upload."""
    document_id, url = new_document(shop.api)
    parsed = httpx.URL(url)
    head = (
        f"PUT {parsed.raw_path.decode()} HTTP/1.1\r\nHost: x\r\n"
        f"Content-Type: {XML}\r\nContent-Length: 1000\r\n\r\n"
    )
    with socket.create_connection((parsed.host, parsed.port or 80)) as connection:
        connection.sendall(head.encode() + b"<half")
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece

    assert answer.startswith(b"HTTP/1.1 400")
    assert b"<Code>IncompleteBody</Code>" in answer
    told = refused(create(shop.api, document_id), 400, "InvalidInput")
    assert "not uploaded" in told
    assert put(url, FEED).status_code == 200
    assert create(shop.api, document_id).status_code == 202


def test_an_upload_over_the_limit_is_not_kept(shop: Shop) -> None:
    """Nor does it replace the one before."""
    document_id, url = new_document(shop.api)
    assert put(url, FEED).status_code == 200

    answer = put(url, b"x" * 4097)

    assert answer.status_code == 400
    assert "<Code>EntityTooLarge</Code>" in answer.text
    assert create(shop.api, document_id).status_code == 202


def test_a_report_comes_compressed_and_is_kept_for_28_days(shop: Shop) -> None:
    """Stored as GZIP; the transfer says so only where it was asked for."""
    feed_id = created(shop.api)
    shop.service.worker.start()
    try:
        wait_until(lambda: _status(shop, feed_id) == "DONE")
    finally:
        shop.service.worker.stop()
    result = shown(shop.api, feed_id)["resultFeedDocumentId"]
    path = f"{FEEDS}/documents/{result}"

    plain = shop.api.get(path).json()
    asked = shop.api.get(path, enableContentEncodingUrlHeader="true").json()

    assert set(plain) == {"feedDocumentId", "url", "compressionAlgorithm"}
    assert plain["compressionAlgorithm"] == "GZIP"
    assert plain["feedDocumentId"] == result
    downloaded, encoded = fetch(plain["url"]), fetch(asked["url"])
    assert downloaded.headers["content-type"] == "text/xml; charset=UTF-8"
    assert "content-encoding" not in downloaded.headers
    assert encoded.headers["content-encoding"] == "gzip"
    report = gzip.decompress(downloaded.content)
    assert b"<ProcessingReport>" in report
    assert encoded.content == report
    through_mws = shop.mws.call(
        "GetFeedSubmissionResult", {"FeedSubmissionId": feed_id}
    )
    assert through_mws.body == report
    refused(shop.other.get(path), 404, "NotFound")

    set_feed(shop, feed_id, completed_at=shop.clock() - timedelta(days=28))
    refused(shop.api.get(path), 404, "NotFound")
    gone = fetch(plain["url"])
    assert gone.status_code == 404
    assert "<Code>NoSuchKey</Code>" in gone.text


def _status(shop: Shop, feed_id: str) -> str:
    # Not by the door, whose rate for that is 2 a second.
    with shop.service.database.read() as connection:
        found = connection.exec_driver_sql(
            "SELECT status FROM feed_submission"
            f" WHERE feed_submission_id = {int(feed_id)}"
        ).scalar_one()
    return str(found).strip("_")


def test_a_rate_is_told_and_kept(shop: Shop) -> None:
    """A token bucket a client and seller; the header has the published number."""
    shop.clock.advance(timedelta(hours=1).total_seconds() - 1)
    shop.api.token = ""
    answers = [shop.api.get(f"{FEEDS}/feeds", feedTypes="X") for _ in range(11)]

    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert answers[0].headers["x-amzn-ratelimit-limit"] == "0.0222"
    assert "x-amzn-ratelimit-limit" not in answers[-1].headers
    assert answers[-1].headers["x-amzn-errortype"] == "ThrottlingException"
    assert "one more every 45 seconds" in refused(answers[-1], 429, "QuotaExceeded")
    missing = shop.api.get(f"{FEEDS}/feeds/1")
    assert missing.headers["x-amzn-ratelimit-limit"] == "2"
    assert shop.other.get(f"{FEEDS}/feeds", feedTypes="X").status_code == 200
    shop.clock.advance(45)
    assert shop.api.get(f"{FEEDS}/feeds", feedTypes="X").status_code == 200
