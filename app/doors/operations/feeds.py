"""Feeds 2009-01-01: submit, list, count, cancel, and the processing report."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache

from app.doors.answers import Answer, escape, leaf
from app.doors.call import Call, Services, TakesBody, invalid, operation
from app.doors.sections import FEED_BACK_END, FEED_LISTS, FEEDS
from app.doors.validation_header import validation_header
from app.errors import ErrorCode, ServiceError
from app.intake.feed_requests import FeedRequest
from app.intake.quotas import Quota
from app.intake.submissions import FeedQuery, Page
from app.model.feed import FeedStatus, FeedSubmission
from app.model.times import to_iso

MOST_IDS = 100
MOST_LISTED = 100
DEFAULT_LISTED = 10
LISTED_DAYS = 90
CANCELLED_DAYS = 180
"""How far back lists and cancellations reach. Source: mws-wire 4.3, 4.5."""

_CHARSET = re.compile(
    r";\s*charset\s*=\s*\"?([\w.:+-]{1,40})", re.ASCII | re.IGNORECASE
)


@operation("SubmitFeed", FEEDS, FEED_BACK_END, Quota(15, 120, per_hour=30), short=True)
def submit_feed(call: Call, services: Services) -> TakesBody:
    """Take one feed in and answer with its FeedSubmissionInfo."""
    if call.method != "POST":
        raise ServiceError(
            ErrorCode.INVALID_REQUEST,
            f"SubmitFeed came as {call.method}; send it as POST, the feed as body.",
        )
    # Order feeds have no use for it (design D2), but a typing error is one.
    call.boolean("PurgeAndReplace")
    request = FeedRequest(
        feed_type=call.required("FeedType"),
        content_md5=call.optional("ContentMD5Value"),
        content_md5_header=call.headers.get("content-md5"),
        content_length=_content_length(call.headers.get("content-length")),
        charset=_charset(call.headers.get("content-type", "")),
        marketplace_ids=_marketplace_ids(call),
        skip_invalid=_skip_invalid(call.optional("FeedOptions")),
        signature=call.required("Signature"),
    )
    receive = services.intake.begin(call.caller, request)

    def finish(body: Iterable[bytes]) -> Answer:
        submission, verdict = receive(body)
        return call.answer(_info(submission), headers=validation_header(verdict))

    return TakesBody(finish)


@operation(
    "GetFeedSubmissionList", FEEDS, FEED_LISTS, Quota(10, 45, per_hour=80), short=True
)
def get_feed_submission_list(call: Call, services: Services) -> Answer:
    """List submissions, newest first; a list of ids overrides every other filter."""
    ids = _ids(call)
    if ids:
        # MaxCount too: clients poll with up to 100 ids (mws-wire 11, 17).
        query, limit = FeedQuery(ids=ids), MOST_IDS
    else:
        query = _query(call, LISTED_DAYS)
        limit = call.integer("MaxCount", DEFAULT_LISTED, 1, MOST_LISTED)
    page = services.intake.list(call.caller, query, limit)
    return call.answer(*_page(page))


@operation(
    "GetFeedSubmissionListByNextToken",
    FEEDS,
    FEED_LISTS,
    Quota(30, 2, per_hour=1800),
    short=True,
)
def get_feed_submission_list_by_next_token(call: Call, services: Services) -> Answer:
    """Go on with a list; filters and page size are in the token."""
    page = services.intake.list_next(call.caller, call.required("NextToken"))
    return call.answer(*_page(page))


@operation(
    "GetFeedSubmissionCount", FEEDS, FEED_LISTS, Quota(10, 45, per_hour=80), short=True
)
def get_feed_submission_count(call: Call, services: Services) -> Answer:
    """Count submissions."""
    count = services.intake.count(call.caller, _query(call, LISTED_DAYS))
    return call.answer(leaf("Count", count))


@operation("CancelFeedSubmissions", FEEDS, FEED_LISTS, Quota(10, 45, per_hour=80))
def cancel_feed_submissions(call: Call, services: Services) -> Answer:
    """Cancel what is not begun; answer with all that match, cancelled or not.

    Without ids everything that matches is meant. Count is the number listed, at most
    100, whatever became of them: recorded so (mws-wire 4.5).
    """
    ids = _ids(call)
    query = FeedQuery(ids=ids) if ids else _query(call, CANCELLED_DAYS, statuses=False)
    submissions = services.intake.cancel(call.caller, query, MOST_LISTED)
    return call.answer(leaf("Count", len(submissions)), *map(_info, submissions))


@operation(
    "GetFeedSubmissionResult",
    FEEDS,
    FEED_BACK_END,
    Quota(15, 60, per_hour=60),
    short=True,
)
def get_feed_submission_result(call: Call, services: Services) -> Answer:
    """Return the processing report as it is, with its MD5."""
    report = services.intake.result(call.caller, call.required("FeedSubmissionId"))
    return Answer(
        report.body(),
        report.size,
        content_type=report.content_type,
        headers=(("Content-MD5", report.md5),),
    )


def _ids(call: Call) -> tuple[str, ...]:
    return call.numbered("FeedSubmissionIdList.Id", most=MOST_IDS)


def _query(call: Call, days: int, *, statuses: bool = True) -> FeedQuery:
    """Read the filters, with the times that the defaults stand for now."""
    begin, end = call.moment("SubmittedFromDate"), call.moment("SubmittedToDate")
    if begin is not None and end is not None and begin > end:
        raise ServiceError(
            ErrorCode.INVALID_PARAMETER,
            f"SubmittedFromDate {to_iso(begin)} lies after SubmittedToDate "
            f"{to_iso(end)}; swap them.",
        )
    return FeedQuery(
        feed_types=call.numbered("FeedTypeList.Type"),
        statuses=_statuses(call) if statuses else (),
        submitted_from=begin or call.arrived - timedelta(days=days),
        submitted_to=end or call.arrived,
    )


def _statuses(call: Call) -> tuple[FeedStatus, ...]:
    name = "FeedProcessingStatusList.Status"
    for value in (given := call.numbered(name)):
        if value not in FeedStatus.__members__.values():
            raise invalid(name, value, f"one of {', '.join(FeedStatus)}")
    return tuple(FeedStatus(value) for value in given)


def _page(page: Page) -> tuple[str, ...]:
    return (
        leaf("NextToken", page.next_token),
        leaf("HasNext", "true" if page.next_token else "false"),
        *map(_info, page.submissions),
    )


def _info(submission: FeedSubmission) -> str:
    """Write a FeedSubmissionInfo in the order of the schema (mws-wire 4.1)."""
    return (
        "<FeedSubmissionInfo>"
        f"<FeedSubmissionId>{submission.feed_submission_id}</FeedSubmissionId>"
        f"<FeedType>{escape(submission.feed_type)}</FeedType>"
        f"{_date('SubmittedDate', submission.submitted_at)}"
        f"<FeedProcessingStatus>{submission.status}</FeedProcessingStatus>"
        f"{_date('StartedProcessingDate', submission.started_at)}"
        f"{_date('CompletedProcessingDate', submission.completed_at)}"
        "</FeedSubmissionInfo>"
    )


def _date(name: str, moment: datetime | None) -> str:
    return f"<{name}>{_written(moment)}</{name}>" if moment else ""


# Who polls a list asks for the same times again and again.
@lru_cache(10_000)
def _written(moment: datetime) -> str:
    """Write a UTC time as recorded: +00:00, no fraction (mws-wire 4.1)."""
    return moment.isoformat(timespec="seconds")


def _marketplace_ids(call: Call) -> tuple[str, ...]:
    """Read the marketplaces under the names that clients give the list (4.2)."""
    single = call.optional("MarketplaceId")
    return (
        *call.numbered("MarketplaceIdList.Id", skip_empty=True),
        *call.numbered("MarketplaceId.Id", skip_empty=True),
        *((single,) if single else ()),
    )


def _skip_invalid(options: str | None) -> bool | None:
    """Read on-invalid-message from FeedOptions; None if it is not there (design D3)."""
    for option in (options or "").split(";"):
        name, _, value = option.strip().removeprefix("metadata:").partition("=")
        if name == "on-invalid-message":
            if value not in ("skip", "reject"):
                raise invalid(
                    "FeedOptions", option.strip(), f"{name}=skip or {name}=reject"
                )
            return value == "skip"
    return None


def _charset(content_type: str) -> str | None:
    """Return the charset of a Content-Type: a hint for documents that do not tell."""
    match = _CHARSET.search(content_type)
    return match[1] if match else None


def _content_length(text: str | None) -> int | None:
    return int(text) if text else None
