"""Seals: what only this service can read again, such as secrets and tokens."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

KEY_FILE = "secret.key"


class SealBroken(Exception):
    """A text was not sealed with a key in force."""


class Seals:
    """Seals texts with the first of its keys, opens them with any (design D7)."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Take Fernet keys; raises ValueError if there is none, or one is no key."""
        if not keys:
            raise ValueError("there is no key to seal with")
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise ValueError(
                "a seal key is 32 bytes in URL-safe base64, 44 characters"
            ) from error

    def seal(self, text: str) -> str:
        """Return a text that only these keys open, in URL-safe base64."""
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def reseal(self, sealed: str) -> str:
        """Return what was sealed, sealed with the first key; raises SealBroken."""
        return self.seal(self.open(sealed))

    def open(self, sealed: str) -> str:
        """Return what was sealed; raises SealBroken."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise SealBroken("sealed with another key, or damaged") from error


def open_seals(secret_key: str, home: Path) -> Seals:
    """Make the seals of a process from its setting, or from its data folder.

    `secret_key` holds keys separated by commas; if it is empty, the key is read from
    `home`/secret.key, which is made (mode 0600) if it is not there.
    """
    keys = [key.strip() for key in secret_key.split(",") if key.strip()]
    return Seals(keys or [_key_of(home)])


def _key_of(home: Path) -> str:
    path = home / KEY_FILE
    home.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _make_key(path)
    return path.read_text("ascii").strip()


def _make_key(path: Path) -> None:
    """Make the key whole or not at all; of processes that start at once, one wins."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(Fernet.generate_key() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(temporary)
