"""A service for a command: settings, database and parts, opened and closed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from app import logs, tracing
from app.cli.failures import Failure
from app.settings import Settings

if TYPE_CHECKING:
    from app.main import Service


def clock() -> datetime:
    """Return the time now, aware UTC."""
    return datetime.now(UTC)


def ids() -> str:
    """Return a new id."""
    return str(uuid4())


def read_settings(**given: Any) -> Settings:
    """Read the settings; what was given on the command line wins over FEEDGATE_*."""
    return Settings(
        **{name: value for name, value in given.items() if value is not None}
    )


@contextmanager
def open_service(settings: Settings, *, alone: bool = False) -> Iterator[Service]:
    """Build the service on a migrated database, and close it in the end.

    The embedded SQLite is migrated here; of other databases that is the operator's
    decision, so a pending migration raises Failure. `alone` as in `main.build`.
    """
    # Here, and not above: commands that need no service start in half the time.
    from app.main import build, calm_collector

    logs.set_up(settings.log_level, settings.log_format)
    make_ready(settings)
    try:
        if settings.traces:
            tracing.start()
        service = build(settings, clock, ids, alone=alone)
        calm_collector()
    except ValueError as error:
        raise Failure(f"The service cannot start: {error}.") from error
    try:
        yield service
    finally:
        service.close()


def make_ready(settings: Settings) -> None:
    """Migrate the embedded database; refuse another one that is not migrated."""
    from app.store.backends import is_migrated, migrate

    try:
        if is_migrated(settings.database):
            return
        if settings.database.startswith("sqlite"):
            migrate(settings.database)
        else:
            raise Failure(
                "The database is not at the newest revision: run `feedgate migrate`."
            )
    except ValueError as error:
        raise Failure(f"FEEDGATE_DATABASE_URL cannot be used: {error}.") from error
