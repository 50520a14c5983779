"""The demo has quotas to be seen, and none to be felt."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.cli.conftest import ServedDemo
from tests.doors.caller import Caller


def test_the_demo_tells_a_hundred_times_the_published_quota(demo: ServedDemo) -> None:
    """The relaxed profile is the demo's own; elsewhere there are no quotas."""
    about = demo.about
    caller = Caller(
        demo.url,
        about["access_key"],
        about["secret"],
        about["seller_id"],
        datetime.now(UTC),
    )

    reply = caller.call("GetFeedSubmissionCount")

    assert reply.status == 200
    assert reply.header("x-mws-quota-max") == "8000.0"
    assert reply.header("x-mws-quota-remaining") == "7999.0"
