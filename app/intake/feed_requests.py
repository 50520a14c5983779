"""What SubmitFeed is asked, and the checks that need no document."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection
from dataclasses import dataclass

from app.errors import ErrorCode, ServiceError
from app.feedtypes import registry
from app.model.feed import FeedType, Verdict
from app.model.marketplaces import MARKETPLACES


@dataclass(frozen=True, slots=True)
class FeedRequest:
    """What a caller says about a feed beside its document.

    `content_md5` is ContentMD5Value and `content_md5_header` Content-MD5, each in
    base64; one of the two is needed. `content_length` is what the request announces,
    `charset` what its Content-Type says. `skip_invalid` is None where the caller leaves
    it to the setting. `signature` tells a resent request from a new one; where it is
    empty, every request is new. `has_digest` is False where whoever sends cannot know
    an MD5, such as a browser's form. `refuse_unread` refuses a document of which no
    message can be read, which otherwise is told in its report.
    """

    feed_type: str
    signature: str
    content_md5: str | None = None
    content_md5_header: str | None = None
    content_length: int | None = None
    charset: str | None = None
    marketplace_ids: tuple[str, ...] = ()
    skip_invalid: bool | None = None
    has_digest: bool = True
    refuse_unread: bool = False


class FeedInvalid(ServiceError):
    """A document is not kept because of what the gate found in it: `verdict`."""

    def __init__(self, verdict: Verdict) -> None:
        """Name the first error."""
        first = verdict.refusal or verdict.errors[0]
        count = verdict.error_count
        errors = "1 error" if count == 1 else f"{count} errors"
        super().__init__(
            ErrorCode.INPUT_DATA,
            f"The feed is invalid and was not kept: {errors}. The first: {first.text}",
        )
        self.verdict = verdict


def served_feed_type(name: str) -> FeedType:
    """Return the feed type of that FeedType; raises ServiceError (InvalidFeedType)."""
    feed_type = registry.by_mws(name)
    if feed_type is None:
        known = name in registry.MWS_NAMES
        reason = "is not served here" if known else "is unknown"
        served = ", ".join(each.mws for each in registry.FEED_TYPES)
        raise ServiceError(
            ErrorCode.INVALID_FEED_TYPE,
            f'FeedType "{name[:60]}" {reason}; use one of {served}.',
        )
    return feed_type


def check_feed_types(names: Collection[str]) -> None:
    """Refuse names that MWS never knew; raises ServiceError (InvalidFeedType)."""
    for name in names:
        if name not in registry.MWS_NAMES:
            raise ServiceError(
                ErrorCode.INVALID_FEED_TYPE, f'FeedType "{name[:60]}" is unknown.'
            )


def check_marketplaces(given: Collection[str], own: Collection[str]) -> None:
    """Refuse what is no marketplace; order feeds take any that is one (mws-wire 4.2).

    Raises ServiceError (InvalidMarketplace).
    """
    for marketplace_id in given:
        if marketplace_id not in MARKETPLACES and marketplace_id not in own:
            raise ServiceError(
                ErrorCode.INVALID_MARKETPLACE,
                f'Marketplace "{marketplace_id[:60]}" is unknown; leave the list out, '
                "or use the MarketplaceId of a marketplace such as ATVPDKIKX0DER.",
            )


def expected_md5(request: FeedRequest) -> bytes | None:
    """Return the MD5 that the document must have; None if nobody knows it.

    Raises ServiceError if none was sent, or two different ones. Source: mws-wire 3.1.
    """
    parameter = _md5("ContentMD5Value", request.content_md5)
    header = _md5("Content-MD5", request.content_md5_header)
    if parameter is not None and header is not None and parameter != header:
        raise ServiceError(
            ErrorCode.INVALID_PARAMETER,
            f'ContentMD5Value "{request.content_md5}" and the header Content-MD5 '
            f'"{request.content_md5_header}" differ; send one of the two.',
        )
    expected = header if parameter is None else parameter
    if expected is None and request.has_digest:
        raise ServiceError(
            ErrorCode.CONTENT_MD5_MISSING,
            "Content-MD5 is missing; send the base64 MD5 of the feed as that header, "
            "or as parameter ContentMD5Value.",
        )
    return expected


def check_length(request: FeedRequest, most: int) -> None:
    """Refuse a body that is announced as empty, or as longer than `most` bytes."""
    if request.content_length == 0:
        raise empty()
    if request.content_length is not None and request.content_length > most:
        raise too_long(most)


def empty() -> ServiceError:
    """Return the refusal of a feed without a document.

    mws-wire names no code for it; InvalidRequest is the one that clients know for a
    request that lacks what the operation works on (4.7).
    """
    return ServiceError(
        ErrorCode.INVALID_REQUEST,
        "The body is empty; send the feed as the body of the request (a stream that "
        "was read for its MD5 must be rewound).",
    )


def too_long(most: int) -> ServiceError:
    """Return the refusal of a document over the limit."""
    return ServiceError(
        ErrorCode.INVALID_PARAMETER,
        f"The feed is longer than {most} bytes; split it. Nothing was kept.",
    )


def too_slow(seconds: float) -> ServiceError:
    """Return the refusal of a document that takes too long to arrive."""
    return ServiceError(
        ErrorCode.INPUT_STREAM_DISCONNECTED,
        f"The feed had not arrived after {seconds:g} seconds; nothing was kept, send "
        "it again, or split it.",
    )


def _md5(name: str, text: str | None) -> bytes | None:
    if not text:
        return None
    try:
        digest = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if len(digest) != 16:
        raise ServiceError(
            ErrorCode.INVALID_PARAMETER,
            f'{name} is "{text[:60]}", expected the base64 of an MD5: 24 characters '
            "that end in ==.",
        )
    return digest
