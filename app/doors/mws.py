"""The MWS front door: HTTP in, one operation, HTTP out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from fastapi import FastAPI

from app import counters, logs, tracing
from app.doors.admission import Admission, Exchange
from app.doors.answers import (
    Answer,
    failure,
    head,
    moved,
    ping,
    quota_headers,
    refusal,
)
from app.doors.call import Call, Services, TakesBody
from app.doors.gates import Gates
from app.doors.heads import check_head
from app.doors.operations import (
    feeds,
    finances,
    order_lists,
    orders,
    report_schedules,
    reports,
    sellers,
    subscriptions,
)
from app.doors.query import has_parameter
from app.doors.reception import Reception, forget_visit
from app.doors.request import Body, Message, Receive, Request, Scope
from app.doors.sections import SECTIONS, find_section, front_door
from app.errors import ErrorCode, ServiceError
from app.intake.accounts import Accounts
from app.intake.feed_requests import too_slow
from app.intake.finances import FinancialDesk
from app.intake.haste import Haste
from app.intake.order_lists import OrderLists
from app.intake.orders import OrderDesk
from app.intake.quotas import Quotas
from app.intake.reports import ReportDesk
from app.intake.submissions import Intake
from app.intake.subscriptions import SubscriptionDesk
from app.intake.tokens import NextTokens
from app.settings import Settings

Result = TypeVar("Result")
Send = Callable[[Message], Awaitable[None]]

# Importing them lists their operations.
SECTION_MODULES = (
    feeds,
    orders,
    order_lists,
    reports,
    report_schedules,
    sellers,
    finances,
    subscriptions,
)

DESK = "/desk"
"""Where a browser is sent that asks for the front page."""

_PATHS = frozenset(("", *(section.path for section in SECTIONS)))

# How many calls are answered at a time: most of that is waiting for the database.
_THREADS = 40

# Parameters of a call that is tried on the event loop: reading them takes time as well.
_SHORT_BYTES = 16_384

_log = logging.getLogger(__name__)


def create_app(
    intake: Intake,
    order_desk: OrderDesk,
    lists: OrderLists,
    report_desk: ReportDesk,
    subscription_desk: SubscriptionDesk,
    accounts: Accounts,
    financial_desk: FinancialDesk,
    tokens: NextTokens,
    quotas: Quotas,
    gates: Gates,
    haste: Haste,
    settings: Settings,
    clock: Callable[[], datetime],
    ids: Callable[[], str],
) -> FastAPI:
    """Make the application: whatever no other door takes goes to MWS's front door."""
    admission = Admission(
        accounts,
        tokens,
        quotas,
        timedelta(seconds=settings.signature_window_seconds),
        settings.public_hosts,
        settings.explain,
    )
    services = Services(
        intake,
        order_desk,
        report_desk,
        lists,
        accounts,
        financial_desk,
        subscription_desk,
    )
    door = MwsDoor(admission, services, gates, haste, settings, clock, ids)
    return _Application(door, ids)


class _Application(FastAPI):
    """All doors behind one port.

    MWS's own paths go straight to its door, which needs nothing of what stands between:
    looking through the routes of the other doors took a seventh of a call.
    """

    def __init__(self, mws: MwsDoor, ids: Callable[[], str]) -> None:
        super().__init__(
            title="Feedgate", openapi_url=None, docs_url=None, redirect_slashes=False
        )
        self._mws = mws
        self._others = Reception(super().__call__, ids)
        self.router.default = self._unknown

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the right door answer."""
        if scope["type"] == "http" and scope["path"].rstrip("/") in _PATHS:
            await self._mws(scope, receive, send)
        else:
            await self._others(scope, receive, send)

    async def _unknown(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let MWS's door say that there is nothing; it tells of that by itself."""
        forget_visit(scope)
        await self._mws(scope, receive, send)


