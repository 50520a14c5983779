"""A seller's financial events and their groups, page by page.

Doors check what a request may ask for; the rules of time are here, for all of them.
Source: mws-wire 9.1, sp-api-wire 6.1; choices: decision 0012.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from app.errors import ErrorCode, ServiceError
from app.intake.accounts import Caller
from app.intake.outages import outages_refused
from app.intake.tokens import NextTokens
from app.model.finances import (
    FinancialEvent,
    FinancialEventGroup,
    period_of,
    read_group_id,
)
from app.model.times import from_iso, to_iso
from app.store import balances, postings
from app.store.backends import Database
from app.store.bulk import Connection
from app.store.postings import Wanted

DELAY = timedelta(minutes=2)
"""How old an event is when it is listed by time: nothing older comes after it."""

LONGEST_SPAN = timedelta(days=180)
OLDEST = timedelta(days=548)
"""18 months: events that lie further back are not listed by time."""

_EVENTS = "ListFinancialEvents"
_GROUPS = "ListFinancialEventGroups"

# Effects read at a time, and how often at most for a page that stays short.
_CHUNK = 100
_MOST_CHUNKS = 10


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Which events a caller asks for: of an order, of a group, or of a time.

    Exactly one of `amazon_order_id`, `group_id` and `posted_after` is set. Events are
    posted from `posted_after` on and before `posted_before`.
    """

    amazon_order_id: str | None = None
    group_id: str | None = None
    posted_after: datetime | None = None
    posted_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events, oldest first, and the token that goes on, if any."""

    events: tuple[FinancialEvent, ...]
    next_token: str | None = None


@dataclass(frozen=True, slots=True)
class GroupPage:
    """Groups, oldest first; the token that goes on, if any; and as of when."""

    groups: tuple[FinancialEventGroup, ...]
    as_of: datetime
    next_token: str | None = None


class _Place(NamedTuple):
    """Where a page goes on: at an effect, `shown` of whose events are done."""

    posted_at: datetime
    effect_id: int
    shown: int = 0


class FinancialDesk:
    """Lists what moved money to the seller it belongs to."""

    def __init__(
        self, database: Database, tokens: NextTokens, clock: Callable[[], datetime]
    ) -> None:
        """Keep the parts; `clock` gives aware UTC times."""
        self._database = database
        self._tokens = tokens
        self._clock = clock

    @outages_refused
    def list(self, caller: Caller, query: EventQuery, limit: int) -> EventPage:
        """Return the first page of what matches, at most `limit` events.

        A span of over 180 days is empty, as it was on MWS, and so is an order that is
        none of the seller's. Raises ServiceError (InvalidParameterValue) for a group
        that the seller does not have.
        """
        wanted = self._wanted(caller, query)
        return EventPage(()) if wanted is None else self._page(caller, wanted, limit)

    @outages_refused
    def list_next(self, caller: Caller, next_token: str) -> EventPage:
        """Return the page behind a token; raises ServiceError for a wrong one."""
        content = self._tokens.open(_EVENTS, caller, next_token)
        posted_at, effect_id, shown = content["place"]
        place = _Place(from_iso(posted_at), effect_id, shown)
        return self._page(caller, _wanted_from(content), content["limit"], place)

    @outages_refused
    def list_groups(
        self, caller: Caller, after: datetime, before: datetime | None, limit: int
    ) -> GroupPage:
        """Return the first page of the groups that started from `after` on.

        They started before `before`, which is at most two minutes ago. A span of over
        180 days is empty.
        """
        now = self._clock()
        before = min(before or now - DELAY, now - DELAY)
        if before - after > LONGEST_SPAN:
            return GroupPage((), now)
        after = max(after, now - OLDEST)
        first, last = period_of(after), period_of(before)
        if FinancialEventGroup(first, "").start < after:
            first += 1
        if FinancialEventGroup(last, "").start >= before:
            last -= 1
        return self._groups(caller, first, last, limit)

    @outages_refused
    def list_groups_next(self, caller: Caller, next_token: str) -> GroupPage:
        """Return the page behind a token; raises ServiceError for a wrong one."""
        content = self._tokens.open(_GROUPS, caller, next_token)
        period, currency = content["behind"]
        return self._groups(
            caller,
            content["first"],
            content["last"],
            content["limit"],
            (period, currency),
        )

    def _groups(
        self,
        caller: Caller,
        first: int,
        last: int,
        limit: int,
        behind: tuple[int, str] | None = None,
    ) -> GroupPage:
        with self._database.read() as connection:
            found = balances.find_groups(
                connection,
                caller.seller_id,
                first,
                last,
                limit=limit + 1,
                behind=behind,
            )
        shown, token = tuple(found[:limit]), None
        if len(found) > limit:
            content = {
                "first": first,
                "last": last,
                "limit": limit,
                "behind": [shown[-1].number, shown[-1].currency],
            }
            token = self._tokens.seal(_GROUPS, caller, content)
        return GroupPage(shown, self._clock(), token)

    def _wanted(self, caller: Caller, query: EventQuery) -> Wanted | None:
        """Return what the store is to look for, or None where nothing can be found."""
        if query.amazon_order_id is not None:
            return Wanted(amazon_order_id=query.amazon_order_id)
        newest = self._clock() - DELAY
        if query.group_id is not None:
            group = self._group(caller, query.group_id)
            before = min(group.end, newest)
            return Wanted(currency=group.currency, after=group.start, before=before)
        assert query.posted_after is not None, "a query has one of three points"
        before = min(query.posted_before or newest, newest)
        if before - query.posted_after > LONGEST_SPAN:
            return None
        after = max(query.posted_after, self._clock() - OLDEST)
        return Wanted(after=after, before=before)

    def _group(self, caller: Caller, group_id: str) -> FinancialEventGroup:
        group = read_group_id(group_id)
        if group is not None:
            with self._database.read() as connection:
                found = balances.find_groups(
                    connection,
                    caller.seller_id,
                    group.number,
                    group.number,
                    limit=1,
                    currency=group.currency,
                )
            if found:
                return group
        raise ServiceError(
            ErrorCode.INVALID_PARAMETER,
            f'FinancialEventGroupId is "{group_id[:60]}", which is not a group of this '
            "seller; ListFinancialEventGroups lists them.",
        )

    def _page(
        self, caller: Caller, wanted: Wanted, limit: int, place: _Place | None = None
    ) -> EventPage:
        """Collect a page: effects by the chunk, since some turn out to post nothing."""
        found: list[tuple[_Place, FinancialEvent]] = []
        ahead = place
        with self._database.read() as connection:
            for _ in range(_MOST_CHUNKS):
                told, ahead = _chunk(connection, caller.seller_id, wanted, ahead)
                found += told
                if ahead is None or len(found) > limit:
                    break
        if len(found) > limit:
            ahead = found[limit][0]
        events = tuple(event for _, event in found[:limit])
        if ahead is None:
            return EventPage(events)
        content = _content_of(wanted) | {
            "limit": limit,
            "place": [to_iso(ahead.posted_at), ahead.effect_id, ahead.shown],
        }
        return EventPage(events, self._tokens.seal(_EVENTS, caller, content))


def _chunk(
    connection: Connection, seller_id: str, wanted: Wanted, place: _Place | None
) -> tuple[list[tuple[_Place, FinancialEvent]], _Place | None]:
    """Return the events from a place on, each with its own, and where more may be."""
    effects = postings.find(
        connection,
        seller_id,
        wanted,
        limit=_CHUNK + 1,
        behind=None if place is None else (place.posted_at, place.effect_id),
    )
    ids = {posting.amazon_order_id for posting in effects[:_CHUNK]}
    told = postings.tell(connection, seller_id, ids)
    found = []
    for posting in effects[:_CHUNK]:
        started = place is not None and place.effect_id == posting.effect_id
        for number, event in enumerate(told.get(posting.effect_id, ())):
            if not started or (place is not None and number >= place.shown):
                here = _Place(posting.posted_at, posting.effect_id, number)
                found.append((here, event))
    more = effects[_CHUNK:]
    ahead = _Place(more[0].posted_at, more[0].effect_id) if more else None
    return found, ahead


def _content_of(wanted: Wanted) -> dict[str, Any]:
    """Write what a NextToken holds of the filters."""
    return {
        "order": wanted.amazon_order_id,
        "currency": wanted.currency,
        "after": wanted.after and to_iso(wanted.after),
        "before": wanted.before and to_iso(wanted.before),
    }


def _wanted_from(content: dict[str, Any]) -> Wanted:
    return Wanted(
        amazon_order_id=content["order"],
        currency=content["currency"],
        after=content["after"] and from_iso(content["after"]),
        before=content["before"] and from_iso(content["before"]),
    )
