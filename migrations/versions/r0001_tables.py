"""The first tables. Later revisions change them; app/store/tables.py is the sum.

Written out, and free of imports from app: a revision must stay what it was.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")


def upgrade() -> None:
    create_accounts()
    create_queue()
    create_orders()
    create_ledger()


def create_accounts() -> None:
    op.create_table(
        "seller",
        sa.Column("seller_id", sa.String(20), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
    )
    op.create_table(
        "merchant_token",
        sa.Column(
            "seller_id",
            sa.String(20),
            sa.ForeignKey("seller.seller_id"),
            primary_key=True,
        ),
        sa.Column("token", sa.String(50), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "access_key",
        sa.Column("access_key_id", sa.String(40), primary_key=True),
        sa.Column(
            "seller_id",
            sa.String(20),
            sa.ForeignKey("seller.seller_id"),
            nullable=False,
        ),
        sa.Column("sealed_secret", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT),
    )
    op.create_table(
        "auth_token",
        sa.Column("token_sha256", sa.String(64), primary_key=True),
        sa.Column(
            "seller_id",
            sa.String(20),
            sa.ForeignKey("seller.seller_id"),
            nullable=False,
        ),
        sa.Column(
            "developer_id",
            sa.String(20),
            sa.ForeignKey("seller.seller_id"),
            nullable=False,
        ),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT),
    )
    op.create_table(
        "marketplace_participation",
        sa.Column(
            "seller_id",
            sa.String(20),
            sa.ForeignKey("seller.seller_id"),
            primary_key=True,
        ),
        sa.Column("marketplace_id", sa.String(20), primary_key=True),
        sqlite_with_rowid=False,
    )


def create_queue() -> None:
    op.create_table(
        "worker",
        sa.Column("worker_id", sa.String(36), primary_key=True),
        sa.Column("lock_key", sa.BigInteger(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
    )
    op.create_table(
        "feed_lane",
        sa.Column("seller_id", sa.String(20), primary_key=True),
        sa.Column("feed_type", sa.String(64), primary_key=True),
        sa.Column("queued", sa.Integer(), nullable=False, server_default="0"),
        sa.Column(
            "served_at",
            MOMENT,
            nullable=False,
            server_default="1970-01-01T00:00:00.000000Z",
        ),
        sa.Column("ready_at", MOMENT),
        sa.Column("owner", sa.String(36), sa.ForeignKey("worker.worker_id")),
        sa.Column("epoch", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("feed_submission_id", sa.BigInteger()),
        sa.CheckConstraint("queued >= 0", name="feed_lane_queued"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "feed_lane_claimable",
        "feed_lane",
        ["served_at"],
        sqlite_where=sa.text("queued > 0 AND owner IS NULL"),
        postgresql_where=sa.text("queued > 0 AND owner IS NULL"),
    )
    create_feed_submission()
    op.create_table(
        "feed_result",
        sa.Column("feed_submission_id", sa.BigInteger(), primary_key=True),
        sa.Column("place", sa.BigInteger(), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column("message_id", sa.String(20), nullable=False),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.Column("severity", sa.String(7), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("amazon_order_id", sa.String(19)),
        sa.Column("amazon_order_item_code", sa.String(14)),
        sa.Column("line", sa.BigInteger()),
        sa.Column("path", sa.Text()),
        sqlite_with_rowid=False,
    )


def create_feed_submission() -> None:
    op.create_table(
        "feed_submission",
        sa.Column(
            "feed_submission_id",
            BIG_ID,
            sa.Identity(start=50_000_000_001),
            primary_key=True,
        ),
        sa.Column("seller_id", sa.String(20), nullable=False),
        sa.Column("feed_type", sa.String(64), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("rules", sa.String(8), nullable=False),
        sa.Column("skip_invalid", sa.Boolean(), nullable=False),
        sa.Column("document_id", sa.String(36), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("charset", sa.String(40)),
        sa.Column("access_key_id", sa.String(40), nullable=False),
        sa.Column("request_digest", sa.String(64)),
        sa.Column("submitted_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT),
        sa.Column("completed_at", MOMENT),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("given_up", sa.Boolean(), nullable=False),
        sa.Column("progress", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("successful", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("with_error", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("with_warning", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.Column("invalid_errors", sa.BigInteger(), nullable=False),
        sa.Column("envelope_valid", sa.Boolean(), nullable=False),
        sa.Column("report_document_id", sa.String(36)),
        sa.Column("report_md5", sa.String(24)),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "feed_submission_queue",
        "feed_submission",
        ["seller_id", "feed_type", "feed_submission_id"],
        sqlite_where=sa.text("status = '_SUBMITTED_'"),
        postgresql_where=sa.text("status = '_SUBMITTED_'"),
    )
    op.create_index(
        "feed_submission_of_seller",
        "feed_submission",
        ["seller_id", "feed_submission_id"],
    )
    op.create_index(
        "feed_submission_request", "feed_submission", ["seller_id", "request_digest"]
    )
    if op.get_context().dialect.name == "sqlite":
        # SQLite has no start for its counter but the number that came before.
        op.execute(
            "INSERT INTO sqlite_sequence VALUES ('feed_submission', 50000000000)"
        )


def create_orders() -> None:
    op.create_table(
        "orders",
        sa.Column(
            "seller_id",
            sa.String(20),
            sa.ForeignKey("seller.seller_id"),
            primary_key=True,
        ),
        sa.Column("amazon_order_id", sa.String(19), primary_key=True),
        sa.Column("merchant_order_id", sa.String(50)),
        sa.Column("marketplace_id", sa.String(20), nullable=False),
        sa.Column("fulfillment_channel", sa.String(3), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("purchase_date", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("buyer_name", sa.Text(), nullable=False),
        sa.Column("buyer_email", sa.Text(), nullable=False),
        sa.Column("buyer_requested_cancel", sa.Text()),
        sa.Column("charged", sa.Boolean(), nullable=False),
        sa.Column("refund_count", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("pending_refunds", sa.Integer(), nullable=False, server_default="0"),
        sa.CheckConstraint("pending_refunds >= 0", name="orders_pending_refunds"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "orders_merchant_order_id",
        "orders",
        ["seller_id", "merchant_order_id"],
        unique=True,
    )
    op.create_index(
        "orders_purchase_date",
        "orders",
        ["seller_id", "purchase_date", "amazon_order_id"],
    )
    op.create_table(
        "order_item",
        *order_item_key(),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("merchant_order_item_id", sa.String(50)),
        sa.Column("sku", sa.String(40), nullable=False),
        sa.Column("asin", sa.String(20), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("quantity_ordered", sa.Integer(), nullable=False),
        sa.Column("quantity_shipped", sa.Integer(), nullable=False, server_default="0"),
        sa.Column(
            "quantity_cancelled", sa.Integer(), nullable=False, server_default="0"
        ),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("refunded", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("held", sa.BigInteger(), nullable=False, server_default="0"),
        sa.CheckConstraint(
            "quantity_ordered > 0 AND quantity_shipped >= 0 AND quantity_cancelled >= 0"
            " AND quantity_shipped + quantity_cancelled <= quantity_ordered",
            name="order_item_units",
        ),
        sa.CheckConstraint("refunded + held <= paid", name="order_item_refunds"),
        sqlite_with_rowid=False,
    )
    create_order_item_parts()


def order_item_key() -> list[sa.Column[str]]:
    return [
        sa.Column("seller_id", sa.String(20), primary_key=True),
        sa.Column("amazon_order_id", sa.String(19), primary_key=True),
        sa.Column("amazon_order_item_code", sa.String(14), primary_key=True),
    ]


def create_order_item_parts() -> None:
    op.create_table(
        "order_item_component",
        *order_item_key(),
        sa.Column("component", sa.String(40), primary_key=True),
        sa.Column("price", sa.BigInteger()),
        sa.Column("refunded", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("held", sa.BigInteger(), nullable=False, server_default="0"),
        sa.CheckConstraint(
            "price IS NULL OR refunded + held <= price",
            name="order_item_component_left",
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "order_item_promotion",
        *order_item_key(),
        sa.Column("place", sa.Integer(), primary_key=True),
        sa.Column("promotion_claim_code", sa.String(12)),
        sa.Column("merchant_promotion_id", sa.String(80)),
        sa.Column("component", sa.String(9), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("taken_back", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("held", sa.BigInteger(), nullable=False, server_default="0"),
        sa.CheckConstraint(
            "amount >= 0 AND taken_back >= 0 AND held >= 0"
            " AND taken_back + held <= amount",
            name="order_item_promotion_left",
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "accepted_adjustment",
        *order_item_key(),
        sa.Column("merchant_adjustment_item_id", sa.String(50), primary_key=True),
        sa.Column("content", sa.Text(), nullable=False),
        sqlite_with_rowid=False,
    )


def create_ledger() -> None:
    op.create_table(
        "effect",
        sa.Column("effect_id", BIG_ID, sa.Identity(), primary_key=True),
        sa.Column("seller_id", sa.String(20), nullable=False),
        sa.Column("source", sa.String(60), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(40), nullable=False),
        sa.Column("message_id", sa.String(20)),
        sa.Column("amazon_order_id", sa.String(19), nullable=False),
        sa.Column("amazon_order_item_code", sa.String(14)),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("happened_at", MOMENT, nullable=False),
        sa.UniqueConstraint("source", "place", "position", name="effect_once"),
    )
    op.create_index(
        "effect_of_order", "effect", ["seller_id", "amazon_order_id", "effect_id"]
    )
    op.create_table(
        "outbox",
        sa.Column("outbox_id", BIG_ID, sa.Identity(), primary_key=True),
        sa.Column("stable_id", sa.String(80), nullable=False, unique=True),
        sa.Column("seller_id", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("run_after", MOMENT),
        sa.Column("sent_at", MOMENT),
    )
    op.create_index(
        "outbox_waiting",
        "outbox",
        ["outbox_id"],
        sqlite_where=sa.text("sent_at IS NULL"),
        postgresql_where=sa.text("sent_at IS NULL"),
    )
