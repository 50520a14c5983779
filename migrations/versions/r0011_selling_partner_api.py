"""Clients, tokens and uploaded documents of the Selling Partner API."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")


def upgrade() -> None:
    op.create_table(
        "lwa_client",
        sa.Column("client_id", sa.String(40), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_sha256", sa.String(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT),
    )
    op.create_table(
        "lwa_refresh_token",
        sa.Column("token_sha256", sa.String(64), primary_key=True),
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
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT),
    )
    op.create_index(
        "lwa_refresh_token_of_client", "lwa_refresh_token", ["client_id", "seller_id"]
    )
    op.create_table(
        "lwa_access_token",
        sa.Column("token_sha256", sa.String(64), primary_key=True),
        sa.Column(
            "client_id",
            sa.String(40),
            sa.ForeignKey("lwa_client.client_id"),
            nullable=False,
        ),
        sa.Column(
            "refresh_token_sha256",
            sa.String(64),
            sa.ForeignKey("lwa_refresh_token.token_sha256"),
        ),
        sa.Column("scopes", sa.Text(), nullable=False, server_default=""),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT),
    )
    op.create_index("lwa_access_token_ends", "lwa_access_token", ["expires_at"])
    op.create_table(
        "feed_document",
        sa.Column("feed_document_id", sa.String(80), primary_key=True),
        sa.Column(
            "seller_id",
            sa.String(20),
            sa.ForeignKey("seller.seller_id"),
            nullable=False,
        ),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("document_id", sa.String(36)),
        sa.Column("sha256", sa.String(64)),
        sa.Column("size", sa.BigInteger()),
        sa.Column("feed_submission_id", sa.BigInteger()),
    )
    op.create_index("feed_document_age", "feed_document", ["created_at"])
