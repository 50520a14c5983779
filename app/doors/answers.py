"""XML answers, spelt as MWS's clients read them."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from app.doors.moments import http_date
from app.doors.sections import Producer
from app.errors import ErrorCode, ServiceError
from app.intake.quotas import Standing

# Clients of the day bind to `text/xml`, some to the exact value (mws-wire 11, 8-10).
XML = "text/xml"
DECLARATION = '<?xml version="1.0"?>\n'

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PLAIN = re.compile("[\t\n -%'-;=?-~]*")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: the body in pieces of known total length, and its headers.

    `headers` are those beyond the ones every answer has.
    """

    body: Iterator[bytes] | Sequence[bytes]
    length: int
    status: int = 200
    content_type: str = XML
    headers: tuple[tuple[str, str], ...] = ()


def xml_answer(
    document: str, status: int = 200, headers: tuple[tuple[str, str], ...] = ()
) -> Answer:
    """Make an answer of one document, its declaration put in front."""
    body = (DECLARATION + document).encode("ascii")
    return Answer((body,), len(body), status, XML, headers)


def element(name: str, *content: str) -> str:
    """Write an element around what is already written."""
    return f"<{name}>{''.join(content)}</{name}>"


def leaf(name: str, value: object) -> str:
    """Write an element with a text; nothing at all for None.

    Empty optionals are left out: they break clients that read them as a date
    (mws-wire 4.1).
    """
    return "" if value is None else f"<{name}>{escape(str(value))}</{name}>"


def escape(text: str) -> str:
    """Write a text in ASCII: some clients decode answers as ISO-8859-1 (mws-wire 6).

    Characters that XML 1.0 does not know become U+FFFD.
    """
    if _PLAIN.fullmatch(text):
        return text
    legal = _ILLEGAL.sub("\ufffd", text).translate(_ENTITIES)
    return legal.encode("ascii", "xmlcharrefreplace").decode("ascii")


def result(
    operation: str,
    producer: Producer,
    request_id: str,
    *content: str,
    headers: tuple[tuple[str, str], ...] = (),
) -> Answer:
    """Wrap the result of an operation as every section does."""
    return xml_answer(
        f'<{operation}Response xmlns="{producer.namespace}">'
        + element(f"{operation}Result", *content)
        + element("ResponseMetadata", leaf("RequestId", request_id))
        + f"</{operation}Response>",
        headers=headers,
    )


def ping(now: datetime) -> Answer:
    """Answer `GET /`: what time it is here. Source: mws-wire 1.1."""
    return xml_answer(
        f'<PingResponse><Timestamp timestamp="{milliseconds(now)}"/></PingResponse>'
    )


def moved(address: str) -> Answer:
    """Send a browser on to a page."""
    return Answer(
        (b"",), 0, 302, "text/html", (("Location", address), ("Vary", "Accept"))
    )


def refusal(
    error: ServiceError, producer: Producer, request_id: str, explanation: str = ""
) -> Answer:
    """Write an ErrorResponse as its producer spelt it. Source: mws-wire 2.6.

    An explanation follows the message in a paragraph of its own.
    """
    spelling = error.code.value
    message = f"{error.message}\n\n{explanation}" if explanation else error.message
    return xml_answer(
        f'<ErrorResponse xmlns="{producer.namespace}">'
        + element(
            "Error",
            leaf("Type", spelling.fault),
            leaf("Code", spelling.mws),
            leaf("Message", message),
            "<Detail/>" if producer.detail else "",
        )
        + leaf(producer.request_id, request_id)
        + "</ErrorResponse>",
        status=spelling.status,
    )


def failure(producer: Producer, request_id: str) -> Answer:
    """Answer for a fault of ours; what it was stands in the log only."""
    message = f"The service failed; its log tells more under request {request_id}."
    return refusal(ServiceError(ErrorCode.INTERNAL, message), producer, request_id)


def head(
    answer: Answer, producer: Producer, request_id: str, now: datetime
) -> list[tuple[bytes, bytes]]:
    """Write the headers, with the exact names that old clients look for.

    Source: mws-wire 1.4 (PHP clients look names up with their case, CS2 needs
    x-mws-response-context on every success).
    """
    contexts = ["request"]
    headers = [
        ("Server", "Server"),
        ("Date", http_date(now)),
        ("Content-Type", answer.content_type),
        ("Content-Length", str(answer.length)),
        ("x-mws-request-id", request_id),
        ("x-mws-timestamp", milliseconds(now)),
    ]
    if producer.is_feed_back_end:
        headers.append(("x-amz-request-id", request_id))
        contexts.append("feed")
    context = ", ".join(_blob(part, request_id) for part in contexts)
    headers.append(("x-mws-response-context", context))
    headers += answer.headers
    return [(name.encode("ascii"), value.encode("ascii")) for name, value in headers]


def quota_headers(standing: Standing | None) -> list[tuple[bytes, bytes]]:
    """Tell a caller's hourly quota: numbers as floats, as recorded (mws-wire 7.2)."""
    if standing is None:
        return []
    return [
        (b"x-mws-quota-max", b"%.1f" % standing.most),
        (b"x-mws-quota-remaining", b"%.1f" % standing.remaining),
        (b"x-mws-quota-resetsOn", milliseconds(standing.resets_at).encode()),
    ]


def milliseconds(moment: datetime) -> str:
    """Write a time as x-mws-timestamp has it: UTC with milliseconds."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _blob(part: str, request_id: str) -> str:
    # Opaque on MWS: clients split it at commas and pass it on to support.
    digest = hashlib.sha512(f"{part} {request_id}".encode()).digest()
    return base64.b64encode(digest).decode("ascii")
