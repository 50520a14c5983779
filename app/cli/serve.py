"""serve, work, migrate and demo: what keeps running, and what it runs on."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.failures import Failure
from app.cli.server import Server, listen, served, server, tls_of, url_of
from app.cli.service import clock, ids, open_service, read_settings
from app.settings import Settings
from app.store.backends import migrate as migrate_database

if TYPE_CHECKING:
    from app.main import Service

_ENDING = (signal.SIGINT, signal.SIGTERM)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog="Example: feedgate serve --port 8000 --workers 2")(serve)
    app.command(epilog="Example: feedgate work --workers 4")(work)
    app.command(
        epilog="Example: FEEDGATE_DATABASE_URL=postgresql+psycopg://feedgate@db/feedgate"
        " feedgate migrate"
    )(migrate)


def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on (FEEDGATE_HOST).")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=0, max=65535, help="Port to listen on, 0 for any (FEEDGATE_PORT)."
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=64,
            help="Feeds worked on at a time, 0 for the API only (FEEDGATE_WORKERS).",
        ),
    ] = None,
    tls_certificate: Annotated[
        Path | None,
        typer.Option(
            help="Certificate to serve https with (FEEDGATE_TLS_CERTIFICATE)."
        ),
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option(help="Its private key (FEEDGATE_TLS_KEY).")
    ] = None,
    demo: Annotated[
        bool,
        typer.Option("--demo", help="Load the demo seller, and print how to call it."),
    ] = False,
) -> None:
    """Serve the MWS API, with a worker in the same process.

    Ctrl-C or SIGTERM ends it: answers are finished, and so is the batch of the feed in
    hand. FEEDGATE_DRAIN_SECONDS lets a proxy turn away first.
    """
    settings = read_settings(
        host=host,
        port=port,
        workers=workers,
        tls_certificate=tls_certificate,
        tls_key=tls_key,
    )
    tls = tls_of(settings)
    if demo and "quotas" not in settings.model_fields_set:
        # To be seen, in headers and in a client that runs wild, without being felt.
        settings = settings.model_copy(update={"quotas": "relaxed"})
    with (
        listen(settings.host, settings.port) as listening,
        open_service(settings, alone=True) as service,
    ):
        url = url_of(listening, tls)
        http = server(
            service.app,
            clock,
            ids,
            request_line_bytes=settings.max_request_line_bytes,
            header_bytes=settings.max_header_bytes,
            log_level="debug" if settings.log_level == "debug" else "warning",
            tls=tls,
            drain_seconds=settings.drain_seconds,
            stop_seconds=settings.stop_seconds,
            on_end=service.readiness.stop,
            on_stop=service.stopping.set,
        )
        with (
            _ended_by_signals(http),
            _monitored(service, settings),
            _working(service, settings.workers),
        ):
            if demo:
                _show_demo(service, settings, url)
            _print(f"Feedgate listens on {url} (Ctrl-C ends it).")
            http.run(sockets=[listening])
    _print("Feedgate has ended.")


def work(
    workers: Annotated[
        int | None,
        typer.Option(
            min=1, max=64, help="Feeds worked on at a time (FEEDGATE_WORKERS)."
        ),
    ] = None,
) -> None:
    """Work on queued feeds without serving the API.

    Ctrl-C ends it when the batch of the feed in hand is finished.
    """
    settings = read_settings(workers=workers)
    if not settings.workers:
        raise Failure("FEEDGATE_WORKERS is 0, so nobody would work: give --workers 1.")
    with open_service(settings) as service:
        # Before the threads start, which inherit it: the signal waits for sigwait.
        signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        with _monitored(service, settings), _working(service, settings.workers):
            _print("Feedgate works on queued feeds (Ctrl-C ends it).")
            signal.sigwait(_ENDING)
            service.readiness.stop()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
    _print("Feedgate has ended.")


def migrate() -> None:
    """Bring the database to the newest revision.

    The embedded SQLite is migrated by `serve` itself; PostgreSQL is so by this command.
    """
    settings = read_settings()
    try:
        migrate_database(settings.database)
    except ValueError as error:
        raise Failure(f"FEEDGATE_DATABASE_URL cannot be used: {error}.") from error
    _print("The database is at the newest revision.")


@contextmanager
def _ended_by_signals(http: Server) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end a server, also before it has handlers of its own.

    The handler only takes note: an exception, wherever the program is just then, could
    leave a lock held for good, such as that of the log. Both signals are set: in the
    background of a script, Python leaves SIGINT ignored.
    """

    def take_note(number: int, frame: object) -> None:
        http.end()

    before = {each: signal.signal(each, take_note) for each in _ENDING}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def _monitored(service: Service, settings: Settings) -> Iterator[None]:
    """Answer monitoring on its own port, if there is to be one, until the end."""
    if not settings.monitor_port:
        yield
        return
    http = server(
        service.monitoring,
        clock,
        ids,
        request_line_bytes=settings.max_request_line_bytes,
    )
    with (
        listen(
            settings.monitor_host,
            settings.monitor_port,
            "FEEDGATE_MONITOR_PORT or FEEDGATE_MONITOR_HOST",
        ) as listening,
        served(http, listening) as url,
    ):
        _print(f"Monitoring is on {url}.")
        yield


