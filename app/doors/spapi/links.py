"""Addresses of documents that need no other credential, for five minutes.

What an address allows is sealed in its signature, so that every process of the
service knows it again. Source: sp-api-wire 2.2, 2.3, 2.9.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from fastapi import Request

from app.doors.spapi.parts import SpApi
from app.intake.seals import SealBroken

LIFE = timedelta(minutes=5)
PATH = "/documents"

_DATE = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class Link:
    """What an address allows: one method on one document of a seller.

    `gzip` is whether a download is compressed, `encoded` whether its Content-Encoding
    says so.
    """

    method: str
    seller_id: str
    document_id: str
    gzip: bool = False
    encoded: bool = False


class LinkBroken(Exception):
    """An address was changed, or was never given out."""


class LinkExpired(Exception):
    """An address was good until five minutes after it was given out."""


def address_of(link: Link, request: Request, parts: SpApi) -> str:
    """Write the address that a link is followed at."""
    date = parts.clock().astimezone(UTC).strftime(_DATE)
    seconds = str(int(LIFE.total_seconds()))
    seal = parts.seals.seal(json.dumps([asdict(link), date, seconds]))
    query = {
        "X-Amz-Algorithm": "FEEDGATE-SEAL",
        "X-Amz-Date": date,
        "X-Amz-SignedHeaders": "content-type;host" if link.method == "PUT" else "host",
        "X-Amz-Expires": seconds,
        "X-Amz-Signature": seal,
    }
    return f"{_base(request, parts)}{PATH}/{link.document_id}?{urlencode(query)}"


def read_link(request: Request, document_id: str, parts: SpApi) -> Link:
    """Return what an address allows; raises LinkBroken and LinkExpired."""
    query = request.query_params
    try:
        content, date, seconds = json.loads(
            parts.seals.open(query.get("X-Amz-Signature", ""))
        )
        link = Link(**content)
    except (SealBroken, ValueError, TypeError) as error:
        raise LinkBroken from error
    given = (request.method, document_id, query.get("X-Amz-Date"))
    if given != (link.method, link.document_id, date):
        raise LinkBroken
    if query.get("X-Amz-Expires") != seconds:
        raise LinkBroken
    made = datetime.strptime(date, _DATE).replace(tzinfo=UTC)
    if parts.clock() >= made + timedelta(seconds=int(seconds)):
        raise LinkExpired
    return link


def _base(request: Request, parts: SpApi) -> str:
    """Return where this service is: the Host of clients is not to be trusted."""
    if parts.settings.sp_api_url:
        return parts.settings.sp_api_url.rstrip("/")
    host, port = request.scope["server"]
    host = f"[{host}]" if ":" in host else host
    return f"{request.url.scheme}://{host}:{port}"
