"""The schemas and migrations are found beside the package, or inside a wheel."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import resources
from app.engine.schemas import schema_file
from app.model.feed import Rules


@pytest.mark.parametrize("rules", Rules)
def test_a_checkout_has_the_schemas_beside_the_package(rules: Rules) -> None:
    """House style wants xsd/<Name>.xsd; what is strict lies in a folder of its own."""
    folder = resources.xsd_folder()

    assert schema_file(rules).is_file()
    assert (folder / "OrderAcknowledgement.xsd").is_file()
    assert folder.parent == Path(resources.__file__).parents[1]


def test_an_installed_wheel_has_them_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wheel is built so that it works from any directory (pyproject.toml)."""
    package = tmp_path / "app"
    for name in ("xsd", "migrations"):
        (package / "_bundled" / name).mkdir(parents=True)
    monkeypatch.setattr(resources, "_PACKAGE", package)

    assert resources.xsd_folder() == package / "_bundled" / "xsd"
    assert resources.migrations_folder() == package / "_bundled" / "migrations"
