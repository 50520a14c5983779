"""What one process counts of its own doings, for Prometheus to add up over all of them.

What stands in the database is read from there instead: app/intake/metrics.py.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector

REGISTRY = CollectorRegistry()
"""The counters of this process; its memory, processor time and open files too."""

ProcessCollector(registry=REGISTRY)

REQUESTS = Counter(
    "feedgate_requests",
    "Answered requests, by what they asked for: an MWS Action, an operation, a page.",
    ["action", "status"],
    registry=REGISTRY,
)
THROTTLED = Counter(
    "feedgate_throttled_requests",
    "Calls refused because they came too often.",
    ["operation"],
    registry=REGISTRY,
)
RESULTS = Counter(
    "feedgate_results",
    "Results in the processing reports of feeds that are done.",
    ["code", "severity"],
    registry=REGISTRY,
)
FEED_SECONDS = Histogram(
    "feedgate_feed_seconds",
    "Time from the submission of a feed to its report.",
    ["feed_type"],
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14_400),
    registry=REGISTRY,
)
FAILED_ATTEMPTS = Counter(
    "feedgate_failed_attempts",
    "Attempts at a feed that failed; outages and lost lanes are none.",
    ["feed_type"],
    registry=REGISTRY,
)
TAKEOVERS = Counter(
    "feedgate_lanes_taken_over",
    "Lanes taken over from worker processes that were gone.",
    registry=REGISTRY,
)
