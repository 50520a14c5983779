"""Query strings and form bodies, read as their signer wrote them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Self
from urllib.parse import unquote_to_bytes

from app.errors import ErrorCode, ServiceError

Pair = tuple[str, str]

_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Query:
    """The parameters of one call, each name once.

    `pairs` are decoded; `raw` are the same pairs as they were received, since some
    clients sign what they send and others sign its canonical form (mws-wire 2.4).
    """

    pairs: tuple[Pair, ...]
    raw: tuple[tuple[bytes, bytes], ...]

    @classmethod
    def read(cls, *texts: bytes) -> Self:
        """Read query strings or form bodies: `+` is a space, empty pairs are skipped.

        Raises ServiceError (InvalidParameterValue) for a name that stands twice, and
        for what cannot be decoded.
        """
        raw = tuple(pair for text in texts for pair in _split(text))
        pairs = []
        names = set()
        for raw_name, raw_value in raw:
            name = _decode(raw_name)
            if name in names:
                raise _bad(f"Parameter {shown(name)} stands twice; send it once.")
            names.add(name)
            if b"=" in raw_value:
                # The live service refused these too (mws-wire 2.7).
                raise _bad(
                    f'The value of {shown(name)} has a bare "="; write it as %3D.'
                )
            pairs.append((name, _decode(raw_value, name)))
        return cls(tuple(pairs), raw)


def has_parameter(text: bytes, name: bytes) -> bool:
    """Whether a query string or form body names the parameter, unescaped."""
    # Without taking the text apart, which is done once it is known to be a call.
    return name in text and _naming(name).search(text) is not None


@cache
def _naming(name: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"(?:\A|&)%b(?:[=&]|\Z)" % re.escape(name))


def shown(value: str) -> str:
    """Cut a value short enough to stand in a sentence."""
    return value if len(value) <= _SHOWN else f"{value[:_SHOWN]}..."


def _split(text: bytes) -> Iterator[tuple[bytes, bytes]]:
    for pair in text.split(b"&"):
        if pair:
            name, _, value = pair.partition(b"=")
            yield name, value


def _decode(raw: bytes, of: str | None = None) -> str:
    """Read a name, or the value `of` a name."""
    plain = raw.replace(b"+", b" ")
    if b"%" in plain:
        if _BAD_ESCAPE.search(plain):
            raise _bad(
                f'{_what(of)} has a "%" without two hexadecimal digits; write it as '
                "%25."
            )
        plain = unquote_to_bytes(plain)
    try:
        text = plain.decode()
    except UnicodeDecodeError as error:
        raise _bad(
            f"{_what(of)} is not UTF-8 (byte {error.start + 1}); encode it as UTF-8 "
            "first."
        ) from error
    if "\0" in text:
        raise _bad(f"{_what(of)} has a NUL character; leave it out.")
    return text


def _what(of: str | None) -> str:
    return "A parameter name" if of is None else f"The value of {shown(of)}"


def _bad(message: str) -> ServiceError:
    return ServiceError(ErrorCode.INVALID_PARAMETER, message)
