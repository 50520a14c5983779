"""Lists in pages: cut to size, with a NextToken that holds where and how to go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from pydantic import TypeAdapter

from app.intake.accounts import Caller
from app.intake.tokens import NextTokens

Query = TypeVar("Query")
Entry = TypeVar("Entry")


class Place(NamedTuple):
    """Where a list goes on: behind the entry of the id `before`, newest first."""

    before: int
    limit: int


class Pager(Generic[Query]):
    """Makes and reads the NextTokens of one list.

    `query_type` is a dataclass of plain values, times and enums: a token holds it as
    JSON, with the size of the pages.
    """

    def __init__(
        self, operation: str, tokens: NextTokens, query_type: type[Query]
    ) -> None:
        """Page the list that `operation` begins."""
        self._operation = operation
        self._tokens = tokens
        self._queries = TypeAdapter(query_type)

    def open(self, caller: Caller, next_token: str) -> tuple[Query, Place]:
        """Return what a token holds; raises ServiceError for a wrong one."""
        content = self._tokens.open(self._operation, caller, next_token)
        query = self._queries.validate_python(content["query"])
        return query, Place(content["before"], content["limit"])

    def cut(
        self,
        caller: Caller,
        query: Query,
        limit: int,
        found: Sequence[Entry],
        id_of: Callable[[Entry], int],
    ) -> tuple[tuple[Entry, ...], str | None]:
        """Return the first `limit` entries, and the token that goes on behind them.

        `found` must reach beyond the page, by one entry, if there is more.
        """
        shown = tuple(found[:limit])
        if len(found) <= limit:
            return shown, None
        content = {
            "query": self._queries.dump_python(query, mode="json"),
            "limit": limit,
            "before": id_of(shown[-1]),
        }
        return shown, self._tokens.seal(self._operation, caller, content)
