"""Reports: what sellers ask for, and what lies ready."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")
WAITING = sa.text("status IN ('_SUBMITTED_', '_IN_PROGRESS_')")


def upgrade() -> None:
    create_requests()
    create_reports()
    if op.get_context().dialect.name == "sqlite":
        # SQLite has no start for its counter but the number that came before.
        op.execute("INSERT INTO sqlite_sequence VALUES ('report_request', 60000000000)")
        op.execute("INSERT INTO sqlite_sequence VALUES ('report', 70000000000000000)")


def create_requests() -> None:
    op.create_table(
        "report_request",
        sa.Column(
            "report_request_id",
            BIG_ID,
            sa.Identity(start=60_000_000_001),
            primary_key=True,
        ),
        sa.Column(
            "seller_id",
            sa.String(20),
            sa.ForeignKey("seller.seller_id"),
            nullable=False,
        ),
        sa.Column("report_type", sa.String(64), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("start_date", MOMENT, nullable=False),
        sa.Column("end_date", MOMENT, nullable=False),
        sa.Column("marketplace_ids", sa.Text(), nullable=False),
        sa.Column("submitted_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT),
        sa.Column("completed_at", MOMENT),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("ready_at", MOMENT),
        sa.Column("owner", sa.String(36)),
        sa.Column("epoch", sa.BigInteger(), nullable=False, server_default="0"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "report_request_of_seller",
        "report_request",
        ["seller_id", "report_request_id"],
    )
    op.create_index(
        "report_request_waiting",
        "report_request",
        ["report_request_id"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )


def create_reports() -> None:
    op.create_table(
        "report",
        sa.Column(
            "report_id",
            BIG_ID,
            sa.Identity(start=70_000_000_000_000_001),
            primary_key=True,
        ),
        sa.Column("seller_id", sa.String(20), nullable=False),
        sa.Column(
            "report_request_id",
            BIG_ID,
            sa.ForeignKey("report_request.report_request_id"),
            nullable=False,
            unique=True,
        ),
        sa.Column("report_type", sa.String(64), nullable=False),
        sa.Column("available_at", MOMENT, nullable=False),
        sa.Column("acknowledged_at", MOMENT),
        sa.Column("document_id", sa.String(36)),
        sa.Column("md5", sa.String(24), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("report_of_seller", "report", ["seller_id", "report_id"])
