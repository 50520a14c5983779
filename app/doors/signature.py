"""Signature Version 2: the string to sign, and whether a signature is right.

Source: mws-wire 2.2 to 2.5; client-observations, "What follows for the service".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from urllib.parse import quote

from app.doors.moments import read_moment
from app.doors.query import Query, shown
from app.errors import ErrorCode, ServiceError

METHODS = {"HmacSHA256": hashlib.sha256, "HmacSHA1": hashlib.sha1}
VERSION = "2"

_UNRESERVED = re.compile("[A-Za-z0-9_.~-]*")
_PORT = re.compile(r":\d*$")
_BYTES = "surrogateescape"  # keeps bytes that are no UTF-8 as they are


@dataclass(frozen=True, slots=True)
class Signed:
    """What of a request was signed: method, Host header, path and parameters.

    `host` and `path` are as they were sent, the path still encoded.
    """

    method: str
    host: str
    path: str
    query: Query


def string_to_sign(method: str, host: str, path: str, parameters: str) -> str:
    """Join the four lines; `parameters` is the last one."""
    return "\n".join((method, host, path, parameters))


def canonical(query: Query) -> str:
    """Write every parameter but the signature, sorted by name in byte order."""
    return "&".join(
        f"{_encode(name)}={_encode(value)}"
        for name, value in sorted(query.pairs, key=lambda pair: pair[0].encode())
        if name != "Signature"
    )


def as_received(query: Query) -> str:
    """Write the same parameters in the client's own encoding, sorted.

    Some clients leave `*` bare or escape `~` (mws-wire 2.3).
    """
    pairs = sorted(pair for pair in query.raw if pair[0] != b"Signature")
    return b"&".join(b"=".join(pair) for pair in pairs).decode(errors=_BYTES)


def sign(secret: str, text: str, method: str) -> str:
    """Return the signature of a string to sign, as base64."""
    content = text.encode(errors=_BYTES)
    digest = hmac.digest(secret.encode(), content, METHODS[method])
    return base64.b64encode(digest).decode("ascii")


def strings_to_sign(signed: Signed, public_hosts: Iterable[str] = ()) -> Iterator[str]:
    """Give every form that clients sign, what the book says first."""
    by_the_book = canonical(signed.query)
    hosts, paths = _hosts(signed.host, public_hosts), _paths(signed.path)
    # Nearly all clients sign this one: the others are not made for it.
    first = next(iter(hosts)), next(iter(paths)), by_the_book
    yield string_to_sign(signed.method, *first)
    lines = dict.fromkeys((by_the_book, as_received(signed.query)))
    for form in product(hosts, paths, lines):
        if form != first:
            yield string_to_sign(signed.method, *form)


def is_signed_with(
    secret: str,
    signed: Signed,
    signature: str,
    method: str,
    public_hosts: Iterable[str] = (),
) -> bool:
    """Whether one of the forms that clients sign has this signature.

    Each is compared in constant time.
    """
    given = signature.encode()
    return any(
        hmac.compare_digest(sign(secret, text, method).encode(), given)
        for text in strings_to_sign(signed, public_hosts)
    )


def check_time(
    timestamp: str | None, expires: str | None, now: datetime, window: timedelta
) -> None:
    """Refuse a request that was signed too long ago, or for too far ahead.

    Timestamp is when it was signed, Expires until when it holds; one of the two is
    needed. A request may be sent again within the window: clients retry that way.
    Raises ServiceError.
    """
    if timestamp is None and expires is None:
        raise ServiceError(
            ErrorCode.MISSING_PARAMETER,
            "Timestamp is missing; send the time of signing, as in "
            "2026-11-24T12:00:00Z.",
        )
    if timestamp is not None and expires is not None:
        raise ServiceError(
            ErrorCode.INVALID_PARAMETER, "Send Timestamp or Expires, not both."
        )
    if timestamp is not None:
        if abs(_signed_moment("Timestamp", timestamp) - now) > window:
            raise _expired("Timestamp", timestamp, now, window, "within {minutes}")
    elif expires is not None:
        left = _signed_moment("Expires", expires) - now
        if not timedelta(0) <= left <= window:
            raise _expired("Expires", expires, now, window, "0 to {minutes} ahead")


def _signed_moment(name: str, text: str) -> datetime:
    try:
        return read_moment(text)
    except ValueError as error:
        raise ServiceError(
            ErrorCode.INVALID_PARAMETER,
            f'{name} is "{shown(text)}", expected a time such as 2026-11-24T12:00:00Z.',
        ) from error


def _expired(
    name: str, text: str, now: datetime, window: timedelta, relation: str
) -> ServiceError:
    minutes = window.total_seconds() / 60
    return ServiceError(
        ErrorCode.REQUEST_EXPIRED,
        f"{name} is {shown(text)}, it is now {now:%Y-%m-%dT%H:%M:%SZ}: it must be "
        f"{relation.format(minutes=f'{minutes:g} minutes')} of that.",
    )


def _hosts(host: str, public_hosts: Iterable[str]) -> dict[str, None]:
    """List what clients take for the host: each was observed in a published one."""
    without_port = _PORT.sub("", host)
    sent = (host.lower(), without_port.lower(), f"http://{host.lower()}", host)
    return dict.fromkeys((*sent, *(name.lower() for name in public_hosts)))


def _paths(path: str) -> dict[str, None]:
    path = path or "/"
    bare = path.rstrip("/") or "/"
    return dict.fromkeys((path, bare, path.lower(), bare.lower(), "/"))


def _encode(text: str) -> str:
    return text if _UNRESERVED.fullmatch(text) else quote(text, safe="-_.~")
