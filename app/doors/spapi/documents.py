"""Uploads and downloads at signed addresses, refused in XML as object storage does.

Source: sp-api-wire 2.3, 2.9, 4.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Iterator
from functools import partial
from xml.sax.saxutils import escape

import anyio.to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from app.doors.query import shown
from app.doors.request import Body
from app.doors.spapi.exchange import Exchange, ThisExchange
from app.doors.spapi.links import PATH, Link, LinkBroken, LinkExpired, read_link
from app.doors.spapi.parts import Parts, SpApi
from app.errors import ErrorCode, ServiceError
from app.intake.feed_documents import UploadRefused

_GZIP = 16 + zlib.MAX_WBITS

_log = logging.getLogger(__name__)

router = APIRouter(prefix=PATH, include_in_schema=False)


@router.put("/{document_id}")
async def upload(
    document_id: str, request: Request, parts: Parts, exchange: ThisExchange
) -> Response:
    """Take a whole document in; an upload before it is replaced."""
    exchange.operation = "upload"
    if "authorization" in request.headers:
        return _refused(
            exchange,
            *(400, "InvalidArgument"),
            "Only one authorisation is allowed: send no Authorization header with "
            "this address.",
        )
    body = Body(request.scope, request.receive, parts.settings.body_idle_seconds)
    step = partial(_take, document_id, request, body, parts, exchange)
    return await anyio.to_thread.run_sync(step, limiter=parts.upload_threads)


@router.get("/{document_id}")
def download(
    document_id: str, request: Request, parts: Parts, exchange: ThisExchange
) -> Response:
    """Give a processing report."""
    exchange.operation = "download"
    link = _link(document_id, request, parts, exchange)
    if isinstance(link, Response):
        return link
    report = parts.feeds.open_report(link.seller_id, document_id)
    if report is None:
        return _refused(exchange, 404, "NoSuchKey", "The document is not kept.")
    headers = {"Content-Type": report.content_type}
    if not link.gzip:
        headers["Content-Length"] = str(report.size)
        return StreamingResponse(report.pieces(), headers=headers)
    if link.encoded:
        headers["Content-Encoding"] = "gzip"
    return StreamingResponse(_compressed(report.pieces()), headers=headers)


def _take(
    document_id: str, request: Request, body: Body, parts: SpApi, exchange: Exchange
) -> Response:
    link = _link(document_id, request, parts, exchange)
    if isinstance(link, Response):
        return link
    try:
        document = parts.uploads.find(link.seller_id, document_id)
        if document is None:
            return _refused(exchange, 404, "NoSuchKey", "The document is not kept.")
        given = request.headers.get("content-type", "")
        if given != document.content_type:
            # What newcomers fall over most often: it helps to see both.
            _log.warning(
                "upload of %s with Content-Type %a, signed for %a",
                *(document_id, shown(given), shown(document.content_type)),
            )
            return _refused(
                exchange,
                *(403, "SignatureDoesNotMatch"),
                f'Content-Type is "{shown(given)}", expected exactly '
                f'"{shown(document.content_type)}", as createFeedDocument was told.',
            )
        md5 = parts.uploads.upload(document, body)
    except UploadRefused as error:
        return _refused(exchange, 403, "AccessDenied", str(error))
    except ServiceError as error:
        return _refused(exchange, *_spelt(error), error.message)
    return Response(headers={"ETag": f'"{md5}"'})


def _link(
    document_id: str, request: Request, parts: SpApi, exchange: Exchange
) -> Link | Response:
    try:
        link = read_link(request, document_id, parts)
    except LinkBroken:
        return _refused(
            exchange,
            *(403, "SignatureDoesNotMatch"),
            "The address is not one that was given out for this method; use it as it "
            "was given.",
        )
    except LinkExpired:
        return _refused(
            exchange,
            *(403, "AccessDenied"),
            "Request has expired: an address is good for 5 minutes.",
        )
    exchange.seller_id = link.seller_id
    return link


def _spelt(error: ServiceError) -> tuple[int, str]:
    if error.code is ErrorCode.INPUT_STREAM_DISCONNECTED:
        return 400, "IncompleteBody"
    if error.code is ErrorCode.SERVICE_UNAVAILABLE:
        return 503, "ServiceUnavailable"
    return 400, "EntityTooLarge"


def _refused(exchange: Exchange, status: int, code: str, message: str) -> Response:
    exchange.reason = f"{code}: {message}"
    document = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{escape(message)}</Message>"
        f"<RequestId>{exchange.request_id}</RequestId></Error>"
    )
    content = document.encode("ascii", "xmlcharrefreplace")
    return Response(content, status, media_type="application/xml")


def _compressed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(wbits=_GZIP)
    for piece in pieces:
        if packed := packer.compress(piece):
            yield packed
    yield packer.flush()
