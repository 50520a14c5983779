"""Words in other languages: gettext catalogues, read from their .po files."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations


def read_catalogues(folder: Path) -> dict[str, Translations]:
    """Read FOLDER/LOCALE/LC_MESSAGES/messages.po, by locale; the folders are the list.

    Nothing is compiled to files beforehand.
    """
    found = {}
    for path in sorted(folder.glob("*/LC_MESSAGES/messages.po")):
        code = path.parts[-3]
        compiled = BytesIO()
        with path.open("rb") as file:
            write_mo(compiled, read_po(file, locale=code))
        compiled.seek(0)
        found[code] = Translations(compiled)
    return found
