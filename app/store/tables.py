"""The tables, as SQLAlchemy Core; migrations/ creates them.

Amounts are whole minor units of the order's currency, so that the database can check
the ceilings itself; times are aware UTC (`Moment`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
)

from app.model.money import minor_units

metadata = MetaData()

FIRST_FEED_SUBMISSION_ID = 50_000_000_001
"""Ids have 11 to 14 digits (design D6)."""

FIRST_REPORT_REQUEST_ID = 60_000_000_001
FIRST_REPORT_ID = 70_000_000_000_000_001
"""Of 11 and of 17 digits, as recorded (mws-wire 9.5)."""

# Composite keys are the table itself on SQLite (WITHOUT ROWID): one tree to look in.

# SQLite counts a primary key by itself only where it is called INTEGER.
BigId = BigInteger().with_variant(Integer(), "sqlite")


class Moment(TypeDecorator[datetime]):
    """An aware UTC time: timestamptz on PostgreSQL, sortable text on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Store text where the database has no time with a zone."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(27))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Write microseconds always, so that text sorts as time."""
        return bind_moment(value, dialect.name)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Read back an aware UTC time."""
        return read_moment(value)


def bind_moment(value: datetime | None, dialect_name: str) -> Any:
    """Return a time as the driver takes it, for statements without SQLAlchemy."""
    if value is None or dialect_name != "sqlite":
        return value
    return f"{value.astimezone(UTC).isoformat(timespec='microseconds')[:-6]}Z"


def read_moment(value: Any) -> datetime | None:
    """Return what a driver read as an aware UTC time."""
    if value is None:
        return None
    if isinstance(value, str):
        return datetime.fromisoformat(value)
    return value.astimezone(UTC)  # type: ignore[no-any-return] # drivers are untyped


def whole_units(amount: Decimal, currency: str) -> int:
    """Return an amount as the tables keep it; raises ValueError if it is finer."""
    units = minor_units(amount, currency)
    if units is None:
        raise ValueError(f"{amount} is finer than {currency} allows")
    return units


seller = Table(
    "seller",
    metadata,
    Column("seller_id", String(20), primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
)

merchant_token = Table(
    "merchant_token",
    metadata,
    Column("seller_id", ForeignKey("seller.seller_id"), primary_key=True),
    Column("token", String(50), primary_key=True),
    sqlite_with_rowid=False,
)

access_key = Table(
    "access_key",
    metadata,
    Column("access_key_id", String(40), primary_key=True),
    # The developer's own seller; other sellers authorise it by auth_token.
    Column("seller_id", ForeignKey("seller.seller_id"), nullable=False),
    Column("sealed_secret", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("revoked_at", Moment),
)

auth_token = Table(
    "auth_token",
    metadata,
    # The token is a secret: its SHA-256 finds it, nothing shows it again.
    Column("token_sha256", String(64), primary_key=True),
    Column("seller_id", ForeignKey("seller.seller_id"), nullable=False),
    # The seller whose access keys (as a developer's) the token authorises.
    Column("developer_id", ForeignKey("seller.seller_id"), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("revoked_at", Moment),
)

marketplace_participation = Table(
    "marketplace_participation",
    metadata,
    Column("seller_id", ForeignKey("seller.seller_id"), primary_key=True),
    Column("marketplace_id", String(20), primary_key=True),
    sqlite_with_rowid=False,
)

feed_lane = Table(
    "feed_lane",
    metadata,
    Column("seller_id", String(20), primary_key=True),
    Column("feed_type", String(64), primary_key=True),
    # A counter, never EXISTS: queue-design, race 3.
    Column("queued", Integer, nullable=False, server_default="0"),
    # Never served is the epoch: NULL has no common place in the two databases' indexes.
    Column(
        "served_at",
        Moment,
        nullable=False,
        server_default="1970-01-01T00:00:00.000000Z",
    ),
    # When the head may be tried again after a failed attempt.
    Column("ready_at", Moment),
    # A lane is never owned by a worker that is not on the roster (any more).
    Column("owner", ForeignKey("worker.worker_id")),
    Column("epoch", BigInteger, nullable=False, server_default="0"),
    Column("feed_submission_id", BigInteger),
    CheckConstraint("queued >= 0", name="feed_lane_queued"),
    Index(
        "feed_lane_claimable",
        "served_at",
        sqlite_where=text("queued > 0 AND owner IS NULL"),
        postgresql_where=text("queued > 0 AND owner IS NULL"),
    ),
    sqlite_with_rowid=False,
)

worker = Table(
    "worker",
    metadata,
    Column("worker_id", String(36), primary_key=True),
    Column("lock_key", BigInteger, nullable=False),
    Column("started_at", Moment, nullable=False),
)

feed_submission = Table(
    "feed_submission",
    metadata,
    Column(
        "feed_submission_id",
        BigId,
        Identity(start=FIRST_FEED_SUBMISSION_ID),
        primary_key=True,
    ),
    Column("seller_id", String(20), nullable=False),
    Column("feed_type", String(64), nullable=False),
    Column("status", String(32), nullable=False),
    Column("rules", String(8), nullable=False),
    Column("skip_invalid", Boolean, nullable=False),
    Column("document_id", String(36), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    # The charset of the Content-Type, used when the document does not tell (D3).
    Column("charset", String(40)),
    Column("access_key_id", String(40), nullable=False),
    Column("request_digest", String(64)),
    Column("submitted_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("completed_at", Moment),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("given_up", Boolean, nullable=False),
    # Messages done so far, and what came of them: committed with each batch.
    Column("progress", BigInteger, nullable=False, server_default="0"),
    Column("successful", BigInteger, nullable=False, server_default="0"),
    Column("with_error", BigInteger, nullable=False, server_default="0"),
    Column("with_warning", BigInteger, nullable=False, server_default="0"),
    # The gate's verdict (design D2.3).
    Column("messages", BigInteger, nullable=False),
    Column("refused", Boolean, nullable=False),
    Column("invalid_errors", BigInteger, nullable=False),
    Column("envelope_valid", Boolean, nullable=False),
    Column("report_document_id", String(36)),
    Column("report_md5", String(24)),
    # Those that SubmitFeed named, with commas; empty: every one.
    Column("marketplace_ids", Text, nullable=False, server_default=""),
    Index(
        "feed_submission_queue",
        "seller_id",
        "feed_type",
        "feed_submission_id",
        sqlite_where=text("status = '_SUBMITTED_'"),
        postgresql_where=text("status = '_SUBMITTED_'"),
    ),
    Index("feed_submission_of_seller", "seller_id", "feed_submission_id"),
    Index("feed_submission_request", "seller_id", "request_digest"),
    sqlite_autoincrement=True,
)

feed_result = Table(
    "feed_result",
    metadata,
    Column("feed_submission_id", BigInteger, primary_key=True),
    # The message's place in the feed, from 1; 0 for the feed as a whole.
    Column("place", BigInteger, primary_key=True),
    Column("position", Integer, primary_key=True),
    # Twenty digits with zeros in front, so that text sorts as number.
    Column("message_id", String(20), nullable=False),
    Column("code", Integer, nullable=False),
    Column("severity", String(7), nullable=False),
    Column("text", Text, nullable=False),
    Column("amazon_order_id", String(19)),
    Column("amazon_order_item_code", String(14)),
    Column("line", BigInteger),
    Column("path", Text),
    sqlite_with_rowid=False,
)

orders = Table(
    "orders",
    metadata,
    Column("seller_id", ForeignKey("seller.seller_id"), primary_key=True),
    Column("amazon_order_id", String(19), primary_key=True),
    Column("merchant_order_id", String(50)),
    Column("marketplace_id", String(20), nullable=False),
    Column("fulfillment_channel", String(3), nullable=False),
    Column("status", String(20), nullable=False),
    Column("purchase_date", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("buyer_name", Text, nullable=False),
    Column("buyer_email", Text, nullable=False),
    Column("buyer_requested_cancel", Text),
    Column("charged", Boolean, nullable=False),
    Column("refund_count", Integer, nullable=False, server_default="0"),
    # Credits and held refunds not settled yet: how many the ledger has to be read for.
    Column("pending_refunds", Integer, nullable=False, server_default="0"),
    CheckConstraint("pending_refunds >= 0", name="orders_pending_refunds"),
    Index("orders_merchant_order_id", "seller_id", "merchant_order_id", unique=True),
    Index("orders_purchase_date", "seller_id", "purchase_date", "amazon_order_id"),
    # Those that windows of time may cancel, of all sellers.
    Index(
        "orders_unshipped",
        "purchase_date",
        sqlite_where=text("status = 'Unshipped' AND fulfillment_channel = 'MFN'"),
        postgresql_where=text("status = 'Unshipped' AND fulfillment_channel = 'MFN'"),
    ),
    Index("orders_updated_at", "seller_id", "updated_at", "amazon_order_id"),
    sqlite_with_rowid=False,
)

order_item = Table(
    "order_item",
    metadata,
    Column("seller_id", String(20), primary_key=True),
    Column("amazon_order_id", String(19), primary_key=True),
    Column("amazon_order_item_code", String(14), primary_key=True),
    Column("place", Integer, nullable=False),
    Column("merchant_order_item_id", String(50)),
    Column("sku", String(40), nullable=False),
    Column("asin", String(20), nullable=False),
    Column("title", Text, nullable=False),
    Column("quantity_ordered", Integer, nullable=False),
    Column("quantity_shipped", Integer, nullable=False, server_default="0"),
    Column("quantity_cancelled", Integer, nullable=False, server_default="0"),
    Column("paid", BigInteger, nullable=False),
    Column("refunded", BigInteger, nullable=False, server_default="0"),
    Column("held", BigInteger, nullable=False, server_default="0"),
    CheckConstraint(
        "quantity_ordered > 0 AND quantity_shipped >= 0 AND quantity_cancelled >= 0"
        " AND quantity_shipped + quantity_cancelled <= quantity_ordered",
        name="order_item_units",
    ),
    CheckConstraint("refunded + held <= paid", name="order_item_refunds"),
    sqlite_with_rowid=False,
)

order_item_component = Table(
    "order_item_component",
    metadata,
    Column("seller_id", String(20), primary_key=True),
    Column("amazon_order_id", String(19), primary_key=True),
    Column("amazon_order_item_code", String(14), primary_key=True),
    Column("component", String(40), primary_key=True),
    # NULL: the item was never priced with it, only the item's net bounds its refunds.
    Column("price", BigInteger),
    Column("refunded", BigInteger, nullable=False, server_default="0"),
    Column("held", BigInteger, nullable=False, server_default="0"),
    CheckConstraint(
        "price IS NULL OR refunded + held <= price", name="order_item_component_left"
    ),
    sqlite_with_rowid=False,
)

order_item_promotion = Table(
    "order_item_promotion",
    metadata,
    Column("seller_id", String(20), primary_key=True),
    Column("amazon_order_id", String(19), primary_key=True),
    Column("amazon_order_item_code", String(14), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("promotion_claim_code", String(12)),
    Column("merchant_promotion_id", String(80)),
    Column("component", String(9), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("taken_back", BigInteger, nullable=False, server_default="0"),
    Column("held", BigInteger, nullable=False, server_default="0"),
    CheckConstraint(
        "amount >= 0 AND taken_back >= 0 AND held >= 0 AND taken_back + held <= amount",
        name="order_item_promotion_left",
    ),
    sqlite_with_rowid=False,
)

accepted_adjustment = Table(
    "accepted_adjustment",
    metadata,
    Column("seller_id", String(20), primary_key=True),
    Column("amazon_order_id", String(19), primary_key=True),
    Column("amazon_order_item_code", String(14), primary_key=True),
    Column("merchant_adjustment_item_id", String(50), primary_key=True),
    Column("content", Text, nullable=False),
    sqlite_with_rowid=False,
)

POSTINGS = {
    "sqlite": (
        "(kind IN ('RecordShipment', 'PostRefund') OR (kind = 'ImportOrder'"
        " AND instr(content, ',\"charged\":') > 0))"
    ),
    "postgresql": (
        "(kind IN ('RecordShipment', 'PostRefund') OR (kind = 'ImportOrder'"
        " AND strpos(content, ',\"charged\":') > 0))"
    ),
}
"""The effects that may have moved money, as each database spells it.