class MwsDoor:
    """One ASGI application for every section: Action and Version tell what is meant."""

    def __init__(
        self,
        admission: Admission,
        services: Services,
        gates: Gates,
        haste: Haste,
        settings: Settings,
        clock: Callable[[], datetime],
        ids: Callable[[], str],
    ) -> None:
        """Keep the parts; `gates` are where feeds are taken in."""
        self._admission = admission
        self._services = services
        self._settings = settings
        self._clock = clock
        self._ids = ids
        self._gates = gates
        self._haste = haste
        self._threads = ThreadPoolExecutor(_THREADS, "call")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; nothing but a cut connection goes unanswered."""
        if scope["type"] != "http":
            return
        request = Request.of(scope)
        body = Body(scope, receive, self._settings.body_idle_seconds)
        exchange = Exchange(self._ids(), self._clock(), front_door(None))
        with logs.bound(request_id=exchange.request_id):
            await self._reply(request, body, exchange, send)

    async def _reply(
        self, request: Request, body: Body, exchange: Exchange, send: Send
    ) -> None:
        try:
            answer = await self._answer(request, body, exchange)
        except ServiceError as error:
            answer = refusal(
                error, exchange.producer, exchange.request_id, exchange.explanation
            )
            _log_answer(request, exchange, answer, f"{error.code.value.mws}: {error}")
        except Exception:
            answer = failure(exchange.producer, exchange.request_id)
            counters.REQUESTS.labels(exchange.action, answer.status).inc()
            _log.exception("request %s failed", exchange.request_id)
        else:
            _log_answer(request, exchange, answer)
        await self._send(answer, exchange, send)

    async def _answer(self, request: Request, body: Body, exchange: Exchange) -> Answer:
        exchange.producer = front_door(find_section(request.path, None))
        self._check_head(request)
        if request.is_ping:
            if "text/html" in request.headers.get("accept", ""):
                return moved(DESK)
            return ping(exchange.arrived)
        with tracing.span("MWS call", request_id=exchange.request_id):
            return await self._call(request, body, exchange)

    async def _call(self, request: Request, body: Body, exchange: Exchange) -> Answer:
        form = b""
        # Where the Action is tells what the body is, never the Content-Type: some
        # clients send feeds as forms (mws-wire 1.2).
        if request.method == "POST" and not has_parameter(request.query, b"Action"):
            form = await body.read_form(self._settings.max_form_bytes)
        found: Answer | TakesBody | Call | None = None
        if len(request.query) + len(form) <= _SHORT_BYTES:
            found = self._haste.attempt(partial(self._begin, request, form, exchange))
        if found is None or isinstance(found, Call):
            found = await self._in_thread(self._run, request, form, exchange, found)
        if isinstance(found, TakesBody):
            receive = partial(found.receive, body)
            return await self._gates.run(receive, partial(self._read_ahead, body))
        return found

    async def _read_ahead(self, body: Body) -> None:
        seconds = self._settings.max_feed_seconds
        try:
            async with asyncio.timeout(seconds):
                await body.read_ahead()
        except TimeoutError as error:
            raise too_slow(seconds) from error

    def _check_head(self, request: Request) -> None:
        if request.method not in ("GET", "POST"):
            raise ServiceError(
                ErrorCode.INVALID_ADDRESS,
                f"Nothing is served by {request.method}; send GET or POST.",
            )
        check_head(request, self._settings)

    def _begin(
        self, request: Request, form: bytes, exchange: Exchange
    ) -> Answer | TakesBody | Call:
        """Answer a short call; of others, only prove the caller."""
        call = self._admission.admit(request, form, exchange)
        if call.operation.short:
            return call.operation.run(call, self._services)
        return call

    def _run(
        self, request: Request, form: bytes, exchange: Exchange, call: Call | None
    ) -> Answer | TakesBody:
        if call is None:
            call = self._admission.admit(request, form, exchange)
        return call.operation.run(call, self._services)

    async def _send(self, answer: Answer, exchange: Exchange, send: Send) -> None:
        # The time now, not of arrival: clients set their clocks by it (mws-wire 1.4).
        now = self._clock()
        headers = head(answer, exchange.producer, exchange.request_id, now)
        headers += quota_headers(exchange.standing)
        await send(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": headers,
            }
        )
        rest = b""
        if isinstance(answer.body, tuple):
            rest = b"".join(answer.body)
        else:
            await self._send_file(send, answer.body)
        await send({"type": "http.response.body", "body": rest, "more_body": False})

    async def _send_file(self, send: Send, pieces: Iterable[bytes]) -> None:
        iterator = iter(pieces)
        while piece := await self._in_thread(next, iterator, b""):
            await send({"type": "http.response.body", "body": piece, "more_body": True})

    async def _in_thread(
        self, function: Callable[..., Result], *args: object
    ) -> Result:
        """Call a function that may wait, in a thread which knows the ids of the log."""
        loop = asyncio.get_running_loop()
        bound = partial(copy_context().run, function, *args)
        return await loop.run_in_executor(self._threads, bound)


def _log_answer(
    request: Request, exchange: Exchange, answer: Answer, reason: str = "ok"
) -> None:
    """Write one line a request: who asked for what, never with what secret."""
    caller = exchange.caller
    counters.REQUESTS.labels(exchange.action, answer.status).inc()
    _log.info(
        "%s %s %a %s seller=%s key=%s %d %a",
        exchange.request_id,
        request.method,
        request.path,
        exchange.action,
        caller.seller_id if caller else "-",
        caller.access_key_id if caller else "-",
        answer.status,
        reason,
        extra={
            "action": exchange.action,
            "seller_id": caller.seller_id if caller else None,
            "status": answer.status,
        },
    )
