"""What the figures were measured on, without names of hosts or folders."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sqlite3
import subprocess
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from lxml import etree

_PACKAGES = ("fastapi", "lxml", "moto", "psycopg", "sqlalchemy", "uvicorn")
_FSYNCS = 50


def facts(folder: Path) -> dict[str, str | int | float]:
    """Return the facts; `folder` is on the disk whose fsync is timed."""
    return {
        "cores": os.cpu_count() or 1,
        "processor": _first(r"^model name\s*:\s*(.+)$", "/proc/cpuinfo"),
        "memory_gb": round(_memory() / 1e9, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "libxml2": ".".join(map(str, etree.LIBXML_VERSION)),
        "sqlite": sqlite3.sqlite_version,
        "postgresql": _said("postgres", "--version"),
        "xmllint": _said("xmllint", "--version"),
        **{name: _version(name) for name in _PACKAGES},
        "fsync_ms": round(_fsync(folder) * 1000, 2),
        "load": round(os.getloadavg()[0], 1),
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def _first(pattern: str, path: str) -> str:
    try:
        found = re.search(pattern, Path(path).read_text(), re.MULTILINE)
    except OSError:
        return "unknown"
    return found[1] if found else "unknown"


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _said(program: str, *arguments: str) -> str:
    """Return the version number that a program prints, or "missing"."""
    path = shutil.which(program) or next(
        iter(sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))), None
    )
    if path is None:
        return "missing"
    done = subprocess.run([path, *arguments], capture_output=True, text=True)
    found = re.search(r"\d{5}|\d+\.\d+", done.stdout + done.stderr)
    return found[0] if found else "unknown"


def _fsync(folder: Path) -> float:
    """Return the seconds that writing 4 KiB and waiting for the disk take."""
    path = folder / "fsync"
    with path.open("wb") as file:
        began = time.perf_counter()
        for _ in range(_FSYNCS):
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
        seconds = time.perf_counter() - began
    path.unlink()
    return seconds / _FSYNCS
