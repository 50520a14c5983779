"""The HTTP server around a service: one way to start it, for commands and for cases."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Thread
from typing import Any

import uvicorn

from app.cli.failures import Failure
from app.doors.wire import http_protocol

Clock = Callable[[], datetime]
Ids = Callable[[], str]

# Room for headers beside the longest request line that is served.
_HEADER_BYTES = 32_768
_GRACEFUL_SECONDS = 30


def listen(host: str, port: int) -> socket.socket:
    """Bind an address; port 0 is any free one. Raises Failure if it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        in_use = error.errno == errno.EADDRINUSE
        reason = "it is in use already" if in_use else error.strerror or str(error)
        raise Failure(
            f"Cannot listen on port {port} of {host} ({reason}): choose another with "
            "--port or --host."
        ) from error
    # Connections inherit it. asyncio would set it only on sockets made for TCP by name,
    # and without it every answer waits 40 ms for the client's delayed acknowledgement.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def url_of(listening: socket.socket) -> str:
    """Return the base URL under which this machine reaches a bound socket."""
    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def server(
    app: Callable[..., Any],
    clock: Clock,
    ids: Ids,
    *,
    request_line_bytes: int,
    log_level: str = "warning",
) -> uvicorn.Server:
    """Make the server of an application; the door writes Server and Date itself."""
    config = uvicorn.Config(
        app,
        http=http_protocol(clock, ids),
        ws="none",
        lifespan="off",
        log_config=None,
        log_level=log_level,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=request_line_bytes + _HEADER_BYTES,
        timeout_graceful_shutdown=_GRACEFUL_SECONDS,
    )
    return uvicorn.Server(config)


@contextmanager
def served(server: uvicorn.Server, listening: socket.socket) -> Iterator[str]:
    """Run a server in a thread and give its base URL, until the block is left."""
    thread = Thread(target=server.run, args=([listening],), name="server")
    thread.start()
    try:
        yield url_of(listening)
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
