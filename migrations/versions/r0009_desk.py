"""The desk: users, sessions, throttled sign-ins, and what its buttons say."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")


def upgrade() -> None:
    create_users()
    create_sign_ins()
    create_submissions()


def create_users() -> None:
    op.create_table(
        "desk_user",
        sa.Column("login", sa.String(35), primary_key=True),
        sa.Column(
            "seller_id",
            sa.String(20),
            sa.ForeignKey("seller.seller_id"),
            nullable=False,
        ),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
    )
    op.create_table(
        "desk_session",
        sa.Column("session_sha256", sa.String(64), primary_key=True),
        sa.Column(
            "login", sa.String(35), sa.ForeignKey("desk_user.login"), nullable=False
        ),
        sa.Column("csrf_token", sa.String(43), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
    )
    op.create_index("desk_session_of_user", "desk_session", ["login"])


def create_sign_ins() -> None:
    op.create_table(
        "desk_sign_in",
        sa.Column("bucket", sa.String(64), primary_key=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("window_start", MOMENT, nullable=False),
    )
    op.create_index("desk_sign_in_window", "desk_sign_in", ["window_start"])


def create_submissions() -> None:
    op.create_table(
        "desk_submission",
        sa.Column(
            "feed_submission_id",
            BIG_ID,
            sa.ForeignKey("feed_submission.feed_submission_id"),
            primary_key=True,
        ),
        sa.Column("seller_id", sa.String(20), nullable=False),
        sa.Column("amazon_order_id", sa.String(19), nullable=False),
        sa.Column("form_token", sa.String(40), nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("login", sa.String(35), nullable=False),
        sa.Column("reason", sa.String(40)),
        sa.Column("memo", sa.Text()),
        sa.UniqueConstraint(
            "seller_id", "amazon_order_id", "form_token", name="desk_submission_once"
        ),
    )
