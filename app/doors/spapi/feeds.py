"""Feeds 2021-06-30: feeds made, listed, told of and cancelled."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from app.doors.spapi.callers import SellerCaller, limited
from app.doors.spapi.errors import REFUSALS, invalid, not_found
from app.doors.spapi.feed_documents import SECTION
from app.doors.spapi.parts import Parts, SpApi
from app.doors.spapi.values import (
    Answer,
    Moment,
    ShownMoment,
    Text,
    csv,
    write_moment,
)
from app.intake.feed_documents import FeedRefused
from app.intake.feed_history import HistoryQuery, NotInQueue, Standing
from app.model.feed import FeedStatus, FeedSubmission

router = APIRouter(prefix=f"/{SECTION}", tags=["Feeds 2021-06-30"], responses=REFUSALS)

ProcessingStatus = Literal["CANCELLED", "DONE", "FATAL", "IN_PROGRESS", "IN_QUEUE"]

_RUNNING = (
    FeedStatus.IN_PROGRESS,
    FeedStatus.IN_SAFETY_NET,
    FeedStatus.AWAITING_ASYNCHRONOUS_REPLY,
)
_BOTH = (False, True)

# Source: sp-api-wire 10.3; a feed that was given up is FATAL (design D5).
STANDINGS: dict[ProcessingStatus, tuple[Standing, ...]] = {
    "CANCELLED": ((FeedStatus.CANCELLED, False),),
    "DONE": ((FeedStatus.DONE, False),),
    "FATAL": ((FeedStatus.CANCELLED, True), (FeedStatus.DONE, True)),
    "IN_PROGRESS": tuple((status, up) for status in _RUNNING for up in _BOTH),
    "IN_QUEUE": tuple(
        (status, up)
        for status in (FeedStatus.SUBMITTED, FeedStatus.UNCONFIRMED)
        for up in _BOTH
    ),
}
_STATUS = {stand: name for name, stands in STANDINGS.items() for stand in stands}

# Some clients change letter case or add keys: unknown keys are ignored.


class CreateFeedSpecification(BaseModel):
    """What a feed is made of."""

    feedType: Text
    marketplaceIds: Annotated[list[Text], Field(min_length=1, max_length=25)]
    inputFeedDocumentId: Text
    feedOptions: dict[str, str] | None = None


class CreateFeedResponse(Answer):
    """The id of a new feed."""

    feedId: str


class Feed(Answer):
    """A feed as it stands."""

    feedId: str
    feedType: str
    marketplaceIds: list[str] | None = None
    createdTime: ShownMoment
    processingStatus: ProcessingStatus
    processingStartTime: ShownMoment | None = None
    processingEndTime: ShownMoment | None = None
    resultFeedDocumentId: str | None = None


class GetFeedsResponse(Answer):
    """A page of feeds, newest first; the last one has no nextToken."""

    feeds: list[Feed]
    nextToken: str | None = None


class CancelFeedResponse(Answer):
    """Nothing: but some clients fail on an empty body."""


@router.post(
    "/feeds",
    status_code=202,
    operation_id="createFeed",
    dependencies=[limited(f"{SECTION}/createFeed", "0.0083", 15, restore_seconds=120)],
)
async def create_feed(
    body: CreateFeedSpecification, caller: SellerCaller, parts: Parts
) -> CreateFeedResponse:
    """Queue a feed of an uploaded document."""
    step = partial(
        parts.uploads.create_feed,
        caller,
        body.feedType,
        body.marketplaceIds,
        body.inputFeedDocumentId,
        body.feedOptions or {},
    )
    try:
        feed = await parts.gates.run(step)
    except FeedRefused as error:
        raise invalid("Invalid request parameters.", f"{error}.") from error
    return CreateFeedResponse(feedId=str(feed.feed_submission_id))


class FeedsQuery(BaseModel):
    """The filters of getFeeds; unknown ones are ignored."""

    feedTypes: Annotated[list[str] | None, csv(1, 10)] = None
    marketplaceIds: Annotated[list[str] | None, csv(1, 10)] = None
    pageSize: Annotated[int, Field(ge=1, le=100)] = 10
    processingStatuses: Annotated[list[ProcessingStatus] | None, csv(1, 5)] = None
    createdSince: Moment | None = None
    createdUntil: Moment | None = None
    nextToken: str | None = None


@router.get(
    "/feeds",
    operation_id="getFeeds",
    response_model_exclude_none=True,
    dependencies=[limited(f"{SECTION}/getFeeds", "0.0222", 10, restore_seconds=45)],
)
def get_feeds(
    query: Annotated[FeedsQuery, Query()], caller: SellerCaller, parts: Parts
) -> GetFeedsResponse:
    """List feeds of the last 90 days, newest first, whichever door they came through.

    `feedTypes` or `nextToken` is needed; `nextToken` goes alone.
    """
    if query.nextToken is not None:
        others = sorted(query.model_fields_set - {"nextToken"})
        if others:
            raise invalid(
                "Invalid request parameters.",
                f"nextToken cannot be combined with {', '.join(others)}.",
            )
        page = parts.feeds.list_next(caller, query.nextToken)
    else:
        page = parts.feeds.list(caller, _history(query), query.pageSize)
    return GetFeedsResponse(
        feeds=[_feed(each, parts) for each in page.feeds], nextToken=page.next_token
    )


@router.get(
    "/feeds/{feedId}",
    operation_id="getFeed",
    response_model_exclude_none=True,
    dependencies=[limited(f"{SECTION}/getFeed", "2", 15)],
)
def get_feed(feedId: str, caller: SellerCaller, parts: Parts) -> Feed:
    """Tell of one feed."""
    feed = parts.feeds.get(caller, feedId)
    if feed is None:
        raise not_found("feed of that id")
    return _feed(feed, parts)


@router.delete(
    "/feeds/{feedId}",
    operation_id="cancelFeed",
    dependencies=[limited(f"{SECTION}/cancelFeed", "2", 15)],
)
def cancel_feed(
    feedId: str,
    caller: SellerCaller,
    parts: Parts,
) -> CancelFeedResponse:
    """Cancel a feed that is IN_QUEUE."""
    try:
        feed = parts.feeds.cancel(caller, feedId)
    except NotInQueue as error:
        raise invalid(
            "The feed cannot be cancelled.",
            f"Feed {feedId} is {_status(error.feed)}; only a feed that is IN_QUEUE, "
            "and of which nothing was applied, can be cancelled.",
        ) from error
    if feed is None:
        raise not_found("feed of that id")
    return CancelFeedResponse()


def _history(query: FeedsQuery) -> HistoryQuery:
    if query.feedTypes is None:
        raise invalid(
            "Request has missing or invalid parameters.",
            "feedTypes is missing; give it, or a nextToken.",
        )
    since, until = query.createdSince, query.createdUntil
    if since is not None and until is not None and since > until:
        raise invalid(
            "Invalid request parameters.",
            f"createdSince {write_moment(since)} lies after createdUntil "
            f"{write_moment(until)}; swap them.",
        )
    standings = [
        stand for name in query.processingStatuses or () for stand in STANDINGS[name]
    ]
    return HistoryQuery(
        tuple(query.feedTypes),
        tuple(query.marketplaceIds or ()),
        tuple(standings),
        since,
        until,
    )


def _feed(feed: FeedSubmission, parts: SpApi) -> Feed:
    status = _status(feed)
    return Feed(
        feedId=str(feed.feed_submission_id),
        feedType=feed.feed_type.strip("_"),
        marketplaceIds=list(feed.marketplace_ids) or None,
        createdTime=feed.submitted_at,
        processingStatus=status,
        processingStartTime=feed.started_at,
        processingEndTime=feed.completed_at,
        resultFeedDocumentId=parts.feeds.report_id(feed),
    )


def _status(feed: FeedSubmission) -> ProcessingStatus:
    return _STATUS[feed.status, feed.given_up]
