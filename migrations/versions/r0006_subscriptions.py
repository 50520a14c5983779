"""Destinations, subscriptions, and the notifications that are to be sent."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")
WAITING = sa.text("sent_at IS NULL AND given_up_at IS NULL")


def upgrade() -> None:
    op.add_column(
        "feed_submission",
        sa.Column("marketplace_ids", sa.Text(), nullable=False, server_default=""),
    )
    create_subscriptions()
    create_notifications()


def create_subscriptions() -> None:
    op.create_table(
        "destination",
        sa.Column(
            "seller_id",
            sa.String(20),
            sa.ForeignKey("seller.seller_id"),
            primary_key=True,
        ),
        sa.Column("marketplace_id", sa.String(20), primary_key=True),
        sa.Column("channel", sa.String(20), primary_key=True),
        sa.Column("address", sa.String(1024), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "subscription",
        sa.Column("seller_id", sa.String(20), primary_key=True),
        sa.Column("marketplace_id", sa.String(20), primary_key=True),
        sa.Column("notification_type", sa.String(64), primary_key=True),
        sa.Column("channel", sa.String(20), primary_key=True),
        sa.Column("address", sa.String(1024), primary_key=True),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
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


def create_notifications() -> None:
    op.create_table(
        "notification",
        sa.Column("notification_id", BIG_ID, sa.Identity(), primary_key=True),
        sa.Column("unique_id", sa.String(36), nullable=False, unique=True),
        sa.Column("seller_id", sa.String(20), nullable=False),
        sa.Column("notification_type", sa.String(64), nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("address", sa.String(1024), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("run_after", MOMENT),
        sa.Column("owner", sa.String(36)),
        sa.Column("epoch", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("sent_at", MOMENT),
        sa.Column("given_up_at", MOMENT),
        sa.Column("last_error", sa.Text()),
    )
    op.create_index(
        "notification_waiting",
        "notification",
        ["notification_id"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    op.create_index(
        "notification_of_seller", "notification", ["seller_id", "notification_id"]
    )
