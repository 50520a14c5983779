"""The floor of validating: xmllint of Debian's libxml2-utils, as a process."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

from app.engine.schemas import schema_file
from app.model.feed import Rules
from benchmarks.feeds import write_feed
from benchmarks.figures import Missing


class Spent(NamedTuple):
    """Seconds of the clock on the wall, and of the processor."""

    wall: float
    cpu: float


class Xmllint:
    """Validates files against the schema that the service uses."""

    def __init__(self, folder: Path) -> None:
        """Keep the empty run's feed in `folder`; raises Missing without xmllint."""
        program = shutil.which("xmllint")
        if program is None:
            raise Missing("xmllint is missing: apt install libxml2-utils")
        self._command = [program, "--noout", "--stream", "--schema"]
        self._command.append(str(schema_file(Rules.STANDARD)))
        self._empty = folder / "empty.xml"
        write_feed(self._empty, "cancel", 1, 1)

    def validate(self, document: Path) -> Spent:
        """Validate a valid file, less a run on a feed of one message.

        The short run pays for the start of the process and for compiling the schema.
        """
        empty, whole = self._run(self._empty), self._run(document)
        return Spent(whole.wall - empty.wall, whole.cpu - empty.cpu)

    def _run(self, document: Path) -> Spent:
        began = time.perf_counter()
        process = subprocess.Popen(
            [*self._command, str(document)], stderr=subprocess.DEVNULL
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"xmllint refused {document.name}")
        return Spent(wall, usage.ru_utime + usage.ru_stime)
