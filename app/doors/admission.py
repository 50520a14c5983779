"""Who calls what: from a request to a call whose caller is proved."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.doors import signature
from app.doors.call import OPERATIONS, Call, Operation
from app.doors.explanation import STRING_HEADER, explain
from app.doors.query import Query, has_parameter, shown
from app.doors.request import Request
from app.doors.sections import Producer, Section, find_section, front_door, sections_of
from app.errors import ErrorCode, ServiceError
from app.intake.accounts import Accounts, Caller, Key
from app.intake.quotas import Quotas, Standing
from app.intake.tokens import NextTokens

_KEY_FORM = re.compile("[A-Z0-9]{1,40}")


@dataclass(slots=True)
class Exchange:
    """One request and how far it came.

    `producer` is who spells the answer: the front door until the caller is proved,
    then the back end of the operation (mws-wire 2.6). `action` and `caller` are for
    the log, `standing` for the quota headers of sections that tell it. `explanation`
    is for the caller only: it repeats parameters, which the log must not hold.
    """

    request_id: str
    arrived: datetime
    producer: Producer
    action: str = "-"
    caller: Caller | None = None
    standing: Standing | None = None
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class Admission:
    """Finds the operation of a request and proves its caller (design D7)."""

    accounts: Accounts
    tokens: NextTokens
    quotas: Quotas
    window: timedelta
    public_hosts: Collection[str] = ()
    explains: bool = False

    def admit(self, request: Request, form: bytes, exchange: Exchange) -> Call:
        """Return the call that a request is.

        `form` is its body, unless the query string has the Action. Raises
        ServiceError, to be spelt by the exchange's producer.
        """
        exchange.producer = front_door(find_section(request.path, None))
        query = _parameters(request, form)
        values = dict(query.pairs)
        operation = _route(request, values, exchange)
        exchange.action = operation.name
        access_key_id = _required(values, "AWSAccessKeyId")
        seller_id = _seller_id(values)
        key = self._check_signature(request, query, values, access_key_id, exchange)
        exchange.caller = self._authorise(operation, key, seller_id, values)
        self._take_quota(operation, exchange.caller, exchange)
        exchange.producer = operation.producer
        return Call(
            operation,
            values,
            exchange.caller,
            request.method,
            request.headers,
            exchange.request_id,
            exchange.arrived,
        )

    def _take_quota(
        self, operation: Operation, caller: Caller, exchange: Exchange
    ) -> None:
        """Count the call; strangers are turned away before, and use nobody's quota."""
        taken = self.quotas.take(caller, operation.address, operation.quota)
        if operation.section.tells_quota:
            exchange.standing = taken.standing
        if taken.refusal is not None:
            raise taken.refusal

    def _check_signature(
        self,
        request: Request,
        query: Query,
        values: Mapping[str, str],
        access_key_id: str,
        exchange: Exchange,
    ) -> Key:
        """Return the key that the request was signed with."""
        given = _required(values, "Signature")
        method = _required(values, "SignatureMethod")
        if method not in signature.METHODS:
            raise _invalid("SignatureMethod", method, " or ".join(signature.METHODS))
        version = _required(values, "SignatureVersion")
        if version != signature.VERSION:
            raise _invalid("SignatureVersion", version, signature.VERSION)
        signature.check_time(
            values.get("Timestamp") or None,
            values.get("Expires") or None,
            exchange.arrived,
            self.window,
        )
        key = self.accounts.key_in_force(access_key_id)
        if key is None:
            # Who mixes up key and secret must not find the secret in our log.
            named = f" {access_key_id}" if _KEY_FORM.fullmatch(access_key_id) else ""
            raise ServiceError(
                ErrorCode.INVALID_ACCESS_KEY,
                f"AWSAccessKeyId{named} is unknown or was revoked.",
            )
        host = request.headers.get("host", "")
        signed = signature.Signed(request.method, host, request.path, query)
        if not signature.is_signed_with(
            key.secret, signed, given, method, self.public_hosts
        ):
            if self.explains:
                theirs = request.headers.get(STRING_HEADER)
                exchange.explanation = explain(signed, self.public_hosts, theirs)
            raise ServiceError(
                ErrorCode.SIGNATURE_MISMATCH,
                "The Signature is not that of this request with this secret key: "
                f"check the secret, and that host {shown(host)} and path "
                f"{shown(request.path or '/')} are what was signed.",
            )
        return key

    def _authorise(
        self,
        operation: Operation,
        key: Key,
        seller_id: str,
        values: Mapping[str, str],
    ) -> Caller:
        """Prove that the key may act for the seller.

        Going on with a list needs no MWSAuthToken, since boto drops it there: the
        NextToken is bound to key and seller, and to what had authorised them.
        """
        auth_token = values.get("MWSAuthToken") or None
        next_token = values.get("NextToken")
        if operation.is_continuation and next_token and not auth_token:
            caller = self.tokens.caller_of(next_token)
            if (
                caller is not None
                and (caller.access_key_id, caller.seller_id)
                == (key.access_key_id, seller_id)
                and self.accounts.may_still(key, caller)
            ):
                return caller
        return self.accounts.authorise(key, seller_id, auth_token)


def _parameters(request: Request, form: bytes) -> Query:
    if has_parameter(request.query, b"Action"):
        return Query.read(request.query)
    if has_parameter(form, b"Action"):
        return Query.read(request.query, form)
    raise ServiceError(
        ErrorCode.MISSING_PARAMETER,
        "Action is missing, in the query string and in the form body; send the name "
        "of an operation.",
    )


def _route(
    request: Request, values: Mapping[str, str], exchange: Exchange
) -> Operation:
    version = values.get("Version")
    section = find_section(request.path, version)
    exchange.producer = front_door(section)
    if section is None or version != section.version:
        raise _unknown_address(request, section, version)
    action = _required(values, "Action")
    for possible in sections_of(request.path, version):
        if operation := OPERATIONS.get((possible, action)):
            return operation
    raise ServiceError(
        ErrorCode.INVALID_ADDRESS,
        f'Operation "{shown(action)}" is not served in section {section.name}, '
        f"version {section.version}.",
    )


def _unknown_address(
    request: Request, section: Section | None, version: str | None
) -> ServiceError:
    given = f'Version "{shown(version)}"' if version else "no Version"
    expected = f"; send Version {section.version} there" if section else ""
    return ServiceError(
        ErrorCode.INVALID_ADDRESS,
        f'Nothing is served at path "{shown(request.path)}" with {given}{expected}.',
    )


def _seller_id(values: Mapping[str, str]) -> str:
    """Read SellerId or its old name; they are synonyms in every section (2.1)."""
    given = {values[name] for name in ("SellerId", "Merchant") if values.get(name)}
    if len(given) > 1:
        raise ServiceError(
            ErrorCode.INVALID_PARAMETER,
            "SellerId and Merchant name different sellers; send one of the two.",
        )
    return given.pop() if given else _required(values, "SellerId")


def _required(values: Mapping[str, str], name: str) -> str:
    value = values.get(name)
    if not value:
        raise ServiceError(
            ErrorCode.MISSING_PARAMETER, f"{name} is missing; every call needs it."
        )
    return value


def _invalid(name: str, value: str, expected: str) -> ServiceError:
    return ServiceError(
        ErrorCode.INVALID_PARAMETER,
        f'{name} is "{shown(value)}", expected {expected}.',
    )
