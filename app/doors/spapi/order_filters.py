"""The filters that both versions of Orders have, in each one's words.

Source: sp-api-wire 5.1, 5.5.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.doors.spapi.errors import invalid
from app.doors.spapi.parts import SpApi
from app.doors.spapi.values import write_zulu
from app.intake.accounts import Caller

# How old a change must be to be listed.
_DELAY = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when orders were placed, or last changed with `by_update`."""

    after: datetime
    before: datetime
    by_update: bool


def read_span(
    names: tuple[str, str, str, str],
    values: tuple[datetime | None, datetime | None, datetime | None, datetime | None],
    now: datetime,
) -> Span:
    """Read the four times: created after and before, updated after and before.

    Exactly one family is given, by its After.
    """
    given = [value is not None for value in values]
    if given[0] == given[2] or (given[0] and given[3]) or (given[2] and given[1]):
        raise invalid(
            "Invalid request parameters.",
            f"Give exactly one of {names[0]} and {names[2]}, and no Before of the "
            "other family.",
        )
    by_update = given[2]
    after, before = values[2:] if by_update else values[:2]
    assert after is not None
    if before is not None and before < after:
        raise invalid(
            "Invalid request parameters.",
            f"{names[3 if by_update else 1]} {write_zulu(before)} lies before "
            f"{names[2 if by_update else 0]} {write_zulu(after)}.",
        )
    newest = now - _DELAY
    if before is not None and before > newest:
        raise invalid(
            "Invalid request parameters.",
            f"{names[3 if by_update else 1]} {write_zulu(before)} must lie at least "
            "two minutes in the past.",
        )
    return Span(after, before or newest, by_update)


def own_marketplaces(
    name: str, given: Collection[str] | None, caller: Caller, parts: SpApi
) -> tuple[str, ...]:
    """Return the marketplaces that are meant; without any, all of the seller's."""
    own = parts.accounts.sells_in(caller.seller_id)
    foreign = set(given or ()) - own
    if foreign:
        raise invalid(
            "Invalid request parameters.",
            f'{name} has "{min(foreign)[:60]}", which this seller does not sell in; '
            f"use some of {', '.join(sorted(own))}.",
        )
    return tuple(given or sorted(own))