Queries repeat it word for word, or the index would not serve them. Inside a string of
JSON the quotes would be escaped: only the name itself can match.
"""

effect = Table(
    "effect",
    metadata,
    Column("effect_id", BigId, Identity(), primary_key=True),
    Column("seller_id", String(20), nullable=False),
    # Where it came from: "feed 50000000001" or "import <uuid>".
    Column("source", String(60), nullable=False),
    Column("place", BigInteger, nullable=False),
    Column("position", Integer, nullable=False),
    # Who caused it: an access key id, or "operator" for imports.
    Column("cause", String(40), nullable=False),
    Column("message_id", String(20)),
    Column("amazon_order_id", String(19), nullable=False),
    Column("amazon_order_item_code", String(14)),
    Column("kind", String(20), nullable=False),
    Column("content", Text, nullable=False),
    Column("happened_at", Moment, nullable=False),
    # The second lock: doing a message twice changes nothing (queue-design 5).
    UniqueConstraint("source", "place", "position", name="effect_once"),
    Index("effect_of_order", "seller_id", "amazon_order_id", "effect_id"),
    # When orders were put in: scheduled reports go by that.
    Index(
        "effect_put_in",
        "seller_id",
        "happened_at",
        sqlite_where=text("kind = 'ImportOrder'"),
        postgresql_where=text("kind = 'ImportOrder'"),
    ),
    # Partial: feeds write effects by the ten thousand, and cancellations pay nothing.
    Index(
        "effect_posted",
        "seller_id",
        "happened_at",
        "effect_id",
        sqlite_where=text(POSTINGS["sqlite"]),
        postgresql_where=text(POSTINGS["postgresql"]),
    ),
)

# The audit log: app/store/audit.py.
audit_link = Table(
    "audit_link",
    metadata,
    Column("link_id", BigId, Identity(), primary_key=True),
    Column("seller_id", String(20), nullable=False),
    # Counts the links of a seller from 1, without gaps.
    Column("number", BigInteger, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("cause", String(60), nullable=False),
    # The part of the ledger that the link is about, if it is.
    Column("source", String(60)),
    Column("first_place", BigInteger),
    Column("last_place", BigInteger),
    Column("effects", Integer, nullable=False),
    Column("content", Text, nullable=False),
    Column("happened_at", Moment, nullable=False),
    Column("hash", String(64), nullable=False),
    # Its place among the links of all sellers, given once it is committed.
    Column("position", BigInteger, unique=True),
    UniqueConstraint("seller_id", "number", name="audit_link_number"),
    Index(
        "audit_link_unplaced",
        "link_id",
        sqlite_where=text("position IS NULL"),
        postgresql_where=text("position IS NULL"),
    ),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("seller_id", String(20), primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
)

# Keys of the Admin API: app/store/admin_keys.py.
admin_key = Table(
    "admin_key",
    metadata,
    Column("key_id", String(20), primary_key=True),
    Column("name", String(100), nullable=False),
    # The key itself is a secret: nothing shows it again.
    Column("sha256", String(64), nullable=False),
    # Separated by blanks.
    Column("scopes", String(200), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("revoked_at", Moment),
)

# What a transaction added to a seller's balance: a row each, so that none waits for
# another. The sums are the totals of financial event groups.
balance_change = Table(
    "balance_change",
    metadata,
    Column("balance_change_id", BigId, Identity(), primary_key=True),
    Column("seller_id", String(20), nullable=False),
    # Which financial event group: app/model/finances.py.
    Column("period", Integer, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Index("balance_change_of_seller", "seller_id", "period", "currency"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("outbox_id", BigId, Identity(), primary_key=True),
    Column("seller_id", String(20), nullable=False),
    # The message of the ledger that it tells of: what it says is read there.
    Column("source", String(60), nullable=False),
    Column("place", BigInteger, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("recipient", Text, nullable=False),
    # NULL in what is written to the seller, whose figures are the content (JSON).
    Column("amazon_order_id", String(19)),
    Column("content", Text),
    Column("created_at", Moment, nullable=False),
    # Claims so far; the fence of whoever has it in hand.
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("run_after", Moment, nullable=False),
    # No foreign key: who is not on the roster (any more) has lost it.
    Column("owner", String(36)),
    Column("sent_at", Moment),
    Column("given_up_at", Moment),
    # What the mail server said last.
    Column("error", Text),
    UniqueConstraint("source", "place", "kind", name="outbox_once"),
    Index(
        "outbox_waiting",
        "run_after",
        sqlite_where=text("sent_at IS NULL AND given_up_at IS NULL"),
        postgresql_where=text("sent_at IS NULL AND given_up_at IS NULL"),
    ),
)

seller_contact = Table(
    "seller_contact",
    metadata,
    Column("seller_id", ForeignKey("seller.seller_id"), primary_key=True),
    Column("email", Text, nullable=False),
    # When the seller was warned of the cancel rate; NULL while it is well.
    Column("warned_at", Moment),
    Column("language", String(10), nullable=False, server_default="en"),
)

# PostgreSQL's is UNLOGGED. SQLite has its own in a file beside the database, and none
# of its rows here: see app/store/quotas.py. Times are microseconds since 1970.
quota = Table(
    "quota",
    metadata,
    Column("seller_id", String(20), primary_key=True),
    Column("access_key_id", String(40), primary_key=True),
    Column("bucket", String(80), primary_key=True),
    # When the bucket has all its tokens again.
    Column("full_at", BigInteger, nullable=False),
    Column("window_start", BigInteger, nullable=False),
    Column("used", Integer, nullable=False),
    # Of the latest request: RETURNING gives what is written, nothing else.
    Column("outcome", Integer, nullable=False),
    sqlite_with_rowid=False,
)

report_request = Table(
    "report_request",
    metadata,
    Column(
        "report_request_id",
        BigId,
        Identity(start=FIRST_REPORT_REQUEST_ID),
        primary_key=True,
    ),
    Column("seller_id", ForeignKey("seller.seller_id"), nullable=False),
    Column("report_type", String(64), nullable=False),
    Column("status", String(32), nullable=False),
    Column("start_date", Moment, nullable=False),
    Column("end_date", Moment, nullable=False),
    # With commas; empty: every marketplace.
    Column("marketplace_ids", Text, nullable=False),
    Column("submitted_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("completed_at", Moment),
    Column("attempts", Integer, nullable=False, server_default="0"),
    # When it may be generated, or tried again after a failed attempt.
    Column("ready_at", Moment),
    # Whose it is while it is _IN_PROGRESS_. No foreign key: who is not on the roster
    # (any more) has lost it.
    Column("owner", String(36)),
    Column("epoch", BigInteger, nullable=False, server_default="0"),
    # Made by a schedule: its dates bound when orders were put in, not bought.
    Column("scheduled", Boolean, nullable=False, server_default=false()),
    Index("report_request_of_seller", "seller_id", "report_request_id"),
    Index(
        "report_request_waiting",
        "report_request_id",
        sqlite_where=text("status IN ('_SUBMITTED_', '_IN_PROGRESS_')"),
        postgresql_where=text("status IN ('_SUBMITTED_', '_IN_PROGRESS_')"),
    ),
    sqlite_autoincrement=True,
)

report = Table(
    "report",
    metadata,
    Column("report_id", BigId, Identity(start=FIRST_REPORT_ID), primary_key=True),
    Column("seller_id", String(20), nullable=False),
    Column(
        "report_request_id",
        ForeignKey("report_request.report_request_id"),
        nullable=False,
        unique=True,
    ),
    Column("report_type", String(64), nullable=False),
    Column("available_at", Moment, nullable=False),
    Column("acknowledged_at", Moment),
    Column("document_id", String(36)),
    Column("md5", String(24), nullable=False),
    Index("report_of_seller", "seller_id", "report_id"),
    sqlite_autoincrement=True,
)

destination = Table(
    "destination",
    metadata,
    Column("seller_id", ForeignKey("seller.seller_id"), primary_key=True),
    Column("marketplace_id", String(20), primary_key=True),
    Column("channel", String(20), primary_key=True),
    Column("address", String(1024), primary_key=True),
    sqlite_with_rowid=False,
)

subscription = Table(
    "subscription",
    metadata,
    Column("seller_id", String(20), primary_key=True),
    Column("marketplace_id", String(20), primary_key=True),
    Column("notification_type", String(64), primary_key=True),
    Column("channel", String(20), primary_key=True),
    Column("address", String(1024), primary_key=True),
    Column("is_enabled", Boolean, nullable=False),
    ForeignKeyConstraint(
        ["seller_id", "marketplace_id", "channel", "address"],
        [
            "destination.seller_id",
            "destination.marketplace_id",
            "destination.channel",
            "destination.address",
        ],
    ),
    sqlite_with_rowid=False,
)

# What is to be sent, and the log of what was: whatever the channel.
notification = Table(
    "notification",
    metadata,
    Column("notification_id", BigId, Identity(), primary_key=True),
    # What the receiver knows a message by that comes twice.
    Column("unique_id", String(36), nullable=False, unique=True),
    Column("seller_id", String(20), nullable=False),
    Column("notification_type", String(64), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("address", String(1024), nullable=False),
    Column("payload", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    # When it may be tried again after a failed attempt.
    Column("run_after", Moment),
    # Who is sending it. No foreign key: who is not on the roster has lost it.
    Column("owner", String(36)),
    Column("epoch", BigInteger, nullable=False, server_default="0"),
    Column("sent_at", Moment),
    Column("given_up_at", Moment),
    Column("last_error", Text),
    Index(
        "notification_waiting",
        "notification_id",
        sqlite_where=text("sent_at IS NULL AND given_up_at IS NULL"),
        postgresql_where=text("sent_at IS NULL AND given_up_at IS NULL"),
    ),
    Index("notification_of_seller", "seller_id", "notification_id"),
)

webhook_endpoint = Table(
    "webhook_endpoint",
    metadata,
    Column("endpoint_id", String(36), primary_key=True),
    Column("seller_id", ForeignKey("seller.seller_id"), nullable=False),
    Column("url", String(1024), nullable=False),
    # Event types, with commas.
    Column("events", Text, nullable=False),
    Column("sealed_secret", Text, nullable=False),
    # The secret before that, which signs as well until then.
    Column("earlier_secret", Text),
    Column("earlier_until", Moment),
    Column("created_at", Moment, nullable=False),
    Column("disabled_at", Moment),
    Index("webhook_endpoint_of_seller", "seller_id"),
)

# Queues of applications of the Selling Partner API, and what goes to them.
sp_destination = Table(
    "sp_destination",
    metadata,
    Column("destination_id", String(36), primary_key=True),
    Column("client_id", ForeignKey("lwa_client.client_id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("arn", String(200), nullable=False),
    # What the ARN stood for when it was named.
    Column("url", String(1024), nullable=False),
    UniqueConstraint("client_id", "arn", name="sp_destination_once"),
)

sp_subscription = Table(
    "sp_subscription",
    metadata,
    Column("subscription_id", String(36), primary_key=True),
    Column("client_id", ForeignKey("lwa_client.client_id"), nullable=False),
    Column("seller_id", ForeignKey("seller.seller_id"), nullable=False),
    Column("notification_type", String(64), nullable=False),
    Column("payload_version", String(20), nullable=False),
    Column(
        "destination_id", ForeignKey("sp_destination.destination_id"), nullable=False
    ),
    # With commas; empty: all of them.
    Column("order_change_types", Text, nullable=False),
    UniqueConstraint(
        "seller_id", "notification_type", "client_id", name="sp_subscription_once"
    ),
)

# How far the stream of effects was told of: app/store/event_reader.py.
event_reader = Table(
    "event_reader",
    metadata,
    Column("name", String(20), primary_key=True),
    # Whether anybody wants to be told.
    Column("is_reading", Boolean, nullable=False),
    Column("link", BigInteger, nullable=False),
    Column("place", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    # The worker that reads. No foreign key: who is not on the roster has lost it.
    Column("owner", String(36)),
)

report_schedule = Table(
    "report_schedule",
    metadata,
    Column("seller_id", ForeignKey("seller.seller_id"), primary_key=True),
    Column("report_type", String(64), primary_key=True),
    Column("schedule", String(16), nullable=False),
    # When the next report is due, and from when on it tells of orders.
    Column("scheduled_at", Moment, nullable=False),
    Column("start_date", Moment, nullable=False),
    Index("report_schedule_due", "scheduled_at"),
    sqlite_with_rowid=False,
)

desk_user = Table(
    "desk_user",
    metadata,
    # At most 35 characters, so that "desk <login>" fits into effect.cause.
    Column("login", String(35), primary_key=True),
    Column("seller_id", ForeignKey("seller.seller_id"), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
)

desk_session = Table(
    "desk_session",
    metadata,
    # The cookie is a secret: its SHA-256 finds the session, nothing shows it again.
    Column("session_sha256", String(64), primary_key=True),
    Column("login", ForeignKey("desk_user.login"), nullable=False),
    Column("csrf_token", String(43), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Index("desk_session_of_user", "login"),
)

desk_sign_in = Table(
    "desk_sign_in",
    metadata,
    # SHA-256 of what is counted: people type passwords into the field of the login.
    Column("bucket", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("window_start", Moment, nullable=False),
    Index("desk_sign_in_window", "window_start"),
)

# What a button of the desk says beside the document of its feed. A table of its own:
# feeds that come through other doors never touch it.
desk_submission = Table(
    "desk_submission",
    metadata,
    Column(
        "feed_submission_id",
        ForeignKey("feed_submission.feed_submission_id"),
        primary_key=True,
    ),
    Column("seller_id", String(20), nullable=False),
    Column("amazon_order_id", String(19), nullable=False),
    # The state of the order that the form was made for: one submission for each.
    Column("form_token", String(40), nullable=False),
    Column("action", String(20), nullable=False),
    Column("login", String(35), nullable=False),
    Column("reason", String(40)),
    Column("memo", Text),
    UniqueConstraint(
        "seller_id", "amazon_order_id", "form_token", name="desk_submission_once"
    ),
)

# The applications that call the Selling Partner API. Secrets and tokens are random
# and long: their SHA-256 finds them, nothing shows them again.
lwa_client = Table(
    "lwa_client",
    metadata,
    # At most 40 characters, as an access key id, whose place it takes.
    Column("client_id", String(40), primary_key=True),
    Column("name", Text, nullable=False),
    Column("secret_sha256", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("revoked_at", Moment),
)

lwa_refresh_token = Table(
    "lwa_refresh_token",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    Column("client_id", ForeignKey("lwa_client.client_id"), nullable=False),
    Column("seller_id", ForeignKey("seller.seller_id"), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    Index("lwa_refresh_token_of_client", "client_id", "seller_id"),
)

lwa_access_token = Table(
    "lwa_access_token",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    Column("client_id", ForeignKey("lwa_client.client_id"), nullable=False),
    # NULL: it acts for no seller, but within its scopes.
    Column("refresh_token_sha256", ForeignKey("lwa_refresh_token.token_sha256")),
    # With spaces between, as they were asked for.
    Column("scopes", Text, nullable=False, server_default=""),
    Column("expires_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    Index("lwa_access_token_ends", "expires_at"),
)

# A document that the Selling Partner API takes in before its feed is made.
feed_document = Table(
    "feed_document",
    metadata,
    Column("feed_document_id", String(80), primary_key=True),
    Column("seller_id", ForeignKey("seller.seller_id"), nullable=False),
    Column("content_type", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    # The last whole upload; NULL before the first, and once a feed has it.
    Column("document_id", String(36)),
    Column("sha256", String(64)),
    Column("size", BigInteger),
    Column("feed_submission_id", BigInteger),
    Index("feed_document_age", "created_at"),
)
