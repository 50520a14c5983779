"""NextTokens: where a list goes on, sealed, and bound to whom it was shown to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from app.errors import ErrorCode, ServiceError
from app.intake.accounts import Caller
from app.intake.seals import SealBroken, Seals

_JSON = json.JSONEncoder(separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class NextTokens:
    """Seals what a list needs to go on, and opens it for the same caller only.

    Only this service can make a token, so one that opens needs no further check.
    Source: mws-wire 8.6; design D7.
    """

    seals: Seals

    def seal(self, operation: str, caller: Caller, content: dict[str, Any]) -> str:
        """Return the token with which the operation goes on."""
        made_for = {
            "access_key_id": caller.access_key_id,
            "seller_id": caller.seller_id,
            "authorised_by": caller.authorised_by,
        }
        return self.seals.seal(_JSON.encode([operation, made_for, content]))

    def open(self, operation: str, caller: Caller, token: str) -> dict[str, Any]:
        """Return what was sealed for that operation and caller.

        Raises ServiceError (NextTokenCorrupted) for any other token.
        """
        opened = self._read(token)
        if opened is None:
            raise _corrupted("cannot be read: send it as it was given, percent-encoded")
        made_by, made_for, content = opened
        if made_by != operation:
            raise _corrupted(f"was made by {made_by}, not by {operation}")
        if (made_for.access_key_id, made_for.seller_id) != (
            caller.access_key_id,
            caller.seller_id,
        ):
            raise _corrupted("was made for another access key or seller")
        return content

    def caller_of(self, token: str) -> Caller | None:
        """Return for whom a token was made, or None if it cannot be read."""
        opened = self._read(token)
        return None if opened is None else opened[1]

    def _read(self, token: str) -> tuple[str, Caller, dict[str, Any]] | None:
        try:
            operation, caller, content = json.loads(self.seals.open(token))
        except SealBroken:
            return None
        return operation, Caller(**caller), content


def _corrupted(why: str) -> ServiceError:
    return ServiceError(
        ErrorCode.NEXT_TOKEN_CORRUPTED,
        f"The NextToken {why}; start again with the first call.",
    )
