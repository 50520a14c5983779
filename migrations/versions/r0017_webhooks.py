"""Webhooks, subscriptions of SP-API, and how far effects were told of."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")


def upgrade() -> None:
    op.create_table(
        "webhook_endpoint",
        sa.Column("endpoint_id", sa.String(36), primary_key=True),
        sa.Column(
            "seller_id",
            sa.String(20),
            sa.ForeignKey("seller.seller_id"),
            nullable=False,
        ),
        sa.Column("url", sa.String(1024), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("sealed_secret", sa.Text(), nullable=False),
        sa.Column("earlier_secret", sa.Text()),
        sa.Column("earlier_until", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("disabled_at", MOMENT),
    )
    op.create_index("webhook_endpoint_of_seller", "webhook_endpoint", ["seller_id"])
    op.create_table(
        "event_reader",
        sa.Column("name", sa.String(20), primary_key=True),
        sa.Column("is_reading", sa.Boolean(), nullable=False),
        sa.Column("link", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.String(36)),
    )
    op.create_table(
        "sp_destination",
        sa.Column("destination_id", sa.String(36), primary_key=True),
        sa.Column(
            "client_id",
            sa.String(40),
            sa.ForeignKey("lwa_client.client_id"),
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("arn", sa.String(200), nullable=False),
        sa.Column("url", sa.String(1024), nullable=False),
        sa.UniqueConstraint("client_id", "arn", name="sp_destination_once"),
    )
    op.create_table(
        "sp_subscription",
        sa.Column("subscription_id", sa.String(36), primary_key=True),
        sa.Column(
            "client_id",
            sa.String(40),
            sa.ForeignKey("lwa_client.client_id"),
            nullable=False,
        ),
        sa.Column(
            "seller_id",
            sa.String(20),
            sa.ForeignKey("seller.seller_id"),
            nullable=False,
        ),
        sa.Column("notification_type", sa.String(64), nullable=False),
        sa.Column("payload_version", sa.String(20), nullable=False),
        sa.Column(
            "destination_id",
            sa.String(36),
            sa.ForeignKey("sp_destination.destination_id"),
            nullable=False,
        ),
        sa.Column("order_change_types", sa.Text(), nullable=False),
        sa.UniqueConstraint(
            "seller_id", "notification_type", "client_id", name="sp_subscription_once"
        ),
    )
