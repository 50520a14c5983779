"""Forms: what was typed into them, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qsl

from fastapi import Request

from app.errors import ErrorCode, ServiceError

MOST_BYTES = 65_536
_MOST_FIELDS = 2_000


class Fields(dict[str, str]):
    """The fields of a form by name; of a name that comes twice, the last one."""

    def text(self, name: str) -> str:
        """Return a field without blanks around it; absent is empty."""
        return self.get(name).strip()

    def get(self, name: str, default: str = "") -> str:  # type: ignore[override]
        """Return a field; absent is empty."""
        return super().get(name, default)

    def without(self, names: Iterable[str]) -> Fields:
        """Return the fields but those."""
        left_out = set(names)
        return Fields({name: self[name] for name in self if name not in left_out})


async def read_fields(request: Request) -> Fields:
    """Read a form that was sent as a browser sends one without files.

    Raises ServiceError (InvalidParameterValue) for one that is too long.
    """
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            raise _too_long()
    try:
        pairs = parse_qsl(
            body.decode("ascii", "replace"),
            keep_blank_values=True,
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError as error:
        raise _too_long() from error
    # Characters that no document and no database takes.
    return Fields({name: value.replace("\x00", "") for name, value in pairs})


def _too_long() -> ServiceError:
    return ServiceError(
        ErrorCode.INVALID_PARAMETER,
        f"The form has more than {MOST_BYTES} bytes or {_MOST_FIELDS} fields.",
    )
