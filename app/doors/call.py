"""One call of an operation: its typed parameters, and the table of operations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.doors.answers import Answer, leaf, milliseconds, result
from app.doors.moments import read_moment
from app.doors.query import shown
from app.doors.sections import Producer, Section
from app.errors import ErrorCode, ServiceError
from app.intake.accounts import Accounts, Caller
from app.intake.finances import FinancialDesk
from app.intake.order_lists import OrderLists
from app.intake.orders import OrderDesk
from app.intake.quotas import Quota
from app.intake.reports import ReportDesk
from app.intake.submissions import Intake
from app.intake.subscriptions import SubscriptionDesk


@dataclass(frozen=True, slots=True)
class Services:
    """What operations may ask."""

    intake: Intake
    orders: OrderDesk
    reports: ReportDesk
    order_lists: OrderLists
    accounts: Accounts
    finances: FinancialDesk
    subscriptions: SubscriptionDesk


@dataclass(frozen=True, slots=True)
class TakesBody:
    """What an operation returns when it goes on with the body of the request.

    `receive` gets the pieces as they arrive; it runs while a gate is kept for it.
    """

    receive: Callable[[Iterable[bytes]], Answer]


class Run(Protocol):
    """What an operation is: a translation from a call to one question and back."""

    def __call__(self, call: Call, services: Services) -> Answer | TakesBody:
        """Answer the call; refuse it by raising ServiceError."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a section and who answers it.

    One that is `short` only reads, a little, before it answers or takes a body: it is
    tried on the event loop first.
    """

    name: str
    section: Section
    producer: Producer
    run: Run
    quota: Quota | None = None
    short: bool = False

    @property
    def address(self) -> str:
        """What MWS called it where it spoke of quotas: Section/Version/Operation."""
        return f"{self.section.name}/{self.section.version}/{self.name}"

    @property
    def is_continuation(self) -> bool:
        """Whether the call goes on with an earlier one, by its NextToken."""
        return self.name.endswith("ByNextToken")


OPERATIONS: dict[tuple[Section, str], Operation] = {}
"""The operations that are served, by section and name."""


SERVICE_STATUS_QUOTA = Quota(burst=2, restore_seconds=300)
"""What GetServiceStatus grants, in every section that has it (mws-wire 7.3)."""


def operation(
    name: str,
    section: Section,
    producer: Producer,
    quota: Quota | None = None,
    *,
    short: bool = False,
) -> Callable[[Run], Run]:
    """List a function as an operation of its section, with its published quota."""

    def listed(run: Run) -> Run:
        listed = Operation(name, section, producer, run, quota, short)
        OPERATIONS[section, name] = listed
        return run

    return listed


@dataclass(frozen=True, slots=True)
class Call:
    """A call whose caller is proved.

    `values` are its parameters. `headers` are those of the request, their names in
    lower case; `arrived` is when it came.
    """

    operation: Operation
    values: Mapping[str, str]
    caller: Caller
    method: str
    headers: Mapping[str, str]
    request_id: str
    arrived: datetime

    def answer(
        self, *content: str, headers: tuple[tuple[str, str], ...] = ()
    ) -> Answer:
        """Wrap what the operation found."""
        name, producer = self.operation.name, self.operation.producer
        return result(name, producer, self.request_id, *content, headers=headers)

    def optional(self, name: str) -> str | None:
        """Return a parameter, or None if it is absent or empty.

        Clients send names that they do not use, such as an empty MWSAuthToken.
        """
        return self.values.get(name) or None

    def required(self, name: str) -> str:
        """Return a parameter; raises the section's code if it is absent or empty."""
        value = self.optional(name)
        if value is None:
            raise self.lacks(name)
        return value

    def lacks(self, name: str) -> ServiceError:
        """Return the refusal for a parameter that the operation needs."""
        return ServiceError(
            self.operation.producer.missing,
            f"{name} is missing; {self.operation.name} needs it.",
        )

    def numbered(
        self, name: str, *, most: int | None = None, skip_empty: bool = False
    ) -> tuple[str, ...]:
        """Return the values of `name`.1, `name`.2 and so on, without repetitions.

        Any set of positive numbers will do, in their order (mws-wire 4.3). Raises
        InvalidParameterValue for another ending, for more than `most` values, and for
        an empty one: a list that is lost that way would mean everything.
        """
        found = []
        beginning = f"{name}."
        for given, value in self.values.items():
            if given == name or given.startswith(beginning):
                ending = given[len(name) + 1 :]
                if not re.fullmatch("[1-9][0-9]{0,8}", ending):
                    raise invalid(given, value, f"names {name}.1, {name}.2 and so on")
                if value or not skip_empty:
                    found.append((int(ending), value))
        if any(not value for _, value in found):
            raise invalid(name, "", "a value; leave the parameter out otherwise")
        if most is not None and len(found) > most:
            raise ServiceError(
                ErrorCode.INVALID_PARAMETER,
                f"{name} has {len(found)} values; send at most {most}.",
            )
        return tuple(dict.fromkeys(value for _, value in sorted(found)))

    def integer(self, name: str, default: int, least: int, most: int) -> int:
        """Return a whole number; raises ValidationError outside of its limits."""
        text = self.optional(name)
        if text is None:
            return default
        if re.fullmatch("[0-9]{1,9}", text) and least <= int(text) <= most:
            return int(text)
        raise ServiceError(
            ErrorCode.VALIDATION,
            f'{name} is "{shown(text)}", expected a number from {least} to {most}.',
        )

    def page_size(self, most: int = 100) -> int:
        """Return MaxResultsPerPage, `most` if it is absent.

        Raises InvalidParameterValue outside of 1 to `most`.
        """
        text = self.optional("MaxResultsPerPage") or str(most)
        if re.fullmatch("[0-9]{1,9}", text) and 1 <= int(text) <= most:
            return int(text)
        raise invalid("MaxResultsPerPage", text, f"a number from 1 to {most}")

    def boolean(self, name: str) -> bool:
        """Return a yes or no; absent is no."""
        text = self.optional(name)
        if text is None or text.lower() in ("true", "false"):
            return text is not None and text.lower() == "true"
        raise invalid(name, text, "true or false")

    def moment(self, name: str) -> datetime | None:
        """Return a time as aware UTC, or None; raises MalformedInput if it is none."""
        text = self.optional(name)
        if text is None:
            return None
        try:
            return read_moment(text)
        except ValueError as error:
            raise ServiceError(
                ErrorCode.MALFORMED_INPUT,
                f'{name} is "{shown(text)}", expected an ISO 8601 date and time such '
                "as 2026-11-24T12:00:00Z (the + of an offset is written %2B).",
            ) from error


def invalid(name: str, value: str, expected: str) -> ServiceError:
    """Return the refusal of a value that is not allowed."""
    return ServiceError(
        ErrorCode.INVALID_PARAMETER,
        f'{name} is "{shown(value)}", expected {expected}.',
    )


def service_status(call: Call) -> Answer:
    """Say that a section is served, as its GetServiceStatus. Source: mws-wire 8.7."""
    return call.answer(
        leaf("Status", "GREEN"), leaf("Timestamp", milliseconds(call.arrived))
    )
