"""Feeds 2021-06-30: documents before a feed, and reports after it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import AfterValidator, BaseModel, StringConstraints

from app.doors.spapi.callers import SellerCaller, limited
from app.doors.spapi.errors import REFUSALS, invalid, not_found
from app.doors.spapi.links import Link, address_of
from app.doors.spapi.parts import Parts
from app.doors.spapi.values import Answer

SECTION = "feeds/2021-06-30"

# Reports over this many bytes are worth compressing.
_LARGE = 65_536

router = APIRouter(prefix=f"/{SECTION}", tags=["Feeds 2021-06-30"], responses=REFUSALS)


def _header(value: str) -> str:
    if not (value.isascii() and value.isprintable()) or value.strip() != value:
        raise ValueError(
            "expected a media type such as text/xml; charset=UTF-8, in printable ASCII"
        )
    return value


class CreateFeedDocumentSpecification(BaseModel):
    """What the document will be uploaded as, to the letter."""

    contentType: Annotated[
        str,
        StringConstraints(min_length=1, max_length=200),
        AfterValidator(_header),
    ]


class CreateFeedDocumentResponse(Answer):
    """Where to PUT the document, within five minutes."""

    feedDocumentId: str
    url: str


class FeedDocument(Answer):
    """Where to GET a report, within five minutes."""

    feedDocumentId: str
    url: str
    compressionAlgorithm: str | None = None


@router.post(
    "/documents",
    status_code=201,
    operation_id="createFeedDocument",
    dependencies=[limited(f"{SECTION}/createFeedDocument", "0.5", 15)],
)
def create_feed_document(
    body: CreateFeedDocumentSpecification,
    caller: SellerCaller,
    parts: Parts,
    request: Request,
) -> CreateFeedDocumentResponse:
    """Make a document to upload a feed to."""
    document = parts.uploads.create(caller, body.contentType)
    link = Link("PUT", caller.seller_id, document.feed_document_id)
    return CreateFeedDocumentResponse(
        feedDocumentId=document.feed_document_id,
        url=address_of(link, request, parts),
    )


@router.get(
    "/documents/{feedDocumentId}",
    operation_id="getFeedDocument",
    response_model_exclude_none=True,
    dependencies=[
        limited(f"{SECTION}/getFeedDocument", "0.0222", 10, restore_seconds=45)
    ],
)
def get_feed_document(
    feedDocumentId: str,
    caller: SellerCaller,
    parts: Parts,
    request: Request,
    enableContentEncodingUrlHeader: Annotated[bool, Query()] = False,
) -> FeedDocument:
    """Tell where the report of a feed is; those of the last 28 days are kept."""
    report = parts.feeds.open_report(caller.seller_id, feedDocumentId)
    if report is None:
        if "\0" not in feedDocumentId and parts.uploads.find(
            caller.seller_id, feedDocumentId
        ):
            raise invalid(
                "The document of a feed cannot be read back.",
                f'feedDocumentId is "{feedDocumentId}", which was made to upload to; '
                "use the resultFeedDocumentId of a feed.",
            )
        raise not_found("feed document of that id")
    report.content.close()
    chosen = parts.settings.sp_api_gzip
    gzip = chosen == "always" or (chosen == "large" and report.size > _LARGE)
    link = Link(
        "GET", caller.seller_id, feedDocumentId, gzip, enableContentEncodingUrlHeader
    )
    return FeedDocument(
        feedDocumentId=feedDocumentId,
        url=address_of(link, request, parts),
        compressionAlgorithm="GZIP" if gzip else None,
    )
