"""Help: every command explains itself, with an example."""

from __future__ import annotations

import pytest
from typer.main import get_command

from app.cli.app import MODULES, command_line
from tests.cli.conftest import Command


def _commands() -> list[tuple[str, ...]]:
    top = get_command(command_line())
    paths: list[tuple[str, ...]] = []
    for name, command in top.commands.items():  # type: ignore[attr-defined] # a group
        inner = getattr(command, "commands", None)
        paths += [(name, each) for each in inner] if inner else [(name,)]
    return paths


def test_each_command_has_its_module() -> None:
    """Only that module is loaded when the command is called."""
    assert {path[0] for path in _commands()} == set(MODULES)


@pytest.mark.parametrize("path", _commands(), ids=" ".join)
def test_each_command_has_help_with_an_example(
    path: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """An integrator reads the example first."""
    from app.cli.app import run

    code = run([*path, "--help"])

    shown = " ".join(capsys.readouterr().out.split())
    assert code == 0
    assert f"Usage: feedgate {' '.join(path)}" in shown
    assert "Example: " in shown
    assert f"feedgate {' '.join(path)}" in shown.partition("Example: ")[2]


def test_no_arguments_show_the_commands(feedgate: Command) -> None:
    """Whoever types the name alone wants to know what there is."""
    done = feedgate()

    assert done.code == 0
    assert all(name in done.out for name in MODULES)
