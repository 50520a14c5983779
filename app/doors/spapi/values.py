"""Values of requests and answers, as the Selling Partner API spells them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, PlainSerializer, StringConstraints

from app.doors.moments import read_moment


class Answer(BaseModel):
    """A part of an answer; optional fields that have no value are left out."""


def _read_moment(value: object) -> datetime:
    if not isinstance(value, str):
        raise ValueError("expected an ISO 8601 date and time")
    try:
        return read_moment(value)
    except ValueError as error:
        raise ValueError(
            "expected an ISO 8601 date and time such as 2026-11-24T12:00:00Z (the + of "
            "an offset is written %2B)"
        ) from error


def write_moment(moment: datetime) -> str:
    """Write a time in whole seconds, as samples show it: +00:00."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def write_zulu(moment: datetime) -> str:
    """Write a time in whole seconds, with Z as the Orders and Finances sections do."""
    return write_moment(moment).replace("+00:00", "Z")


Moment = Annotated[datetime, BeforeValidator(_read_moment)]
"""A time in a request, read as aware UTC."""

ShownMoment = Annotated[datetime, PlainSerializer(write_moment, return_type=str)]
ZuluMoment = Annotated[datetime, PlainSerializer(write_zulu, return_type=str)]

Text = Annotated[str, StringConstraints(pattern="^[^\\x00]*$")]
"""A text without NUL, which databases do not keep."""


def csv(least: int, most: int) -> BeforeValidator:
    """Read a list of either spelling: with commas, or the name repeated.

    It has from `least` to `most` values, each counted once.
    """

    def read(given: Any) -> Any:
        if not isinstance(given, list):
            return given
        values = list(dict.fromkeys(part for text in given for part in text.split(",")))
        if not all(values):
            raise ValueError("expected no empty value")
        if any("\0" in value for value in values):
            raise ValueError("expected no NUL character")
        if not least <= len(values) <= most:
            raise ValueError(f"expected {least} to {most} values, not {len(values)}")
        return values

    return BeforeValidator(read)
