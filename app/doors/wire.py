"""HTTP/1.1 as uvicorn speaks it, with what old clients and cut connections need."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from app.doors.answers import head, refusal
from app.doors.sections import front_door
from app.errors import ErrorCode, ServiceError

CUT_OFF = "feedgate.cut_off"
"""Key in an ASGI scope: the client ended its side before the whole body was there."""

_NOT_HTTP = ServiceError(
    ErrorCode.INVALID_REQUEST, "The request is not HTTP/1.1, or its head is too long."
)

# A connection that is closed with bytes unread is reset, and the answer may be lost.
_LINGER_SECONDS = 2


def http_protocol(
    clock: Callable[[], datetime], ids: Callable[[], str]
) -> type[H11Protocol]:
    """Return the protocol class for uvicorn's `http` setting.

    h11 writes header names as they are given (old clients look them up with their
    case, mws-wire 11) and bounds the head of a request; httptools does neither.
    """

    class Wire(H11Protocol):
        refused = False

        def data_received(self, data: bytes) -> None:
            if not self.refused:
                super().data_received(data)

        def eof_received(self) -> bool:  # type: ignore[override] # asyncio asks it
            # uvicorn hangs up when the client closes its side, so that a client that
            # still reads would never learn why its half-sent feed was refused.
            cycle = self.cycle
            if self._is_tls:
                return False  # asyncio's TLS has no half-closed connections
            if self.refused or cycle is None or cycle.response_complete:
                return False
            cycle.keep_alive = False
            if cycle.more_body:
                cycle.scope[CUT_OFF] = True  # type: ignore[literal-required] # ours
                cycle.message_event.set()
            return True

        def shutdown(self) -> None:
            super().shutdown()
            # A client that only keeps its connection never answers the end of TLS,
            # which would hold up the end of the server for half a minute.
            if self._is_tls and self.transport.is_closing():
                self.loop.call_later(_LINGER_SECONDS, self.transport.abort)

        @property
        def _is_tls(self) -> bool:
            return self.transport.get_extra_info("sslcontext") is not None

        def send_400_response(self, msg: str) -> None:
            """Refuse what is no HTTP request, or has too long a head."""
            self.refused = True
            if self.cycle is not None:
                self.cycle.disconnected = True
                self.cycle.message_event.set()
            if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
                self.transport.close()
                return
            self.transport.write(self._refusal())
            if self.transport.can_write_eof():
                self.transport.write_eof()
            self.loop.call_later(_LINGER_SECONDS, self.transport.close)

        def _refusal(self) -> bytes:
            request_id, producer = ids(), front_door(None)
            answer = refusal(_NOT_HTTP, producer, request_id)
            headers = head(answer, producer, request_id, clock())
            headers.append((b"Connection", b"close"))
            start = h11.Response(
                status_code=answer.status, headers=headers, reason=b"Bad Request"
            )
            pieces = (h11.Data(data=piece) for piece in answer.body)
            events = (start, *pieces, h11.EndOfMessage())
            return b"".join(self.conn.send(event) or b"" for event in events)

    return Wire
