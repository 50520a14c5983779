"""How long the head of a request may be; every door asks before it does anything."""

from __future__ import annotations

from app.doors.request import Request
from app.errors import ErrorCode, ServiceError
from app.settings import Settings


def check_head(request: Request, settings: Settings) -> None:
    """Raise ServiceError for a head that is longer than the settings allow.

    The server's own bound is looked at only where a head comes in parts.
    """
    most = settings.max_request_line_bytes
    if request.line_length > most:
        raise ServiceError(
            ErrorCode.INVALID_PARAMETER,
            f"The request line has {request.line_length} bytes, more than {most}; "
            "send the parameters as a form body.",
        )
    most = settings.max_header_bytes
    if request.header_bytes > most:
        raise ServiceError(
            ErrorCode.INVALID_REQUEST,
            f"The headers have {request.header_bytes} bytes, more than {most}; "
            "leave out those that no call needs.",
        )
