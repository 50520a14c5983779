"""The HTTP server around a service: one way to start it, for commands and for cases."""

from __future__ import annotations

import errno
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Thread
from types import FrameType
from typing import Any

import uvicorn

from app.cli.failures import Failure
from app.doors.wire import http_protocol
from app.settings import Settings

Clock = Callable[[], datetime]
Ids = Callable[[], str]

_STOP_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Tls:
    """The files to serve https with."""

    certificate: Path
    key: Path


def tls_of(settings: Settings) -> Tls | None:
    """Return the files of https, or None for http.

    Raises Failure if one is missing, or the two do not belong together.
    """
    certificate, key = settings.tls_certificate, settings.tls_key
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise Failure(
            "To serve https, give both: --tls-certificate and --tls-key "
            "(FEEDGATE_TLS_CERTIFICATE, FEEDGATE_TLS_KEY)."
        )
    for path in (certificate, key):
        if not path.is_file():
            raise Failure(f"{path} is no file: `feedgate certificate` makes them.")
    try:
        # An empty passphrase, or OpenSSL would ask the terminal for one.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key, password="")
    except ssl.SSLError as error:
        raise Failure(
            f"{certificate} and {key} cannot be used: they must be a certificate and "
            f"its unencrypted key, both PEM ({error.reason or error})."
        ) from error
    return Tls(certificate, key)


def listen(host: str, port: int, named: str = "--port or --host") -> socket.socket:
    """Bind an address; port 0 is any free one. Raises Failure if it cannot be had.

    `named` is how another one is chosen.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        in_use = error.errno == errno.EADDRINUSE
        reason = "it is in use already" if in_use else error.strerror or str(error)
        raise Failure(
            f"Cannot listen on port {port} of {host} ({reason}): choose another with "
            f"{named}."
        ) from error
    # Connections inherit it. asyncio would set it only on sockets made for TCP by name,
    # and without it every answer waits 40 ms for the client's delayed acknowledgement.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def url_of(listening: socket.socket, tls: Tls | None = None) -> str:
    """Return the base URL under which this machine reaches a bound socket."""
    scheme = "https" if tls else "http"
    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


class Server(uvicorn.Server):
    """A server that goes on for a while when it is told to end.

    Meanwhile `on_end` has told proxies, by way of /readyz, to send nothing new, and
    every answer asks for its connection to be closed: no request meets a closed door.
    Behind it `on_stop`, called within the event loop, ends what waits for news.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        drain_seconds: float,
        on_end: Callable[[], None],
        on_stop: Callable[[], None],
    ) -> None:
        """Take requests for `drain_seconds` more."""
        super().__init__(config)
        self._drain_seconds = drain_seconds
        self._on_end = on_end
        self._on_stop = on_stop
        self._ends_at: float | None = None

    def end(self) -> None:
        """Begin to end; a second call ends at once. Signal handlers call it."""
        if self._ends_at is not None or not self._drain_seconds:
            self.should_exit = True
        else:
            self._ends_at = time.monotonic() + self._drain_seconds
        self._on_end()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal; uvicorn would end at once."""
        self.end()

    async def on_tick(self, counter: int) -> bool:
        """Look, ten times a second, whether it is time."""
        if self._ends_at is not None and time.monotonic() >= self._ends_at:
            self.should_exit = True
        ends = await super().on_tick(counter)
        if self._ends_at is not None:
            self.server_state.default_headers = [(b"Connection", b"close")]
        return ends

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take nothing new, and finish what is in hand."""
        self._on_stop()
        await super().shutdown(sockets)


def server(
    app: Callable[..., Any],
    clock: Clock,
    ids: Ids,
    *,
    request_line_bytes: int,
    header_bytes: int = 32_768,
    log_level: str = "warning",
    tls: Tls | None = None,
    drain_seconds: float = 0,
    stop_seconds: int = _STOP_SECONDS,
    on_end: Callable[[], None] = lambda: None,
    on_stop: Callable[[], None] = lambda: None,
) -> Server:
    """Make the server of an application; the door writes Server and Date itself.

    Requests in hand are cut `stop_seconds` after it stopped taking new ones.
    """
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
        h11_max_incomplete_event_size=request_line_bytes + header_bytes,
        timeout_graceful_shutdown=stop_seconds,
        ssl_certfile=tls.certificate if tls else None,
        ssl_keyfile=tls.key if tls else None,
    )
    return Server(config, drain_seconds, on_end, on_stop)


@contextmanager
def served(
    server: uvicorn.Server, listening: socket.socket, tls: Tls | None = None
) -> Iterator[str]:
    """Run a server in a thread and give its base URL, until the block is left."""
    thread = Thread(target=server.run, args=([listening],), name="server")
    thread.start()
    try:
        yield url_of(listening, tls)
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
