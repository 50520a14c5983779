"""Assembly: `build` names the concrete parts and puts them together."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_network

from fastapi import FastAPI

from app.doors.admin.door import AdminParts, install_admin
from app.doors.gates import Gates
from app.doors.monitoring import install_health, monitoring_app
from app.doors.mws import create_app
from app.doors.spapi.door import install as install_spapi
from app.doors.spapi.parts import SpApi
from app.doors.web.desk import install as install_desk
from app.doors.web.parts import Desk
from app.engine.envelope import Limits
from app.engine.process import Engine
from app.engine.threads import ParserThreads
from app.engine.windows import WindowJob
from app.events import EventJob
from app.intake.accounts import Accounts
from app.intake.admin import AdminDesk
from app.intake.admin_keys import AdminKeys
from app.intake.audit import AuditDesk
from app.intake.desk_actions import DeskActions
from app.intake.desk_orders import DeskOrders
from app.intake.desk_users import DeskUsers
from app.intake.feed_desk import FeedDesk
from app.intake.feed_documents import FeedDocuments
from app.intake.feed_history import FeedHistory
from app.intake.finances import FinancialDesk
from app.intake.haste import Haste
from app.intake.health import HealthDesk
from app.intake.health_watch import HealthWatch
from app.intake.lwa import Lwa
from app.intake.mail.desk import MailDesk
from app.intake.mail.job import MailJob, Patience
from app.intake.mail.message import parse_address
from app.intake.mail.transport import open_transport
from app.intake.mail.writer import MailWriter
from app.intake.metrics import Metrics
from app.intake.order_lists import OrderLists
from app.intake.orders import OrderDesk
from app.intake.quotas import Quotas, open_quotas
from app.intake.readiness import Readiness
from app.intake.report_job import ReportJob
from app.intake.report_schedules import ScheduleJob
from app.intake.reports import ReportDesk
from app.intake.retention import RetentionJob
from app.intake.schema_desk import SchemaDesk
from app.intake.seals import Seals, open_seals
from app.intake.shipments import ShipmentDesk
from app.intake.sp_notifications import NotificationDesk
from app.intake.submissions import Intake
from app.intake.subscriptions import SubscriptionDesk
from app.intake.tokens import NextTokens
from app.intake.uploads import Uploads
from app.intake.webhooks import WebhookDesk
from app.model.mail import MailKind
from app.model.notification import Channel
from app.model.windows import Windows
from app.notifications import Courier
from app.settings import Settings
from app.sqs import SqsSender
from app.store.backends import (
    Database,
    open_database,
    open_documents,
    open_presence,
)
from app.store.documents import Documents
from app.store.event_reader import EventReader
from app.store.notifications import NotificationQueue, sweep_notifications
from app.store.outbox import Outbox
from app.store.queue import Queue, Retries
from app.store.quotas import Buckets
from app.store.report_queue import ReportQueue
from app.store.roster import Roster
from app.store.upkeep import forget_uploads, recount_lanes, sweep_documents
from app.webhooks.sender import WebhookSender
from app.worker import Worker

# How long the log of notifications is kept.
_NOTIFICATION_LOG = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of one process, put together; nothing runs until it is started."""

    database: Database
    documents: Documents
    accounts: Accounts
    admin_keys: AdminKeys
    desk_users: DeskUsers
    lwa: Lwa
    intake: Intake
    quotas: Quotas
    mails: MailDesk
    health: HealthDesk
    audit: AuditDesk
    webhooks: WebhookDesk
    app: FastAPI
    worker: Worker
    readiness: Readiness
    stopping: asyncio.Event
    monitoring: FastAPI

    def close(self) -> None:
        """Close the database; the worker must have been stopped before."""
        self.quotas.close()
        self.database.close()


def documents_of(settings: Settings, ids: Callable[[], str]) -> Documents:
    """Open the document store that the settings name. Raises ValueError."""
    return open_documents(
        settings.documents_url,
        settings.documents_folder,
        settings.spool_folder,
        settings.documents_endpoint,
        ids,
    )


