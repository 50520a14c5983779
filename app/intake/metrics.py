"""/metrics: what this process counted, and what stands in the database."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from threading import Lock

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from app.counters import REGISTRY
from app.store.backends import Database
from app.store.census import Census, Totals, take_census, take_totals

_log = logging.getLogger(__name__)

_TOTALS_SECONDS = 60


class Metrics:
    """Writes the metrics of a process in Prometheus's text format.

    What every process reads alike from the database is named in docs/deploy.md: there
    one takes the maximum, never the sum.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        """Read the database at each call, whole tables at most once a minute."""
        self._registry = CollectorRegistry()
        self._registry.register(_Stored(database, clock))

    def text(self) -> bytes:
        """Return all metrics; without the database, those of this process."""
        return generate_latest(REGISTRY) + generate_latest(self._registry)


class _Stored(Collector):
    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._lock = Lock()
        self._totals: Totals | None = None
        self._read_at = 0.0

    def describe(self) -> list[GaugeMetricFamily]:
        """Name nothing, or the registry would read the database to find out."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            with self._lock:
                census, totals = self._read()
        except Exception as error:
            _log.warning("no metrics: %s", getattr(error, "orig", None) or error)
            yield _gauge("database_up", "Whether the database answers.", 0)
            return
        yield _gauge("database_up", "Whether the database answers.", 1)
        yield from self._changing(census)
        yield from _summed(totals)

    def _read(self) -> tuple[Census, Totals]:
        with self._database.read() as connection:
            census = take_census(connection)
            if self._totals is None or time.monotonic() >= self._read_at:
                self._totals = take_totals(connection)
                self._read_at = time.monotonic() + _TOTALS_SECONDS
        return census, self._totals

    def _changing(self, census: Census) -> Iterator[GaugeMetricFamily]:
        feeds = GaugeMetricFamily(
            "feedgate_queued_feeds",
            "Feeds that are not done.",
            labels=["feed_type", "state"],
        )
        for each in census.queued:
            feeds.add_metric([each.feed_type, "waiting"], each.waiting)
            feeds.add_metric([each.feed_type, "in_progress"], each.in_progress)
        yield feeds
        yield _gauge(
            "oldest_waiting_feed_seconds",
            "Age of the feed that waits longest; 0: none waits.",
            self._age(census.waiting_since),
        )
        yield _gauge("workers", "Worker processes on the roster.", census.workers)
        yield _gauge(
            "outbox_mails", "E-mails that wait to be sent.", census.mails_waiting
        )
        yield _gauge(
            "oldest_outbox_mail_seconds",
            "Age of the oldest of them; 0: there is none.",
            self._age(census.mails_waiting_since),
        )
        yield _gauge(
            "outbox_notifications",
            "Notifications that wait to be sent.",
            census.notifications_waiting,
        )

    def _age(self, since: datetime | None) -> float:
        if since is None:
            return 0
        return max((self._clock() - since).total_seconds(), 0)


def _summed(totals: Totals) -> Iterator[GaugeMetricFamily]:
    refunded = GaugeMetricFamily(
        "feedgate_refunded_amount",
        "Refunds and credits on all orders, in units of the currency.",
        labels=["currency"],
    )
    for currency, amount in sorted(totals.refunded.items()):
        refunded.add_metric([currency], float(amount))
    yield refunded
    dead = GaugeMetricFamily(
        "feedgate_dead_letters",
        "What was given up after its last attempt.",
        labels=["kind"],
    )
    dead.add_metric(["feed"], totals.feeds_given_up)
    dead.add_metric(["mail"], totals.mails_given_up)
    dead.add_metric(["notification"], totals.notifications_given_up)
    yield dead


def _gauge(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"feedgate_{name}", meaning, value=value)
