"""The sections of MWS and their back ends: who answers, in which spelling."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from app.errors import ErrorCode


@dataclass(frozen=True, slots=True)
class Producer:
    """Who writes an answer; MWS's front door and back ends spelt errors differently.

    `request_id` is the name of the element, `detail` whether an error has the empty
    `Detail`. `missing` is the code for an absent parameter. `is_feed_back_end` marks
    the one that took feeds and gave reports: its answers carry x-amz-request-id and
    two response contexts. Source: mws-wire 1.4, 2.6, 2.7.
    """

    namespace: str
    request_id: str = "RequestID"
    detail: bool = False
    missing: ErrorCode = ErrorCode.MISSING_PARAMETER
    is_feed_back_end: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """One API section: its name, its version and the namespace of its answers."""

    name: str
    version: str
    namespace: str

    @property
    def tells_quota(self) -> bool:
        """Whether its answers have the x-mws-quota headers (mws-wire 7.2)."""
        return self.name in ("Feeds", "Reports")

    @property
    def path(self) -> str:
        """Where the section is called."""
        return f"/{self.name}/{self.version}"


FEEDS = Section("Feeds", "2009-01-01", "http://mws.amazonaws.com/doc/2009-01-01/")
REPORTS = Section("Reports", "2009-01-01", FEEDS.namespace)
ORDERS = Section(
    "Orders", "2013-09-01", "https://mws.amazonservices.com/Orders/2013-09-01"
)
SELLERS = Section(
    "Sellers", "2011-07-01", "https://mws.amazonservices.com/Sellers/2011-07-01"
)
FINANCES = Section(
    "Finances", "2015-05-01", "http://mws.amazonservices.com/Finances/2015-05-01"
)
SUBSCRIPTIONS = Section(
    "Subscriptions",
    "2013-07-01",
    "http://mws.amazonservices.com/schema/Subscriptions/2013-07-01",
)

# The first of a version spells what is refused on `/`: Feeds, not Reports.
# Sections without operations are here for the namespace of their refusals.
SECTIONS = (
    FEEDS,
    REPORTS,
    ORDERS,
    SELLERS,
    FINANCES,
    SUBSCRIPTIONS,
)

FEED_BACK_END = Producer(
    FEEDS.namespace,
    detail=True,
    missing=ErrorCode.INVALID_REQUEST,
    is_feed_back_end=True,
)
FEED_LISTS = Producer(
    FEEDS.namespace, request_id="RequestId", missing=ErrorCode.VALIDATION
)
ORDERS_BACK_END = Producer(
    ORDERS.namespace, request_id="RequestId", missing=ErrorCode.INVALID_PARAMETER
)
SELLERS_BACK_END = Producer(
    SELLERS.namespace, request_id="RequestId", missing=ErrorCode.INVALID_PARAMETER
)
FINANCES_BACK_END = Producer(
    FINANCES.namespace, request_id="RequestId", missing=ErrorCode.INVALID_PARAMETER
)
# GetServiceStatus was answered in another namespace (mws-wire 8.7).
FINANCES_STATUS = replace(
    FINANCES_BACK_END,
    namespace="http://mws.amazonservices.com/schema/Finances/2015-05-01",
)
SUBSCRIPTIONS_BACK_END = Producer(
    SUBSCRIPTIONS.namespace,
    request_id="RequestId",
    missing=ErrorCode.INVALID_INPUT_FATAL,
)


@cache
def front_door(section: Section | None) -> Producer:
    """Return who refuses a call before any operation has seen it."""
    # Source: mws-wire 1.1, 2.6 (the namespace of a section that is not known).
    generic = "https://mws.amazonservices.com/"
    return Producer(section.namespace if section else generic)


def find_section(path: str, version: str | None) -> Section | None:
    """Find the section of a path; on `/` the Version tells it."""
    return next(iter(sections_of(path, version)), None)


def sections_of(path: str, version: str | None) -> tuple[Section, ...]:
    """Return every section that a call may mean: on `/` the Action tells them apart.

    A trailing slash is tolerated, since some clients add one (mws-wire 1.1).
    """
    path = path.rstrip("/")
    if path:
        return _OF_PATH.get(path, ())
    return tuple(section for section in SECTIONS if version == section.version)


_OF_PATH = {section.path: (section,) for section in SECTIONS}