@contextmanager
def _working(service: Service, workers: int) -> Iterator[None]:
    if workers:
        service.worker.start()
    try:
        yield
    finally:
        if workers:
            service.worker.stop()


def _show_demo(service: Service, settings: Settings, url: str) -> None:
    """Load the demo and print how to call it, and a command to paste."""
    # Here, and not above: what only the demo needs stays out of other services.
    from app.demo import NotEmpty, load_demo

    try:
        demo = load_demo(
            service.database,
            service.accounts,
            service.desk_users,
            service.lwa,
            settings.home,
            base_url=url,
            source=f"import {ids()}",
            now=clock(),
        )
    except NotEmpty:
        raise Failure(
            "The demo needs a database without sellers: give another folder as "
            "FEEDGATE_HOME, or leave --demo out."
        ) from None
    home = "" if settings.home == Path("var") else f"FEEDGATE_HOME={settings.home} "
    _print(f"Demo seller with {len(demo.orders)} orders ({settings.home}/demo.json):")
    _print(f"  endpoint     {demo.base_url}")
    _print(f"  access key   {demo.access_key}")
    _print(f"  secret       {demo.secret}")
    _print(f"  seller id    {demo.seller_id}")
    _print(f"  auth token   {demo.auth_token}")
    _print(f"  desk         {demo.base_url}/desk")
    _print(f"  login        {demo.desk_login}  password {demo.desk_password}")
    _print("Selling Partner API (the same in demo/sp-api.env there, for a shell):")
    _print(f"  client id      {demo.client_id}")
    _print(f"  client secret  {demo.client_secret}")
    _print(f"  refresh token  {demo.refresh_token}")
    _print("Get an access token for it:")
    _print(
        f"  curl {demo.base_url}/auth/o2/token -d grant_type=refresh_token"
        f" -d client_id={demo.client_id} -d client_secret={demo.client_secret}"
        f" --data-urlencode 'refresh_token={demo.refresh_token}'"
    )
    _print("Submit a sample feed and follow it to its report, in another terminal:")
    _print(f"  {home}{_command()} submit {settings.home}/demo/cancel.xml --wait")


def _command() -> str:
    """Return how this very command is called from here."""
    installed = Path(sys.executable).with_name("feedgate")
    if installed.is_relative_to(Path.cwd()):
        return str(installed.relative_to(Path.cwd()))
    return "feedgate"


def _print(line: str) -> None:
    """Write a line at once: whoever started the process waits for it."""
    print(line, flush=True)  # noqa: T201
