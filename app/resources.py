"""Folders that travel with the package: schemas, migrations, the demo's data."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def xsd_folder() -> Path:
    """Return the folder of the feed schemas."""
    return _folder("xsd")


def migrations_folder() -> Path:
    """Return the folder of the database migrations."""
    return _folder("migrations")


def demo_folder() -> Path:
    """Return the folder of the demo's orders and feeds."""
    return _PACKAGE / "demo_data"


def _folder(name: str) -> Path:
    """Find a folder inside an installed wheel, else beside the package."""
    bundled = _PACKAGE / "_bundled" / name
    return bundled if bundled.is_dir() else _PACKAGE.parent / name
