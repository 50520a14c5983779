"""A document store that fails: it is not there, answers errors, or cuts bodies."""

from __future__ import annotations

import os
import time
from pathlib import Path

from sqlalchemy import text

from tests.torture.processes import Workers
from tests.torture.world import World

_SECONDS = 0.3


def hits_documents(workers: Workers) -> None:
    """Hide the whole store, cut documents of feeds in hand, or let them not be read."""
    blow = workers.dice.choice((_hide, _cut, _cut, _loop))
    blow(workers.world)


def _hide(world: World) -> None:
    folder = _folder(world)
    away = folder.with_name("away")
    folder.rename(away)
    time.sleep(_SECONDS)
    away.rename(folder)


def _cut(world: World) -> None:
    """Cut documents in half, behind a line: a flat file then looks whole."""
    cut = []
    for path in _in_hand(world):
        content = path.read_bytes()
        half = content.find(b"\n", len(content) // 2) + 1
        os.truncate(path, half)
        cut.append((path, content))
    time.sleep(_SECONDS)
    for path, content in cut:
        with path.open("r+b") as file:
            file.write(content)


def _loop(world: World) -> None:
    """Every attempt to open one of the documents is an error (ELOOP)."""
    moved = []
    for path in _in_hand(world):
        aside = path.with_name(f"{path.name}.aside")
        path.rename(aside)
        path.symlink_to(path)
        moved.append((aside, path))
    time.sleep(_SECONDS)
    for aside, path in moved:
        aside.replace(path)


def _in_hand(world: World) -> list[Path]:
    query = text(
        "SELECT document_id FROM feed_submission WHERE status IN"
        " ('_SUBMITTED_', '_IN_PROGRESS_') ORDER BY feed_submission_id LIMIT 8"
    )
    with world.database.read() as connection:
        ids = list(connection.scalars(query))
    return [_folder(world) / each[:2] / each for each in ids]


def _folder(world: World) -> Path:
    return world.home / "documents"
