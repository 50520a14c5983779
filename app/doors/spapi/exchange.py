"""One request to the Selling Partner API, and what its answer says beside its body."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from app.doors.request import Scope

_KEY = "feedgate.exchange"


@dataclass(slots=True)
class Exchange:
    """A request and how far it came.

    `operation`, `client_id` and `seller_id` are for the log. `rate` is how many
    requests a second the operation grants, as text, once that is known. `error_type`
    is the exception-like name of a refusal.
    """

    request_id: str
    arrived: datetime
    operation: str = "-"
    client_id: str = "-"
    seller_id: str = "-"
    rate: str | None = None
    error_type: str | None = None
    reason: str = "ok"

    def headers(self, status: int) -> list[tuple[str, str]]:
        """Return the headers of an answer. Source: sp-api-wire 1.5.

        The rate is told on 20x, 400 and 404 only.
        """
        headers = [("x-amzn-RequestId", self.request_id)]
        if self.rate is not None and (status < 300 or status in (400, 404)):
            headers.append(("x-amzn-RateLimit-Limit", self.rate))
        if self.error_type is not None and status >= 400:
            headers.append(("x-amzn-ErrorType", self.error_type))
        return headers


def keep(scope: Scope, exchange: Exchange) -> None:
    """Lay an exchange into the scope of its request."""
    scope[_KEY] = exchange


def exchange_of(request: Request) -> Exchange:
    """Return the exchange of a request."""
    found = request.scope[_KEY]
    assert isinstance(found, Exchange)
    return found


ThisExchange = Annotated[Exchange, Depends(exchange_of)]
