"""Feeds: every submission of the seller, and one of them with its document."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from urllib.parse import urlencode

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from app.doors.web.feed_words import FEED_STATUSES, FEED_TYPES, WHY_NOT
from app.doors.web.filters import day
from app.doors.web.pages import N_, guarded, page, see_other
from app.doors.web.parts import HOME, Visit
from app.doors.web.visits import NothingThere, Posting, SentFields, Visiting
from app.errors import Severity
from app.intake.feed_desk import PROBLEMS, FeedRow, FeedSearch, FoundFeeds
from app.intake.submissions import FeedQuery
from app.model.feed import FeedStatus

router = APIRouter()

_REFRESH_SECONDS = 2
_MOST_TOKEN = 80
_FILTERS = ("type", "status", "from", "to")
_WRONG_CHOICE = N_("There is no such choice.")
_GONE = N_("The document is not kept any more, so it cannot be sent again.")
_TOO_LATE = N_("It is too late to recall the feed: it was begun or is done.")


@router.get("/feeds")
def feed_list(visit: Visiting) -> Response:
    """Show a page of the seller's feeds."""
    given = dict(visit.request.query_params)
    problems: dict[str, str] = {}
    feed_type = _choice(given, "type", tuple(FEED_TYPES), problems)
    status = _choice(given, "status", tuple(FEED_STATUSES), problems)
    search = FeedSearch(
        feed_types=[feed_type] if feed_type else None,
        statuses=[FeedStatus(status)] if status else None,
        submitted_from=day(given, "from", problems),
        submitted_before=day(given, "to", problems, days=1),
    )
    found = visit.desk.feeds.search(
        visit.seller_id,
        search,
        older_than=_number(given.get("older", "")),
        newer_than=_number(given.get("newer", "")),
    )
    return page(
        visit,
        "feeds.html",
        status=400 if problems else 200,
        found=found,
        given={name: given.get(name, "") for name in _FILTERS},
        problems=problems,
        feed_types=FEED_TYPES,
        statuses=FEED_STATUSES,
        filtered=any(given.get(name) for name in _FILTERS),
        **_neighbours(given, found),
    )


@router.get("/feeds/{feed_submission_id}")
def feed_page(visit: Visiting, feed_submission_id: str) -> Response:
    """Show a feed; the page looks again until nothing more will happen to it."""
    return _show(visit, _find(visit, feed_submission_id))


@router.post("/feeds/{feed_submission_id}/recall")
def recall(visit: Posting, fields: SentFields, feed_submission_id: str) -> Response:
    """Recall a feed that waits."""
    feed = _find(visit, feed_submission_id)
    query = FeedQuery(ids=(str(feed.feed_submission_id),))
    (now,) = visit.desk.intake.cancel(visit.user.caller, query, 1)
    if now.status is not FeedStatus.CANCELLED:
        return _show(visit, _find(visit, feed_submission_id), _TOO_LATE)
    return see_other(f"{HOME}/feeds/{feed.feed_submission_id}")


@router.post("/feeds/{feed_submission_id}/resend")
def resend(visit: Posting, fields: SentFields, feed_submission_id: str) -> Response:
    """Submit the same document once more; what a button sent is not sent again."""
    feed = _find(visit, feed_submission_id)
    if feed.has_note:
        raise NothingThere
    token = fields.get("token")[:_MOST_TOKEN]
    number = visit.desk.feeds.resend(visit.user.caller, feed, token)
    if number is None:
        return _show(visit, feed, _GONE)
    return see_other(f"{HOME}/feeds/{number}")


@router.get("/feeds/{feed_submission_id}/document")
def document(visit: Visiting, feed_submission_id: str) -> Response:
    """Return the document as it was sent."""
    feed = _find(visit, feed_submission_id)
    pieces = visit.desk.feeds.document(feed)
    if pieces is None:
        raise NothingThere
    name = f"{feed.feed_submission_id}.{_ending(feed)}"
    return _download(pieces, name, "application/octet-stream", feed.size)


@router.get("/feeds/{feed_submission_id}/report")
def report(visit: Visiting, feed_submission_id: str) -> Response:
    """Return the processing report."""
    feed = _find(visit, feed_submission_id)
    if not feed.has_report:
        raise NothingThere
    number = str(feed.feed_submission_id)
    opened = visit.desk.intake.result(visit.user.caller, number)
    name = f"{number}-report.{_ending(feed)}"
    return _download(opened.pieces(), name, opened.content_type, opened.size)


def _show(visit: Visit, feed: FeedRow, problem: str = "") -> Response:
    given = visit.request.query_params
    place = _number(given.get("place", ""))
    first = max((_number(given.get("problems", "")) or 1) - 1, 0)
    desk = visit.desk.feeds
    why_not = desk.why_not(feed)
    return page(
        visit,
        "feed.html",
        status=400 if problem else 200,
        feed=feed,
        feed_types=FEED_TYPES,
        statuses=FEED_STATUSES,
        shown=desk.excerpts(feed, offset=first, place=place),
        place=place,
        first=first,
        most=PROBLEMS,
        problem=problem,
        error=Severity.ERROR,
        why_not=why_not,
        why_texts=WHY_NOT,
        token=secrets.token_urlsafe(24),
        refresh_seconds=None if feed.is_ended else _REFRESH_SECONDS,
    )


def _find(visit: Visit, feed_submission_id: str) -> FeedRow:
    """Return a feed of the seller; raises NothingThere for any other."""
    number = _number(feed_submission_id)
    feed = visit.desk.feeds.find(visit.seller_id, number) if number else None
    if feed is None:
        raise NothingThere
    return feed


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch("[0-9]{1,14}", text) else None


def _choice(
    given: dict[str, str],
    name: str,
    choices: tuple[str, ...],
    problems: dict[str, str],
) -> str:
    text = given.get(name, "")
    if text and text not in choices:
        problems[name] = _WRONG_CHOICE
        return ""
    return text


def _neighbours(given: dict[str, str], found: FoundFeeds) -> dict[str, str]:
    """Return the addresses of the pages beside this one."""
    kept = {name: given[name] for name in _FILTERS if given.get(name)}
    newest = f"{HOME}/feeds?{urlencode(kept)}"
    if not found.feeds:
        return {"newer": newest, "older": newest}
    ends = {
        "newer": found.feeds[0].feed_submission_id,
        "older": found.feeds[-1].feed_submission_id,
    }
    return {
        name: f"{HOME}/feeds?{urlencode(kept | {name: str(number)})}"
        for name, number in ends.items()
    }


def _ending(feed: FeedRow) -> str:
    return "txt" if feed.feed_type.startswith("_POST_FLAT_FILE_") else "xml"


def _download(
    pieces: Iterator[bytes], name: str, media_type: str, size: int
) -> Response:
    return guarded(
        StreamingResponse(
            pieces,
            media_type=media_type,
            headers={
                "Content-Disposition": f'attachment; filename="{name}"',
                "Content-Length": str(size),
            },
        )
    )
