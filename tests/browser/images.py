"""Make the pictures of the documentation from the screenshots of a test run."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from tests.browser.pages import DOCUMENTED, SCREENSHOTS

IMAGES = Path(__file__).parents[2] / "docs" / "images"
MOST_BYTES = 80_000
_COLOURS = 64
_HEIGHT = 1000


def main() -> None:
    """Write docs/images anew: the top of each page, in few colours."""
    IMAGES.mkdir(exist_ok=True)
    for old in IMAGES.glob("*.png"):
        old.unlink()
    for name in DOCUMENTED:
        with Image.open(SCREENSHOTS / f"{name}.png") as shot:
            top = shot.convert("RGB").crop(
                (0, 0, shot.width, min(shot.height, _HEIGHT))
            )
        few = top.quantize(_COLOURS, dither=Image.Dither.NONE)
        few.save(IMAGES / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
