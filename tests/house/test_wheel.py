"""The wheel is whole: it works from any folder, schemas and migrations inside."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _run(*command: str | Path, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of an empty venv, outside the checkout, with the built wheel."""
    folder = tmp_path_factory.mktemp("elsewhere")
    build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder / "dist")]
    subprocess.run([*build, str(ROOT)], check=True, capture_output=True)
    (wheel,) = (folder / "dist").glob("feedgate-*.whl")
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    pip = [str(folder / "venv/bin/pip"), "install", "--quiet"]
    constraints = ["--constraint", str(ROOT / "constraints.txt")]
    subprocess.run([*pip, *constraints, str(wheel)], check=True, capture_output=True)
    return folder / "venv/bin"


def test_the_installed_command_validates_with_its_own_schemas(
    installed: Path, tmp_path: Path
) -> None:
    """`pip install .` gives a working command; xsd/ travels inside the wheel."""
    feed = next((ROOT / "feeds").glob("OrderAcknowledgement/*/feed.xml"))

    shown = subprocess.run(
        [str(installed / "feedgate"), "validate", str(feed), "--format", "json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )

    assert json.loads(shown.stdout)[0]["well_formed"] in (True, False), shown.stderr


def test_the_installed_command_migrates_and_keeps_accounts(
    installed: Path, tmp_path: Path
) -> None:
    """migrations/ travel inside the wheel; the data folder is where one says."""
    home = str(tmp_path / "data")

    _run(installed / "feedgate", "migrate", cwd=tmp_path, FEEDGATE_HOME=home)
    created = json.loads(
        _run(
            *(installed / "feedgate", "accounts", "create", "Shop"),
            *("--format", "json"),
            cwd=tmp_path,
            FEEDGATE_HOME=home,
        )
    )
    listed = _run(
        *(installed / "feedgate", "accounts", "list", "--format", "json"),
        cwd=tmp_path,
        FEEDGATE_HOME=home,
    )

    assert created["seller_id"] in listed
    assert created["secret"] not in listed
