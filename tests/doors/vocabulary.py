"""Every operation that is served and every parameter name that the doors know."""

from __future__ import annotations

import re
from pathlib import Path

from app.doors import call, mws
from app.doors.call import OPERATIONS, Operation

_SOURCES = Path(call.__file__).parent / "operations"
_NAME = re.compile(r'"((?:[A-Z][A-Za-z0-9]+)(?:\.[A-Za-z]+)*)"')

# mws imports the sections, and with them their operations.
assert mws.SECTION_MODULES


def operations() -> list[Operation]:
    """Return the operations, in a fixed order; new ones are there by themselves."""
    return sorted(OPERATIONS.values(), key=lambda each: each.address)


def parameter_names() -> list[str]:
    """Return every name in the operations' sources that may be a parameter's.

    Some are names of elements; those are unknown parameters, which are ignored.
    """
    texts = (path.read_text(encoding="utf-8") for path in _SOURCES.glob("*.py"))
    return sorted({name for text in texts for name in _NAME.findall(text)})
