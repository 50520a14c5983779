"""One target under atheris: `python -m tests.fuzz.one TARGET CORPUS [-option=...]`."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["app"]):
    from tests.fuzz.targets import TARGETS

if __name__ == "__main__":
    atheris.Setup(sys.argv[1:], TARGETS[sys.argv[1]])
    atheris.Fuzz()
