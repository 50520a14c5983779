"""Submissions: listed, shown, with their documents and reports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, BinaryIO

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response, StreamingResponse

from app.doors.admin.parts import Limit, Parts, SellerId, bounded, needs, require_seller
from app.doors.admin.problems import nothing_there
from app.doors.admin.shapes import Submission, Submissions
from app.intake.accounts import Caller
from app.intake.admin_keys import Scope
from app.model.feed import FeedStatus

router = APIRouter(
    prefix="/sellers/{seller_id}/submissions",
    tags=["submissions"],
    dependencies=[Depends(needs(Scope.SUBMISSIONS_READ))],
)

_LARGEST_ID = 2**63 - 1
_PIECE_BYTES = 262_144
_Number = Annotated[int, Path(ge=1, le=_LARGEST_ID)]
_BINARY = {"schema": {"type": "string", "format": "binary"}}


@router.get("")
def list_submissions(
    parts: Parts,
    seller_id: SellerId,
    status: FeedStatus | None = None,
    before: Annotated[int | None, Query(ge=1, le=_LARGEST_ID)] = None,
    limit: Limit = 100,
) -> Submissions:
    """List a seller's feed submissions, newest first."""
    require_seller(parts, seller_id)
    limit = bounded(limit, parts)
    found = parts.desk.submissions(
        seller_id, status=status, before=before, limit=limit + 1
    )
    page = found[:limit]
    return Submissions(
        submissions=[Submission.of(each) for each in page],
        next=page[-1].feed_submission_id if len(found) > limit else None,
    )


@router.get("/{feed_submission_id}")
def show(parts: Parts, seller_id: SellerId, feed_submission_id: _Number) -> Submission:
    """Return one submission."""
    require_seller(parts, seller_id)
    found = parts.desk.submissions(seller_id, only=feed_submission_id)
    if not found:
        raise nothing_there(f"submission {feed_submission_id} of {seller_id}")
    return Submission.of(found[0])


@router.get(
    "/{feed_submission_id}/report",
    response_class=Response,
    responses={200: {"content": {"text/xml": _BINARY, "text/plain": _BINARY}}},
)
def report(parts: Parts, seller_id: SellerId, feed_submission_id: _Number) -> Response:
    """Return the processing report of a finished submission."""
    show(parts, seller_id, feed_submission_id)
    caller = Caller("", seller_id)
    opened = parts.intake.result(caller, str(feed_submission_id))
    return StreamingResponse(opened.pieces(), media_type=opened.content_type)


@router.get(
    "/{feed_submission_id}/document",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": _BINARY}}},
)
def document(
    parts: Parts, seller_id: SellerId, feed_submission_id: _Number
) -> Response:
    """Return the feed as it was sent."""
    show(parts, seller_id, feed_submission_id)
    opened = parts.desk.document(seller_id, feed_submission_id)
    return StreamingResponse(_pieces(opened), media_type="application/octet-stream")


def _pieces(opened: BinaryIO) -> Iterator[bytes]:
    with opened as content:
        while piece := content.read(_PIECE_BYTES):
            yield piece
