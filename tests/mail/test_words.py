"""What mails say in each language."""

from __future__ import annotations

import json

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from app.intake.mail.warning import write_warning
from app.intake.mail.words import FOLDER, languages

_FIGURES = {
    "seller_id": "A1SELLER000001",
    "rate": "2.10",
    "cancelled": 21,
    "counted": 1000,
    "first": "2026-11-18",
    "last": "2026-11-24",
    "target": "2.5",
    "warn": "2.0",
}


def _marked() -> set[str]:
    keywords = {"_": None, "N_": None}
    method = [("**.py", "python")]
    found = extract_from_dir(FOLDER.parent, method, {}, keywords=keywords)
    return {entry[2] for entry in found if isinstance(entry[2], str)}


@pytest.mark.parametrize("language", languages()[1:])
def test_a_language_says_everything_with_the_same_values(language: str) -> None:
    """And nothing that is never said."""
    with (FOLDER / language / "LC_MESSAGES/messages.po").open("rb") as file:
        catalogue = read_po(file)

    said = {entry.id for entry in catalogue if entry.id and entry.string}
    assert said == _marked()
    for entry in catalogue:
        assert list(entry.check()) == [], entry.id


@pytest.mark.parametrize(
    ("language", "subject", "inside"),
    [
        ("en", "Cancel rate at 2.1 %, target under 2.5 %", "November 18, 2026"),
        ("de", "Stornoquote bei 2,1 %, Ziel unter 2,5 %", "18. November 2026"),
        ("fr", "Taux d'annulation à 2,1 %, objectif sous 2,5 %", "18 novembre 2026"),
        ("zh_Hans", "取消率为 2.1%", "2026年11月18日"),
    ],
)
def test_a_seller_is_warned_in_their_language(
    language: str, subject: str, inside: str
) -> None:
    """Figures and days in its style; one written before there were any is English."""
    letter = write_warning(json.dumps(_FIGURES | {"language": language}), "Mugs")

    assert letter.subject.startswith(subject)
    assert inside in letter.opening
    assert "Mugs" in letter.greeting
    assert "%(" not in str(letter)


def test_the_languages_of_contacts() -> None:
    """As the help of `accounts contact` names them."""
    assert languages() == ("en", "de", "fr", "zh_Hans")
    assert write_warning(json.dumps(_FIGURES), "Mugs").language == "en"
