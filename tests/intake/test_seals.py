"""Seals: secrets at rest, their keys, and the change of keys."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from app.intake.seals import KEY_FILE, SealBroken, Seals, open_seals

OLD = Fernet.generate_key().decode()
NEW = Fernet.generate_key().decode()


@given(st.text(st.characters(codec="utf-8")))
def test_what_is_sealed_can_be_opened_and_not_read(text: str) -> None:
    """A copy of the database gives no secret away."""
    sealed = Seals([OLD]).seal(text)

    assert Seals([OLD]).open(sealed) == text
    assert len(text) < 4 or text not in sealed


def test_keys_are_changed_by_putting_a_new_one_in_front() -> None:
    """The first key seals, all open: rotation without a gap (design D7)."""
    before = Seals([OLD]).seal("secret")

    both = open_seals(f" {NEW} , {OLD},", Path("unused"))

    assert both.open(before) == "secret"
    assert Seals([NEW]).open(both.seal("secret")) == "secret"
    with pytest.raises(SealBroken):
        Seals([NEW]).open(before)


@pytest.mark.parametrize("text", ["", "x", "gAAAAAB" + "A" * 80, "é"])
def test_what_was_never_sealed_is_not_opened(text: str) -> None:
    """Tokens come from outside: anything may stand in them."""
    with pytest.raises(SealBroken):
        Seals([OLD]).open(text)


def test_a_key_of_the_wrong_form_is_refused_with_its_form() -> None:
    """A typing error in the setting must not look like lost secrets."""
    with pytest.raises(ValueError, match="44 characters"):
        open_seals("not-a-key", Path("unused"))


def test_the_data_folder_gets_one_key_of_its_own(tmp_path: Path) -> None:
    """The embedded default works without a setting, and its key is the owner's only."""
    home = tmp_path / "new" / "home"

    sealed = open_seals("", home).seal("secret")

    assert open_seals("", home).open(sealed) == "secret"
    assert stat.S_IMODE((home / KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in home.iterdir()] == [KEY_FILE]


def test_processes_that_start_at_once_agree_on_the_key(tmp_path: Path) -> None:
    """The file appears whole, and the first one stays."""
    with ThreadPoolExecutor(8) as pool:
        seals = list(pool.map(lambda _: open_seals("", tmp_path), range(8)))

    opened = {each.open(seals[0].seal("secret")) for each in seals}

    assert opened == {"secret"}
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]
