"""The published client `mws` over https, trusting the authority that we make."""

from __future__ import annotations

from pathlib import Path

import mws
import pytest
import requests

from tests.running import Installation

FEED = "_POST_ORDER_ACKNOWLEDGEMENT_DATA_"


def test_the_client_works_over_https_with_the_local_authority(
    tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """REQUESTS_CA_BUNDLE is all that its users set."""
    served = Installation(tmp_path / "home", sqlite_url)
    keys = served.create_seller()
    tls = tmp_path / "tls"
    served.run("certificate", tls)
    files = ("--tls-certificate", tls / "server.pem", "--tls-key", tls / "server.key")
    with served.serve(*map(str, files)) as url:
        feeds = mws.Feeds(
            access_key=keys.access_key,
            secret_key=keys.secret,
            account_id=keys.seller_id,
            auth_token=keys.auth_token,
            domain=url,
        )
        with pytest.raises(requests.exceptions.SSLError):
            feeds.get_feed_submission_count()

        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tls / "authority.pem"))
        submitted = feeds.submit_feed(b"<NoFeed/>", FEED)
        counted = feeds.get_feed_submission_count()

    assert url.startswith("https://")
    info = submitted.parsed["FeedSubmissionInfo"]
    assert info["FeedProcessingStatus"] == "_SUBMITTED_"
    assert counted.parsed["Count"] == "1"