def calm_collector() -> None:
    """Spare Python's cycle collector what never becomes garbage.

    A batch holds some hundred thousand values that end together and form no cycles;
    looking through them, and through all of the imported modules, again and again
    cost a quarter of a feed's time. Call it once the process is put together.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def build(
    settings: Settings,
    clock: Callable[[], datetime],
    ids: Callable[[], str],
    *,
    alone: bool = False,
) -> Service:
    """Put a process together on a migrated database.

    `clock` gives aware UTC times and `ids` new UUIDs as text. A process that is
    `alone` on its SQLite file need not look for feeds that others submit. Raises
    ValueError for a database URL or a key that cannot be used.
    """
    database = open_database(settings.database)
    documents = documents_of(settings, ids)
    seals = open_seals(settings.secret_key.get_secret_value(), settings.home)
    accounts = Accounts(database, seals, clock)
    tokens = NextTokens(seals)
    quotas = open_quotas(settings.quotas, lambda: Buckets(database), clock)
    desk = OrderDesk(database)
    lists = OrderLists(database, accounts, tokens)
    reports = ReportDesk(database, documents, tokens, clock)
    subscriptions = SubscriptionDesk(
        database, accounts, settings.queue_hosts, clock, ids
    )
    parsers = ParserThreads(settings.gate_count)
    limits = Limits.of(settings)
    intake = Intake(database, documents, accounts, tokens, parsers, settings, clock)
    gates = Gates(settings)
    finances = FinancialDesk(database, tokens, clock)
    desk_users = DeskUsers(
        database,
        clock,
        session=timedelta(minutes=settings.desk_session_minutes),
        throttle=timedelta(seconds=settings.desk_sign_in_window_seconds),
        most_failures=settings.desk_sign_in_attempts,
    )
    writer = _mail_writer(settings, database)
    mails = MailDesk(database, writer)
    health = HealthDesk(database, clock)
    app = create_app(
        intake,
        desk,
        lists,
        reports,
        subscriptions,
        accounts,
        finances,
        tokens,
        quotas,
        gates,
        # A quota is written, and a bucket is far away: those calls are for threads.
        Haste(
            database,
            allowed=settings.quotas == "off" and not settings.documents_url,
        ),
        settings,
        clock,
        ids,
    )
    install_desk(
        app,
        Desk(
            desk_users,
            DeskOrders(database),
            DeskActions(database, intake),
            intake,
            health,
            mails,
            FeedDesk(database, documents, intake, parsers, limits, clock),
            Uploads(intake, settings.max_feed_bytes),
            SchemaDesk(parsers, limits),
            gates,
            settings,
            clock,
        ),
    )
    admin_keys = AdminKeys(database, clock)
    stopping = asyncio.Event()
    install_admin(
        app,
        AdminParts(
            admin_keys,
            AdminDesk(database, documents, clock, ids),
            accounts,
            intake,
            settings,
            stopping,
        ),
        clock,
    )
    readiness = Readiness(database, documents)
    install_health(app, readiness.faults)
    lwa = Lwa(database, clock)
    uploads = FeedDocuments(
        database, documents, accounts, intake.submitter, settings, clock, ids
    )
    history = FeedHistory(database, documents, tokens, clock)
    install_spapi(
        app,
        SpApi(
            lwa,
            accounts,
            quotas,
            uploads,
            history,
            desk,
            lists,
            ShipmentDesk(database, settings, clock, ids),
            finances,
            NotificationDesk(database, settings.queue_hosts, clock, ids),
            seals,
            gates,
            settings,
            clock,
        ),
    )
    return Service(
        database,
        documents,
        accounts,
        admin_keys,
        desk_users,
        lwa,
        intake,
        quotas,
        mails,
        health,
        AuditDesk(database),
        WebhookDesk(database, seals, settings.webhook_networks, clock, ids),
        app,
        _worker(settings, database, documents, writer, seals, clock, ids, alone=alone),
        readiness,
        stopping,
        monitoring_app(readiness.faults, Metrics(database, clock).text),
    )


def _worker(
    settings: Settings,
    database: Database,
    documents: Documents,
    writer: MailWriter,
    seals: Seals,
    clock: Callable[[], datetime],
    ids: Callable[[], str],
    *,
    alone: bool,
) -> Worker:
    roster = Roster(database, open_presence(database, alone=alone), ids, clock)
    retries = Retries(
        settings.attempts,
        timedelta(seconds=settings.retry_first_seconds),
        timedelta(seconds=settings.retry_most_seconds),
    )
    queue = Queue(database, roster, retries)
    reports = ReportJob(database, documents, ReportQueue(database, roster), clock)
    sqs = SqsSender(
        settings.queue_hosts, settings.queue_endpoint, settings.queue_region
    )
    webhooks = WebhookSender(
        database,
        seals.open,
        [ip_network(network) for network in settings.webhook_networks],
        settings.webhook_authority,
        clock,
    )
    # A thread for each: endpoints that are slow to answer hold up no queues.
    couriers = [
        Courier(
            NotificationQueue(database, roster, [channel]),
            {channel: sender},
            clock,
            give_up_after=timedelta(hours=settings.notification_hours),
        )
        for channel, sender in ((Channel.SQS, sqs), (Channel.WEBHOOK, webhooks))
    ]
    schedules = ScheduleJob(database, clock)
    mails = frozenset(map(MailKind, settings.mails))
    engine = Engine(
        database,
        documents,
        queue,
        Limits.of(settings),
        clock,
        batch_messages=settings.batch_messages,
        attempts=settings.attempts,
        future_tolerance_seconds=settings.future_tolerance_seconds,
        mails=mails,
    )

    windows = _windows(settings)
    health = HealthWatch(
        database,
        clock,
        warn=settings.cancel_rate_warning,
        seconds=settings.health_seconds,
    )
    chores = [
        schedules.step,
        reports.step,
        *(courier.step for courier in couriers),
        EventJob(database, EventReader(database, roster), clock).step,
        _mail_job(settings, Outbox(database, roster), writer, clock).step,
        health.step,
        RetentionJob(database, documents, clock, settings.retention_days).step,
    ]
    if windows.on:
        chores.append(WindowJob(database, windows, clock, mails).step)

    def upkeep() -> None:
        forget_uploads(database, clock())
        sweep_documents(database, documents, clock())
        recount_lanes(database)
        sweep_notifications(database, clock() - _NOTIFICATION_LOG)

    return Worker(
        queue,
        engine.process,
        clock,
        threads=max(settings.workers, 1),
        poll_seconds=settings.poll_seconds,
        presence_seconds=settings.presence_seconds,
        upkeep=upkeep,
        chores=chores,
    )


def _windows(settings: Settings) -> Windows:
    minutes, days = settings.buyer_cancel_minutes, settings.unacknowledged_cancel_days
    unshipped = settings.unshipped_cancel_days
    return Windows(
        timedelta(minutes=minutes) if minutes else None,
        timedelta(minutes=settings.buyer_cancel_minutes_japan),
        timedelta(days=days) if days else None,
        settings.handling_days + unshipped if unshipped else None,
    )


def _mail_writer(settings: Settings, database: Database) -> MailWriter:
    try:
        sender = parse_address(settings.mail_from)
    except ValueError as error:
        raise ValueError(f"FEEDGATE_MAIL_FROM cannot be used: {error}") from error
    return MailWriter(database, sender)


def _mail_job(
    settings: Settings,
    outbox: Outbox,
    writer: MailWriter,
    clock: Callable[[], datetime],
) -> MailJob:
    transport = open_transport(
        settings.smtp_url.get_secret_value(),
        starttls=settings.smtp_starttls,
        authority=settings.smtp_authority,
        folder=settings.outbox_folder,
    )
    patience = Patience(
        timedelta(seconds=settings.mail_retry_first_seconds),
        timedelta(seconds=settings.mail_retry_most_seconds),
        timedelta(seconds=settings.mail_give_up_seconds),
    )
    return MailJob(writer, outbox, transport, patience, clock)
