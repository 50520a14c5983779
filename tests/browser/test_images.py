"""The pictures of the documentation: those that are shown, and small."""

from __future__ import annotations

import re

from tests.browser.images import IMAGES, MOST_BYTES
from tests.browser.pages import DOCUMENTED


def test_the_pictures_are_those_that_the_documentation_shows() -> None:
    """Whoever documents a page runs `make screenshots` and shows what it made."""
    pages = [page.read_text(encoding="utf-8") for page in IMAGES.parent.glob("*.md")]
    shown = {name for page in pages for name in re.findall(r"images/(.+?)\.png", page)}
    made = {path.stem for path in IMAGES.glob("*.png")}

    assert shown == made == set(DOCUMENTED)


def test_the_pictures_are_small() -> None:
    """They are part of every clone."""
    large = [p.name for p in IMAGES.glob("*.png") if p.stat().st_size > MOST_BYTES]

    assert large == []
