"""Endpoints of webhooks, and how far the stream of effects was told of."""

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
