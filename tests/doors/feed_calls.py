"""Names of the Feeds operations, and how their answers and refusals look."""

from __future__ import annotations

from uuid import UUID

from tests.doors.caller import FEEDS_NAMESPACE, Reply

ACKNOWLEDGEMENT = "_POST_ORDER_ACKNOWLEDGEMENT_DATA_"
ADJUSTMENT = "_POST_PAYMENT_ADJUSTMENT_DATA_"
FULFILLMENT = "_POST_ORDER_FULFILLMENT_DATA_"
LIST = "GetFeedSubmissionList"
NEXT = "GetFeedSubmissionListByNextToken"
COUNT = "GetFeedSubmissionCount"
CANCEL = "CancelFeedSubmissions"
RESULT = "GetFeedSubmissionResult"


def ids(reply: Reply) -> list[str]:
    """Return the FeedSubmissionIds of an answer, in its order."""
    assert reply.status == 200, reply.body
    return reply.texts("FeedSubmissionId")


def assert_refused(
    reply: Reply, code: str, *, status: int = 400, feed_back_end: bool = False
) -> None:
    """Lists spell errors as the newer back ends did, results as the old one (2.6)."""
    assert (reply.status, reply.code) == (status, code), reply.message
    assert reply.namespace == FEEDS_NAMESPACE
    assert reply.texts("Detail") == ([""] if feed_back_end else [])
    assert UUID(reply.text("RequestID" if feed_back_end else "RequestId"))
