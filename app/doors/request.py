"""A request as it came over HTTP: its head, and its body piece by piece."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Self

import anyio.from_thread

from app.doors.wire import CUT_OFF
from app.errors import ErrorCode, ServiceError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

PIECE_BYTES = 1_048_576
"""How much of a body is handed on at a time: each piece costs a change of threads."""


@dataclass(frozen=True, slots=True)
class Request:
    """The head of a request; `path` is as sent, header names are in lower case.

    `header_bytes` is the length of all headers as they came.
    """

    method: str
    path: str
    query: bytes
    headers: Mapping[str, str]
    header_bytes: int = 0

    @classmethod
    def of(cls, scope: Scope) -> Self:
        """Take it from an ASGI scope."""
        return cls(
            scope["method"],
            scope["raw_path"].decode("latin-1"),
            scope["query_string"],
            {
                name.decode("latin-1"): value.decode("latin-1")
                for name, value in scope["headers"]
            },
            sum(len(name) + len(value) + 4 for name, value in scope["headers"]),
        )

    @property
    def line_length(self) -> int:
        """The length of the request line in bytes."""
        mark = 1 if self.query else 0
        target = len(self.path) + mark + len(self.query)
        return len(f"{self.method}  HTTP/1.1") + target

    @property
    def is_ping(self) -> bool:
        """Whether it asks for nothing but a sign of life (mws-wire 1.1)."""
        return self.method == "GET" and self.path in ("", "/") and not self.query


class Body:
    """The body of a request.

    It is read where the event loop is; iterating over it is for plain functions in
    worker threads. Reading raises ServiceError (InputStreamDisconnected) if the body
    ends early, or stays silent for longer than `idle_seconds`.
    """

    def __init__(self, scope: Scope, receive: Receive, idle_seconds: float) -> None:
        """Read from an ASGI connection."""
        self._scope = scope
        self._receive = receive
        self._idle_seconds = idle_seconds
        self._ended = False
        self._ahead = b""

    async def read_ahead(self) -> None:
        """Read the first piece before it is asked for.

        A short body is whole then, and takes no change of threads to be iterated over.
        """
        self._ahead = await self.read()

    async def read(self) -> bytes:
        """Return the next piece, about PIECE_BYTES long; empty at the end."""
        piece = bytearray()
        while not self._ended and len(piece) < PIECE_BYTES:
            piece += await self._next()
        return bytes(piece)

    async def read_form(self, most: int) -> bytes:
        """Return the whole body of a call without a feed; refuse it over `most`."""
        form = bytearray()
        while not self._ended:
            form += await self._next()
            if len(form) > most:
                raise ServiceError(
                    ErrorCode.INVALID_PARAMETER,
                    f"The form is longer than {most} bytes; ask for less at a time.",
                )
        return bytes(form)

    def __iter__(self) -> Iterator[bytes]:
        if self._ahead:
            yield self._ahead
            self._ahead = b""
        while not self._ended and (piece := anyio.from_thread.run(self.read)):
            yield piece

    async def _next(self) -> bytes:
        try:
            async with asyncio.timeout(self._idle_seconds):
                message = await self._receive()
        except TimeoutError as error:
            raise _disconnected(
                f"No byte of the body came for {self._idle_seconds:g} seconds"
            ) from error
        self._ended = not message.get("more_body", False)
        cut_off = CUT_OFF in self._scope and not self._ended
        if cut_off or message["type"] == "http.disconnect":
            raise _disconnected("The body ended before its announced length")
        body: bytes = message.get("body", b"")
        return body


def _disconnected(what: str) -> ServiceError:
    return ServiceError(
        ErrorCode.INPUT_STREAM_DISCONNECTED,
        f"{what}; nothing was kept, send the request again.",
    )
