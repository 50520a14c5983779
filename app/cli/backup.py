"""backup and restore: everything, as of one moment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.failures import Failure
from app.cli.output import Format, FormatOption, print_json
from app.cli.service import clock, open_service, read_settings

Folder = Annotated[Path, typer.Argument(help="Folder of the backup.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog="Example: feedgate backup /backups/2026-11-24")(backup)
    app.command(
        epilog="Example: FEEDGATE_HOME=/srv/feedgate feedgate restore "
        "/backups/2026-11-24"
    )(restore)


def backup(folder: Folder, output: FormatOption = Format.TABLE) -> None:
    """Write tables and documents into a new folder; the service may go on meanwhile.

    The keys that seal secrets are not in it: keep FEEDGATE_SECRET_KEY, or secret.key
    of the data folder, apart. Without them the secrets of accounts cannot be read.
    """
    from app.intake.backup import BackupError, back_up

    with open_service(read_settings()) as service:
        try:
            made = back_up(service.database, service.documents, folder, clock())
        except BackupError as error:
            raise Failure(f"No backup was made: {error}.") from error
    if output is Format.JSON:
        print_json({"rows": made.rows, "documents": made.documents, "gone": made.gone})
        return
    typer.echo(
        f"{folder} holds {made.rows} rows and {made.documents} documents "
        f"({made.document_bytes} bytes)."
    )


def restore(folder: Folder) -> None:
    """Put a backup into an empty database and document store.

    The database may be of the other kind: so one moves from SQLite to PostgreSQL.
    """
    from app.intake.backup import BackupError
    from app.intake.backup import restore as put_back
    from app.main import documents_of
    from app.store.backends import open_database

    settings = read_settings()
    try:
        made = put_back(
            settings.database,
            open_database,
            lambda ids: documents_of(settings, ids),
            folder,
        )
    except BackupError as error:
        raise Failure(f"Nothing was restored: {error}.") from error
    except ValueError as error:
        raise Failure(f"FEEDGATE_DATABASE_URL cannot be used: {error}.") from error
    typer.echo(
        f"{made.rows} rows and {made.documents} documents are restored. Run "
        "`feedgate doctor` before the service is started."
    )
